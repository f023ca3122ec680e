# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Known failures: reads them, holds results against them, rewrites them. The check of kernels uses
the same; conformance/expectations/README.md describes the files."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .case import Case, Result, Run
from .output import write_whole

FIELDS = ("case", "outcome", "reason", "link", "until")
MAY_BE_EXPECTED = ("fail", "skip")  # never a crash
WRONG = ("fail", "crash")  # without an entry


class Unusable(Exception):
    """A file of expectations that cannot be used; the text says where and why."""


def _regex(glob: str) -> re.Pattern[str]:
    """A glob whose * and ? stay within a part; ** at the end stands for any number of parts."""
    deep = glob.endswith("/**")
    words = {"*": "[^/]*", "?": "[^/]"}
    text = "".join(words.get(one, re.escape(one)) for one in glob.removesuffix("/**"))
    return re.compile(text + ("/.*" if deep else ""), re.DOTALL)


@dataclass
class Expectation:
    """One glob of one entry, and how often it matched."""

    case: str
    outcome: str
    reason: str
    link: str
    until: str
    source: str
    matched: int = 0
    _pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._pattern = _regex(self.case)

    @property
    def wild(self) -> bool:
        return "*" in self.case or "?" in self.case

    def matches(self, *names: str | None) -> bool:
        return any(self._pattern.fullmatch(name) for name in names if name)

    def concerns(self, first: str) -> bool:
        """Whether it can match a name that begins with this part."""
        return _regex(self.case.split("/")[0]).fullmatch(first) is not None

    def expired(self, today: datetime.date) -> bool:
        return bool(self.until) and datetime.date.fromisoformat(self.until) < today


def _entries(path: Path) -> list[dict[str, Any]]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise Unusable(f"{path}: {error}") from None
    if not isinstance(entries, list):
        raise Unusable(f"{path}: not a list")
    for number, entry in enumerate(entries):
        where = f"{path}: entry {number}"
        if not isinstance(entry, dict) or set(entry) != set(FIELDS):
            raise Unusable(f"{where}: wants exactly {', '.join(FIELDS)}")
        values = [*_globs(entry), *(entry[key] for key in FIELDS[1:])]
        if not _globs(entry) or not all(isinstance(one, str) for one in values):
            raise Unusable(f"{where}: every value is a string, but case may be a list of them")
        if entry["outcome"] not in MAY_BE_EXPECTED:
            raise Unusable(f"{where}: outcome is {' or '.join(MAY_BE_EXPECTED)}")
        try:
            if entry["until"]:
                datetime.date.fromisoformat(entry["until"])
        except ValueError:
            raise Unusable(f"{where}: until is a date, YYYY-MM-DD, or empty") from None
    return entries


def _globs(entry: dict[str, Any]) -> list[str]:
    return entry["case"] if isinstance(entry["case"], list) else [entry["case"]]


def load(path: Path) -> list[Expectation]:
    """The entries of a file, one for each glob. An entry that gives no reason is refused."""
    out = []
    for number, entry in enumerate(_entries(path)):
        if not entry["reason"].strip():
            raise Unusable(f"{path}: entry {number}: no reason; write why {_globs(entry)[0]} is "
                           f"expected to {entry['outcome']}")
        out += [Expectation(one, *(entry[key] for key in FIELDS[1:]), source=path.name)
                for one in _globs(entry)]
    return out


def load_folder(folder: Path) -> list[Expectation]:
    return [one for path in sorted(folder.glob("*.json")) for one in load(path)]


@dataclass(frozen=True)
class Ruling:
    """What the expectations say of one result: a reason that excuses it, or what is wrong."""

    excused: str = ""
    wrong: str = ""
    by: Expectation | None = None


class Book:
    """Expectations with an index, since most are plain names and cases are many."""

    def __init__(self, entries: Iterable[Expectation]) -> None:
        self.entries = list(entries)
        self._plain: dict[str, list[Expectation]] = {}
        self._wild = [one for one in self.entries if one.wild]
        for one in self.entries:
            if not one.wild:
                self._plain.setdefault(one.case, []).append(one)

    def due(self, *names: str | None) -> list[Expectation]:
        out = [one for name in names if name for one in self._plain.get(name, ())]
        return out + [one for one in self._wild if one.matches(*names)]

    def hold(self, outcome: str, today: datetime.date, *names: str | None) -> Ruling:
        """Judges one result. Nothing excuses a crash, and nothing an entry that has ended."""
        due = self.due(*names)
        for one in due:
            one.matched += 1
        if outcome == "crash":
            return Ruling(wrong="crash")
        valid = [one for one in due if not one.expired(today)]
        for one in valid:
            if one.outcome == outcome:
                return Ruling(excused=one.reason, by=one)
        if valid:
            told = f"{outcome}, though {valid[0].source} expects {valid[0].outcome}"
            return Ruling(wrong=told, by=valid[0])
        if due:
            told = f"{outcome}, and the entry of {due[0].source} ended {due[0].until}"
            return Ruling(wrong=told, by=due[0])
        return Ruling(wrong=outcome if outcome in WRONG else "")


