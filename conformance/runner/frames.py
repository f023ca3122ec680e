# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The frames of PROTOCOL.md: bytes out of cases, answers out of bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

from .case import ACCEPT, NEED_MORE, ORDERS, REJECT, ROLES, VERDICTS, Answer, Case

PROTOCOL = 1
UNTOLD = 0xffffffff
LONGEST = 1 << 24  # of a frame of a testee; more than that is taken for garbage
TELLS = ("at", "need", "dump", "rule")
HELLO_KEYS = {"name", "version", "protocol", "formats", "roles", "tells", "scripts", "skips",
              "package"}


class Garbage(Exception):
    """Bytes that are no frame, or a frame that makes no sense here."""


def frame(kind: bytes, payload: bytes = b"") -> bytes:
    return struct.pack("<I", 1 + len(payload)) + kind + payload


def hello() -> bytes:
    return frame(b"H", struct.pack("<I", PROTOCOL))


def case_frame(kind: bytes, number: int, case: Case) -> bytes:
    """'C', or 'S' for a script."""
    name = (case.format or "").encode()
    head = struct.pack("<IBBIB", number, ORDERS.index(case.order), ROLES.index(case.role),
                       case.index, len(name))
    return frame(kind, head + name + case.input)


def reply(errno: int, data: bytes) -> bytes:
    return frame(b"R", struct.pack("<I", errno) + data)


class Splitter:
    """Cuts a stream into frames."""

    def __init__(self) -> None:
        self.rest = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The frames that are whole now: type and payload."""
        self.rest += data
        at = 0
        try:
            while len(self.rest) - at >= 4:
                size = int.from_bytes(self.rest[at:at + 4], "little")
                if not 1 <= size <= LONGEST:
                    start = bytes(self.rest[at:at + 16])
                    raise Garbage(f"a frame of {size} bytes, which is no length: {start!r}")
                if len(self.rest) - at < 4 + size:
                    return
                body = bytes(self.rest[at + 4:at + 4 + size])
                at += 4 + size
                yield body[:1], body[1:]
        finally:
            del self.rest[:at]


def read_hello(payload: bytes) -> dict[str, Any]:
    """What a testee says of itself, checked."""
    try:
        said = json.loads(payload.decode())
    except ValueError as error:
        raise Garbage(f"hello is not JSON: {error}") from None
    if not isinstance(said, dict):
        raise Garbage("hello is not a JSON object")
    if said.get("protocol") != PROTOCOL:
        raise Garbage(f"testee speaks protocol {said.get('protocol')!r}, this runner speaks "
                      f"{PROTOCOL}")
    unknown = sorted(set(said) - HELLO_KEYS)
    if unknown:
        raise Garbage(f"hello has unknown keys: {', '.join(unknown)}")
    for key in ("name", "version"):
        if not isinstance(said.get(key), str):
            raise Garbage(f"hello lacks {key}, a string")
    for key, allowed in (("formats", None), ("roles", ROLES), ("tells", TELLS)):
        value = said.get(key)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise Garbage(f"hello lacks {key}, a list of strings")
        if allowed and not set(value) <= set(allowed):
            raise Garbage(f"{key} of hello knows {', '.join(allowed)}, not {value}")
    skips = said.get("skips", [])
    if not isinstance(skips, list) or not all(isinstance(one, str) for one in skips):
        raise Garbage("skips of hello is not a list of strings")
    if not isinstance(said.get("scripts", False), bool):
        raise Garbage("scripts of hello is not true or false")
    if not isinstance(said.get("package", "") or "", str):
        raise Garbage("package of hello is not a string")
    return said


def other_hello(first: dict[str, Any], later: dict[str, Any]) -> str:
    """What is different in the hello of a later process, in a line."""
    for key in sorted({*first, *later}):
        if first.get(key) != later.get(key):
            return (f"hello of a later process is not that of the first: {key} is "
                    f"{json.dumps(later.get(key))}, and was {json.dumps(first.get(key))}")
    return "hello of a later process is not that of the first"


def read_answer(payload: bytes) -> tuple[int, Answer]:
    """The number of the case, and what was said of it."""
    if len(payload) < 13:
        raise Garbage(f"an answer of {len(payload)} bytes, where 13 are the least")
    number, verdict, at, need = struct.unpack_from("<IBII", payload)
    if verdict >= len(VERDICTS):
        raise Garbage(f"verdict {verdict}, where {len(VERDICTS) - 1} is the last")
    try:
        text = payload[13:].decode()
    except UnicodeDecodeError as error:
        raise Garbage(f"text of an answer is not UTF-8: {error}") from None
    word = VERDICTS[verdict]
    rule = dump = None
    if word == ACCEPT and text:
        try:
            dump = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Garbage(f"text of an accept is not JSON: {error}: {text[:60]!r}") from None
    elif word in (REJECT, NEED_MORE):
        rule = text or None
    told_at, told_need = (None if one == UNTOLD else one for one in (at, need))
    return number, Answer(word, told_at, told_need, rule, dump, text if dump is None else "")


def read_query(payload: bytes) -> tuple[int, bytes]:
    if len(payload) < 4:
        raise Garbage(f"a query of {len(payload)} bytes, where 4 are the least")
    return int.from_bytes(payload[:4], "little"), payload[4:]
