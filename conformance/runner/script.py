# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Plays the kernel of a script: answers the queries of a reader step by step, and notes what the
reader does wrong."""

from __future__ import annotations

import struct
from typing import Any

from .case import Case

ARGSZ, INDEX = 0, 8  # where they stand in every buffer of the ioctls that have them
INDEXED = ("linux.region_info", "linux.irq_info")
LIMIT = 64


class Hang(Exception):
    """More calls than a script allows: the reader would go on for ever."""


class Player:
    """One dialogue. The last step is repeated for ever, so that only the reader can end it."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.calls = 0
        self.fault = ""  # the first thing that the reader did wrong
        self._endian = ">" if case.order == "big" else "<"
        self._limit = case.calls or LIMIT
        self._at = 0  # the next step

    def reply(self, buffer: bytes) -> tuple[int, bytes]:
        """errno, and the buffer as the kernel leaves it: written no further than argsz allows."""
        self.calls += 1
        if self.calls > self._limit:
            raise Hang(f"call {self.calls} of a script that allows {self._limit}: a hang")
        offered = self._offered(buffer)
        step = self._step(offered)
        self._check(step.get("expect") or {}, buffer, offered)
        reply = step["reply"]
        data = bytes.fromhex(reply.get("bytes") or "")
        out = bytearray(buffer)
        room = min(offered, len(buffer), len(data))
        out[:room] = data[:room]
        argsz = reply.get("argsz")
        if isinstance(argsz, dict):
            argsz = min(offered + argsz["offered"], 0xffffffff)
        if argsz is not None and len(out) >= ARGSZ + 4:
            struct.pack_into(self._endian + "I", out, ARGSZ, argsz)
        return reply.get("errno", 0), bytes(out)

    def _step(self, offered: int) -> dict[str, Any]:
        """The step for this call. Those for readers that offer less are passed over for good."""
        last = len(self.case.steps) - 1
        while self._at < last:
            step = self.case.steps[self._at]
            self._at += 1
            most = (step.get("expect") or {}).get("argsz_max")
            if most is None or offered <= most:
                return step
        return self.case.steps[last]

    def _offered(self, buffer: bytes) -> int:
        if len(buffer) < ARGSZ + 4:
            return 0
        return struct.unpack_from(self._endian + "I", buffer, ARGSZ)[0]

    def _check(self, expect: dict[str, Any], buffer: bytes, offered: int) -> None:
        if offered > len(buffer):
            self._wrong(f"argsz offers {offered} bytes of a buffer of {len(buffer)}: a kernel "
                        "would write behind it")
        least = expect.get("argsz_min")
        if least is not None and offered < least:
            self._wrong(f"argsz offers {offered} bytes, where {least} are the least")
        if self.case.format in INDEXED and len(buffer) >= INDEX + 4:
            index = struct.unpack_from(self._endian + "I", buffer, INDEX)[0]
            if index != self.case.index:
                self._wrong(f"asks for index {index}, not {self.case.index}")

    def _wrong(self, text: str) -> None:
        self.fault = self.fault or f"call {self.calls}: {text}"
