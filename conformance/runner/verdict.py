# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Holds an answer against what is wanted of it."""

from __future__ import annotations

import fnmatch
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from .case import (ACCEPT, ERROR, LENIENT, NEED_MORE, REJECT, RESPONDER, SKIP, UNSPECIFIED, Answer,
                   Case, Result)
from .testee import Got

UNTOLD = 0xFFFFFFFF
NAMES = {"rule": "the rule", "at": "the offset", "need": "the size", "dump": "the dump"}
REFUSALS = (REJECT, NEED_MORE)
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
        if case.want.verdict in REFUSALS and fnmatch.fnmatchcase(case.rule or "", glob):
            return f"testee skips {glob}"
    formats = hello["formats"]
    if (case.format or "") in formats or (case.format and "*" in formats):
        return ""
    if case.format is None:
        return "testee does not tell formats by their first bytes"
    return f"testee does not read {case.format}"


def skips(hello: dict[str, Any], rules: dict[str, dict[str, Any]]) -> tuple[list[str], list[str]]:
    """The globs of a hello that excuse a case, and what is wrong with the others, a line each. A
    rule that binds whoever reads the format at all is none that can be passed over."""
    good, wrong = [], []
    for glob in hello.get("skips") or ():
        found = fnmatch.filter(rules, glob)
        bound = next((rule for rule in found if not rules[rule].get("skippable")), None)
        if not found:
            wrong.append(f"the testee skips {glob!r}, which matches no rule")
        elif bound:
            wrong.append(f"the testee skips {glob!r}, which matches {bound}: what it reads itself "
                         "cannot be passed over, only capabilities and optional records")
        else:
            good.append(glob)
    return good, wrong


def idle(results: Iterable[Result], hello: dict[str, Any]) -> list[str]:
    """What a hello lists and the answers do not bear out, a line each: a format of which no good
    input was accepted, or no broken one refused. Of one of which a run had not both kinds nothing
    can be said."""
    given: Counter[tuple[str, str, str]] = Counter()
    done: Counter[tuple[str, str, str]] = Counter()
    for one in results:
        want, what, role = one.case.want.verdict, _listed(one.case), one.case.role
        if one.left_out or one.case.family == "session" or why_not(one.case, hello):
            continue
        if not one.case.input and one.case.family != "script":
            continue  # nothing at all is refused by whoever looks at its size alone
        given[role, what, want] += 1
        said = one.answer.verdict if one.answer and one.outcome != "crash" else None
        if said == ACCEPT if want == ACCEPT else said in REFUSALS:
            done[role, what, want] += 1
    out = []
    for role, what in dict.fromkeys((role, what) for role, what, _ in given):
        broken = REJECT if given[role, what, REJECT] else NEED_MORE
        if not given[role, what, ACCEPT] or not given[role, what, broken]:
            continue
        lacks = [text for want, text in ((ACCEPT, "accepted not one good input"),
                                         (broken, "refused not one broken input"))
                 if not done[role, what, want]]
        if lacks:
            out.append(f"{what}: hello lists it for a {role}, which {' and '.join(lacks)} of it: "
                       "answer with a verdict instead of skip, or take it out of hello")
    return out


def _listed(case: Case) -> str:
    """By which word of a hello a case is given."""
    if case.family == "script":
        return "scripts"
    return case.format or "formats told by their first bytes"


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
    """The first thing in which an answer is not as wanted, or nothing. What `tells` does not list
    is not compared; what it lists and an answer lacks is wrong."""
    want = case.want
    if answer.verdict not in _allowed(case, answer, tells, own):
        return f"{told(answer, tells)}, not {_wanted(case)}"
    if answer.verdict != want.verdict:
        return ""
    for key in ("dump", "rule", "at", "need"):
        wanted, got = getattr(want, key), getattr(answer, key)
        if key not in tells or wanted is None or got == wanted and key != "dump":
            continue
        if got is None:
            if key == "need" and wanted == UNTOLD:
                continue  # the one size that cannot be told
            return f"{want.verdict} as wanted, but {NAMES[key]}, which hello promises, is missing"
        if key == "dump":
            return _difference(wanted, got, "")
        if key == "need" and not own and got > len(case.input):
            continue  # another size, but the next call gets on
        return f"{want.verdict} is right, but not {NAMES[key]}: answered {got}, wanted {wanted}"
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