def apply(run: Run, entries: Iterable[Expectation], today: datetime.date | None = None,
          corpus: Iterable[Case] | None = None) -> list[str]:
    """Everything of a run that is not as expected, a line each. What is excused goes to the reports
    as run.testee["expected"]. Where not the whole corpus was run, give it: an entry about a case
    that was left out matches nothing, and is right all the same."""
    book, out = Book(entries), []
    today = today or datetime.date.today()
    ended: dict[int, list[str]] = {}
    wide: dict[int, list[str]] = {}
    expected: dict[str, str] = {}
    for result in run.results:
        case = result.case
        if result.left_out:
            continue
        ruling = book.hold(result.outcome, today, case.id, case.rule)
        number = book.entries.index(ruling.by) if ruling.by else -1
        if ruling.excused:
            expected[case.id] = ruling.excused
        elif ruling.by and ruling.by.expired(today):
            ended.setdefault(number, []).append(case.id)
        elif ruling.by and _too_wide(ruling.by, case) and result.outcome not in WRONG:
            wide.setdefault(number, []).append(case.id)
        elif ruling.wrong:
            out.append(": ".join(filter(None, (case.id, ruling.wrong, result.detail))))
    for number, names in ended.items():
        one = book.entries[number]
        out.append(f"{one.source}: {one.case} ended {one.until}: {len(names)} cases, "
                   f"{names[0]} the first")
    for number, names in wide.items():
        one = book.entries[number]
        out.append(f"{one.source}: {one.case} is too wide: of the cases that it matches, "
                   f"{len(names)} did not {one.outcome}, {names[0]} the first")
    cases = list(corpus) if corpus is not None else [one.case for one in run.results]
    out += _unmatched(book.entries, cases)
    run.testee["expected"] = expected
    return out


def _too_wide(entry: Expectation, case: Case) -> bool:
    """Whether it is more than one case that the entry matches, so that a name is to be narrowed."""
    return entry.wild or entry.case != case.id


def _unmatched(entries: Iterable[Expectation], cases: Sequence[Case]) -> list[str]:
    """Expectations that match no case at all."""
    ids, rules = {case.id for case in cases}, {case.rule for case in cases if case.rule}
    out = []
    for one in entries:
        if one.matched or one.case in ids or one.case in rules:
            continue
        if not (one.wild and any(one.matches(case.id, case.rule) for case in cases)):
            out.append(f"{one.source}: {one.case} matches no case")
    return out


def update(path: Path, run: Run, corpus: Iterable[Case] | None = None) -> int:
    """Rewrites a file so that it fits a run. Reasons and order stay; what matches no failure goes;
    what is too wide is narrowed; what is new stands at the end without a reason, and is refused
    until somebody writes one. Returns how many of those there are. A crash is never written."""
    entries = _entries(path) if path.exists() else []
    results = [one for one in run.results if not one.left_out]
    ran = {one.case.id for one in results}
    cases_of_run = [one.case for one in run.results]
    left_out = [case for case in corpus or cases_of_run if case.id not in ran]
    covered: set[str] = set()
    kept = []
    for entry in entries:
        cases = []
        for glob in _globs(entry):
            one = Expectation(glob, *(entry[key] for key in FIELDS[1:]), source=path.name)
            cases += _narrowed(one, results, left_out, covered)
        if cases:
            kept.append({**entry, "case": cases[0] if len(cases) == 1 else cases})
    fresh = [{"case": cases[0] if len(cases) == 1 else cases, "outcome": "fail", "reason": "",
              "link": "", "until": ""} for cases in _new(results, covered)]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps([*kept, *fresh], indent=2, ensure_ascii=False)
    write_whole(path, text + "\n")
    return sum(not entry["reason"].strip() for entry in [*kept, *fresh])


def _narrowed(one: Expectation, results: Iterable[Result], left_out: Iterable[Case],
              covered: set[str]) -> list[str]:
    """What a glob has to become: itself, the ids of what is as it expects, or nothing."""
    hits = [result for result in results if one.matches(result.case.id, result.case.rule)]
    judged = [hit for hit in hits if hit.outcome != "crash"]
    right = [hit.case.id for hit in judged if hit.outcome == one.outcome]
    covered.update(right)
    if len(right) < len(judged):
        return right
    elsewhere = any(one.matches(case.id, case.rule) for case in left_out)
    return [one.case] if hits or elsewhere else []


def _new(results: Sequence[Result], covered: set[str]) -> list[list[str]]:
    """Failures without an entry, by rule; the rule alone where all of its cases failed."""
    by_rule: dict[str, list[Result]] = {}
    for result in results:
        by_rule.setdefault(result.case.rule or f"\0{result.case.format}", []).append(result)
    out = []
    for rule, group in by_rule.items():
        new = [one.case.id for one in group if one.outcome == "fail" and one.case.id not in covered]
        if new:
            out.append([rule] if len(new) == len(group) and rule[0] != "\0" else new)
    return out
