# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Holds an answer against what is wanted of it."""

from __future__ import annotations

import fnmatch
import json
from typing import Any

from .case import (ACCEPT, ERROR, LENIENT, NEED_MORE, REJECT, RESPONDER, SKIP, UNSPECIFIED, Answer,
                   Case, Result)
from .testee import Got

UNTOLD = 0xFFFFFFFF
NAMES = {"rule": "not the rule", "at": "not the offset", "need": "not the size"}
DEGRADES = "degrades"  # a program that warns and does without is right


def why_not(case: Case, hello: dict[str, Any]) -> str:
    """Why a testee cannot be given a case, by what it says of itself; or nothing."""
    if case.role == RESPONDER:
        return "a request to a kernel or a vfio-user server, which no reader or producer answers"
    if case.family == "script" and not hello.get("scripts"):
        return "testee runs no scripts"
    if case.role not in hello["roles"]:
        return f"testee is no {case.role}"
    for glob in hello.get("skips") or ():
        if case.want.verdict == REJECT and fnmatch.fnmatchcase(case.rule or "", glob):
            return f"testee skips {glob}"
    formats = hello["formats"]
    if (case.format or "") in formats or (case.format and "*" in formats):
        return ""
    if case.format is None:
        return "testee does not tell formats by their first bytes"
    return f"testee does not read {case.format}"


def result(got: Got, tells: list[str], own: bool) -> Result:
    """The outcome of a case. A crash is a crash, whatever was wanted and of whatever level."""
    case = got.case
    out = Result(case, "crash", got.answer, got.crash, got.seconds, got.stderr)
    if got.crash:
        return out
    assert got.answer
    if got.answer.verdict == ERROR:
        out.detail = f"testee had an error of its own: {_line(got.answer.text)}"
        return out
    if got.answer.verdict == SKIP:
        out.outcome, out.detail = "skip", _line(got.answer.text)
        return out
    if case.want.verdict == UNSPECIFIED:
        out.outcome, out.detail = "unspecified", told(got.answer, tells)
        return out
    wrong = got.fault or differs(case, got.answer, tells, own)
    if not wrong:
        out.outcome = "pass"
        return out
    out.outcome = "note" if case.level in LENIENT and not own else "fail"
    out.detail = wrong
    return out


def told(answer: Answer, tells: list[str] | None = None) -> str:
    """An answer in a few words. Where it is no rule that a testee tells, its text is free."""
    parts = [answer.verdict]
    if answer.rule and tells is not None and "rule" not in tells:
        parts.append(f"({_short(answer.rule)})")
    elif answer.rule:
        parts.append(f"by {' '.join(answer.rule.split())}")
    if answer.at is not None:
        parts.append(f"at {answer.at}")
    if answer.need is not None:
        parts.append(f"needs {answer.need}")
    return " ".join(parts)


def differs(case: Case, answer: Answer, tells: list[str], own: bool) -> str:
    """The first thing in which an answer is not as wanted, or nothing. What a testee does not tell
    is not compared."""
    want = case.want
    if answer.verdict not in _allowed(case, answer, tells, own):
        return f"{told(answer, tells)}, not {_wanted(case)}"
    if answer.verdict != want.verdict:
        return ""
    if answer.verdict == ACCEPT:
        return _dumps(want.dump, answer.dump) if "dump" in tells else ""
    for key in ("rule", "at", "need"):
        wanted, got = getattr(want, key), getattr(answer, key)
        if key not in tells or wanted is None or got is None or got == wanted:
            continue
        if key == "need" and not own and got > len(case.input):
            continue  # another size, but the next call gets on
        return f"{want.verdict} is right, but {NAMES[key]}: answered {got}, wanted {wanted}"
    return ""


def _allowed(case: Case, answer: Answer, tells: list[str], own: bool) -> set[str]:
    """Verdicts that are right. One that does not tell sizes may reject where more bytes are wanted,
    and so may every foreign one where no published text (level abi) asks for the call to be
    repeated. Where none says what else a fault is, asking for more than was received is refusing
    it."""
    want = case.want
    if want.verdict == DEGRADES:
        return {ACCEPT, REJECT}
    if want.verdict == REJECT and case.family == "script":
        return {REJECT, NEED_MORE}  # "it could not be read" is all that a script asks for
    if own:
        return {want.verdict, *([REJECT] if want.verdict == NEED_MORE and "need" not in tells
                                else [])}
    if want.verdict == NEED_MORE:
        if case.level != "abi" or "need" not in tells:
            return {NEED_MORE, REJECT}
        # No size that can be told holds so much, or as much was received already.
        if want.need is not None and (want.need == UNTOLD or want.need <= len(case.input)):
            return {NEED_MORE, REJECT}
    if want.verdict == REJECT and case.level != "abi" and (answer.need or 0) > len(case.input):
        return {NEED_MORE, REJECT}
    return {want.verdict}


def _line(text: str) -> str:
    """A reason of a testee as one line."""
    return " ".join(text.split()) or "no reason given"


def _wanted(case: Case) -> str:
    want = case.want
    return told(Answer(want.verdict, want.at, want.need, want.rule))


def _dumps(want: Any, got: Any) -> str:
    if want is None or got is None:
        return ""
    return _difference(want, got, "")


def _difference(want: Any, got: Any, path: str) -> str:
    """The first place where two dumps differ. Numbers and booleans are no substitutes."""
    where = path or "the dump"
    if type(want) is not type(got):
        return f"accept is right, but not {where}: answered {_short(got)}, wanted {_short(want)}"
    if isinstance(want, dict):
        for key in [*want, *(key for key in got if key not in want)]:
            below = f"{path}.{key}" if path else key
            if key not in got:
                return f"accept is right, but {below} is missing from the dump"
            if key not in want:
                return f"accept is right, but the dump has {below}, which is not there"
            if found := _difference(want[key], got[key], below):
                return found
        return ""
    if isinstance(want, list):
        if len(want) != len(got):
            return f"accept is right, but {where} has {len(got)} entries, wanted {len(want)}"
        for number, (one, other) in enumerate(zip(want, got)):
            if found := _difference(one, other, f"{path}[{number}]"):
                return found
        return ""
    if want != got:
        return f"accept is right, but not {where}: answered {_short(got)}, wanted {_short(want)}"
    return ""


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
