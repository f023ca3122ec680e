# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Checks an adapter for the protocol, not the parser behind it: frames, order, sizes, the end.

What the adapter owes is asked with good inputs alone, or with a format that no parser knows. Where
the parser ends or hangs all the same, that is told as what it is."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

from . import frames
from .case import ACCEPT, REJECT, SKIP, Answer, Case, Want
from .corpus import Corpus
from .output import Heard
from .process import Process
from .script import Hang, Player
from .testee import CannotStart, Testee
from .testee_pipe import PipeTestee
from .verdict import why_not

LARGE = 1 << 20
MANY = 64
PACE = 0.002  # between the bytes of a frame that comes in pieces
SILENT = 3  # inputs at which a parser ended or hung, before no more are tried
NO_FORMAT = "no.such.format"


class Wrong(Exception):
    """The adapter does not keep to the protocol."""


class Silent(Wrong):
    """No frame came: the process ended or hangs, in the adapter or in the parser behind it."""


def _case(format_: str | None, data: bytes, role: str = "reader") -> Case:
    return Case(id="adapter-check", family="vector", format=format_, rule=None, rules=(),
                role=role, level=None, cls="valid", given={"index": 0, "order": "little"},
                input=data, want=Want(ACCEPT))


class Line:
    """A testee that is spoken to frame by frame."""

    def __init__(self, words: list[str], timeout: float) -> None:
        self.testee = PipeTestee(words, timeout)
        self.testee.start()
        live = self.testee._live  # noqa: SLF001 - the same package: the frames under the testee
        assert live
        self.live: Process = live
        self.timeout = timeout
        self.hello = self.testee.hello

    def frame(self) -> tuple[bytes, bytes]:
        until = time.monotonic() + self.timeout
        while not self.live.inbox:
            left = until - time.monotonic()
            if self.live.trouble:
                how = self.live.trouble
                raise Silent(how) if how.startswith("ended") else Wrong(how)
            if left <= 0:
                raise Silent(f"no frame within {self.timeout:g} s")
            self.live.pump(left)
        return self.live.inbox.popleft()

    def answer(self, number: int) -> Answer:
        kind, payload = self.frame()
        if kind != b"A":
            raise Wrong(f"frame {kind!r} where an answer is due")
        got, answer = frames.read_answer(payload)
        if got != number:
            raise Wrong(f"the answer is to case {got}, where {number} was asked")
        return answer

    def ask(self, number: int, case: Case) -> Answer:
        self.live.send(frames.case_frame(b"C", number, case))
        return self.answer(number)

    def quiet(self) -> None:
        self.live.pump(0.05)
        if self.live.inbox:
            raise Wrong(f"a frame {self.live.inbox[0][0]!r} that nobody asked for")

    def drop(self) -> str:
        """Ends one that is silent; what can be said of its end, or nothing."""
        live = self.live
        how, stderr = live.finish(0.25)
        self.testee._live = None  # noqa: SLF001 - ended here, nothing is left to be closed
        said = stderr.strip().splitlines()[-1:]
        return ": ".join([*([how] if how != "did not end" else []), *said])

    def end(self) -> None:
        late = self.testee.close()
        if late:
            raise Wrong(late)


