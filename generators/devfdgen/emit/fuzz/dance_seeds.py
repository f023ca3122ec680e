# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Seeds of the argsz dance: the scripts of the corpus as fuzz/targets/dance.c reads them."""

from __future__ import annotations

from typing import Any, Iterator

from .targets import Target

CAPACITY = 4096
INDEX_ALL = 255
SIZE_MAX = 1024
AS_IS, OFFERED, MORE = 0, 1, 2  # what becomes of argsz
ARGSZ_SIZE = 4
# What a kernel returns, by errno: places in the table of results of dance.c.
RESULTS = {0: 0, 28: 5, 22: 7}
OTHER = 9


def argsz_of(reply: dict[str, Any], data: bytearray) -> tuple[int, int]:
    """How argsz is told, and by how much it is more than what was offered."""
    argsz = reply["argsz"]
    if isinstance(argsz, dict):
        return (MORE, argsz["offered"]) if argsz["offered"] else (OFFERED, 0)
    if argsz is not None and len(data) >= ARGSZ_SIZE:
        data[:ARGSZ_SIZE] = argsz.to_bytes(ARGSZ_SIZE, "little")
    return AS_IS, 0


def step(one: dict[str, Any]) -> bytes:
    reply = one["reply"]
    data = bytearray.fromhex(reply["bytes"])
    how, delta = argsz_of(reply, data)
    result = RESULTS.get(reply["errno"], OTHER)
    return bytes([result | how << 4, delta & 0xff]) + len(data).to_bytes(2, "little") + data


def sign(one: dict[str, Any]) -> tuple[Any, ...]:
    """What scripts are told apart by: one of each is enough."""
    return (one["format"], one["verdict"], one["rule"], len(one["steps"]),
            *(str(step["reply"]["argsz"]) + str(step["reply"]["errno"]) for step in one["steps"]))


def all_dances(targets: list[Target], scripts: list[dict[str, Any]]) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each."""
    calls = [one.format for one in targets if one.is_reply]
    seen: set[Any] = set()
    for one in scripts:
        given = one["given"]
        if one["role"] != "reader" or given["order"] != "little" or sign(one) in seen:
            continue
        seen.add(sign(one))
        head = bytes([calls.index(one["format"]), min(given["index"], INDEX_ALL)])
        data = head + CAPACITY.to_bytes(2, "little") + b"".join(map(step, one["steps"]))
        if len(data) <= SIZE_MAX:
            yield one["id"].removeprefix("script/"), data
