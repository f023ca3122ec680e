# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The suite fails each naive reader for its fault, names the rules that its row promises, and
passes the same reader without a fault. $NAIVE is the program."""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).resolve().parent
CONFORMANCE = HERE.parents[1]
sys.path.insert(0, str(CONFORMANCE))
from runner import corpus  # noqa: E402
from runner.case import Case, Run  # noqa: E402
from runner.run import Options, Session  # noqa: E402
from runner.testee_pipe import PipeTestee  # noqa: E402

NAIVE = os.environ.get("NAIVE", str(CONFORMANCE.parent / "build/testees/naive"))
# Seconds. An answer takes microseconds; the short one only has to outlast a walk without an end
# where failures are looked for, the long one must not be passed by a busy machine.
SHORT, LONG = 0.3, 10.0
FORMATS = {"linux.device_info", "linux.region_info", "linux.irq_info", "linux.iommu_info",
           "linux.hot_reset_info", "fixed"}
WRONG = ("fail", "crash")


class Fault(NamedTuple):
    """A row of `naive --list`."""

    name: str
    ours: bool
    word: str
    tells: list[str]
    text: str


def rows() -> list[Fault]:
    said = subprocess.run([NAIVE, "--list"], check=True, capture_output=True, text=True).stdout
    found = []
    for line in said.splitlines():
        name, level, word, tells, text = line.split("\t")
        found.append(Fault(name, level == "ours", word, tells.split(), text))
    return found


FAULTS = rows()


@pytest.fixture(name="cases", scope="module")
def fixture_cases() -> list[Case]:
    """What a reader of these formats is asked; prefixes are many, and left to the good reader."""
    found = corpus.load(CONFORMANCE / "corpus").cases
    return [case for case in found if case.format in FORMATS and case.role == "reader"]


def page() -> dict[str, list[str]]:
    """The table of README.md: fault -> names of rules, vectors and scripts that tell it."""
    found = {}
    for line in (HERE / "README.md").read_text().splitlines():
        if line.startswith("| `"):
            fault, _, told = line.strip("|").split("|")
            found[fault.strip(" `")] = re.findall(r"`([^`]+)`", told)
    return found


def names(pattern: str, one: str) -> bool:
    """Whether a name of the page is that of the rule, the vector or the script of a case."""
    return any(fnmatch.fnmatchcase(one, form) for form in
               (pattern, f"{pattern}/*", f"{pattern}.*", f"script/*{pattern}.*"))


def run(fault: str, cases: list[Case], own: bool, timeout: float = LONG) -> Run:
    def make() -> PipeTestee:
        return PipeTestee([NAIVE, "--fault", fault], timeout)
    return Session(make, cases, Options(own=own)).run("test", {"command": fault})


def wrong(done: Run) -> Iterator[Case]:
    return (one.case for one in done.results if one.outcome in WRONG)


@pytest.mark.parametrize("own", [False, True], ids=["foreign", "own"])
def test_no_fault_passes(cases: list[Case], own: bool) -> None:
    done = run("none", cases, own)
    assert [f"{one.case.id}: {one.detail}" for one in done.results
            if one.outcome not in ("pass", "unspecified")] == []


@pytest.mark.parametrize("fault", FAULTS[1:], ids=lambda fault: fault.name)
def test_fault_is_told(cases: list[Case], fault: Fault) -> None:
    some = [case for case in cases if case.family != "prefix"]
    failed = list(wrong(run(fault.name, some, fault.ours, SHORT)))
    found = [case.id for case in failed]
    assert fault.tells, "a fault that nothing tells"
    assert not fault.word or any(fault.word in case.catches for case in failed), (
        f"{fault.name}: no case that fails says that it catches {fault.word}")
    for pattern in fault.tells:
        assert any(fnmatch.fnmatchcase(one, pattern) for one in found), (
            f"{fault.name}: nothing like {pattern} fails; what does: {found[:20]}")
    for pattern in page()[fault.name]:
        assert any(names(pattern, one) for one in found), (
            f"README.md: {fault.name} is not told by {pattern}, but by {found[:20]}")


@pytest.mark.parametrize("fault", [one for one in FAULTS if one.ours], ids=lambda one: one.name)
def test_own_choices_fail_no_foreign_reader(cases: list[Case], fault: Fault) -> None:
    some = [case for case in cases if case.family != "prefix"]
    assert list(wrong(run(fault.name, some, False))) == []


def test_overread_is_a_crash(cases: list[Case]) -> None:
    done = run("first-offset-only", [case for case in cases if "cap.fits/" in case.id], False)
    assert any(one.outcome == "crash" and "outside of the input" in one.stderr
               for one in done.results)


def test_table_of_the_page() -> None:
    """README.md has a line for each fault, and for no other."""
    assert list(page()) == [fault.name for fault in FAULTS]


def test_unknown_fault_is_wrong_usage() -> None:
    done = subprocess.run([NAIVE, "--fault", "no-such"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 2 and "no-such" in done.stderr