class Checks:
    """Each check is a method; its first line of documentation is what is printed."""

    def __init__(self, corpus: Corpus, words: list[str], timeout: float) -> None:
        self.corpus, self.words, self.timeout = corpus, words, timeout
        self.hello: dict[str, Any] = {}
        self.parser: list[str] = []  # what went wrong in the parser
        self._good: list[Case] | None = None

    def _line(self) -> Line:
        return Line(self.words, self.timeout)

    def _cases(self, number: int) -> list[Case]:
        """Good inputs, at which the parser neither ends nor hangs."""
        if self._good is None:
            out = [case for case in self.corpus.cases if case.family == "vector" and case.input
                   and case.want.verdict == ACCEPT and not why_not(case, self.hello)]
            if not out:
                raise Wrong("the corpus has no case of the formats and roles of its hello; it has "
                            f"formats {', '.join(self.corpus.formats)}")
            self._good = self._answered(out[::max(1, len(out) // MANY)][:MANY])
        return self._good[:number]

    def _answered(self, cases: list[Case]) -> list[Case]:
        """Those that are answered where nothing else is under way."""
        out, line, dead = [], self._line(), []
        for number, case in enumerate(cases):
            try:
                line.ask(number, case)
                out.append(case)
            except Silent as error:
                dead.append(f"{case.id}, a good input: " + ": ".join(
                    filter(None, (str(error), line.drop()))))
                if len(dead) == SILENT:
                    break
                line = self._line()
        if not out:  # nothing says whose fault it is, and nothing else can be asked
            raise Wrong(f"no good input was answered: {dead[0]}")
        self.parser += dead
        if len(dead) < SILENT:
            line.end()
        return out

    def c01_hello(self) -> None:
        """hello is right: JSON with the keys of PROTOCOL.md"""
        line = self._line()
        self.hello = line.hello
        line.end()

    def c02_one(self) -> None:
        """one case, one answer, and nothing else on standard output"""
        line = self._line()
        line.quiet()
        line.ask(1, self._cases(1)[0])
        line.quiet()
        line.end()

    def c03_number(self) -> None:
        """the number of a case comes back whole"""
        line = self._line()
        for number in (0, 0x7f, 0x01020304, 0xfffffffe):
            line.ask(number, self._cases(1)[0])
        line.end()

    def c04_order(self) -> None:
        """cases that are written ahead are answered in their order"""
        line, cases = self._line(), self._cases(MANY)
        for number, case in enumerate(cases):
            line.live.send(frames.case_frame(b"C", number, case))
        for number in range(len(cases)):
            line.answer(number)
        line.quiet()
        line.end()

    def c05_pieces(self) -> None:
        """a frame that comes byte by byte is put together again"""
        line, case = self._line(), self._cases(1)[0]
        whole = line.ask(1, case)
        for byte in frames.case_frame(b"C", 1, case):
            line.live.send(bytes([byte]))
            line.live.pump(0)
            time.sleep(PACE)
        if line.answer(1) != whole:
            raise Wrong("the answer differs from that to the same frame in one piece")
        line.end()

    def c06_same(self) -> None:
        """the same case twice has the same answer, whatever came between"""
        line, cases = self._line(), self._cases(MANY)
        first = [line.ask(number, case) for number, case in enumerate(cases)]
        for number, case in reversed(list(enumerate(cases))):
            if line.ask(number, case) != first[number]:
                raise Wrong(f"{case.id}: the second answer differs")
        line.end()

    def c07_unknown(self) -> None:
        """a format that it does not know is skipped"""
        line = self._line()
        answer = line.ask(1, _case(NO_FORMAT, b"x" * 32, self.hello["roles"][0]))
        if answer.verdict != SKIP:
            raise Wrong(f"answers {answer.verdict} to format {NO_FORMAT}, not skip (3)")
        line.end()

    def c08_empty(self) -> None:
        """a frame with an input of no bytes is answered, and the next one too"""
        self._sized(0)

    def c09_large(self) -> None:
        """a frame with an input of 1 MiB is answered, and the next one too"""
        self._sized(LARGE)

    def _sized(self, size: int) -> None:
        """Of a format that no parser knows, so that the adapter alone is asked."""
        line, case = self._line(), self._cases(1)[0]
        answer = line.ask(1, _case(NO_FORMAT, bytes(size), self.hello["roles"][0]))
        if answer.verdict != SKIP:
            raise Wrong(f"answers {answer.verdict} to format {NO_FORMAT}, not skip (3)")
        line.ask(2, case)
        line.end()

    def c10_told(self) -> None:
        """what hello tells is told: dumps, rules, offsets, sizes"""
        line, missing, silent = self._line(), set(self.hello["tells"]), 0
        broken = (case for case in self.corpus.cases if case.family == "vector"
                  and case.want.verdict != ACCEPT and not why_not(case, self.hello))
        for number, case in enumerate(itertools.chain(self._cases(MANY), broken)):
            if not missing:
                break
            try:
                answer = line.ask(number, case)
            except Silent as error:  # a broken input does that to a parser
                silent += 1
                self.parser.append(f"{case.id}, a broken input: " + ": ".join(
                    filter(None, (str(error), line.drop()))))
                line = self._line()
                if silent == SILENT:
                    break
                continue
            if answer.dump is not None:
                missing.discard("dump")
            if answer.verdict == REJECT and answer.rule:
                missing.discard("rule")
            missing -= {key for key in ("at", "need") if getattr(answer, key) is not None}
        if missing and silent < SILENT:
            raise Wrong(f"tells {', '.join(sorted(missing))} by its hello, but never did")
        line.end()

    def c11_script(self) -> None:
        """a script is played to its end (where hello says scripts)"""
        if not self.hello.get("scripts"):
            return
        cases = [case for case in self.corpus.cases if case.family == "script"
                 and not why_not(case, self.hello)]
        for case in cases[:1]:
            line, player = self._line(), Player(case)
            line.live.send(frames.case_frame(b"S", 7, case))
            while True:
                kind, payload = line.frame()
                if kind == b"A":
                    if frames.read_answer(payload)[0] != 7:
                        raise Wrong("the answer to a script has another number")
                    break
                number, buffer = frames.read_query(payload)
                if kind != b"Q" or number != 7:
                    raise Wrong(f"frame {kind!r} of case {number} during script 7")
                try:
                    line.live.send(frames.reply(*player.reply(buffer)))
                except Hang as error:
                    raise Wrong(str(error)) from None
            line.end()

    def c12_file_end(self) -> None:
        """the end of its input ends it with exit status 0, as 'E' does"""
        line = self._line()
        line.ask(1, self._cases(1)[0])
        assert line.live.child.stdin
        line.live.child.stdin.close()
        how, _ = line.live.finish(max(1.0, self.timeout))
        if how != "exit status 0":
            raise Wrong(how)

    def c13_cut(self) -> None:
        """a frame that is cut by the end of the input is not answered"""
        line = self._line()
        whole = frames.case_frame(b"C", 1, self._cases(1)[0])
        line.live.send(whole[:-1] if len(whole) > 5 else whole[:5])
        line.live.pump(0)
        assert line.live.child.stdin
        line.live.child.stdin.close()
        line.live.finish(max(1.0, self.timeout))
        if line.live.inbox:
            raise Wrong("it was answered")

    def all(self) -> Iterator[tuple[str, str]]:
        """What is checked, and what is wrong with it or nothing."""
        for name in sorted(vars(type(self))):
            if not name.startswith("c") or not name[1:3].isdigit():
                continue
            method = getattr(self, name)
            text = (method.__doc__ or name).splitlines()[0]
            try:
                method()
            except (Wrong, frames.Garbage, CannotStart) as error:
                yield text, str(error)
                if not self.hello or self._good is None and name != "c01_hello":
                    return  # what follows would be the same line again
            else:
                yield text, ""


def check(corpus: Corpus, words: list[str], timeout: float, out: Heard) -> int:
    """All checks of a pipe or a shared object. Returns how many went wrong."""
    bad, told = 0, 0
    checks = Checks(corpus, words, timeout)
    for text, wrong in checks.all():
        out.write(f"not ok: {text}: {wrong}\n" if wrong else f"ok: {text}\n")
        bad += bool(wrong)
        for line in checks.parser[told:]:
            out.write(f"the parser, not the adapter: {line}\n")
        told = len(checks.parser)
    out.write("adapter-check: all right\n" if not bad else f"adapter-check: {bad} wrong\n")
    if told:
        out.write(f"the parser ended or hung at {told} inputs; `conformance/run run` judges it\n")
    return bad


def check_exec(corpus: Corpus, make: Callable[[], Testee], out: Heard) -> int:
    """What can be checked of a command that tells by its exit status."""
    testee = make()
    bad = 0
    try:
        testee.start()
        good = [case for case in corpus.cases if case.want.verdict == ACCEPT and case.input
                and case.family == "vector" and not why_not(case, testee.hello)][:4]
        if not good:
            out.write("not ok: the corpus has no case of its formats\n")
            return 1
        empty = _case(good[0].format, b"", good[0].role)
        large = _case(good[0].format, bytes(LARGE), good[0].role)
        first = [got.answer or got.crash for got in testee.judge(good)]
        again = [got.answer or got.crash for got in testee.judge(good)]
        nothing, much = testee.judge([empty, large])
        rows = [
            ("a good input ends with exit status 0", next(
                (f"{case.id}: {one if isinstance(one, str) else one.verdict}"
                 for case, one in zip(good, first)
                 if isinstance(one, str) or one.verdict != ACCEPT), "")),
            ("the same input twice ends alike", "" if first == again else "it does not"),
            ("no bytes at all are not accepted", nothing.crash or (
                "they are" if nothing.answer and nothing.answer.verdict == ACCEPT else "")),
            ("1 MiB is answered", much.crash),
        ]
        for text, wrong in rows:
            out.write(f"not ok: {text}: {wrong}\n" if wrong else f"ok: {text}\n")
            bad += bool(wrong)
    finally:
        testee.kill()
    out.write("adapter-check: all right\n" if not bad else f"adapter-check: {bad} wrong\n")
    return bad
