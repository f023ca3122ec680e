# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Writes runs as JUnit XML: a suite a testee. Failures that are expected stand as skipped, with the
reason, since JUnit has no word for them."""

from __future__ import annotations

import re
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from .case import Result, Run
from .matrix import said, title, visible


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


def _suite(run: Run, out: TextIO) -> None:
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
            "corpus": run.corpus}
    for name, value in told.items():
        if value:
            out.write(f"<property{_attributes(name=name, value=value)}/>\n")
    out.write("</properties>\n")
    group = re.sub(r"[^\w-]", "_", str(run.testee.get("name") or "testee"))
    for result in run.results:
        case = result.case
        words = _attributes(classname=f"{group}.{case.rule or case.format or 'any'}", name=case.id,
                            time=f"{result.seconds:.3f}")
        inside = _inside(result, expected.get(case.id))
        out.write(f"<testcase{words}>{inside}</testcase>\n" if inside else f"<testcase{words}/>\n")
    out.write("</testsuite>\n")


def write(runs: list[Run], out: TextIO) -> None:
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n')
    for run in runs:
        _suite(run, out)
    out.write("</testsuites>\n")
