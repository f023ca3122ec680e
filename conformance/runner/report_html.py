# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Writes runs as one HTML page that needs nothing else: a matrix of rules and implementations.

The table stands in the page as such; a script adds filters, what happened in each cell, and the
columns of testees that the suite has to fail, of which there are many. What passed is counted and
named by reference alone, so that many runs stay a page that can be sent."""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from .case import OUTCOMES, Case, Result, Run
from .matrix import (LEVELS, STATES, Row, group, manifest_rules, numbered, rows, rules_of, said,
                     spans, split, state, title, told_by, totals, unlike, untold, visible)

HERE = Path(__file__).parent
GROUPS = 40  # different details of a cell; what goes beyond is named without
LONGEST = 300
MORE = "for further reasons; the JSON lines of the run have each"
WORDS = {"crash": "crash", "fail": "fail", "note": "differ (no failure)", "pass": "pass",
         "unspecified": "unspecified", "skip": "not run", "none": "not run here"}
# Of programs that a trusted kernel feeds, where the text of that kernel is silent.
ROBUST = {"crash": "crash: not robust", "fail": "not robust", "pass": "robust"}
ABOUT = """\
A row is a rule, a column an implementation; both stand in the order of their names and of the runs.
A kernel can differ from a text. A program that a trusted kernel feeds is robust against an input or
it is not, and no more is said of it. What was not run says nothing."""


def escape(text: object) -> str:
    return html.escape(visible(text))


class Words:
    """Text that is said often stands in the page once."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._at: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        if text not in self._at:
            self._at[text] = len(self.all)
            self.all.append(text)
        return self._at[text]


def _family(case: Case) -> tuple[str, int | None]:
    """All lengths of a prefix are one line of the page: its name, and the length."""
    above, _, last = case.id.rpartition("/")
    if case.family == "prefix" and last.isdecimal():
        return above, int(last)
    return case.id, None


def _want(case: Case) -> str:
    want = case.want
    parts = [want.verdict]
    parts += [f"at {want.at}"] if want.at is not None else []
    parts += [f"needs {want.need}"] if want.need is not None else []
    return " ".join(parts)


def _cases(row: Row, words: Words) -> tuple[list[list[Any]], dict[str, int], dict[str, set[str]]]:
    """The inputs of a row, in the order of their ids; the place of each; the ids behind each."""
    first: dict[str, Case] = {}
    ids: dict[str, set[str]] = {}
    for cell in row.cells:
        for result in cell:
            name, _ = _family(result.case)
            first.setdefault(name, result.case)
            ids.setdefault(name, set()).add(result.case.id)
    names = sorted(first)
    out = []
    for name in names:
        case, lengths = first[name], []
        if _family(case)[1] is not None:
            lengths = [int(one.rpartition("/")[2]) for one in ids[name]]
        text = f"the first {spans(lengths)} bytes of it" if lengths else case.text
        out.append([name, words(case.cls), words(case.role), words(visible(text)), len(ids[name]),
                    words(case.want.verdict if lengths else _want(case)),
                    words(", ".join(case.catches))])
    return out, {name: at for at, name in enumerate(names)}, ids


def _refs(ids: Mapping[str, set[str]], place: Mapping[str, int],
          every: Mapping[str, set[str]]) -> str:
    """Which inputs, in short: * is all; 0-3,7,9:0-11.14 names lengths where they are not all."""
    whole = [place[name] for name, some in ids.items() if len(some) == len(every[name])]
    if len(whole) == len(place):
        return "*"
    parts = [spans(whole).replace(" ", "")] if whole else []
    for name, some in ids.items():
        if len(some) < len(every[name]):
            lengths = spans(int(one.rpartition("/")[2]) for one in some)
            parts.append(f"{place[name]}:{lengths.replace(', ', '.')}")
    return ",".join(parts)


def _detail(result: Result, expected: Mapping[str, str]) -> str:
    out = said(result)
    if result.stderr:
        out += f" | {' '.join(visible(result.stderr).split())[-LONGEST:]}"
    if result.outcome == "fail" and result.case.id in expected:
        out = f"expected ({expected[result.case.id]}): {out}"
    return out if len(out) <= 2 * LONGEST else out[:2 * LONGEST] + " ..."


