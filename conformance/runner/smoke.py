# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""A handful of cases that any adapter gets right, with help where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TextIO

from .case import ACCEPT, ERROR, NEED_MORE, REJECT, SKIP, Case
from .corpus import Corpus
from .testee import Got, Testee
from .verdict import result, why_not


def _smallest(cases: list[Case], fits: Callable[[Case], bool]) -> Case | None:
    return min(filter(fits, cases), key=lambda case: (len(case.input), case.id), default=None)


def chosen(corpus: Corpus, hello: dict[str, Any]) -> Iterator[Case]:
    """Of each format: a good input of each byte order, one that is cut, one that is broken."""
    for format_ in corpus.formats:
        cases = [case for case in corpus.cases if case.format == format_
                 and case.family == "vector" and not why_not(case, hello)]
        wanted: list[Callable[[Case], bool]] = [
            lambda case: case.want.verdict == ACCEPT and case.order == "little",
            lambda case: case.want.verdict == ACCEPT and case.order == "big",
            lambda case: case.want.verdict == NEED_MORE and bool(case.input),
            lambda case: case.want.verdict == REJECT and case.level in ("abi", "robust"),
        ]
        for fits in wanted:
            case = _smallest(cases, fits)
            if case:
                yield case


def help_for(case: Case, got: Got) -> str:
    """What most often makes an adapter go wrong like this."""
    if got.crash:
        if "no answer within" in got.crash or "no end within" in got.crash:
            return ("the testee did not answer: flush the output after each answer, and read "
                    "exactly as many bytes as the length says")
        if "length" in got.crash or "frame" in got.crash:
            return ("something else than frames is on standard output: print to stderr alone; the "
                    "length is 4 bytes, little-endian, and counts the type byte")
        if "exit status 127" in got.crash or "exit status 126" in got.crash:
            return "the command itself could not be run"
        return "the testee died; what it wrote to stderr is above, run it by hand with this input"
    assert got.answer
    verdict = got.answer.verdict
    if verdict == SKIP:
        return "hello lists this format and role, and the answer is skip: list what you read only"
    if verdict == ERROR:
        return "the adapter had an error of its own before the parser was asked"
    if case.want.verdict == ACCEPT and verdict != ACCEPT:
        if case.order == "big":
            return ("is the byte order taken from the frame? a testee of one order answers skip to "
                    "the other")
        if verdict == NEED_MORE:
            return "is the size given to the parser that of the input, without head and name?"
        return "does the input begin after the name of the format, 11 + its length into the frame?"
    if case.want.verdict == NEED_MORE:
        return ("the input is cut: answer need-more (2) with the size to come back with, or leave "
                "need out of tells and reject")
    if verdict == ACCEPT and case.want.verdict == ACCEPT:
        return "the dump differs: compare with `conformance/run explain ID`, or leave dump out"
    if verdict == ACCEPT:
        return "a broken input was accepted: is the parser's error passed on?"
    return "offset or rule differ: give them only where the parser knows them, else 0xffffffff"


def check(corpus: Corpus, make: Callable[[], Testee], out: TextIO) -> int:
    """Runs them and says what is wrong. Returns how many went wrong."""
    testee = make()
    bad = 0
    try:
        testee.start()
        hello = testee.hello
        out.write(f"ok: hello of {hello['name']} {hello['version']}: "
                  f"formats {', '.join(hello['formats'])}\n")
        cases = list(chosen(corpus, hello))
        if not cases:
            out.write("not ok: of the formats and roles of its hello, the corpus knows none: "
                      f"{', '.join(corpus.formats)}\n")
            return 1
        for got in testee.judge(cases):
            one = result(got, hello["tells"], own=False)
            if one.outcome in ("pass", "note", "unspecified"):
                out.write(f"ok: {got.case.id}\n")
                continue
            bad += 1
            out.write(f"not ok: {got.case.id}: {one.detail}\n    help: {help_for(got.case, got)}\n")
        late = testee.close()
        if late:
            bad += 1
            out.write(f"not ok: {late}\n    help: end with exit status 0 at 'E' or end of file\n")
    finally:
        testee.kill()
    out.write("smoke: all right\n" if not bad else f"smoke: {bad} wrong\n")
    return bad
