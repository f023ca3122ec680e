# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Writes a run as JSON lines and reads it back: a header, a case and a result in turn, a footer.
report.schema.json describes each line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from .case import OUTCOMES, Answer, Case, Result, Run, Want
from .matrix import totals

SCHEMA = "devfd-report/1"
KEYS = ("at", "need", "rule", "dump")


class Unreadable(ValueError):
    """No report, or one that was cut; the text says where and why."""


def _full(**words: Any) -> dict[str, Any]:
    """Without what is empty, since there are many cases, and most say little."""
    return {key: value for key, value in words.items() if value not in (None, "", (), [], {}, 0)}


def _case(case: Case) -> dict[str, Any]:
    """The input of a prefix is the beginning of another vector's, and its dump long: left out."""
    prefix = case.family == "prefix"
    want = {"verdict": case.want.verdict,
            **{key: value for key in KEYS if (value := getattr(case.want, key)) is not None
               and not (prefix and key == "dump")}}
    return {"kind": "case", "id": case.id, "family": case.family, "format": case.format,
            "rule": case.rule, "role": case.role, "level": case.level, "class": case.cls,
            "want": want, "size": len(case.input),
            **_full(rules=case.rules if case.rules != (case.rule,) else (), given=case.given,
                    catches=case.catches, text=case.text, steps=case.steps, calls=case.calls,
                    applies=case.applies, hex="" if prefix else case.input.hex()),
            "added": case.added}


def _result(result: Result) -> dict[str, Any]:
    """The dump of a pass is the one that was wanted."""
    answer = result.answer and {"verdict": result.answer.verdict, **{
        key: value for key in (*KEYS, "text") if (value := getattr(result.answer, key)) is not None
        and value != "" and not (result.outcome == "pass" and key == "dump")}}
    return {"kind": "result", "case": result.case.id, "outcome": result.outcome,
            **_full(answer=answer, detail=result.detail, seconds=round(result.seconds, 6),
                    stderr=result.stderr)}


def _lines(run: Run) -> Iterator[dict[str, Any]]:
    yield {"kind": "header", "schema": SCHEMA, "testee": run.testee, "started": run.started,
           "corpus": run.corpus}
    for result in run.results:
        yield _case(result.case)
        yield _result(result)
    counts = totals(run)
    yield {"kind": "footer", "cases": len(run.results),
           "outcomes": {one: counts[one] for one in OUTCOMES}}


def write(runs: list[Run], out: TextIO) -> None:
    """One run after the other, each with a header and a footer of its own."""
    for run in runs:
        for line in _lines(run):
            out.write(json.dumps(line, separators=(",", ":"), ensure_ascii=True) + "\n")


def _to_case(line: dict[str, Any]) -> Case:
    rule = line["rule"]
    want = line["want"]
    return Case(
        id=line["id"], family=line["family"], format=line["format"], rule=rule,
        rules=tuple(line.get("rules") or ([rule] if rule else [])), role=line["role"],
        level=line["level"], cls=line["class"], given=line.get("given", {}),
        input=bytes.fromhex(line.get("hex", "")),
        want=Want(want["verdict"], *(want.get(key) for key in ("rule", "at", "need", "dump"))),
        catches=tuple(line.get("catches", ())), text=line.get("text", ""),
        steps=tuple(line.get("steps", ())), calls=line.get("calls", 0), added=line["added"],
        applies=line.get("applies"))


def _to_result(line: dict[str, Any], case: Case) -> Result:
    if line["case"] != case.id:
        raise ValueError(f"a result of {line['case']} behind the case {case.id}")
    if line["outcome"] not in OUTCOMES:
        raise ValueError(f"there is no outcome {line['outcome']!r}")
    told = line.get("answer")
    answer = told and Answer(told["verdict"], *(told.get(key) for key in KEYS),
                             told.get("text", ""))
    return Result(case, line["outcome"], answer, line.get("detail", ""), line.get("seconds", 0.0),
                  line.get("stderr", ""))


def _agree(told: dict[str, Any], run: Run) -> None:
    """Whether the outcomes are those that the footer counted when the run was written."""
    counts = totals(run)
    for one in OUTCOMES:
        if told[one] != counts[one]:
            raise ValueError(f"the footer tells of {told[one]} {one}, but {counts[one]} came: the "
                             "lines were changed after the run")


def read_all(path: Path) -> list[Run]:
    """Every run of a file. A run without its footer was cut, and one whose footer counts other
    outcomes was changed: both are refused."""
    runs: list[Run] = []
    open_run, case, number = False, None, 0
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                line = json.loads(text)
                kind = line["kind"]
                if (kind == "header") == open_run:
                    raise ValueError(f"a {kind} is not due here")
                if (kind == "result") != (case is not None):
                    raise ValueError("a case and its result stand behind each other")
                if kind == "header":
                    if line["schema"] != SCHEMA:
                        raise ValueError(f"schema is {line['schema']!r}, not {SCHEMA!r}")
                    runs.append(Run(line["testee"], line["started"], line["corpus"]))
                    open_run = True
                elif kind == "case":
                    case = _to_case(line)
                elif kind == "result" and case is not None:
                    runs[-1].results.append(_to_result(line, case))
                    case = None
                elif kind == "footer":
                    if line["cases"] != len(runs[-1].results):
                        raise ValueError(f"{line['cases']} cases told of, "
                                         f"{len(runs[-1].results)} came")
                    _agree(line["outcomes"], runs[-1])
                    open_run = False
                else:
                    raise ValueError(f"unknown kind {kind!r}")
    except KeyError as error:
        raise Unreadable(f"{path}:{number}: lacks {error}") from None
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror or error}") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise Unreadable(f"{path}:{number}: {error}") from None
    if open_run or not runs:
        raise Unreadable(f"{path}:{number}: ends without a footer")
    return runs


def read(path: Path) -> Run:
    """The one run of a file."""
    runs = read_all(path)
    if len(runs) != 1:
        raise Unreadable(f"{path}: holds {len(runs)} runs, not one")
    return runs[0]