def _cell(results: list[Result], place: Mapping[str, int], every: Mapping[str, set[str]],
          words: Words, expected: Mapping[str, str]) -> list[list[Any]]:
    """All that did not pass, by what was said; the rest of the row's inputs passed."""
    groups: dict[tuple[str, str], dict[str, set[str]]] = {}
    seen: Counter[str] = Counter()
    for result in results:
        outcome = result.outcome
        if outcome == "pass":
            continue
        key = (outcome, _detail(result, expected))
        if key not in groups:
            seen[outcome] += 1
            if seen[outcome] > GROUPS:
                key = (outcome, MORE)
        groups.setdefault(key, {}).setdefault(_family(result.case)[0], set()).add(result.case.id)
    ran = {result.case.id for result in results}
    left = {name: some - ran for name, some in every.items() if some - ran}
    if left:
        groups[("none", "")] = left
    order = list(STATES)
    return [[outcome, words(detail), _refs(ids, place, every)]
            for (outcome, detail), ids
            in sorted(groups.items(), key=lambda one: order.index(one[0][0]))]


def _robust(row: Row) -> bool:
    return row.level == "robust" and row.format.startswith("linux")


def _data(runs: list[Run], every: list[Row]) -> dict[str, Any]:
    words = Words()
    out = []
    for row in every:
        cases, place, ids = _cases(row, words)
        cells = [_cell(cell, place, ids, words, run.testee.get("expected") or {})
                 for run, cell in zip(runs, row.cells)]
        out.append({"key": row.key, "formats": sorted({row.format, *row.formats}),
                    "level": row.level, "cases": cases, "cells": cells,
                    **({"robust": 1} if _robust(row) else {})})
    return {"words": words.all, "rows": out, "outcomes": WORDS, "robust": ROBUST,
            "letters": {key: letter for key, (letter, _) in STATES.items()},
            "runs": [{"name": title(run), "command": visible(run.testee.get("command") or ""),
                      "package": visible(run.testee.get("package") or ""), "date": run.started,
                      "corpus": visible(run.corpus), "group": group(run),
                      "fault": visible(run.testee.get("fault") or "")} for run in runs]}


def _date(run: Run) -> str:
    shown = escape(run.started[:16].replace("T", " "))
    return f'<time datetime="{escape(run.started)}">{shown}</time>'


def _known(run: Run) -> str:
    """How many of the failures were expected, with a reason that the cells tell."""
    expected = run.testee.get("expected") or {}
    known = sum(one.outcome == "fail" and one.case.id in expected for one in run.results)
    return f" ({known} of them expected)" if known else ""


def _testees(runs: list[Run], out: TextIO) -> None:
    """The command, package and date that stand behind each cell of a column."""
    heads = ("testee", "package", "date", "corpus", "command", "cases")
    out.write('<div class="scroll"><table class="testees" id="testees">'
              '<caption hidden>Testees</caption><thead><tr>')
    out.write("".join(f'<th scope="col">{head}</th>' for head in heads) + "</tr></thead><tbody>\n")
    for run in runs:
        counts = totals(run)
        cells = [escape(run.testee.get("package") or "not told"), _date(run),
                 escape(run.corpus), f"<code>{escape(run.testee.get('command') or '')}</code>",
                 ", ".join(f"{counts[one]} {WORDS[one]}{_known(run) if one == 'fail' else ''}"
                           for one in OUTCOMES if counts[one])]
        out.write(f'<tr><th scope="row">{escape(title(run))}</th>')
        out.write("".join(f'<td data-h="{head}">{cell}</td>'
                          for head, cell in zip(heads[1:], cells)))
        out.write("</tr>\n")
    out.write("</tbody></table></div>\n")


