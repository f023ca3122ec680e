# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Seeds of the target of writing: for each layout a device with one region or interrupt, of each
flag that it can have, as fuzz/targets/encode.c reads items."""

from __future__ import annotations

from typing import Iterator

from ... import model as m
from .targets import Target

ITEMS = {"region": 0, "irq": 1}  # how encode.c tells the kinds
NUMBERS = 12  # more than any item has attributes
VALUE = b"\x01\x05"  # a number: one byte follows, which is 5
COUNTS = b"\x2d"  # of areas, paths' bytes and kept records
CONTENT = bytes(range(1, 25))


def item(flags: int) -> bytes:
    """What follows the kind of an item; bytes that are not needed begin the next one."""
    return flags.to_bytes(4, "little") + VALUE * NUMBERS + COUNTS + CONTENT


def all_encodings(spec: m.Spec, targets: list[Target]) -> Iterator[tuple[str, bytes]]:
    device = sum(1 << flag.bit for flag in spec.model.flags.values() if "device" in flag.of)
    layouts = [target for target in targets if not target.is_reply]
    for number, layout in enumerate(layouts):
        for kind, told in ITEMS.items():
            flags = {flag.name: 1 << flag.bit for flag in spec.model.flags.values()
                     if kind in flag.of}
            for name, word in {**flags, "none": 0, "all": sum(flags.values())}.items():
                data = bytes([number << 1, 64]) + item(device) + bytes([told]) + item(word)
                yield f"{layout.name}-{kind}-{name.lower().replace('_', '-')}", data
