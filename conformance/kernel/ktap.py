# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Reads KTAP strictly: whatever is missing, counted wrongly or no KTAP at all is an error."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from runner.ktap import VERSION, Test  # noqa: E402

PLAN = re.compile(r"1\.\.(\d+)")
RESULT = re.compile(r"(ok|not ok) (\d+)(?: -)?(?: ([^#]*?))?(?: *# *(.*))?")
DIRECTIVE = re.compile(r"(SKIP|TODO|XFAIL|TIMEOUT|ERROR)\b:? *(.*)", re.IGNORECASE)
DEEPEST = 8


@dataclass
class Stream:
    """What a whole KTAP stream said; errors has a line about each thing that is wrong with it."""

    tests: list[Test] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def all_notes(self) -> Iterator[str]:
        for test in self.tests:
            yield from test.all_notes()
        yield from self.notes


class Parser:
    """One pass over the lines; a subtest is a stream of its own, two spaces further in."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0
        self.errors: list[str] = []

    def _wrong(self, text: str, at: int | None = None) -> None:
        self.errors.append(f"line {(self._at if at is None else at) + 1}: {text}")

    def _next(self, indent: int) -> str | None:
        """The line at the reading place without its indent, or None where it is further out."""
        if self._at == len(self._lines):
            return None
        line = self._lines[self._at]
        if len(line) - len(line.lstrip(" ")) < indent:
            return None
        return line[indent:]

    def stream(self, indent: int, name: str) -> Stream:
        out = Stream()
        notes: list[str] = []
        subtests: list[Test] | None = None
        plan: int | None = None
        if self._next(indent) == VERSION:
            self._at += 1
        else:
            self._wrong(f"{name}: {VERSION!r} is missing")
        while (line := self._next(indent)) is not None:
            at = self._at
            if line.startswith("  "):
                self._nested(line, indent, name, notes, subtests is not None)
                if self._at == at:
                    inner = self.stream(indent + 2, f"a subtest of {name}")
                    notes += inner.notes
                    subtests = (subtests or []) + inner.tests
                continue
            self._at += 1
            if line.startswith("#"):
                notes.append(line[1:].strip())
            elif match := PLAN.fullmatch(line):
                if plan is not None or out.tests:
                    self._wrong(f"{name}: a plan that does not stand first", at)
                plan = int(match[1])
                if plan == 0:
                    self._wrong(f"{name}: a plan without a test", at)
            elif match := RESULT.fullmatch(line):
                test = self._result(match, len(out.tests) + 1, name, at)
                test.notes, test.tests = notes, subtests or []
                self._compare(test, at)
                out.tests.append(test)
                notes, subtests = [], None
            else:
                self._wrong(f"{name}: no KTAP: {line[:120]!r}", at)
        out.notes = notes
        self._finish(name, plan, len(out.tests), subtests)
        return out

    def _nested(self, line: str, indent: int, name: str, notes: list[str], seen: bool) -> None:
        """What may stand further in: a subtest, or a diagnostic of one that follows."""
        if line.startswith("  " + VERSION) and indent < 2 * DEEPEST:
            if seen:
                self._wrong(f"{name}: a second subtest without a result between them")
            return
        if line.startswith("  #"):
            notes.append(line[3:].strip())
        else:
            self._wrong(f"{name}: further in than a subtest is: {line[:120]!r}")
        self._at += 1

    def _result(self, match: re.Match[str], wanted: int, name: str, at: int) -> Test:
        test = Test(match[3] or f"test {match[2]}", match[1] == "ok")
        if int(match[2]) != wanted:
            self._wrong(f"{name}: test {match[2]} where {wanted} was due", at)
        rest = match[4] or ""
        if directive := DIRECTIVE.fullmatch(rest):
            test.directive, test.why = directive[1].upper(), directive[2]
        else:
            test.why = rest
        return test

    def _compare(self, test: Test, at: int) -> None:
        if test.verdict == "pass" and any(one.failed for one in test.tests):
            self._wrong(f"{test.name}: ok, but a subtest of it failed", at)

    def _finish(self, name: str, plan: int | None, count: int, subtests: object) -> None:
        if subtests is not None:
            self._wrong(f"{name}: ends after a subtest, without its result")
        if plan is None:
            self._wrong(f"{name}: no plan")
        elif plan != count:
            self._wrong(f"{name}: {plan} tests planned, {count} came")

def parse(lines: list[str], name: str = "the stream") -> Stream:
    """Reads one whole stream; nothing may follow it."""
    parser = Parser(lines)
    out = parser.stream(0, name)
    out.errors = parser.errors
    return out
