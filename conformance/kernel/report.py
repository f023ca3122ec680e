# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Judges what the guests said against what is expected, and writes it down: KTAP and figures."""

from __future__ import annotations

import datetime
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from runner.expectations import Book, Expectation  # noqa: E402
from runner.ktap import VERSION, Test, result  # noqa: E402

RULE = re.compile(r"rule (\S+) (\d+)")
SHOWN = 40  # unexpected results of a guest in the summary; the KTAP of --ktap has all


@dataclass
class Judged:
    """One guest: its tests, and what is wrong with them beyond what is expected."""

    name: str
    kernel: str = ""
    release: str = ""
    problem: str = ""
    tail: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    devices: int = 0
    replies: int = 0
    unexpected: list[str] = field(default_factory=list)
    excused: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def good(self) -> bool:
        return not (self.problem or self.errors or self.unexpected)

    def leaves(self) -> Iterator[tuple[str, Test]]:
        for test in self.tests:
            yield from test.leaves(self.name)

    def all_notes(self) -> Iterator[str]:
        for test in self.tests:
            yield from test.all_notes()
        yield from self.notes


def judge(guest: Judged, expectations: Iterable[Expectation], today: datetime.date) -> None:
    """Holds each test against the expectations. A crash or a hang stays one whatever they say."""
    book = Book(expectations)
    for path, test in list(guest.leaves()):
        guest.counts[test.verdict] += 1
        ruling = book.hold(test.verdict, today, path)
        if ruling.excused:
            guest.excused.append(f"{path}: {test.verdict}: {ruling.excused}")
            if test.verdict == "fail":
                test.ok, test.directive, test.why = True, "XFAIL", ruling.excused
        elif ruling.wrong:
            said = [] if ruling.by else [test.why] if test.why else test.notes[-2:]
            guest.unexpected.append(": ".join([f"{path}: {ruling.wrong}", *said]))
    for test in guest.tests:
        settle(test)


def settle(test: Test) -> None:
    """A group that failed only by what is excused is no failure either."""
    for one in test.tests:
        settle(one)
    if any(one.directive == "XFAIL" for one in test.tests) and not any(
        one.failed for one in test.tests
    ):
        test.ok, test.directive, test.why = True, "XFAIL", "of subtests"


def unmatched(expectations: Iterable[Expectation], guests: Iterable[Judged]) -> list[str]:
    """Entries for which no test came, though a guest that they are about went through."""
    through = [guest.name for guest in guests if not guest.problem and not guest.errors]
    return [
        f"{one.source}: {one.case} matches no test"
        for one in expectations
        if not one.matched and any(one.concerns(name) for name in through)
    ]


def rule_counts(guests: Iterable[Judged]) -> Counter[str]:
    """How often each rule was exercised in all; a rule that never was has the count 0."""
    out: Counter[str] = Counter()
    for guest in guests:
        for note in guest.all_notes():
            if match := RULE.fullmatch(note):
                out[match[1]] += int(match[2])
    return out


def summary(guests: list[Judged], loose: list[str]) -> Iterator[str]:
    """A subtest a guest with a line a step, and below it what was not expected."""
    yield VERSION
    yield f"1..{len(guests) + bool(loose)}"
    for number, guest in enumerate(guests, 1):
        if guest.tests:
            yield f"  {VERSION}"
            yield f"  1..{len(guest.tests)}"
            for at, test in enumerate(guest.tests, 1):
                yield f"  {result(at, test)}"
        what = ", ".join(f"{guest.counts[one]} {one}" for one in ("pass", "fail", "skip"))
        yield f"# {guest.name}: {guest.release or guest.kernel}, {guest.seconds:.1f} s, {what}"
        yield from (f"# expected: {one}" for one in guest.excused)
        yield from (f"# UNEXPECTED: {one}" for one in guest.unexpected[:SHOWN])
        if len(guest.unexpected) > SHOWN:
            yield f"# and {len(guest.unexpected) - SHOWN} more"
        yield from (f"# no good KTAP: {one}" for one in guest.errors)
        if guest.problem:
            yield f"# {guest.problem}{'; the console ends:' if guest.tail else ''}"
            yield from (f"#   {line}" for line in guest.tail)
        yield f"{'ok' if guest.good else 'not ok'} {number} {guest.name}"
    if loose:
        yield from (f"# {one}" for one in loose)
        yield f"not ok {len(guests) + 1} expectations"


def figures(guests: list[Judged], loose: list[str], seconds: float) -> dict:
    rules = rule_counts(guests)
    return {
        "good": not loose and all(guest.good for guest in guests),
        "seconds": round(seconds, 1),
        "kernels": sorted({guest.release for guest in guests if guest.release}),
        "devices": sum(guest.devices for guest in guests),
        "replies": sum(guest.replies for guest in guests),
        "tests": sum(sum(guest.counts.values()) for guest in guests),
        "rules": len(rules),
        "rule_checks": sum(rules.values()),
        "rules_never_exercised": sorted(one for one, count in rules.items() if not count),
        "rule_counts": dict(sorted(rules.items())),
        "expectations_without_a_test": loose,
        "guests": [
            {
                "name": guest.name,
                "kernel": guest.release or guest.kernel,
                "good": guest.good,
                "problem": guest.problem,
                "seconds": round(guest.seconds, 1),
                "devices": guest.devices,
                "replies": guest.replies,
                **{one: guest.counts[one] for one in ("pass", "fail", "skip")},
                "expected": guest.excused,
                "unexpected": guest.unexpected,
            }
            for guest in guests
        ],
    }
