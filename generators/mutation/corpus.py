# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The corpus as inputs of the driver, and the answer that the corpus asks for to each."""
from __future__ import annotations

import json
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

# enum devfd_format, with None for an input that tells its format by its first bytes.
FORMATS: dict[str | None, int] = {
    None: 0, "tlv": 1, "array": 2, "fixed": 3, "linux.device_info": 4, "linux.region_info": 5,
    "linux.irq_info": 6, "linux.iommu_info": 7, "linux.hot_reset_info": 8,
}
ORDERS = {"little": 1, "big": 2}
PRODUCER = 4
NO_VALUE = 0xffffffff
VECTOR, SCRIPT, UNSPECIFIED = 0, 1, 2  # kinds of input
ARGSZ_KEPT, ARGSZ_PUT, ARGSZ_OFFERED = 0, 1, 2  # what a step does to argsz
CALLS = 3  # of one devfd_ask(), as codec.h promises


@dataclass(frozen=True)
class Case:
    """One input and what is expected of it."""

    id: str
    kind: int
    format: str | None
    given: dict[str, Any]
    data: bytes
    want: dict[str, Any]

    def packed(self) -> bytes:
        options = ORDERS[self.given.get("order") or "little"]
        if self.given.get("role") == "producer":
            options |= PRODUCER
        return struct.pack("<6I", self.kind, FORMATS[self.format], options,
                           self.given.get("index") or 0, CALLS, len(self.data)) + self.data

    def agrees(self, line: str) -> bool:
        """Whether an answer of the driver is the one that the corpus asks for."""
        verdict, _, rest = line.partition(" ")
        want = self.want
        if verdict != want["verdict"]:
            return False
        if verdict == "accept":
            try:
                return want.get("dump") is None or json.loads(rest) == want["dump"]
            except ValueError:
                return False
        if self.kind != VECTOR:
            return rest == ""
        told = [want.get("rule"), want.get("at")]
        told += [want.get("need")] if verdict == "need-more" else []
        found: list[Any] = rest.split(" ") if rest else []
        found[1:] = [int(number) for number in found[1:]]
        return len(found) == len(told) and all(
            w is None or w == f for w, f in zip(told, found))


def script_bytes(steps: list[dict[str, Any]]) -> bytes:
    out = struct.pack("<I", len(steps))
    for step in steps:
        expect, reply = step.get("expect") or {}, step["reply"]
        data = bytes.fromhex(reply.get("bytes") or "")
        argsz = reply.get("argsz")
        how, number = ARGSZ_KEPT, 0
        if isinstance(argsz, dict):
            how, number = ARGSZ_OFFERED, argsz["offered"]
        elif argsz is not None:
            how, number = ARGSZ_PUT, argsz
        out += struct.pack("<6I", expect.get("argsz_min") or 0,
                           expect.get("argsz_max", NO_VALUE), reply.get("errno") or 0, how,
                           number, len(data)) + data
    return out


def dialogue(script: dict[str, Any]) -> Case:
    """Of a dialogue the verdict counts and the dump, and a failed call is a reject."""
    kind = UNSPECIFIED if script["verdict"] == "unspecified" else SCRIPT
    want = {"verdict": script["verdict"] if kind == SCRIPT else "", "dump": script["dump"]}
    return Case(script["id"], kind, script["format"], script["given"],
                script_bytes(script["steps"]), want)


def read(path: Path, key: str) -> list[dict[str, Any]]:
    """The list under key of one file of the corpus; nothing where the corpus has no such file."""
    if not path.exists():
        return []
    return json.loads(path.read_text(encoding="ascii"))[key]


def cases(corpus: Path) -> Iterator[Case]:
    vectors = read(corpus / "vectors.json", "vectors")
    for v in vectors:
        yield Case(v["id"], VECTOR, v["format"], v["given"], bytes.fromhex(v["hex"]), v)
    for s in read(corpus / "scripts.json", "scripts"):
        # devfd_ask() speaks the byte order of its host.
        if s["role"] == "reader" and s["given"]["order"] == sys.byteorder:
            yield dialogue(s)
    by_id = {v["id"]: v for v in vectors}
    for family in read(corpus / "families.json", "families"):
        whole = bytes.fromhex(by_id[family["of"]]["hex"])
        for first, last, want in family["lengths"]:
            for length in range(first, last + 1):
                yield Case(f"{family['id']}/{length}", VECTOR, family["format"], family["given"],
                           whole[:length], want)


def write(found: list[Case], path: Path) -> None:
    path.write_bytes(struct.pack("<I", len(found)) + b"".join(case.packed() for case in found))
