# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Checks an adapter for the protocol, not the parser behind it: frames, order, sizes, the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from . import frames
from .case import ACCEPT, ERROR, REJECT, SKIP, Answer, Case, Want
from .corpus import Corpus
from .process import Process
from .script import Hang, Player
from .testee import Testee
from .testee_pipe import PipeTestee
from .verdict import why_not

LARGE = 1 << 20
MANY = 64
PACE = 0.002  # between the bytes of a frame that comes in pieces
NO_FORMAT = "no.such.format"


class Wrong(Exception):
    """The adapter does not keep to the protocol."""


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
                raise Wrong(self.live.trouble)
            if left <= 0:
                raise Wrong(f"no frame within {self.timeout:g} s")
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

    def end(self) -> None:
        late = self.testee.close()
        if late:
            raise Wrong(late)


class Checks:
    """Each check is a method; its first line of documentation is what is printed."""

    def __init__(self, corpus: Corpus, words: list[str], timeout: float) -> None:
        self.corpus, self.words, self.timeout = corpus, words, timeout
        self.hello: dict[str, Any] = {}

    def _line(self) -> Line:
        return Line(self.words, self.timeout)

    def _cases(self, number: int) -> list[Case]:
        out = [case for case in self.corpus.cases if case.family == "vector"
               and not why_not(case, self.hello)]
        if not out:
            raise Wrong("the corpus has no case of the formats and roles of its hello; it has "
                        f"formats {', '.join(self.corpus.formats)}")
        return out[::max(1, len(out) // number)][:number]

    def _format(self) -> str | None:
        return self._cases(1)[0].format

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
        """an input of no bytes is answered, and not accepted"""
        line = self._line()
        answer = line.ask(1, _case(self._format(), b"", self.hello["roles"][0]))
        if answer.verdict in (ACCEPT, ERROR):
            raise Wrong(f"answers {answer.verdict} to no bytes at all")
        line.end()

    def c09_large(self) -> None:
        """an input of 1 MiB is answered, and the next one too"""
        line = self._line()
        line.ask(1, _case(self._format(), bytes(LARGE), self.hello["roles"][0]))
        line.ask(2, self._cases(1)[0])
        line.end()

    def c10_told(self) -> None:
        """what hello tells is told: dumps, rules, offsets, sizes"""
        line, missing = self._line(), set(self.hello["tells"])
        for number, case in enumerate(self._cases(1 << 30)):
            answer = line.ask(number, case)
            if answer.dump is not None:
                missing.discard("dump")
            if answer.verdict == REJECT and answer.rule:
                missing.discard("rule")
            missing -= {key for key in ("at", "need") if getattr(answer, key) is not None}
            if not missing:
                break
        if missing:
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
            except (Wrong, frames.Garbage) as error:
                yield text, str(error)
            else:
                yield text, ""


def check(corpus: Corpus, words: list[str], timeout: float, out: TextIO) -> int:
    """All checks of a pipe or a shared object. Returns how many went wrong."""
    bad = 0
    for text, wrong in Checks(corpus, words, timeout).all():
        out.write(f"not ok: {text}: {wrong}\n" if wrong else f"ok: {text}\n")
        bad += bool(wrong)
    out.write("adapter-check: all right\n" if not bad else f"adapter-check: {bad} wrong\n")
    return bad


def check_exec(corpus: Corpus, make: Callable[[], Testee], out: TextIO) -> int:
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
                (str(one) for one in first if not isinstance(one, Answer)
                 or one.verdict != ACCEPT), "")),
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
