# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""A living testee at the other end of a pipe: sends frames, takes frames, and notices its end."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections import deque

from . import frames
from .testee import CHUNK, Stderr, ending, reap, spawn

PATIENCE = 1.0  # between the end of the output and the end of the process
FLUSH = 1 << 16


class Process:
    """One process. Nothing here blocks longer than it is told to: input, output and stderr are
    served by one poll, so that a testee which does not read, or floods stderr, stops nothing."""

    def __init__(self, command: list[str]) -> None:
        self.child = spawn(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
        assert self.child.stdin and self.child.stdout and self.child.stderr
        self.stdin = self.child.stdin.fileno()
        self.stdout = self.child.stdout.fileno()
        for fd in (self.stdin, self.stdout):
            os.set_blocking(fd, False)
        self.stderr = Stderr(self.child.stderr.fileno())
        self.pidfd = os.pidfd_open(self.child.pid)
        self.inbox: deque[tuple[bytes, bytes]] = deque()
        self.trouble = ""  # why nothing more is to be had of it
        self.ended = False
        self._splitter = frames.Splitter()
        self._unsent = bytearray()
        self._poll = select.poll()
        self._writing = False
        for fd in (self.stdout, self.stderr.fd, self.pidfd):
            self._poll.register(fd, select.POLLIN)

    @property
    def backlog(self) -> int:
        return len(self._unsent)

    def send(self, data: bytes) -> None:
        self._unsent += data

    def pump(self, seconds: float) -> None:
        """Waits for something to happen, at most that long, and does what can be done. Frames come
        into inbox; those that came before the trouble are there too."""
        if self._unsent:
            self._write()
        if bool(self._unsent) != self._writing:
            self._writing = not self._writing
            if self._writing:
                self._poll.register(self.stdin, select.POLLOUT)
            else:
                self._poll.unregister(self.stdin)
        ready = {fd for fd, _ in self._poll.poll(max(0, int(seconds * 1000 + 0.999)))}
        self.ended = self.ended or self.pidfd in ready
        if self.stdout in ready or self.ended:
            self._read()
        # What a testee wrote to stderr before an answer is there when the answer is.
        if self.stderr.open:
            self.stderr.drain()
            if not self.stderr.open:
                self._poll.unregister(self.stderr.fd)

    def _write(self) -> None:
        try:
            while self._unsent:
                sent = os.write(self.stdin, memoryview(self._unsent)[:FLUSH])
                del self._unsent[:sent]
        except BlockingIOError:
            return
        except OSError:  # it does not read any more; its end says why
            self._unsent.clear()

    def _read(self) -> None:
        if self.trouble:
            return
        while True:
            try:
                data = os.read(self.stdout, CHUNK)
            except BlockingIOError:
                if self.ended:
                    self.trouble = "ended, though something that it started lives"
                return
            except OSError as error:
                self.trouble = f"its output cannot be read: {error.strerror}"
                return
            if not data:
                self.trouble = "ended"
                return
            try:
                self.inbox.extend(self._splitter.feed(data))
            except frames.Garbage as error:
                self.trouble = str(error)
                return
            if not self.ended:
                return

    def finish(self, patience: float = PATIENCE) -> tuple[str, str]:
        """Ends it, and says how it ended and what it wrote to stderr. Frees everything."""
        until = time.monotonic() + patience
        while not self.ended and self.stderr.open and time.monotonic() < until:
            self.pump(min(0.05, patience))
            if self.trouble and not self.ended:
                self._wait(until)
        status = reap(self.child, max(0.0, until - time.monotonic()))
        os.close(self.pidfd)
        how = "did not end" if status is None else ending(status)
        return how, self.stderr.text()

    def _wait(self, until: float) -> None:
        """Its output is over: only stderr and the end are of interest."""
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        while time.monotonic() < until:
            self.stderr.drain()
            if poll.poll(5):
                self.ended = True
                self.stderr.drain()
                return

    def ask_to_end(self) -> None:
        """Sends 'E' and closes its input."""
        self.send(frames.frame(b"E"))
        self._write()
        if self._writing:
            self._poll.unregister(self.stdin)
            self._writing = False
        assert self.child.stdin
        self.child.stdin.close()
        self._unsent.clear()
