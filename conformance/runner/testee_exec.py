# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""A testee by exit status: one process a case, the input in a file. 0 accept, 1 reject, 3
need-more; anything else, a signal, the time limit, the report of a sanitizer or an uncaught
exception is a crash."""

from __future__ import annotations

import os
import select
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .case import ACCEPT, NEED_MORE, REJECT, Answer, Case
from .testee import CannotStart, Got, Stderr, end_group, ending, reap, spawn

STATUS = {0: ACCEPT, 1: REJECT, 3: NEED_MORE}

# A sanitizer ends a program with 1 by default, as a reject does, and may report to a file. UBSan
# goes on by default, so that nothing is left to see where the program closed its stderr.
SANITIZED = 99
COMMON = f"exitcode={SANITIZED}:log_path=stderr"
OPTIONS = {"ASAN_OPTIONS": COMMON, "LSAN_OPTIONS": COMMON, "MSAN_OPTIONS": COMMON,
           "TSAN_OPTIONS": COMMON, "UBSAN_OPTIONS": f"{COMMON}:halt_on_error=1"}
assert SANITIZED not in STATUS


class ExecTestee:
    batch = 16

    def __init__(self, command: str, timeout: float, hello: dict[str, Any]) -> None:
        try:
            self.words = shlex.split(command)
        except ValueError as error:
            raise CannotStart(f"--exec {command!r}: {error}") from None
        if not self.words:
            raise CannotStart("--exec: the command is empty")
        if not any("{file}" in word for word in self.words):
            self.words.append("{file}")
        self.timeout = timeout
        self.hello = {"name": Path(self.words[0]).name, "version": "", "protocol": 1,
                      "formats": ["*"], "roles": ["reader"], "tells": [], "scripts": False, **hello}
        self._folder: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._abandoned = False

    def start(self) -> None:
        program = shutil.which(self.words[0])
        if program is None:
            raise CannotStart(f"{self.words[0]}: not found, or not executable")
        self._folder = tempfile.mkdtemp(prefix="devfd-conformance-")

    def judge(self, cases: Iterable[Case]) -> Iterator[Got]:
        for case in cases:
            yield Got(case, crash="abandoned") if self._abandoned else self._one(case)

    def _one(self, case: Case) -> Got:
        assert self._folder
        path = os.path.join(self._folder, "input")
        with open(path, "wb") as out:
            out.write(case.input)
        given = {"file": path, "format": case.format or "", "order": case.order,
                 "role": case.role, "index": str(case.index)}
        words = [_filled(word, given) for word in self.words]
        told = {f"DEVFD_{key.upper()}": value for key, value in given.items() if key != "file"}
        began = time.monotonic()
        process = spawn(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                        stderr=subprocess.PIPE, env=_environment(told))
        self._process = process
        stderr = Stderr(process.stderr.fileno())  # type: ignore[union-attr]
        in_time = _watch(process, stderr, began + self.timeout)
        status = reap(process, 0 if not in_time else 1)
        self._process = None
        return self._verdict(case, status if in_time else None, stderr, time.monotonic() - began)

    def _verdict(self, case: Case, status: int | None, stderr: Stderr, seconds: float) -> Got:
        got = Got(case, seconds=seconds)
        if status is None:
            got.crash = f"no end within {self.timeout:g} s"
        elif stderr.sanitizer:
            got.crash = f"{ending(status)}: {stderr.sanitizer}"
        elif status in STATUS and stderr.exception.sign:
            sign = stderr.exception.sign
            why = stderr.last_line() if sign.last else stderr.exception.found
            got.crash = f"{ending(status)} of an uncaught exception ({sign.tool}): {why}"
        elif status in STATUS:
            got.answer = Answer(STATUS[status])
            return got
        else:
            got.crash = ": ".join(filter(None, (ending(status), stderr.last_line())))
        got.stderr = stderr.text()
        return got

    def close(self) -> str:
        self.kill()
        return ""

    def abandon(self) -> None:
        self._abandoned = True
        end_group(self._process)

    def kill(self) -> None:
        if self._process:
            reap(self._process, 0)
            self._process = None
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _environment(told: dict[str, str]) -> dict[str, str]:
    """Ours stand last, and the last one counts; what the user has set beside them stays."""
    sanitizers = {name: ":".join(filter(None, (os.environ.get(name), words)))
                  for name, words in OPTIONS.items()}
    return {**os.environ, **sanitizers, **told}


def _filled(word: str, given: dict[str, str]) -> str:
    for key, value in given.items():
        word = word.replace(f"{{{key}}}", value)
    return word


def _watch(process: subprocess.Popen[bytes], stderr: Stderr, until: float) -> bool:
    """Reads stderr until the process ends. False: the time was over before."""
    fd = os.pidfd_open(process.pid)
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    poll.register(stderr.fd, select.POLLIN)
    try:
        while True:
            left = until - time.monotonic()
            if left <= 0:
                return False
            ready = {number for number, _ in poll.poll(int(left * 1000) + 1)}
            if stderr.fd in ready:
                stderr.drain()
                if not stderr.open:
                    poll.unregister(stderr.fd)
            if fd in ready:
                stderr.drain()
                return True
    finally:
        os.close(fd)
