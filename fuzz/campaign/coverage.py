# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Code coverage of a corpus: lines and branches of the core, by clang's own counters."""
from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Iterable

from .house import ROOT, House, Problem

CORE = ("codec/", "codec/generated/")
NOT_CORE = ("tables.c", "examples.c", "header_check.c")


def is_core(name: str) -> bool:
    """A file of the library itself, in codec/ or generated, without what only names things."""
    try:
        path = Path(name).resolve().relative_to(ROOT)
    except ValueError:
        return False
    return f"{path.parent}/" in CORE and path.name not in NOT_CORE


def say(*command: str | Path) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode:
        raise Problem(f"{command[0]}: status {done.returncode}: {done.stderr.strip()[:300]}")
    return done.stdout


def profile(house: House, target: str, paths: Iterable[Path], folder: Path) -> Path:
    """Runs the inputs with counters; the raw profile."""
    raw = folder / f"{target}.profraw"
    program = house.program("cov", target)
    done = subprocess.run([program, *paths], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          check=False, env={**os.environ, "LLVM_PROFILE_FILE": str(raw)})
    if done.returncode or not raw.is_file():
        raise Problem(f"{program}: status {done.returncode}: "
                      f"{done.stderr.decode('utf-8', 'replace').strip()[-300:]}")
    return raw


def export(house: House, targets: list[str], raws: list[Path], folder: Path) -> dict[str, dict]:
    """By file of the core: lines and branches, all and covered, of these targets together."""
    data = folder / "all.profdata"
    say("llvm-profdata", "merge", "-sparse", "-o", data, *raws)
    first, *others = [house.program("cov", target) for target in targets]
    objects = [word for one in others for word in ("-object", str(one))]
    text = say("llvm-cov", "export", "-summary-only", f"-instr-profile={data}", first, *objects)
    found = {}
    for one in json.loads(text)["data"][0]["files"]:
        if is_core(one["filename"]):
            found[str(Path(one["filename"]).resolve().relative_to(ROOT))] = {
                what: {key: one["summary"][what][key] for key in ("count", "covered")}
                for what in ("lines", "branches")}
    return found


def summed(found: dict[str, dict]) -> dict[str, dict[str, int]]:
    return {what: {key: sum(one[what][key] for one in found.values())
                   for key in ("count", "covered")} for what in ("lines", "branches")}


def coverage(house: House, inputs: dict[str, list[Path]]) -> dict:
    """By target, and of all together under the name `all`: sums and files."""
    house.make_variant("cov", list(inputs))
    result = {}
    with tempfile.TemporaryDirectory(prefix="devfd-fuzz-") as name:
        folder = Path(name)
        raws = {target: profile(house, target, paths, folder)
                for target, paths in inputs.items() if paths}
        for target, raw in raws.items():
            found = export(house, [target], [raw], folder)
            result[target] = {**summed(found), "files": found}
        if len(raws) > 1:
            found = export(house, list(raws), list(raws.values()), folder)
            result["all"] = {**summed(found), "files": found}
    return result


def table(measured: dict) -> str:
    """A Markdown table. A target is linked with more of the core than it can reach, and not with
    all of it."""
    rows = ["| target | lines of the core | branches of the core |", "|---|--:|--:|"]
    for target, one in measured.items():
        cells = [f"{one[what]['covered']} of {one[what]['count']}"
                 for what in ("lines", "branches")]
        rows.append(f"| {target} | {' | '.join(cells)} |")
    return "\n".join(rows)
