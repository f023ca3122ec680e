# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Writes runs as JUnit XML: a suite a testee. Failures that are expected stand as skipped, with the
reason, since JUnit has no word for them. Testees that the suite has to fail are one suite a group:
a case each, which passes where its fault is told."""

from __future__ import annotations

import re
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from .case import Result, Run
from .matrix import NUMBER, numbered, rules_of, said, split, title, told_by, unlike, untold, visible


def _attributes(**words: object) -> str:
    return "".join(f" {key.rstrip('_')}={quoteattr(visible(value))}"
                   for key, value in words.items() if value is not None)


def _inside(result: Result, reason: str | None) -> str:
    """The element that says why a case did not simply pass."""
    detail = said(result)
    if result.outcome == "skip":
        return f"<skipped{_attributes(message=detail)}/>"
    if result.outcome == "fail" and reason is not None:
        return f"<skipped{_attributes(message=f'expected to fail: {reason}')}/>"
    if result.outcome in ("fail", "crash"):
        tag = "failure" if result.outcome == "fail" else "error"
        rule = f"rule {result.case.rule}: " if result.case.rule else ""
        body = escape(visible("\n".join(filter(None, (rule + detail, result.stderr)))))
        return f"<{tag}{_attributes(message=detail, type=result.outcome)}>{body}</{tag}>"
    if result.outcome in ("note", "unspecified"):
        return f"<system-out>{escape(visible(f'{result.outcome}: {detail}'))}</system-out>"
    return ""


def _suite(run: Run, warning: str, out: TextIO) -> None:
    expected = run.testee.get("expected") or {}
    known = sum(one.outcome == "fail" and one.case.id in expected for one in run.results)
    count = {name: sum(one.outcome == name for one in run.results)
             for name in ("fail", "crash", "skip")}
    head = _attributes(name=title(run), tests=len(run.results), failures=count["fail"] - known,
                       errors=count["crash"], skipped=count["skip"] + known,
                       time=f"{sum(one.seconds for one in run.results):.3f}",
                       timestamp=run.started)
    out.write(f"<testsuite{head}>\n<properties>\n")
    told = {**{key: run.testee.get(key) for key in ("command", "package", "version")},
            "corpus": run.corpus, "warning": warning}
    for name, value in told.items():
        if value:
            out.write(f"<property{_attributes(name=name, value=value)}/>\n")
    out.write("</properties>\n")
    group = re.sub(r"[^\w-]", "_", str(run.testee.get("name") or "testee"))
    group += f"_{run.testee[NUMBER]}" if run.testee.get(NUMBER) else ""
    for result in run.results:
        case = result.case
        words = _attributes(classname=f"{group}.{case.rule or case.format or 'any'}", name=case.id,
                            time=f"{result.seconds:.3f}")
        inside = _inside(result, expected.get(case.id))
        out.write(f"<testcase{words}>{inside}</testcase>\n" if inside else f"<testcase{words}/>\n")
    out.write("</testsuite>\n")


def _faults(name: str, runs: list[Run], out: TextIO) -> None:
    """Testees that have to fail: the suite itself is under test."""
    holes = sum(bool(untold(run)) for run in runs)
    seconds = sum(one.seconds for run in runs for one in run.results)
    head = _attributes(name=f"{name}: each is told", tests=len(runs), failures=holes, errors=0,
                       skipped=0, time=f"{seconds:.3f}",
                       timestamp=runs[0].started)
    out.write(f"<testsuite{head}>\n")
    group = re.sub(r"[^\w-]", "_", name)
    for run in runs:
        told = told_by(run)
        words = _attributes(classname=group, name=title(run),
                            time=f"{sum(one.seconds for one in run.results):.3f}")
        inside = (f"{run.testee.get('fault') or ''}\ncommand: {run.testee.get('command') or ''}\n"
                  f"corpus: {run.corpus}\n"
                  f"{len(told)} of {len(run.results)} cases fail or crash, of: "
                  f"{', '.join(rules_of(told))}")
        hole = untold(run)
        if hole:
            failure = f"<failure{_attributes(message=hole[0], type='untold')}>"
            out.write(f"<testcase{words}>{failure}{escape(visible(chr(10).join(hole)))}</failure>"
                      "</testcase>\n")
            continue
        out.write(f"<testcase{words}><system-out>{escape(visible(inside))}</system-out>"
                  "</testcase>\n")
    out.write("</testsuite>\n")


def write(runs: list[Run], out: TextIO) -> None:
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n')
    runs = numbered(runs)
    plain, groups = split(runs)
    for run in plain:
        _suite(run, unlike(runs), out)
    for name, some in groups.items():
        _faults(name, some, out)
    out.write("</testsuites>\n")
