# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Writes runs as KTAP: a test a testee, below it one a rule, below that its cases. Testees that the
suite has to fail are one test a group, and below it one each: it passes where its fault is told."""

from __future__ import annotations

from typing import TextIO

from .case import Result, Run
from .ktap import Test, lines
from .matrix import numbered, rows, rules_of, said, split, title, told_by, unlike, untold, visible


def _test(result: Result, expected: dict[str, str]) -> Test:
    """A case. Notes and unspecified behaviour are no failures, and no silent passes either."""
    out = Test(result.case.id)
    if result.outcome == "skip":
        out.directive, out.why = "SKIP", said(result)
    elif result.outcome == "crash":
        out.ok, out.directive, out.why = False, "ERROR", said(result)
        out.notes = visible(result.stderr).splitlines()[-8:]
    elif result.outcome == "fail" and result.case.id in expected:
        out.directive, out.why = "XFAIL", expected[result.case.id]
    elif result.outcome != "pass":
        out.ok = result.outcome != "fail"
        out.notes = [f"{result.outcome}: {said(result)}"]
    return out


def _group(name: str, tests: list[Test], notes: list[str] | None = None) -> Test:
    out = Test(name, tests=tests, notes=notes or [])
    out.ok = not any(one.failed for one in tests)
    if all(one.directive == "SKIP" for one in tests):
        out.directive, out.why = "SKIP", "nothing below was run"
    return out


def _run(run: Run) -> Test:
    expected = run.testee.get("expected") or {}
    groups = [_group(row.key, [_test(result, expected) for result in row.cells[0]])
              for row in rows([run])]
    notes = [f"{key}: {visible(run.testee[key])}" for key in ("command", "package")
             if run.testee.get(key)]
    notes += [f"started: {run.started}", f"corpus: {visible(run.corpus)}"]
    if not groups:
        return Test(title(run), ok=False, directive="ERROR", why="no case was run", notes=notes)
    return _group(title(run), groups, notes)


def _fault(run: Run) -> Test:
    """A testee that has to fail: no test of the testee, but of the suite."""
    told = told_by(run)
    out = Test(title(run), ok=not untold(run), notes=[
        f"fault: {visible(run.testee.get('fault') or '')}",
        f"command: {visible(run.testee.get('command') or '')}", f"corpus: {visible(run.corpus)}",
        f"{len(told)} of {len(run.results)} cases fail or crash, of: {', '.join(rules_of(told))}"])
    if not out.ok:
        out.notes += untold(run)
    return out


def write(runs: list[Run], out: TextIO) -> None:
    runs = numbered(runs)
    plain, groups = split(runs)
    tests = [_run(run) for run in plain]
    tests += [_group(f"{name}: each is told", [_fault(run) for run in some])
              for name, some in groups.items()]
    warning = unlike(runs)
    for number, line in enumerate(lines(tests)):
        if number == 2 and warning:  # behind the version and the plan, before all tests
            out.write(f"# {warning}\n")
        out.write(line + "\n")
