# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Builds the driver: the codec with all mutants in it, and the rest of what a dump takes as it is."""
from __future__ import annotations

import fnmatch
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutation.model import Mutants
from mutation.rewrite import Rewriter
from mutation.tables import Tables

HERE = Path(__file__).resolve().parent
# An automatic variable that a mutant leaves unset holds the same in each run.
FLAGS = ["-std=gnu11", "-O1", "-g0", "-w", "-D_GNU_SOURCE", "-ftrivial-auto-var-init=pattern"]
# Tables and the stack have no guard pages.
SANITIZED = ["-fsanitize=address", "-fno-omit-frame-pointer"]


@dataclass
class Scope:
    """What is mutated, from scope.json."""

    sources: list[str]
    functions_left_out: dict[str, str]
    fields_left_out: dict[str, str]
    truths: list[str]

    @classmethod
    def of(cls, data: dict[str, Any]) -> Scope:
        return cls(data["sources"], data["functions_left_out"], data["fields_left_out"],
                   data["truths"])

    def wants(self, source: str, function: str) -> bool:
        for pattern in self.functions_left_out:
            name, _, where = pattern.partition("/")
            if fnmatch.fnmatchcase(function, name) and where in ("", source):
                return False
        return True


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
            text += Tables(source, mutants, scope.fields_left_out,
                           scope.truths).patches()
            lists.append("devfd_patches_" + name.replace("/", "_").replace(".", "_"))
        (tree / name).write_text(text, encoding="latin-1")
    return mutants, lists


def build(root: Path, scope: Scope, out: Path, compiler: str = "cc") -> tuple[Mutants, Path]:
    """The mutants and the driver. root has the folder codec."""
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

    # The core from the mutated tree, without const, so that tables can be patched; names, rules
    # and the dump from the sources as they are.
    core = sorted(p for p in [*(tree / "codec").glob("*.c"),
                              *(tree / "codec/generated").glob("*.c")]
                  if p.stem not in ("tables", "examples", "header_check"))
    plain = sorted([*(root / "codec/tables").glob("*.c"), root / "codec/generated/tables.c",
                    root / "codec/generated/examples.c", root / "codec/cli/dump.c"])
    jobs = [(p, [*SANITIZED, "-Dconst=", "-include", str(HERE / "mutant.h")]) for p in core]
    jobs += [(p, [f"-I{root}"]) for p in plain]
    jobs += [(p, [f"-I{HERE}", f"-I{root}", f"-DDEVFD_MUTANTS={mutants.next() - 1}"])
             for p in (out / "patches.c", HERE / "driver.c")]
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
