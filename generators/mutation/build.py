# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Builds the driver: the codec with all mutants in it, and the rest of what a dump takes as it is."""
from __future__ import annotations

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mutation.model import Mutants, Scope
from mutation.rewrite import Rewriter
from mutation.tables import Tables

HERE = Path(__file__).resolve().parent
# An automatic variable that a mutant leaves unset holds the same in each run.
FLAGS = ["-std=gnu11", "-O1", "-g0", "-w", "-D_GNU_SOURCE", "-ftrivial-auto-var-init=pattern"]
# Tables and the stack have no guard pages.
SANITIZED = ["-fsanitize=address,bounds,shift", "-fsanitize-undefined-trap-on-error",
             "-fno-omit-frame-pointer"]


class Failed(Exception):
    """A compiler or a file stood in the way; one line."""


def compiled(compiler: str, source: Path, target: Path, flags: list[str]) -> Path:
    done = subprocess.run([compiler, *FLAGS, *flags, "-c", "-o", str(target), str(source)],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        first = next((line for line in done.stderr.splitlines() if "error:" in line), "")
        raise Failed(f"{source}: does not compile: {first or done.stderr[:500]}")
    return target


def mutate(root: Path, scope: Scope, tree: Path) -> tuple[Mutants, list[str]]:
    """Writes the mutated sources to tree; the mutants, and the names of the lists of patches."""
    mutants, lists = Mutants(), []
    for name in scope.sources:
        source = Rewriter(root, name, mutants, lambda f, n=name: scope.wants(n, f))
        text = source.rewritten()
        if name.endswith(".c"):
            text += Tables(source, mutants, scope).patches()
            lists.append("devfd_patches_" + name.replace("/", "_").replace(".", "_"))
        (tree / name).write_text(text, encoding="latin-1")
    return mutants, lists


def build(root: Path, scope: Scope, out: Path, compiler: str = "cc") -> tuple[Mutants, Path]:
    """The mutants of a subject and its driver. root has the folder codec."""
    tree, objects = out / "src", out / "obj"
    for folder in (tree, objects):
        shutil.rmtree(folder, ignore_errors=True)
    objects.mkdir(parents=True)
    for path in (root / "codec").rglob("*.[ch]"):
        target = tree / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    mutants, lists = mutate(root, scope, tree)
    (out / "patches.c").write_text(
        '#include "mutant.h"\n' + "".join(f"extern struct devfd_patch {n}[];\n" for n in lists) +
        "struct devfd_patch *const devfd_all_patches[] = {" +
        "".join(f"{n}, " for n in lists) + "0};\n", encoding="ascii")

    # What judges from the mutated tree, without const, so that tables can be patched; the rest from
    # the sources as they are.
    judges = sorted({p.relative_to(tree) for pattern in [*scope.sources, *scope.built]
                     for p in tree.glob(pattern) if p.suffix == ".c"})
    others = sorted(p.relative_to(root) for folder in ("codec", "codec/generated", "codec/tables")
                    for p in (root / folder).glob("*.c") if p.stem != "header_check")
    asks = [f"-I{root}", *(["-include", str(root / scope.asked_by)] if scope.asked_by else [])]
    jobs = [(tree / p, [*SANITIZED, "-Dconst=", "-include", str(HERE / "mutant.h")])
            for p in judges]
    jobs += [(root / p, [f"-I{root}"]) for p in others if p not in judges]
    jobs += [(root / "codec/cli/dump.c", asks)]
    jobs += [(p, [f"-I{HERE}", *asks, f"-DDEVFD_MUTANTS={mutants.next() - 1}"])
             for p in (out / "patches.c", *sorted(HERE.glob("*.c")))]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        done = [pool.submit(compiled, compiler, p, objects / f"{i}.o", flags)
                for i, (p, flags) in enumerate(jobs)]
        parts = [str(job.result()) for job in done]
    driver = out / "driver"
    linked = subprocess.run([compiler, "-fsanitize=address", "-o", str(driver), *parts, "-ljansson"],
                            capture_output=True, text=True, check=False)
    if linked.returncode:
        raise Failed(f"the driver does not link: {linked.stderr[-500:]}")
    return mutants, driver
