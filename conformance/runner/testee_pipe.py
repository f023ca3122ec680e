# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""A testee behind a persistent pipe. Cases are written ahead of the answers; when something goes
wrong, those without an answer are run again one by one, so that the right one is blamed."""

from __future__ import annotations

import shlex
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from . import frames
from .case import Answer, Case
from .process import PATIENCE, Process
from .script import Hang, Player
from .testee import CannotStart, Changed, Got, end_group

BRIEF = 0.25  # patience with a process whose cases are run again anyway
WINDOW = 128  # cases in flight
TWICE = "more than one answer to a case"
EARLIER = "a second answer to the case before"
BACKLOG = 1 << 18  # bytes in flight that the testee has not taken


class PipeTestee:
    batch = 512

    def __init__(self, command: str | list[str], timeout: float, starting: float = 10.0) -> None:
        try:
            self.words = shlex.split(command) if isinstance(command, str) else command
        except ValueError as error:
            raise CannotStart(f"--pipe {command!r}: {error}") from None
        if not self.words:
            raise CannotStart("--pipe: the command is empty")
        self.title = self.words[0]  # in messages
        self.timeout = timeout
        self.starting = starting  # seconds; an interpreter needs longer to start than to answer
        self.hello: dict[str, Any] = {}
        self._live: Process | None = None
        self._number = 0
        self._last: int | None = None  # the case that was answered last with nothing else under way
        self._late = ""
        self._abandoned = False

    def start(self) -> None:
        if self._abandoned:
            raise CannotStart("abandoned")
        live = self._live = Process(self.words)
        live.send(frames.hello())
        until = time.monotonic() + max(self.timeout, self.starting)
        while not live.inbox and not live.trouble:
            left = until - time.monotonic()
            if left <= 0:
                live.trouble = f"no hello within {max(self.timeout, self.starting):g} s"
                break
            live.pump(left)
        try:
            if not live.inbox:
                raise frames.Garbage(live.trouble)
            kind, payload = live.inbox.popleft()
            if kind != b"H":
                raise frames.Garbage(f"frame {kind!r} where hello is due")
            said = frames.read_hello(payload)
        except frames.Garbage as error:
            self._live = None
            how, stderr = live.finish()
            why = how + " before its hello" if str(error) == "ended" else str(error)
            last = stderr.strip().splitlines()[-1:]
            raise CannotStart(": ".join([self.title, why, *last])) from None
        if self.hello and said != self.hello:
            self._live = None
            live.finish(0)
            raise Changed(frames.other_hello(self.hello, said))
        self.hello = said

    def judge(self, cases: Iterable[Case]) -> Iterator[Got]:
        todo = deque(cases)
        while todo:
            if self._live is None and (lost := self._restart(todo[0])):
                todo.popleft()
                yield lost
            elif todo[0].family == "script":
                yield self._alone(todo.popleft())
            else:
                waiting: deque[tuple[int, Case]] = deque()
                yield from self._stream(todo, waiting)
                yield from self._blame(todo, waiting)

    def _restart(self, case: Case) -> Got | None:
        """Starts it for a case. What comes of the case where it does not start."""
        try:
            self.start()
        except Changed as error:
            return Got(case, crash=str(error), last=str(error))
        except CannotStart as error:
            return Got(case, crash=f"does not start again: {error}")
        return None

    def _stream(self, todo: deque[Case], waiting: deque[tuple[int, Case]]) -> Iterator[Got]:
        """Runs cases until the first script, the end or trouble. What has no answer is left in
        waiting, and the process has trouble then. An answer counts only when the next one shows
        that no second one to the same case came."""
        live = self._live
        assert live
        clock = time.monotonic()
        held: tuple[int, Got] | None = None
        while not live.trouble:
            while (todo and todo[0].family != "script" and len(waiting) < WINDOW
                    and live.backlog < BACKLOG):
                waiting.append(self._send(live, b"C", todo.popleft()))
            live.pump(clock + self.timeout - time.monotonic() if waiting else 0)
            if live.stderr.sanitizer:
                live.trouble = live.stderr.sanitizer
                break
            now = time.monotonic()
            while live.inbox and waiting:
                try:
                    answer = self._answer(live, waiting, held and held[0])
                except frames.Garbage as error:
                    live.trouble = str(error)
                    break
                if held:
                    yield held[1]
                number, case = waiting.popleft()
                held = number, Got(case, answer, seconds=now - clock)
                clock = now
            if not waiting and not live.trouble:
                if live.inbox:
                    live.trouble = TWICE
                break
            if not live.trouble and now - clock >= self.timeout:
                live.trouble = self._slow()
        if held and live.trouble and live.trouble in (
                TWICE, EARLIER, live.stderr.sanitizer):
            waiting.appendleft((held[0], held[1].case))  # it may be the one
        elif held:
            yield held[1]

    def _slow(self) -> str:
        return f"no answer within {self.timeout:g} s"

    def _send(self, live: Process, kind: bytes, case: Case) -> tuple[int, Case]:
        self._number = (self._number + 1) & 0xffffffff
        live.send(frames.case_frame(kind, self._number, case))
        return self._number, case

    def _answer(self, live: Process, waiting: deque[tuple[int, Case]],
                last: int | None = None) -> Answer:
        """The next frame, which has to be the answer to the first case that waits."""
        kind, payload = live.inbox.popleft()
        if kind != b"A":
            raise frames.Garbage(f"frame {kind!r} where an answer is due")
        number, answer = frames.read_answer(payload)
        if number == waiting[0][0]:
            return answer
        if number == last:
            raise frames.Garbage(EARLIER)
        if any(number == one for one, _ in waiting):
            raise frames.Garbage("answers are out of order")
        raise frames.Garbage(f"an answer to case {number}, which waits for none "
                             f"({waiting[0][0]} does)")

    def _blame(self, todo: deque[Case], waiting: deque[tuple[int, Case]]) -> Iterator[Got]:
        """Finds the case that caused the trouble, if there was any."""
        live = self._live
        if live is None or not live.trouble:
            return
        slow = live.trouble == self._slow()
        crash, stderr = self._bury(live, 0.0 if slow else BRIEF)
        if not waiting:  # it ended by itself after the last answer, for example
            self._late = self._late or crash
            return
        if slow:  # the clock runs for the first one only
            yield Got(waiting.popleft()[1], crash=crash, stderr=stderr, seconds=self.timeout)
            todo.extendleft(case for _, case in reversed(waiting))
            return
        kept: list[Got] | None = []
        for got in self._one_by_one(deque(case for _, case in waiting)):
            if kept is None:
                yield got
                continue
            kept.append(got)
            if got.crash:
                yield from kept
                kept = None
        if kept:
            yield Got(kept[0].case, crash=f"{crash} (among {len(kept)} cases, not alone)",
                      stderr=stderr)
            yield from kept[1:]

    def _one_by_one(self, cases: deque[Case]) -> Iterator[Got]:
        """Each with nothing else under way. A second answer to a case shows with the next one."""
        held: Got | None = None
        while cases:
            case = cases.popleft()
            lost = self._restart(case) if self._live is None else None
            got = lost or self._alone(case)
            if got.crash == EARLIER and held and held.answer:
                held = Got(held.case, crash=TWICE, stderr=got.stderr)
                cases.appendleft(case)
                continue
            if held:
                yield held
            held = got
        if held:
            yield held

    def _alone(self, case: Case) -> Got:
        """Runs one case with nothing else under way."""
        live = self._live
        assert live
        kind = b"S" if case.family == "script" else b"C"
        player = Player(case)
        began = time.monotonic()
        waiting = deque([self._send(live, kind, case)])
        answer = None
        try:
            answer = self._dialogue(live, waiting, player, began + self.timeout)
            live.pump(0)
            if live.inbox:
                raise frames.Garbage(TWICE)
        except (frames.Garbage, Hang) as error:
            live.trouble = str(error)
        if live.stderr.sanitizer:
            live.trouble = live.stderr.sanitizer
        elif live.trouble == "ended" and answer:
            live.trouble += " after its answer"
        seconds = time.monotonic() - began
        if not live.trouble:
            return Got(case, answer, fault=player.fault, seconds=seconds)
        # One that has answered, and a report of it, has said all that it will say.
        crash, stderr = self._bury(live, 0.0 if answer else PATIENCE)
        return Got(case, crash=crash, stderr=stderr, seconds=seconds)

    def _dialogue(self, live: Process, waiting: deque[tuple[int, Case]], player: Player,
                  until: float) -> Answer:
        while True:
            while not live.inbox and not live.trouble:
                left = until - time.monotonic()
                if left <= 0:
                    raise frames.Garbage(self._slow())
                live.pump(left)
            if not live.inbox:
                raise frames.Garbage(live.trouble)
            if live.inbox[0][0] != b"Q" or not player.case.steps:
                answer = self._answer(live, waiting, self._last)
                self._last = waiting[0][0]
                return answer
            number, buffer = frames.read_query(live.inbox.popleft()[1])
            if number != waiting[0][0]:
                raise frames.Garbage(f"a query of case {number}, which is not under way")
            live.send(frames.reply(*player.reply(buffer)))

    def _bury(self, live: Process, patience: float) -> tuple[str, str]:
        """Ends a process that has trouble; what the trouble was, and stderr. One that is about to
        end by itself gets the time to do so."""
        self._live = None
        trouble = live.trouble
        ended = trouble.startswith("ended")
        how, stderr = live.finish(patience if ended or live.stderr.sanitizer else 0.0)
        if ended:
            trouble = ("closed its output but lives" if how == "did not end"
                       else how + trouble.removeprefix("ended"))
        if live.stderr.sanitizer and live.stderr.sanitizer not in trouble:
            trouble += f": {live.stderr.sanitizer}"
        elif ended and not live.stderr.sanitizer and live.stderr.last_line():
            trouble += f": {live.stderr.last_line()}"
        return trouble, stderr

    def close(self) -> str:
        live, self._live = self._live, None
        if live is None:
            return self._late
        live.pump(0)
        extra = bool(live.inbox)
        live.ask_to_end()
        how, _ = live.finish(max(self.timeout, 1.0))
        if self._late:
            return self._late
        if live.inbox or extra:
            return "an answer although no case waits for one"
        if live.stderr.sanitizer:
            return f"at the end: {live.stderr.sanitizer}"
        if how != "exit status 0":
            return f"at the end: {how}, not exit status 0"
        return ""

    def abandon(self) -> None:
        self._abandoned = True
        live = self._live
        if live:
            end_group(live.child)

    def kill(self) -> None:
        live, self._live = self._live, None
        if live:
            live.finish(0)


