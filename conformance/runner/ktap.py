# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Results as KTAP: a tree of tests and its lines. The check of kernels reads and writes with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

VERSION = "KTAP version 1"
BAD = {"TIMEOUT", "ERROR"}


@dataclass
class Test:
    """A result line, the subtests above it and the diagnostics that stand before it."""

    name: str
    ok: bool = True
    directive: str = ""
    why: str = ""
    notes: list[str] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        if self.directive == "SKIP":
            return "skip"
        return "pass" if self.ok and self.directive not in BAD else "fail"

    def leaves(self, above: str = "") -> Iterator[tuple[str, Test]]:
        """Each test that decides something, with its path. A group that failed although nothing in
        it did is one of them."""
        path = f"{above}/{self.name}" if above else self.name
        for test in self.tests:
            yield from test.leaves(path)
        group_alone = self.verdict == "fail" and not any(one.failed for one in self.tests)
        if not self.tests or group_alone:
            yield path, self

    @property
    def failed(self) -> bool:
        return self.verdict == "fail" or any(one.failed for one in self.tests)

    def all_notes(self) -> Iterator[str]:
        for test in self.tests:
            yield from test.all_notes()
        yield from self.notes


def _plain(text: str) -> str:
    """A line stays one line, and a description may not hold what begins a directive."""
    return " ".join(text.replace("#", "no. ").split())


def result(number: int, test: Test) -> str:
    why = " ".join(test.why.split())
    directive = f" # {test.directive} {why}".rstrip() if test.directive else ""
    return f"{'ok' if test.ok else 'not ok'} {number} {_plain(test.name)}{directive}"


def lines(tests: list[Test], indent: str = "") -> Iterator[str]:
    """A whole stream."""
    yield f"{indent}{VERSION}"
    yield f"{indent}1..{len(tests)}"
    for number, test in enumerate(tests, 1):
        if test.tests:
            yield from lines(test.tests, indent + "  ")
        yield from (f"{indent}# {line}" for note in test.notes for line in note.splitlines())
        yield indent + result(number, test)
