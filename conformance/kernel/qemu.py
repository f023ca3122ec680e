# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Runs one guest in bounded time and takes apart what its console says.

Lines that begin with "@devfd " are words between guest and host (see README.md); between "begin"
and "end" all others are KTAP.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

WORD = "@devfd "
LONGEST_LINE = 1 << 20
PANICS = (
    "Kernel panic - not syncing",
    "Oops:",
    "BUG: unable to handle",
    "Attempted to kill init",
)


@dataclass(frozen=True)
class Limits:
    """What a guest may take: seconds in all, seconds without a line, bytes of console."""

    seconds: float = 180
    silence: float = 60
    console: int = 64 << 20
    tail: int = 40


@dataclass
class Outcome:
    """What came of a run. problem is empty if the guest went through to its end."""

    problem: str = ""
    ktap: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    tail: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Monitor:
    """QEMU's machine protocol over a socket of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def command(self, name: str, **arguments: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(10)
            link.connect(str(self._path))
            with link.makefile("rw", encoding="utf-8") as stream:
                stream.readline()
                self._ask(stream, "qmp_capabilities", {})
                self._ask(stream, name, arguments)

    @staticmethod
    def _ask(stream, name: str, arguments: dict[str, str]) -> None:
        stream.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        stream.flush()
        for line in stream:
            answer = json.loads(line)
            if "error" in answer:
                raise OSError(f"{name}: {answer['error'].get('desc', answer['error'])}")
            if "return" in answer:
                return
        raise OSError(f"{name}: QEMU closed its monitor")


class Console:
    """Takes the lines of a console one by one."""

    def __init__(self, limits: Limits, unplug: Callable[[str], None]) -> None:
        self.out = Outcome()
        self.begun = self.ended = self.done = False
        self._unplug = unplug
        self._tail: deque[str] = deque(maxlen=limits.tail)
        self._file: tuple[str, list[str]] | None = None
        self._panic = ""

    def line(self, text: str) -> None:
        self._tail.append(text)
        if text.startswith(WORD):
            self._word(*text[len(WORD) :].split())
        elif self._file:
            self._file[1].append(text)
        elif not text.lstrip().startswith("#") and any(one in text for one in PANICS):
            self._panic = self._panic or text.strip()
        elif self.begun and not self.ended:
            self.out.ktap.append(text)

    def _word(self, word: str = "", *values: str) -> None:
        if word == "begin" and not self.begun:
            self.begun = True
        elif word == "end" and self.begun:
            self.ended = True
        elif word == "done" and self.ended:
            self.done = True
        elif word == "unplug" and len(values) == 1:
            self._unplug(values[0])
        elif word == "file" and len(values) == 1 and self._file is None:
            self._file = (values[0], [])
        elif word == "close" and len(values) == 1 and self._file:
            self._close(values[0])
        else:
            self.wrong(f"the guest said {' '.join([word, *values])!r} where it makes no sense")

    def _close(self, size: str) -> None:
        name, lines = self._file or ("", [])
        self._file = None
        try:
            data = base64.b64decode("".join(lines), validate=True)
        except binascii.Error as error:
            self.wrong(f"file {name} came broken: {error}")
            return
        if str(len(data)) != size:
            self.wrong(f"file {name} came with {len(data)} bytes, {size} were sent")
            return
        self.out.files[name] = data

    def wrong(self, problem: str) -> None:
        self.out.problem = self.out.problem or problem

    def finish(self, status: int | None, cut: str) -> Outcome:
        """status is the exit status of QEMU, None where it had to be killed; cut says why."""
        if self._panic:
            self.out.problem = f"panic: {self._panic}"
        elif cut:
            self.wrong(cut)
        elif not self.begun:
            self.wrong(f"ended before it began (exit status {status})")
        elif not self.done:
            self.wrong("ended early, before it said that it was done")
        elif self._file:
            self.wrong(f"ended within file {self._file[0]}")
        elif status:
            self.wrong(f"QEMU ended with status {status}")
        self.out.tail = list(self._tail)
        return self.out


def read_lines(process: subprocess.Popen, console: Console, limits: Limits) -> str:
    """Feeds the console until QEMU ends; returns why it was stopped, or nothing."""
    start = last = time.monotonic()
    rest, total = b"", 0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            now = time.monotonic()
            if now - start >= limits.seconds:
                return f"hang: not done after {limits.seconds:g} s"
            if now - last >= limits.silence:
                return f"hang: silent for {limits.silence:g} s"
            wait = min(start + limits.seconds - now, last + limits.silence - now)
            if not selector.select(wait):
                continue
            data = os.read(process.stdout.fileno(), 1 << 16)
            if not data:
                break
            total += len(data)
            if total > limits.console:
                return f"flood: more than {limits.console} bytes on the console"
            *lines, rest = (rest + data).split(b"\n")
            # A line without an end is no sign of life: it would never be shown.
            last = time.monotonic() if lines else last
            for line in lines:
                console.line(line.decode("utf-8", "replace").rstrip("\r"))
            if len(rest) > LONGEST_LINE:
                return f"flood: a line of more than {LONGEST_LINE} bytes on the console"
    if rest:
        console.line(rest.decode("utf-8", "replace"))
    return ""


_running: set[int] = set()
_lock = threading.RLock()
_stopped = False


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def stop() -> None:
    """Ends every guest at once, and lets no other begin: whoever started them was told to end."""
    global _stopped  # pylint: disable=global-statement
    with _lock:
        _stopped = True
        for group in _running:
            _kill(group)


def _begin(command: list[str]) -> subprocess.Popen:
    """Starts QEMU as a group of its own, which stop() knows."""
    with _lock:
        if _stopped:
            raise InterruptedError("this run is to end")
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _running.add(process.pid)
    return process


def run(command: list[str], limits: Limits, monitor: Path | None = None) -> Outcome:
    """Runs QEMU (or what stands in for it) until it ends or a limit is reached."""
    start = time.monotonic()

    def unplug(device: str) -> None:
        try:
            if monitor is None:
                raise OSError("this guest has no monitor")
            Monitor(monitor).command("device_del", id=device)
        except (OSError, ValueError) as error:
            console.wrong(f"could not unplug {device}: {error}")

    console = Console(limits, unplug)
    with _begin(command) as process:
        try:
            cut = read_lines(process, console, limits)
            left = max(1.0, start + limits.seconds - time.monotonic())
            status = None if cut else process.wait(timeout=left)
        except subprocess.TimeoutExpired:
            cut, status = "hang: the console was closed, but QEMU did not end", None
        finally:
            with _lock:
                _running.discard(process.pid)
                if process.poll() is None:
                    _kill(process.pid)
    out = console.finish(status, cut)
    out.seconds = time.monotonic() - start
    return out
