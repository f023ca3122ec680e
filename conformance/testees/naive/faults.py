# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The faults of the naive readers, their runs, and whether the suite tells each: for the test and
for the page of all testees. A fault that the suite does not tell is a hole in the suite."""

from __future__ import annotations

import fnmatch
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from runner.case import Case, Run  # noqa: E402
from runner.run import Options, Session  # noqa: E402
from runner.testee_pipe import PipeTestee  # noqa: E402

GROUP = "naive faults"
FORMATS = {"linux.device_info", "linux.region_info", "linux.irq_info", "linux.iommu_info",
           "linux.hot_reset_info", "fixed"}
WRONG = ("fail", "crash")
# Seconds. An answer takes microseconds; this has to outlast a busy machine for as long as that
# costs little, since some faults are walks without an end.
SHORT = 0.3


class Fault(NamedTuple):
    """A row of `naive --list`."""

    name: str
    ours: bool  # breaks a decision of this project's alone, and is told as one of our own
    word: str  # that the cases which tell it have in `catches`
    tells: list[str]  # cases of which each has to tell it
    text: str


def rows(program: str) -> list[Fault]:
    """All of them; the first is the reader without a fault."""
    said = subprocess.run([program, "--list"], check=True, capture_output=True, text=True).stdout
    found = []
    for line in said.splitlines():
        name, level, word, tells, text = line.split("\t")
        found.append(Fault(name, level == "ours", word, tells.split(), text))
    return found


def asked(cases: Iterable[Case]) -> list[Case]:
    """What a reader of these formats is asked."""
    return [case for case in cases if case.format in FORMATS and case.role == "reader"]


def without_prefixes(cases: Iterable[Case]) -> list[Case]:
    """Prefixes are many and say little of a fault: they are left to the reader without one."""
    return [case for case in cases if case.family != "prefix"]


def run(program: str, fault: str, cases: list[Case], own: bool, timeout: float = SHORT,
        corpus: str = "test") -> Run:
    words = [program, "--fault", fault]

    def make() -> PipeTestee:
        return PipeTestee(words, timeout)

    about = {"name": f"naive-{fault}", "command": " ".join(words)}
    return Session(make, cases, Options(own=own)).run(corpus, about)


def untold(fault: Fault, done: Run) -> list[str]:
    """What ought to tell a fault and does not, a line each; nothing where the suite tells it."""
    failed = [one.case for one in done.results if one.outcome in WRONG]
    if not failed:
        return [f"{fault.name}: unexpected pass: no case fails"]
    out = []
    if fault.word and not any(fault.word in case.catches for case in failed):
        out.append(f"{fault.name}: no case that fails says that it catches {fault.word}")
    if not fault.tells:
        out.append(f"{fault.name}: its row names no case that tells it")
    ids = [case.id for case in failed]
    out += [f"{fault.name}: nothing like {pattern} fails; what does: {', '.join(ids[:20])}"
            for pattern in fault.tells if not fnmatch.filter(ids, pattern)]
    return out
