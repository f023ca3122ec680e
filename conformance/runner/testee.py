# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What all ways of attaching a testee share: what came of a case, the watch on stderr, the end of a
process and of all that it started."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from . import signs
from .case import Answer, Case

KEPT = 64 * 1024  # of stderr: half from its beginning, half from its end
CHUNK = 1 << 16
PIPE = 1 << 20


class CannotStart(Exception):
    """Nothing can be judged: the testee does not start, or its hello is wrong."""


@dataclass
class Got:
    """What came of a case: an answer or a crash."""

    case: Case
    answer: Answer | None = None
    crash: str = ""
    fault: str = ""  # of a script: what the testee did wrong before it answered
    stderr: str = ""
    seconds: float = 0.0
    last: str = ""  # why nothing after this can be judged


class Changed(CannotStart):
    """A later process of a testee says something else of itself than the first one: nothing that
    it answers can be held against that."""


class Testee(Protocol):
    """One attached implementation. start() raises CannotStart."""

    hello: dict[str, Any]  # where there is one before start(), it has to say the same
    batch: int  # cases that are worth being handed over at once

    def start(self) -> None: ...

    def judge(self, cases: Iterable[Case]) -> Iterator[Got]: ...

    def close(self) -> str:
        """Ends it. What it says is what went wrong at the end, or nothing."""
        ...

    def kill(self) -> None: ...

    def abandon(self) -> None:
        """Ends what it runs and starts nothing more; for another thread than the one it is used
        in, which then frees it."""
        ...


class Stderr:
    """What a testee writes there: read always, kept within bounds, searched for what tools write
    when a program went wrong."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        try:  # so that a flood does not stop the testee at every 64 KiB
            fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, PIPE)
        except OSError:
            pass
        self.fd = fd
        self.open = True
        self.exception = signs.Search(signs.EXCEPTIONS)
        self._sanitizer = signs.Search(signs.SANITIZERS)
        self._head = b""
        self._tail = b""
        self._lost = 0

    @property
    def sanitizer(self) -> str:
        return self._sanitizer.found

    def drain(self, most: int = 64) -> None:
        """Takes what is there, but not for ever: a flood must not keep the runner from its work."""
        for _ in range(most):
            try:
                data = os.read(self.fd, CHUNK)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self.open = False
                return
            self._take(data)

    def _take(self, data: bytes) -> None:
        self._sanitizer.feed(data)
        self.exception.feed(data)
        room = KEPT // 2 - len(self._head)
        self._head += data[:room]
        if len(data) > room:
            self._tail += data[room:]
            self._lost += max(0, len(self._tail) - KEPT // 2)
            self._tail = self._tail[-KEPT // 2:]

    def text(self) -> str:
        cut = f"\n[... {self._lost} bytes left out ...]\n".encode() if self._lost else b""
        return (self._head + cut + self._tail).decode(errors="replace")

    def last_line(self) -> str:
        lines = self.text().strip().splitlines()
        return lines[-1][:160] if lines else ""


def spawn(command: list[str], **more: Any) -> subprocess.Popen[bytes]:
    """Starts a command as the head of a group, so that all that it starts can be ended with it."""
    try:
        return subprocess.Popen(command, start_new_session=True, bufsize=0, **more)
    except OSError as error:
        raise CannotStart(f"{command[0]}: {error.strerror or error}") from None


def end_group(process: subprocess.Popen[bytes] | None) -> None:
    """Ends a process and all that it started. It is still to be reaped."""
    try:
        if process and process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def reap(process: subprocess.Popen[bytes], patience: float) -> int | None:
    """Waits for the end, then ends the rest of its group. None: it had to be killed.

    The group is ended before the head is reaped: until then nobody else can have its number."""
    ended = _ends(process.pid, patience)
    end_group(process)
    status = process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            try:
                pipe.close()
            except OSError:
                pass
    return status if ended else None


def _ends(pid: int, patience: float) -> bool:
    """Whether a child ends by itself in that time. It stays to be reaped."""
    fd = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        until = time.monotonic() + patience
        while True:
            left = until - time.monotonic()
            if poll.poll(max(0, int(left * 1000))):
                return True
            if left <= 0:
                return False
    finally:
        os.close(fd)


def ending(status: int) -> str:
    """An exit status in words."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"