def _groups(groups: Mapping[str, list[Run]], out: TextIO) -> None:
    """Testees that the suite has to fail, and what tells each."""
    heads = ("testee", "its fault", "suite", "cases that fail or crash", "rules", "date", "corpus",
             "command")
    for name, runs in groups.items():
        holes = sum(bool(untold(run)) for run in runs)
        sum_up = f"{holes} of {len(runs)} NOT TOLD" if holes else f"all {len(runs)} told"
        out.write(f'<details class="group"{" open" if holes else ""}><summary><h2>'
                  f'{escape(name)}: each has to fail; {sum_up}</h2></summary>\n'
                  '<div class="scroll"><table class="testees"><caption hidden>'
                  f'{escape(name)}</caption><thead><tr>')
        out.write("".join(f'<th scope="col">{head}</th>' for head in heads)
                  + "</tr></thead><tbody>\n")
        for run in runs:
            told, hole = told_by(run), untold(run)
            word = "tells it"
            if hole:
                word = f'<b class="fail">NOT TOLD: {escape("; ".join(hole))}</b>'
            rules = "".join(f"<li>{escape(rule)}</li>" for rule in rules_of(told))
            cells = [escape(run.testee.get("fault") or ""), word, f"{len(told)} of "
                     f"{len(run.results)}", f"<details><summary>{len(rules_of(told))}</summary>"
                     f"<ul>{rules}</ul></details>", _date(run), escape(run.corpus),
                     f"<code>{escape(run.testee.get('command') or '')}</code>"]
            out.write(f'<tr><th scope="row">{escape(title(run))}</th>')
            out.write("".join(f'<td data-h="{head}">{cell}</td>'
                              for head, cell in zip(heads[1:], cells)))
            out.write("</tr>\n")
        out.write("</tbody></table></div></details>\n")


def _select(name: str, values: Mapping[str, str], more: str = "") -> str:
    options = more.join(("".join(f'<option value="{escape(value)}">{escape(text)}</option>'
                                 for value, text in values.items()), ""))
    return (f'<label>{name}<select name="{name}"><option value="">all</option>{options}'
            '</select></label>')


def _filters(runs: list[Run], every: list[Row], out: TextIO) -> None:
    def some(values: set[str]) -> dict[str, str]:
        return {value: value for value in sorted(values) if value}

    out.write('<form id="filters" class="filters needs-script" role="search">'
              '<label>search'
              '<input type="search" name="search" placeholder="rule, text or id"></label>')
    out.write(_select("format", some(set().union(*({row.format} | row.formats for row in every)))))
    out.write(_select("level", {key: key for key in LEVELS if key in {row.level for row in every}}))
    out.write(_select("role", some(set().union(*(row.roles for row in every)))))
    out.write(_select("class", some(set().union(*(row.classes for row in every)))))
    out.write(_select("outcome", {key: f"{STATES[key][0]} {word}" for key, word in
                                  {**WORDS, "part": "pass, run in part"}.items()}))
    plain, groups = split(runs)
    more = "".join(f'<optgroup label="{escape(name)}">' + "".join(
        f'<option value="{escape(title(run))}">{escape(title(run))}</option>' for run in some)
        + "</optgroup>" for name, some in groups.items())
    out.write(_select("testee", {title(run): title(run) for run in plain}, more))
    out.write('<button type="reset">Start over</button>'
              '<output id="shown" aria-live="polite"></output><div class="switches">')
    idle = sum(map(_idle, every))
    if idle:
        out.write('<label class="switch"><input type="checkbox" name="idle" checked> hide '
                  f'{idle} rows that no testee was run on</label>')
    for name, some in groups.items():
        out.write('<label class="switch"><input type="checkbox" name="group" '
                  f'value="{escape(name)}"{"" if plain else " checked"}> show the {len(some)} '
                  f'columns of {escape(name)}, each of which has to fail</label>')
    out.write("</div></form>\n")


def _idle(row: Row) -> bool:
    """Whether the row was put to nobody, so that it says nothing."""
    return all(row.state(number) in ("skip", "none") for number in range(len(row.cells)))


