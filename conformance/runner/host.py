# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Speaks PROTOCOL.md for a shared object that exports devfd_testee(): host.py FILE.

It runs in a process of its own. An input ends at most 7 bytes before a page that cannot be touched,
so that reading behind it is a crash also without a sanitizer; it begins at a multiple of 8, since
real buffers do."""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import struct
import sys
from pathlib import Path
from typing import BinaryIO

PAGE = mmap.PAGESIZE
TEXT = 65536
ERROR, UNTOLD = 4, 0xffffffff

QUERY = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32)


class CaseStruct(ctypes.Structure):
    _fields_ = [("format", ctypes.c_char_p), ("order", ctypes.c_uint32), ("role", ctypes.c_uint32),
                ("index", ctypes.c_uint32), ("input", ctypes.c_void_p), ("size", ctypes.c_size_t),
                ("query", QUERY), ("context", ctypes.c_void_p)]


class AnswerStruct(ctypes.Structure):
    _fields_ = [("verdict", ctypes.c_uint32), ("at", ctypes.c_uint32), ("need", ctypes.c_uint32),
                ("text", ctypes.c_char * TEXT)]


class Guarded:
    """Memory with a page behind it that cannot be touched."""

    def __init__(self, size: int) -> None:
        self.room = max(PAGE, -(-size // PAGE) * PAGE)
        self._map = mmap.mmap(-1, self.room + PAGE)
        self._start = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mprotect(ctypes.c_void_p(self._start + self.room), ctypes.c_size_t(PAGE), 0):
            raise OSError(ctypes.get_errno(), "mprotect")

    def put(self, data: bytes) -> int:
        """The address of a copy that ends at the guard."""
        at = self.room - (len(data) + 7) // 8 * 8
        self._map[at:at + len(data)] = data
        return self._start + at


class Host:
    def __init__(self, path: str, stdin: BinaryIO, stdout: BinaryIO) -> None:
        self.stdin, self.stdout = stdin, stdout
        self.library = ctypes.CDLL(path)
        self.judge = self.library.devfd_testee
        self.judge.restype = ctypes.c_int
        self.judge.argtypes = [ctypes.POINTER(CaseStruct), ctypes.POINTER(AnswerStruct)]
        self.memory = Guarded(PAGE)
        self.number = 0
        self.query = QUERY(self.ask)
        self.path = path

    def hello(self) -> bytes:
        """What the object says of itself by devfd_testee_hello(), or what can be assumed."""
        said = {"name": Path(self.path).stem, "version": "", "protocol": 1, "formats": ["*", ""],
                "roles": ["reader"], "tells": [], "scripts": False}
        try:
            own = self.library.devfd_testee_hello
        except AttributeError:
            return json.dumps(said).encode()
        own.restype = ctypes.c_char_p
        own.argtypes = []
        return json.dumps({**said, **json.loads(own())}).encode()

    def frame(self) -> tuple[bytes, bytes]:
        head = self.stdin.read(4)
        if len(head) < 4:
            return b"E", b""
        size = int.from_bytes(head, "little")
        body = self.stdin.read(size)
        return (body[:1], body[1:]) if len(body) == size else (b"E", b"")

    def write(self, kind: bytes, payload: bytes) -> None:
        self.stdout.write(struct.pack("<I", 1 + len(payload)) + kind + payload)
        self.stdout.flush()

    def ask(self, _context: int, buffer: int, size: int) -> int:
        """The callback of a script: one ioctl. It returns 0 or an errno."""
        sent = ctypes.string_at(buffer, size)
        self.write(b"Q", struct.pack("<I", self.number) + sent)
        kind, payload = self.frame()
        if kind != b"R":
            os._exit(0)
        ctypes.memmove(buffer, payload[4:], min(size, len(payload) - 4))
        return int.from_bytes(payload[:4], "little")

    def answer(self, kind: bytes, payload: bytes) -> bytes:
        self.number, order, role, index, length = struct.unpack_from("<IBBIB", payload)
        name, data = payload[11:11 + length], payload[11 + length:]
        if len(data) > self.memory.room:
            self.memory = Guarded(len(data))
        case = CaseStruct(name, order, role, index, self.memory.put(data), len(data),
                          self.query if kind == b"S" else QUERY(), None)
        out = AnswerStruct(ERROR, UNTOLD, UNTOLD, b"")
        status = self.judge(ctypes.byref(case), ctypes.byref(out))
        text = out.text
        if status:
            out.verdict, text = ERROR, f"devfd_testee returned {status}".encode()
        return struct.pack("<IBII", self.number, out.verdict & 0xff, out.at, out.need) + text

    def serve(self) -> None:
        while True:
            kind, payload = self.frame()
            if kind == b"H":
                self.write(b"H", self.hello())
            elif kind in (b"C", b"S"):
                self.write(b"A", self.answer(kind, payload))
            elif kind == b"E":
                return
            else:
                sys.exit(f"a frame of type {kind!r}, which is none of PROTOCOL.md")


def main() -> int:
    # The object may print: that must not come between the frames.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        host = Host(sys.argv[1], os.fdopen(os.dup(0), "rb"), out)
    except (OSError, AttributeError) as error:
        print(error, file=sys.stderr)  # names the file
        return 2
    host.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
