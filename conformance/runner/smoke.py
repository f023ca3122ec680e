# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""A handful of cases that any adapter gets right, with help where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .case import ACCEPT, ERROR, NEED_MORE, REJECT, SKIP, Case, Result
from .corpus import Corpus
from .output import Heard
from .testee import Got, Testee
from .verdict import result, skips, why_not


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


# What a crash says of itself, and what most often is behind it.
CRASHES: list[tuple[str, str]] = [
    ("no end within", "the command did not end in time: does it wait for something, or loop over "
     "this input? --timeout gives it longer"),
    ("no answer within", "the testee did not answer: flush the output after each answer, read "
     "exactly as many bytes as the length says, or the parser loops over this input"),
    ("which is no length", "something else than frames is on standard output: print to stderr "
     "alone; the length is 4 bytes, little-endian, and counts the type byte"),
    ("where an answer is due", "a case is answered with a frame of type 'A'"),
    ("where 13 are the least", "an answer has the number of the case (4 bytes), the verdict (1), "
     "at (4) and need (4), then the text"),
    ("where 4 is the last", "the verdict is a byte: 0 accept, 1 reject, 2 need-more, 3 skip, "
     "4 error"),
    ("not UTF-8", "the text of an answer is UTF-8: leave it empty if in doubt"),
    ("not JSON", "the text of an accept is the dump as JSON: leave it empty where there is none"),
    ("to a case", "answer each case once"),
    ("to the case before", "answer each case once"),
    ("case ", "give back the number that the case came with, and answer in the order of the cases"),
    ("order", "answer in the order of the cases"),
    ("closed its output", "standard output was closed while a case had no answer"),
    ("does not start again", "it started once and then did not: what does it leave behind?"),
    ("exit status 127", "the command itself could not be run"),
    ("exit status 126", "the command itself could not be run"),
    ("exit status", "the testee ended where an answer was due; run it by hand with this input"),
    ("killed by", "the testee died of a signal; run it by hand with this input"),
]
SANITIZER = "a sanitizer stopped the parser: it reads or does what C does not define"
STATUS = ("exit statuses are 0 accept, 1 reject, 3 need-more; any other one is taken for a crash: "
          "run the command by hand with this input")


def _crash(crash: str, attached: str) -> str:
    """What stands behind the first colon is the testee's own."""
    if "Sanitizer" in crash or "runtime error" in crash:
        return SANITIZER
    head = crash.split(": ")[0]
    found = next((text for part, text in CRASHES if part in head), "run it by hand with this input")
    if attached == "exec" and found == CRASHES[-2][1]:
        return STATUS
    return found


def help_for(case: Case, got: Got, attached: str = "pipe") -> str:
    """What most often makes an adapter go wrong like this."""
    if got.crash:
        return _crash(got.crash, attached)
    assert got.answer
    verdict, wanted = got.answer.verdict, case.want.verdict
    if verdict == ERROR:
        return "the adapter had an error of its own before the parser was asked"
    if verdict == wanted:
        return _detail_for(wanted, attached)
    if wanted == ACCEPT:
        if case.order == "big":
            return ("is the byte order taken from what is given? a testee of one order answers "
                    "skip to the other")
        if attached == "exec":
            return "does the command read the file that its last word names?"
        if verdict == NEED_MORE:
            return "is the size given to the parser that of the input, without head and name?"
        return "does the input begin after the name of the format, 11 + its length into the frame?"
    if verdict == ACCEPT:
        return "a broken input was accepted: is the parser's error passed on?"
    if wanted == NEED_MORE:
        return ("the input is cut: answer need-more (2) with the size to come back with, or leave "
                "need out of tells")
    return ("the input is broken, not cut: answer reject (1), or tell in need a size above what "
            "was received")


def _detail_for(verdict: str, attached: str) -> str:
    """The verdict is right, and something beside it is not."""
    if verdict == ACCEPT:
        return "compare the dump with `conformance/run explain ID`, or leave dump out of tells"
    if verdict == NEED_MORE:
        return ("need is the number of bytes in all to come back with, more than were received; "
                "leave need out of tells where it is not known")
    return ("tell offset and rule of all that is refused, as `conformance/run explain ID` has "
            "them, or leave them out of tells")


def always_the_same(results: Iterable[Result], attached: str) -> str:
    """Help where every answer of a run is one verdict, though not all inputs are alike."""
    judged = [one for one in results if one.answer and one.outcome not in ("skip", "crash")]
    said = {one.answer.verdict for one in judged if one.answer}
    if len(said) != 1 or len({one.case.want.verdict == ACCEPT for one in judged}) < 2:
        return ""
    [verdict] = said
    told = f"every one of {len(judged)} answers is {verdict}"
    if attached == "exec":
        return (f"{told}: is it the exit status of the parser, and does the command read the file "
                "that its last word names? A program that speaks the pipe goes with --pipe")
    return f"{told}: is what the parser says passed on?"


def _of(corpus: Corpus, format_: str, hello: dict[str, Any]) -> Iterator[Case]:
    """The vectors of a format that a testee can be given."""
    return (case for case in corpus.cases if case.format == format_ and case.family == "vector"
            and not why_not(case, hello))


def _format(testee: Testee, cases: list[Case], format_: str, out: Heard,
            attached: str) -> int:
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
                      f"    help: {help_for(got.case, got, attached)}\n")
    if not read and reason:
        bad += 1
        out.write(f"not ok: {format_}: no good input of it is read: {reason}\n"
                  "    help: hello lists this format, and the answer is skip: list what you read "
                  "only\n")
    return bad


def check(corpus: Corpus, make: Callable[[], Testee], out: Heard, attached: str) -> int:
    """Runs them and says what is wrong. Returns how many went wrong."""
    testee = make()
    bad = 0
    try:
        testee.start()
        hello = testee.hello
        out.write(f"ok: hello of {' '.join((hello['name'] + ' ' + hello['version']).split())}: "
                  f"formats {', '.join(hello['formats'])}\n")
        excused, wrong = skips(hello, corpus.rules)
        for line in wrong:
            bad += 1
            out.write(f"not ok: {line}\n")
        hello = {**hello, "skips": excused}
        known = [format_ for format_ in corpus.formats if any(_of(corpus, format_, hello))]
        if not known:
            out.write("not ok: of the formats and roles of its hello, the corpus knows none: "
                      f"{', '.join(corpus.formats)}\n")
            return 1
        for format_ in known:
            bad += _format(testee, list(_of(corpus, format_, hello)), format_, out, attached)
        late = testee.close()
        if late:
            bad += 1
            out.write(f"not ok: {late}\n    help: end with exit status 0 at 'E' or end of file\n")
    finally:
        testee.kill()
    out.write("smoke: all right\n" if not bad else f"smoke: {bad} wrong\n")
    return bad
