# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""A handful of cases that any adapter gets right, with help where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TextIO

from .case import ACCEPT, ERROR, NEED_MORE, REJECT, SKIP, Case
from .corpus import Corpus
from .testee import Got, Testee
from .verdict import result, why_not


TRIED = 8  # inputs of a kind, where the testee skips the smallest ones

KINDS: list[tuple[str, Callable[[Case], bool]]] = [
    ("a good input, little-endian",
     lambda case: case.want.verdict == ACCEPT and case.order == "little"),
    ("a good input, big-endian",
     lambda case: case.want.verdict == ACCEPT and case.order == "big"),
    ("an input that is cut", lambda case: case.want.verdict == NEED_MORE and bool(case.input)),
    ("an input that is broken",
     lambda case: case.want.verdict == REJECT and case.level in ("abi", "robust")),
]


def candidates(cases: list[Case], fits: Callable[[Case], bool]) -> list[Case]:
    """The smallest of a kind, one of each size and byte order."""
    fitting = sorted(filter(fits, cases), key=lambda case: (len(case.input), case.id))
    return list({(len(case.input), case.order): case for case in reversed(fitting)}.values())[
        :-TRIED - 1:-1]


def _first(testee: Testee, cases: list[Case]) -> Got:
    """What comes of the first case that is not skipped, else of the last one."""
    for case in cases:
        [got] = testee.judge([case])
        if got.crash or got.answer and got.answer.verdict != SKIP:
            break
    return got


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


def _of(corpus: Corpus, format_: str, hello: dict[str, Any]) -> Iterator[Case]:
    """The vectors of a format that a testee can be given."""
    return (case for case in corpus.cases if case.format == format_ and case.family == "vector"
            and not why_not(case, hello))


def _format(testee: Testee, cases: list[Case], format_: str, out: TextIO) -> int:
    """A case of each kind. What is skipped is not run; a format of which no good input is read
    should not be in hello. Returns how many went wrong."""
    bad, read, reason = 0, False, ""
    for kind, fits in KINDS:
        some = candidates(cases, fits)
        if not some:
            continue
        got = _first(testee, some)
        one = result(got, testee.hello["tells"], own=False)
        good = fits(got.case) and got.case.want.verdict == ACCEPT
        read = read or good and one.outcome != "skip"
        if one.outcome == "skip":
            reason = one.detail
            out.write(f"not run: {format_}: {kind}: {reason}\n")
        elif one.outcome in ("pass", "note", "unspecified"):
            out.write(f"ok: {got.case.id}\n")
        else:
            bad += 1
            out.write(f"not ok: {got.case.id}: {one.detail}\n"
                      f"    help: {help_for(got.case, got)}\n")
    if not read and reason:
        bad += 1
        out.write(f"not ok: {format_}: no good input of it is read: {reason}\n"
                  "    help: hello lists this format, and the answer is skip: list what you read "
                  "only\n")
    return bad


def check(corpus: Corpus, make: Callable[[], Testee], out: TextIO) -> int:
    """Runs them and says what is wrong. Returns how many went wrong."""
    testee = make()
    bad = 0
    try:
        testee.start()
        hello = testee.hello
        out.write(f"ok: hello of {hello['name']} {hello['version']}: "
                  f"formats {', '.join(hello['formats'])}\n")
        known = [format_ for format_ in corpus.formats if any(_of(corpus, format_, hello))]
        if not known:
            out.write("not ok: of the formats and roles of its hello, the corpus knows none: "
                      f"{', '.join(corpus.formats)}\n")
            return 1
        for format_ in known:
            bad += _format(testee, list(_of(corpus, format_, hello)), format_, out)
        late = testee.close()
        if late:
            bad += 1
            out.write(f"not ok: {late}\n    help: end with exit status 0 at 'E' or end of file\n")
    finally:
        testee.kill()
    out.write("smoke: all right\n" if not bad else f"smoke: {bad} wrong\n")
    return bad
