# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Writes a summary of runs as Markdown: who was run, and the rules where not all is as wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TextIO

from .case import OUTCOMES, Run
from .matrix import (STATES, Row, manifest_rules, numbered, rows, rules_of, said, split, title,
                     told_by, totals, unlike, untold, visible)

SHOWN = 3  # cases of a cell; the JSON lines have all
WORDS = {"pass": "pass", "fail": "fail", "note": "note", "skip": "not run", "crash": "crash",
         "unspecified": "unspecified"}


def _cell(text: object) -> str:
    """Text that cannot end a cell or begin markup."""
    out = " ".join(visible(text).split()).replace("\\", "\\\\")
    for sign in "|`*_<>[]":
        out = out.replace(sign, "\\" + sign)
    return out


def _code(text: object) -> str:
    line = " ".join(visible(text).split()).replace("`", "'").replace("|", "\\|")
    return f"`{line}`" if line else ""


def _table(head: list[str], body: list[list[str]], out: TextIO) -> None:
    for line in (head, ["---"] * len(head), *body):
        out.write(f"| {' | '.join(line)} |\n")


def _happened(row: Row, runs: list[Run], out: TextIO) -> None:
    level = f", level {row.level}" if row.level else ""
    out.write(f"\n### {_cell(row.key)}{level}\n\n{_cell(row.text)}\n\n")
    for number, run in enumerate(runs):
        due = [one for one in row.cells[number] if one.outcome in ("crash", "fail", "note")]
        expected = run.testee.get("expected") or {}
        for one in due[:SHOWN]:
            why = expected.get(one.case.id) if one.outcome == "fail" else None
            known = f" (expected: {_cell(why)})" if why else ""
            out.write(f"- {_cell(title(run))}: {_code(one.case.id)}: {one.outcome}: "
                      f"{_cell(said(one))}{known}\n")
        if len(due) > SHOWN:
            out.write(f"- {_cell(title(run))}: and {len(due) - SHOWN} more\n")


def _faults(name: str, runs: list[Run], out: TextIO) -> None:
    """Testees that have to fail."""
    out.write(f"\n## {_cell(name)}: the suite has to fail each\n\n")
    body = []
    for run in runs:
        told, hole = told_by(run), untold(run)
        rules = rules_of(told)
        more = f" and {len(rules) - SHOWN} more" if len(rules) > SHOWN else ""
        body.append([_cell(title(run)), _cell(run.testee.get("fault") or ""),
                     f"NOT TOLD: {_cell('; '.join(hole))}" if hole else "told",
                     str(len(told)), ", ".join(map(_cell, rules[:SHOWN])) + more,
                     _cell(run.started), _cell(run.corpus), _code(run.testee.get("command") or "")])
    _table(["testee", "its fault", "", "cases that fail", "rules", "date", "corpus", "command"],
           body, out)


def write(runs: list[Run], out: TextIO,
          rules: Mapping[str, Mapping[str, Any]] | None = None) -> None:
    runs = numbered(runs)
    warning = unlike(runs)
    runs, groups = split(runs)
    out.write("# Conformance: what was run, and what came of it\n\n")
    if warning:
        out.write(f"**{_cell(warning)}**\n\n")
    _table(["testee", "package", "date", "corpus", *(WORDS[one] for one in OUTCOMES), "command"],
           [[_cell(title(run)), _cell(run.testee.get("package") or ""), _cell(run.started),
             _cell(run.corpus), *(str(totals(run)[one]) for one in OUTCOMES),
             _code(run.testee.get("command") or "")] for run in runs], out)
    every = rows(runs, manifest_rules() if rules is None else rules)
    columns = range(len(runs))
    told = [row for row in every
            if any(row.state(number) in ("crash", "fail", "note") for number in columns)]
    out.write("\nNumbers are cases. What was not run says nothing of a testee.\n\n")
    for letter, words in STATES.values():
        out.write(f"- {letter}: {words}\n")
    out.write("\n## Rules where a testee does otherwise\n\n")
    if not told:
        out.write("None of what was run.\n")
    else:
        _matrix(runs, told, out)
    for name, some in groups.items():
        _faults(name, some, out)


def _matrix(runs: list[Run], told: list[Row], out: TextIO) -> None:
    """Letters of the rules where not all is as wanted, and what happened behind each."""
    columns = range(len(runs))
    _table(["rule", "level", *(_cell(title(run)) for run in runs)],
           [[_cell(row.key), row.level, *(STATES[row.state(number)][0] for number in columns)]
            for row in told], out)
    for row in told:
        _happened(row, runs, out)
