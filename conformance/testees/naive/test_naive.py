# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The suite fails each naive reader for its fault, names the rules that its row promises, and
passes the same reader without a fault. $NAIVE is the program."""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import faults
import pytest
from faults import WRONG, Fault
from runner import corpus
from runner.case import Case, Run

HERE = Path(__file__).resolve().parent
CONFORMANCE = HERE.parents[1]
NAIVE = os.environ.get("NAIVE", str(CONFORMANCE.parent / "build/testees/naive"))
LONG = 10.0  # seconds, which a busy machine must not pass where nothing may fail
FAULTS = faults.rows(NAIVE)


@pytest.fixture(name="cases", scope="module")
def fixture_cases() -> list[Case]:
    return faults.asked(corpus.load(CONFORMANCE / "corpus").cases)


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
    return faults.run(NAIVE, fault, cases, own, timeout)


def wrong(done: Run) -> Iterator[Case]:
    return (one.case for one in done.results if one.outcome in WRONG)


@pytest.mark.parametrize("own", [False, True], ids=["foreign", "own"])
def test_no_fault_passes(cases: list[Case], own: bool) -> None:
    done = run("none", cases, own)
    assert [f"{one.case.id}: {one.detail}" for one in done.results
            if one.outcome not in ("pass", "unspecified")] == []


@pytest.mark.parametrize("fault", FAULTS[1:], ids=lambda fault: fault.name)
def test_fault_is_told(cases: list[Case], fault: Fault) -> None:
    done = run(fault.name, faults.without_prefixes(cases), fault.ours, faults.SHORT)
    assert faults.untold(fault, done) == []
    found = [case.id for case in wrong(done)]
    for pattern in page()[fault.name]:
        assert any(names(pattern, one) for one in found), (
            f"README.md: {fault.name} is not told by {pattern}, but by {found[:20]}")


@pytest.mark.parametrize("fault", [one for one in FAULTS if one.ours], ids=lambda one: one.name)
def test_own_choices_fail_no_foreign_reader(cases: list[Case], fault: Fault) -> None:
    some = faults.without_prefixes(cases)
    assert list(wrong(run(fault.name, some, False))) == []


def test_what_is_not_told_is_named(cases: list[Case]) -> None:
    """The reader without a fault, taken for one with a fault, is a hole in the suite."""
    fault = FAULTS[1]
    some = [case for case in cases if fnmatch.fnmatchcase(case.id, fault.tells[0])]
    assert faults.untold(fault, run("none", some, False)) == [
        f"{fault.name}: unexpected pass: no case fails"]
    other = fault._replace(word="no-such-word", tells=[*fault.tells, "no/such/*"])
    said = faults.untold(other, run(fault.name, faults.without_prefixes(cases), False))
    assert len(said) == 2 and "no-such-word" in said[0] and "no/such/*" in said[1]


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
