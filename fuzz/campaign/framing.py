# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Inputs of the targets as frames: bytes with the format, byte order, role and index they are
judged with. The layout of a head is that of fuzz/targets/input.h."""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator

from .house import ROOT, House, Problem, format_numbers

sys.path.insert(0, str(ROOT / "generators" / "tests"))

from judge import HEAD, NUMBERS, Frame  # noqa: E402

NAMES = {number: name for name, number in NUMBERS.items()}
BIG, PRODUCER = 1, 2  # bits of byte 0
FORMAT_SHIFT, FORMAT_MASK = 2, 7
INDEX_LAST = 255
DESCRIPTIONS = ("tlv", "array", "fixed", None)


def order(first: int) -> str:
    return "big" if first & BIG else "little"


def told_format(target: str) -> str | None:
    """The format that a target is for; None where its inputs tell it."""
    number = format_numbers().get(target)
    return NAMES[number] if number else None


def frame_of(target: str, data: bytes) -> Frame | None:
    """What a target that takes a head makes of an input; None where it does nothing."""
    if target == "convert":
        return Frame(None, "little", False, 0, data[1:]) if data else None
    if len(data) < 2:
        return None
    name = told_format(target)
    if target == "differential":
        number = 1 + (data[0] >> FORMAT_SHIFT & FORMAT_MASK)
        if number not in NAMES:
            return None
        name = NAMES[number]
    index = 0xffffffff if data[1] == INDEX_LAST else data[1]
    return Frame(name, order(data[0]), bool(data[0] & PRODUCER), index, data[2:])


def has_head(target: str) -> bool:
    return target in ("convert", "differential") or target in format_numbers()


def formats_of(target: str) -> tuple[str | None, ...]:
    """Formats of what a target reads."""
    name = told_format(target)
    if name:
        return (name,)
    if target in ("convert", "encode"):
        return DESCRIPTIONS
    if target == "dance":
        return tuple(one for one in NUMBERS if one and one.startswith("linux."))
    return tuple(NUMBERS)


def frames_of(house: House, target: str, inputs: list[Path]) -> list[Frame]:
    """The frames of files. A target whose inputs have no head is run, and says what it judges."""
    if has_head(target):
        found = (frame_of(target, path.read_bytes()) for path in inputs)
        return [frame for frame in found if frame]
    return spied(house, target, inputs) if inputs else []


def make_spies(house: House, targets: list[str]) -> None:
    """Builds what frames_of() runs for these targets."""
    without_head = [target for target in targets if not has_head(target)]
    if without_head:
        house.make_variant("spy", without_head)


def spied(house: House, target: str, inputs: list[Path]) -> list[Frame]:
    """What a target judges while it runs these inputs, each thing once."""
    make_spies(house, [target])
    program = house.program("spy", target)
    found: dict[Frame, None] = {}
    with tempfile.TemporaryDirectory(prefix="devfd-fuzz-") as folder:
        said = Path(folder) / "said"
        for start in range(0, len(inputs), 500):
            done = subprocess.run([program, *inputs[start:start + 500]],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
                                  env={**os.environ, "DEVFD_SPY": str(said)})
            if done.returncode:
                raise Problem(f"{program}: status {done.returncode}: "
                              f"{done.stderr.decode('utf-8', 'replace').strip()[-300:]}")
            if said.exists():
                found.update(dict.fromkeys(unpacked(said.read_bytes())))
    return list(found)


def unpacked(said: bytes) -> Iterator[Frame]:
    at = 0
    while at + HEAD.size <= len(said):
        number, options, index, size = HEAD.unpack_from(said, at)
        at += HEAD.size
        yield Frame(NAMES[number], "big" if options & 2 else "little", bool(options & 4), index,
                    said[at:at + size])
        at += size
