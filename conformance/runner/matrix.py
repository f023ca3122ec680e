# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Groups the results of runs by rule: rows, cells and words that the reports for people share."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .case import LENIENT, Case, Result, Run

# State of a cell: its letter, and what it means. The worst outcome decides.
STATES = {
    "crash": ("C", "crashed, hung or was stopped; never counts as a rejection"),
    "fail": ("F", "did otherwise than the rule wants; of a program that a trusted kernel feeds: "
                  "is not robust against it"),
    "note": ("N", "does otherwise where the rule is no more than our decision, or what was seen "
                  "(levels ours and seen): no failure"),
    "unspecified": ("U", "behaviour that no text decides, shown without judgement"),
    "part": ("P–", "as the rule wants where it was run, and not run in part"),
    "pass": ("P", "as the rule wants"),
    "skip": ("–", "not run: the testee does not do this, or says why it skipped"),
    "none": ("·", "not run: no case of the rule was put to it"),
}
MANIFEST = Path(__file__).parents[1] / "corpus/manifest.json"
LEVELS = {
    "abi": "a published text says so",
    "robust": "the text is silent, but a reader that does otherwise crashes, hangs, overreads or "
              "fails open",
    "seen": "every producer measured does so, nobody promised it",
    "ours": "our decision, no failure of somebody else's program",
}


def state(counts: Mapping[str, int]) -> str:
    """What a cell with these outcomes shows."""
    for one in ("crash", "fail", "note"):
        if counts.get(one):
            return one
    if counts.get("pass"):
        return "part" if counts.get("skip") or counts.get("none") else "pass"
    if counts.get("unspecified"):
        return "unspecified"
    return "skip" if counts.get("skip") else "none"


@dataclass
class Row:
    """A rule, or the good inputs of a format, with the results of each run."""

    key: str
    rule: str | None
    format: str  # the layout or ABI, without the part of it
    level: str
    text: str
    source: str = ""
    formats: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    cells: list[list[Result]] = field(default_factory=list)

    @property
    def lenient(self) -> bool:
        return self.level in LENIENT

    def counts(self, number: int) -> Counter[str]:
        """Outcomes of a cell; "none" are the cases that other runs have and this one has not."""
        out = Counter(result.outcome for result in self.cells[number])
        out["none"] = len(self.ids) - out.total()
        return out

    def state(self, number: int) -> str:
        return state(self.counts(number))


def _format(case: Case) -> str:
    return case.format or "any format"


def _key(case: Case) -> str:
    return case.rule or f"good inputs: {_format(case)}"


def _row(case: Case, rule: Mapping[str, Any], key: str) -> Row:
    if case.rule is None:
        text = "Inputs that break no rule, and their beginnings."
        return Row(key, None, _format(case).split(".")[0], "", text)
    return Row(key, case.rule, rule.get("format") or _format(case).split(".")[0],
               rule.get("level") or case.level or "", rule.get("text") or "",
               _source(rule.get("source")))


def _source(source: Any) -> str:
    if isinstance(source, Mapping):
        return "; ".join(str(one) for one in source.values() if one)
    return str(source or "")


def rows(runs: list[Run], rules: Mapping[str, Mapping[str, Any]] | None = None) -> list[Row]:
    """Every rule that a case or the manifest names, by format; good inputs stand first."""
    rules = rules or {}
    out: dict[str, Row] = {}
    for number, run in enumerate(runs):
        for result in run.results:
            case = result.case
            key = _key(case)
            row = out.get(key)
            if row is None:
                row = out[key] = _row(case, rules.get(case.rule or "", {}), key)
                row.cells = [[] for _ in runs]
            row.ids.add(case.id)
            row.formats.add(_format(case))
            row.roles.add(case.role)
            row.classes.add(case.cls)
            row.cells[number].append(result)
    for name, rule in rules.items():
        if name not in out:
            row = out[name] = Row(name, name, rule.get("format") or "any format",
                                  rule.get("level") or "", rule.get("text") or "",
                                  _source(rule.get("source")), set(rule.get("roles") or ()))
            row.cells = [[] for _ in runs]
    return sorted(out.values(), key=lambda row: (row.format, row.rule is not None, row.key))