def _static(row: Row, number: int, run: Run) -> str:
    counts = row.counts(number)
    now = state(counts)
    words = {**WORDS, **(ROBUST if _robust(row) else {})}
    told = ", ".join(f"{counts[one]} {words[one]}" for one in WORDS if counts[one]) or WORDS["none"]
    shown = counts["pass" if now == "part" else now] if now != "none" else 0
    return (f'<td class="{now}" data-n="{escape(title(run))}" title="{told}">'
            f'<b>{STATES[now][0]}</b>{f" {shown}" if shown else ""}</td>')


def _matrix(runs: list[Run], every: list[Row], out: TextIO) -> None:
    """The table of what is no group; the script adds the columns of groups on demand."""
    runs = split(runs)[0]
    out.write('<div><table id="matrix"><caption hidden>Rules and implementations</caption>'
              '<thead><tr>'
              '<th scope="col">rule</th>')
    out.write("".join(f'<th scope="col" data-n="{escape(title(run))}">{escape(title(run))}</th>'
                      for run in runs))
    out.write("</tr></thead>\n")
    before = None
    for number, row in enumerate(every):
        if row.format != before:
            out.write(f'{"</tbody>" if before else ""}<tbody><tr class="head">'
                      f'<th scope="rowgroup" colspan="{len(runs) + 1}">{escape(row.format)}</th>'
                      '</tr>\n')
            before = row.format
        level = (f'<span class="level {row.level}" title="{LEVELS.get(row.level, "")}">'
                 f'{row.level}</span>' if row.level else "")
        source = f'<span class="source">{escape(row.source)}</span>' if row.source else ""
        out.write(f'<tr data-row="{number}"{" data-idle" if _idle(row) else ""}><th scope="row">'
                  f'<span class="key">{escape(row.key)}</span>{level}'
                  f'<span class="text">{escape(row.text)}</span>{source}</th>')
        out.write("".join(_static(row, at, run) for at, run in enumerate(runs)) + "</tr>\n")
    out.write(f'{"</tbody>" if before else ""}</table></div>\n')


def write(runs: list[Run], out: TextIO,
          rules: Mapping[str, Mapping[str, Any]] | None = None) -> None:
    """One page of all runs. The rules give texts and sources, and rows for what no case was put
    to; without any, they are those of the manifest of the corpus."""
    plain, groups = split(numbered(runs))
    runs = [*plain, *(run for some in groups.values() for run in some)]
    every = rows(runs, manifest_rules() if rules is None else rules)
    css, script = ((HERE / f"report_html.{kind}").read_text(encoding="utf-8")
                   for kind in ("css", "js"))
    data = json.dumps(_data(runs, every), separators=(",", ":"), ensure_ascii=False)
    out.write('<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8">\n'
              '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
              "<title>Conformance: rules and implementations</title>\n"
              f"<style>\n{css}</style></head>\n<body>\n"
              f"<h1>Conformance: rules and implementations</h1>\n<p>{ABOUT}</p>\n"
              '<p class="needs-script">A cell opens with a click, or with Enter or the space bar; '
              "Tab leads into the table, arrows, Home and End from cell to cell, Escape closes."
              "</p>\n")
    warning = unlike(runs)
    if warning:
        out.write(f'<p class="warning"><strong>{escape(warning)}</strong></p>\n')
    out.write('<ul class="legend">' + "".join(
        f'<li><b class="{key}">{letter}</b> <span>{escape(words)}</span></li>'
        for key, (letter, words) in STATES.items()) + "</ul>\n")
    out.write('<p>Levels: ' + "; ".join(
        f'<span class="level {key}">{key}</span> {escape(words)}' for key, words in LEVELS.items())
        + '.</p>\n<details id="who" open><summary><h2>Testees</h2></summary>\n')
    _testees(plain, out)
    out.write("</details>\n")
    _groups(groups, out)
    out.write("<h2>Rules</h2>\n")
    _filters(runs, every, out)
    _matrix(runs, every, out)
    safe = data.replace("<", "\\u003c")
    out.write(f'<script type="application/json" id="data">{safe}</script>\n'
              f"<script>\n{script}</script>\n</body>\n</html>\n")
