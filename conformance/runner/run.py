# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Runs cases over one or several processes of a testee, and knows when to stop."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .case import Case, Result, Run, Want
from .testee import CannotStart, Changed, Got, Testee
from .verdict import result, skips, why_not

DEAD = 20  # crashes and not one answer: it is of no use to go on
CLEARING = 5.0  # seconds for the end of all testees, where a run is broken off
LOST = 120.0  # seconds that crashes may cost, by default

END = Case(id="session/end", family="session", format=None, rule=None, rules=(), role="reader",
           level=None, cls="valid", given={}, input=b"", want=Want("accept"),
           text="A testee that is told to end, ends with exit status 0 and says nothing more.")


@dataclass
class Options:
    jobs: int = 1
    limit: int = 0  # stop after so many failures; 0: never
    own: bool = False
    lost: float = LOST  # stop after so many seconds lost by crashes; 0: never
    levels: tuple[str, ...] = ()  # cases of these alone, and those that break no rule; (): of all
    rules: dict[str, dict[str, Any]] | None = None  # of the corpus: which of them may be skipped


class Session:
    """One run. Workers take batches in the order of the corpus; results stand in that order."""

    def __init__(self, make: Callable[[], Testee], cases: Sequence[Case], options: Options,
                 progress: Callable[[int, int, int], None] | None = None) -> None:
        self.make, self.cases, self.options = make, cases, options
        self.progress = progress or (lambda done, total, bad: None)
        self.results: dict[int, Result] = {}
        self.stop = ""  # why no more cases are begun
        self.excused: list[str] = []  # globs of rules that the testee may pass over
        self.hello: dict[str, Any] = {}
        self._todo: list[tuple[int, Case]] = []
        self._next = 0
        self._lock = threading.Lock()
        self._bad = self._answers = 0
        self._lost = 0.0
        self._testees: list[Testee] = []
        self._error: BaseException | None = None
        self._threads: list[threading.Thread] = []

    def run(self, corpus: str, about: dict[str, Any]) -> Run:
        """Runs it all. Raises CannotStart where nothing can be judged."""
        started = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        first = self._new()
        try:
            first.start()
            self.hello = first.hello
            self.excused = self.hello.get("skips") or []
            if self.options.rules is not None:
                self.excused, _ = skips(self.hello, self.options.rules)
            self._sort_out()
            self._all(first)
        except BaseException:
            self.stop = self.stop or "interrupted"
            self._clear(first)
            raise
        for number, case in enumerate(self.cases):
            if number not in self.results:
                self.results[number] = Result(case, "skip", left_out=True,
                                              detail=f"not run: {self.stop}")
        hello = {key: value for key, value in self.hello.items() if value is not None}
        return Run({**hello, **about}, started, corpus,
                   [self.results[number] for number in sorted(self.results)])

    def _clear(self, first: Testee) -> None:
        """Ends all testees. Each thread frees its own; one that starts a process at this moment is
        asked again."""
        until = time.monotonic() + CLEARING
        first.kill()
        while any(thread.is_alive() for thread in self._threads) and time.monotonic() < until:
            for testee in self._testees:
                testee.abandon()
            time.sleep(0.02)

    def _new(self) -> Testee:
        testee = self.make()
        self._testees.append(testee)
        return testee

    def _sort_out(self) -> None:
        for number, case in enumerate(self.cases):
            reason = why_not(case, {**self.hello, "skips": self.excused})
            levels = self.options.levels
            if reason:
                self.results[number] = Result(case, "skip", detail=reason)
            elif levels and case.level and case.level not in levels:
                told = f"of level {case.level}, where {', '.join(levels)} was asked for"
                self.results[number] = Result(case, "skip", detail=told, left_out=True)
            else:
                self._todo.append((number, case))

    def _all(self, first: Testee) -> None:
        jobs = max(1, min(self.options.jobs, -(-len(self._todo) // first.batch)))
        self._threads = [threading.Thread(target=self._work, args=(self._new(), False), daemon=True)
                         for _ in range(jobs - 1)]
        for thread in self._threads:
            thread.start()
        self._work(first, True)
        for thread in self._threads:
            thread.join()
        if self._error:
            raise self._error

    def _take(self, size: int) -> list[tuple[int, Case]]:
        with self._lock:
            if self.stop or self._error:
                return []
            batch = self._todo[self._next:self._next + size]
            self._next += len(batch)
            return batch

    def _work(self, testee: Testee, started: bool) -> None:
        """A thread with a testee of its own."""
        try:
            if not started:
                testee.hello = self.hello
                testee.start()
            while batch := self._take(testee.batch):
                numbers = iter(batch)
                for got in testee.judge([case for _, case in batch]):
                    number, case = next(numbers)
                    if case is not got.case:
                        raise AssertionError(f"{got.case.id} came where {case.id} was due")
                    self._note(number, got)
                    if self.stop or self._error:
                        break
            late = testee.close() if not self.stop else testee.kill()
            if late:
                with self._lock:
                    self.results[len(self.cases)] = Result(END, "crash", detail=late)
        except Changed as error:
            with self._lock:
                self.results[len(self.cases)] = Result(END, "crash", detail=str(error))
                self.stop = self.stop or str(error)
        except BaseException as error:  # the first thread must hear of it
            testee.kill()
            if started:
                raise
            self._error = self._error or error

    def _note(self, number: int, got: Got) -> None:
        done = result(got, self.hello["tells"], self.options.own)
        with self._lock:
            self.results[number] = done
            if done.outcome in ("fail", "crash"):
                self._bad += 1
            if got.crash:
                self._lost += got.seconds
            else:
                self._answers += 1
            self.stop = self.stop or got.last
            self._consider()
            total = len(self.results)
        self.progress(total, len(self.cases), self._bad)

    def _consider(self) -> None:
        """Whether to stop."""
        options = self.options
        if options.limit and self._bad >= options.limit:
            self.stop = f"stopped at the limit of {options.limit} failures"
        elif not self._answers and self._bad >= DEAD:
            self.stop = f"given up after {DEAD} crashes and no answer"
        elif options.lost and self._lost > options.lost * max(1, options.jobs):
            self.stop = f"given up after {self._lost:.0f} s lost by crashes"


__all__ = ["CannotStart", "END", "Options", "Session"]