def manifest_rules(path: Path = MANIFEST) -> dict[str, dict[str, Any]]:
    """The rules that the corpus is about, with their texts. A report can do without."""
    try:
        return {rule["id"]: rule for rule in json.loads(path.read_bytes())["rules"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


NUMBER = "number"  # of a testee: which of those with the same name and version it is


# What neither XML nor HTML can hold, and a terminal would obey.
UNWRITABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def visible(text: object) -> str:
    """Text of a testee may hold anything; what cannot be written stands as its number."""
    return UNWRITABLE.sub(lambda match: f"\\u{{{ord(match[0]):x}}}", str(text))


def title(run: Run) -> str:
    """Name and version of a testee, and its number where runs have the same."""
    number = run.testee.get(NUMBER)
    told = (run.testee.get("name") or "testee", run.testee.get("version"),
            f"#{number}" if number else "")
    return visible(" ".join(str(one) for one in told if one))


def numbered(runs: Iterable[Run]) -> list[Run]:
    """The runs, whose titles differ: the second of a name is #2."""
    out: list[Run] = []
    seen: set[str] = set()
    for run in runs:
        one, number = replace(run, testee={**run.testee, NUMBER: 0}), 1
        while title(one) in seen:
            number += 1
            one.testee[NUMBER] = number
        seen.add(title(one))
        out.append(one)
    return out


def unlike(runs: Iterable[Run]) -> str:
    """A warning where runs are over different corpora, or nothing."""
    by_corpus: dict[str, list[str]] = {}
    for run in runs:
        by_corpus.setdefault(visible(run.corpus), []).append(title(run))
    if len(by_corpus) < 2:
        return ""
    return (f"WARNING: these runs are over {len(by_corpus)} different corpora, so their numbers do "
            "not compare: " + "; ".join(f"{corpus}: {', '.join(names)}"
                                        for corpus, names in by_corpus.items()))


def group(run: Run) -> str:
    """The group of testees that the suite has to fail; of all others nothing."""
    return visible(run.testee.get("group") or "")


def split(runs: list[Run]) -> tuple[list[Run], dict[str, list[Run]]]:
    """The testees, and by group those that the suite has to fail."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        if group(run):
            groups.setdefault(group(run), []).append(run)
    return [run for run in runs if not group(run)], groups


def told_by(run: Run) -> list[Result]:
    """What tells the fault of a testee that the suite has to fail."""
    return [result for result in run.results if result.outcome in ("crash", "fail")]


def untold(run: Run) -> list[str]:
    """What ought to tell such a fault and does not: a hole in the suite."""
    lines = [visible(one) for one in run.testee.get("untold") or ()]
    return lines or ([] if told_by(run) else ["unexpected pass: no case fails"])


def rules_of(results: Iterable[Result]) -> list[str]:
    """The rules that results are about; a good input has none, and its format speaks for it."""
    return sorted({_key(result.case) for result in results})


def totals(run: Run) -> Counter[str]:
    return Counter(result.outcome for result in run.results)


def said(result: Result) -> str:
    """What happened, in a line; a detail may be missing where there is nothing to add."""
    if result.detail:
        return " ".join(visible(result.detail).split())
    if result.answer is None:
        return result.outcome
    return f"{result.outcome}: {result.answer.verdict}"


def spans(numbers: Iterable[int]) -> str:
    """Numbers as short text: 0-3, 7."""
    out: list[list[int]] = []
    for one in sorted(set(numbers)):
        if out and out[-1][1] == one - 1:
            out[-1][1] = one
        else:
            out.append([one, one])
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in out)
