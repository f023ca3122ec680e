# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Mutations for the differential test: of bytes and numbers, of records, slots and links.

Lengths and links are set right, or left wrong. Positions of records and capabilities are guessed
from the bytes alone; a guess that is wrong makes another mutation, and no harm.
"""
from __future__ import annotations

import random
from typing import Callable

from judge import Frame

MAGICS = {"tlv": 12, "array": 64, "fixed": 48}  # formats with a header, and its size
FLOOR = {"linux.device_info": 16, "linux.region_info": 12, "linux.iommu_info": 16}  # of cap_offset
SLOT = {"array": (64, 64), "fixed": (20, 16)}  # sizes of a region slot and an irq slot
RECORD_TYPES = [*range(0, 11), *range(0x10000, 0x1000A), 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE,
                0xFFFFFFFF]
NUMBERS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 20, 24, 28, 32, 64, 0xFF, 0x100, 0xFFF,
           0x1000, 0x1001, 0xFFFF, 0x10000, 0xFFFFFF, 0x1000000, 0x0FFFFFFF, 0x10000000,
           0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFC, 0xFFFFFFFE, 0xFFFFFFFF]
WIDE = [0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFF000,
        0x0000010000000000, 0x100000000, 0xFFFFFFFF, 1, 0]

Mutation = Callable[[random.Random, bytearray, "Shape"], None]


class Shape:
    """What a mutation knows: format and byte order of the input, and another one of its format."""

    def __init__(self, frame: Frame, other: Frame) -> None:
        self.format = frame.format
        header = MAGICS.get(frame.format or "")
        self.big = frame.order == "big"
        if header is not None and len(frame.data) >= 4:
            # A magic begins with the letter of its bus; little-endian puts that last.
            self.big = frame.data[0] >= 0x41 and frame.data[3] in (0, *b"oibtxr")
            if frame.data[:4] in (b"vfio", b"vfdr", b"vfdx"):
                self.big = True
            if frame.data[:4] in (b"oifv", b"rdfv", b"xdfv"):
                self.big = False
        self.header = header
        self.other = other.data

    def get(self, data: bytearray, at: int, width: int = 4) -> int:
        return int.from_bytes(data[at:at + width], "big" if self.big else "little")

    def put(self, data: bytearray, at: int, value: int, width: int = 4) -> None:
        if at + width <= len(data):
            value &= (1 << 8 * width) - 1
            data[at:at + width] = value.to_bytes(width, "big" if self.big else "little")


# -- bytes and numbers -----------------------------------------------------------------------------


def flip(rng: random.Random, data: bytearray, shape: Shape) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def byte(rng: random.Random, data: bytearray, shape: Shape) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))


def boundary(rng: random.Random, data: bytearray, shape: Shape) -> None:
    width = rng.choice((2, 4, 4, 4, 8))
    if len(data) < width:
        return
    at = rng.randrange(len(data) - width + 1) & ~1
    if rng.random() < 0.8:
        at &= ~3
    shape.put(data, at, rng.choice(WIDE if width == 8 else NUMBERS), width)


def near(rng: random.Random, data: bytearray, shape: Shape) -> None:
    """A number becomes a little more or less."""
    if len(data) < 4:
        return
    at = rng.randrange(len(data) - 3) & ~3
    shape.put(data, at, shape.get(data, at) + rng.choice((-12, -8, -4, -1, 1, 4, 8, 12)))


def copied(rng: random.Random, data: bytearray, shape: Shape) -> None:
    """A number stands in another place too, or is the size of the input."""
    if len(data) < 4:
        return
    value = shape.get(data, rng.randrange(len(data) - 3) & ~3)
    if rng.random() < 0.2:
        value = len(data) - rng.choice((0, 4, 8, 12, 16))
    shape.put(data, rng.randrange(len(data) - 3) & ~3, value)


def truncate(rng: random.Random, data: bytearray, shape: Shape) -> None:
    if data:
        cut = rng.randrange(len(data))
        del data[cut & ~3 if rng.random() < 0.7 else cut:]


def extend(rng: random.Random, data: bytearray, shape: Shape) -> None:
    size = rng.choice((1, 2, 3, 4, 8, 12, 16, 20, 64))
    data += bytes(size) if rng.random() < 0.6 else rng.randbytes(size)


def splice(rng: random.Random, data: bytearray, shape: Shape) -> None:
    """The end of another input behind the beginning of this one."""
    at = rng.randrange(len(data) + 1) & ~3
    start = rng.randrange(len(shape.other) + 1) & ~3 if rng.random() < 0.5 else at
    data[at:] = shape.other[start:]


def swap_order(rng: random.Random, data: bytearray, shape: Shape) -> None:
    """Every 32-bit number in the other byte order, or only one."""
    places = range(0, len(data) - 3, 4)
    if not places:
        return
    if rng.random() < 0.7:
        places = [rng.choice(places)]
    for at in places:
        data[at:at + 4] = data[at:at + 4][::-1]


def words(rng: random.Random, data: bytearray, shape: Shape) -> None:
    """A run of 4-byte words is doubled, dropped or moved."""
    if len(data) < 8:
        return
    size = 4 * rng.choice((1, 1, 1, 2, 3, 4, 5))
    at = rng.randrange(len(data)) & ~3
    run = data[at:at + size]
    choice = rng.randrange(3)
    if choice != 0:
        del data[at:at + size]
    if choice != 1:
        to = rng.randrange(len(data) + 1) & ~3
        data[to:to] = run


# -- records ---------------------------------------------------------------------------------------


def records(data: bytearray, shape: Shape, at: int, end: int, depth: int = 0) -> list[tuple]:
    """Places of records: (offset, length, end of the parent, offset of the parent or None)."""
    found: list[tuple] = []
    while at + 12 <= end and len(found) < 200:
        length = shape.get(data, at + 4)
        if length < 12 or at + length > end:
            break
        found.append((at, length, end))
        inside = {1: 28, 4: 16}.get(shape.get(data, at)) if depth == 0 else None
        if inside and length >= inside:
            found += [(*one, at) if len(one) == 3 else one
                      for one in records(data, shape, at + inside, at + length, 1)]
        at += length
    return found


def first_record(data: bytearray, shape: Shape) -> int:
    """Where records begin: behind the header, or behind the slots."""
    if shape.format != "array" or len(data) < 64:
        return shape.header or 0
    return 64 + 64 * (shape.get(data, 20) + shape.get(data, 24))


def resize(data: bytearray, shape: Shape, at: int, by: int, parent: int | None) -> None:
    """Sets right what counts bytes, after some were put in or taken out at `at`."""
    if parent is not None:
        shape.put(data, parent + 4, shape.get(data, parent + 4) + by)
    total(data, shape)
    if shape.format != "array":
        return
    # The tails behind move; the part that `at` is in grows.
    slots = shape.get(data, 20) + shape.get(data, 24)
    for place in [44, *(64 + 64 * number for number in range(min(slots, 40)))]:
        if place >= 64:
            region = (place - 64) // 64 < shape.get(data, 20)
            place += 48 if region else 16
        if place + 8 > len(data):
            return
        tail, size = shape.get(data, place), shape.get(data, place + 4)
        if size and tail <= at <= tail + size:
            shape.put(data, place + 4, size + by)
            at = 1 << 32  # only one part grows
        elif size and tail > at or at == 1 << 32 and size:
            shape.put(data, place, tail + by)


def total(data: bytearray, shape: Shape) -> None:
    if shape.format in SLOT and len(data) >= 12:
        shape.put(data, 8, len(data))


def record_ops(rng: random.Random, data: bytearray, shape: Shape) -> None:
    """A record is dropped, doubled, moved, retyped, resized or put in; lengths are mostly right."""
    found = records(data, shape, first_record(data, shape), len(data))
    if not found:
        return
    at, length, _, *parent = rng.choice(found)
    over = parent[0] if parent else None
    fix = rng.random() < 0.85
    run = bytes(data[at:at + length])
    choice = rng.randrange(7)
    if choice == 0:
        del data[at:at + length]
        by = -length
    elif choice == 1:
        data[at:at] = run
        by = length
    elif choice == 2:
        shape.put(data, at, rng.choice(RECORD_TYPES))
        return
    elif choice == 3:
        size = rng.choice((4, 4, 8, 1))
        where = at + rng.choice((length, 12))
        data[where:where] = bytes(size) if rng.random() < 0.5 else rng.randbytes(size)
        if fix:
            shape.put(data, at + 4, length + size)
        by = size
    elif choice == 4 and length > 12:
        size = min(rng.choice((4, 4, 8, 1, length - 12)), length - 12)
        del data[at + length - size:at + length]
        if fix:
            shape.put(data, at + 4, length - size)
        by = -size
    elif choice == 5:
        to, _, _, *other = rng.choice(found)
        taken = bytes(data[to:to + shape.get(data, to + 4)])
        if to == at:
            return
        data[at:at] = taken
        by = len(taken)
    else:
        new = bytearray(12 + 4 * rng.choice((0, 0, 1, 2, 4, 5, 6)))
        shape.put(new, 0, rng.choice(RECORD_TYPES))
        shape.put(new, 4, len(new))
        for word in range(8, len(new), 4):
            shape.put(new, word, rng.choice((0, 0, 0, 1, 2, rng.choice(NUMBERS))))
        data[at:at] = new
        by = len(new)
    if fix:
        resize(data, shape, at, by, over)


def record_swap(rng: random.Random, data: bytearray, shape: Shape) -> None:
    """Two records of one parent change places, or one takes the index of the other."""
    found = [one for one in records(data, shape, first_record(data, shape), len(data))]
    if len(found) < 2:
        return
    one, two = sorted(rng.sample(found, 2))
    if one[0] + one[1] > two[0] or one[2] != two[2]:
        return
    a, b = bytes(data[one[0]:one[0] + one[1]]), bytes(data[two[0]:two[0] + two[1]])
    between = bytes(data[one[0] + one[1]:two[0]])
    data[one[0]:two[0] + two[1]] = b + between + a


def record_field(rng: random.Random, data: bytearray, shape: Shape) -> None:
    """A number in a record, its head included, takes a value at a boundary."""
    found = records(data, shape, first_record(data, shape), len(data))
    if not found:
        return
    at, length, *_ = rng.choice(found)
    place = at + 4 * rng.randrange(min(length // 4, 10))
    shape.put(data, place, rng.choice(NUMBERS))


# -- slots -----------------------------------------------------------------------------------------


def slot_ops(rng: random.Random, data: bytearray, shape: Shape) -> None:
    """A slot is dropped, doubled or cleared, or a field of the header or of a slot changes."""
    sizes = SLOT.get(shape.format or "")
    if sizes is None or len(data) < shape.header + 8:
        return
    counts = 20 if shape.format == "array" else 24
    regions, irqs = shape.get(data, counts), shape.get(data, counts + 4)
    kind = rng.randrange(2)
    have = regions if kind == 0 else irqs
    at = shape.header + (0 if kind == 0 else sizes[0] * min(regions, 1000))
    if not have or at + sizes[kind] > len(data):
        return
    at += sizes[kind] * rng.randrange(min(have, 40))
    choice = rng.randrange(5)
    if choice == 0:
        del data[at:at + sizes[kind]]
        shape.put(data, counts + 4 * kind, have - 1)
    elif choice == 1:
        data[at:at] = data[at:at + sizes[kind]]
        shape.put(data, counts + 4 * kind, have + 1)
    elif choice == 2 and at + sizes[kind] <= len(data):
        data[at:at + sizes[kind]] = bytes(sizes[kind])
    else:
        where = at + 4 * rng.randrange(sizes[kind] // 4)
        shape.put(data, where, rng.choice(NUMBERS))
        return
    total(data, shape)


def header_field(rng: random.Random, data: bytearray, shape: Shape) -> None:
    if shape.header is not None and len(data) >= shape.header:
        at = 4 * rng.randrange(shape.header // 4)
        shape.put(data, at, rng.choice((*range(9), rng.choice(NUMBERS))))


# -- replies ---------------------------------------------------------------------------------------


def links(data: bytearray, shape: Shape) -> list[int]:
    """Where links stand, cap_offset first."""
    at = FLOOR.get(shape.format or "")
    if at is None:
        return []
    found = []
    while at + 4 <= len(data) and at not in found and len(found) < 70:
        found.append(at)
        to = shape.get(data, at)
        if not 8 <= to <= len(data) - 8:
            break
        at = to + 4
    return found


def relink(rng: random.Random, data: bytearray, shape: Shape) -> None:
    """A link leads to another capability, near one, to nothing, or to the reply itself."""
    found = links(data, shape)
    if not found:
        return
    places = [shape.get(data, at) for at in found]
    to = rng.choice(places + [0, len(data) - 8, len(data) - 4, len(data), rng.randrange(64)])
    if rng.random() < 0.4:
        to += rng.choice((-8, -4, -1, 1, 4, 8, 16))
    shape.put(data, rng.choice(found), max(to, 0))


def cap_field(rng: random.Random, data: bytearray, shape: Shape) -> None:
    """The id, the version or a field of a capability."""
    found = links(data, shape)
    if not found:
        return
    at = shape.get(data, rng.choice(found))
    choice = rng.randrange(3)
    if choice == 0:
        shape.put(data, at, rng.randrange(8), 2)
    elif choice == 1:
        shape.put(data, at + 2, rng.choice((0, 1, 1, 2, 3, 4, 0xFFFF)), 2)
    else:
        shape.put(data, at + 8 + 4 * rng.randrange(6), rng.choice(NUMBERS))


def new_cap(rng: random.Random, data: bytearray, shape: Shape) -> None:
    """One more capability at the end of the chain, with CAPS set and argsz set right."""
    found = links(data, shape)
    if not found:
        return
    flags = shape.get(data, 4)
    bit = {"linux.device_info": 0x80, "linux.region_info": 8, "linux.iommu_info": 2}[shape.format]
    if not flags & bit:
        shape.put(data, 4, flags | bit)
        found = found[:1]
    if len(data) % 8 and rng.random() < 0.9:
        data += bytes(8 - len(data) % 8)
    at = len(data)
    body = 4 * rng.choice((0, 0, 1, 2, 2, 4, 6, 7))
    head = bytearray(8 + body)
    shape.put(head, 0, rng.randrange(7), 2)
    shape.put(head, 2, rng.choice((0, 1, 1, 1, 1, 2, 3, 4)), 2)
    for word in range(8, len(head), 4):
        shape.put(head, word, rng.choice((0, 0, 1, 2, 4, rng.choice(NUMBERS))))
    data += head
    shape.put(data, found[-1], at)
    shape.put(data, 0, len(data))


def listed(rng: random.Random, data: bytearray, shape: Shape) -> None:
    """The count of a list, near how many elements there are."""
    if len(data) < 12:
        return
    there = (len(data) - 12) // 8
    shape.put(data, 8, rng.choice((there, there, there + 1, max(there - 1, 0), 1 << 29,
                                   (1 << 29) - 1, rng.choice(NUMBERS))))
    if rng.random() < 0.5:
        shape.put(data, 0, max(len(data) - rng.randrange(9), 0))


def argsz(rng: random.Random, data: bytearray, shape: Shape) -> None:
    if shape.header is None and len(data) >= 4:
        value = rng.choice((len(data), len(data), rng.randrange(len(data) + 9)))
        shape.put(data, 0, value)


ANY: list[Mutation] = [flip, flip, byte, boundary, boundary, near, copied, truncate, extend, splice,
                       swap_order, words]
OF_SHAPE: dict[str, list[Mutation]] = {
    "tlv": [record_ops, record_ops, record_ops, record_swap, record_field, record_field],
    "array": [record_ops, record_ops, record_field, slot_ops, slot_ops, header_field],
    "fixed": [slot_ops, slot_ops, header_field],
    "linux": [relink, relink, cap_field, cap_field, new_cap, argsz],
    "linux.hot_reset_info": [listed, listed, argsz],
}


def mutated(rng: random.Random, seeds: list[Frame]) -> Frame:
    """One input: a seed after a few mutations, and what is given beside it."""
    frame = rng.choice(seeds)
    shape = Shape(frame, rng.choice(seeds))
    data = bytearray(frame.data)
    name = frame.format or ""
    own = OF_SHAPE.get(name) or OF_SHAPE[name.partition(".")[0]]
    for _ in range(rng.choice((1, 1, 1, 1, 2, 2, 3, 5))):
        mutation = rng.choice(own if rng.random() < 0.6 else ANY)
        mutation(rng, data, shape)
    if rng.random() < 0.5:
        total(data, shape)
    index, order = frame.index, frame.order
    if frame.format is not None and frame.format.endswith(("region_info", "irq_info")):
        if rng.random() < 0.9 and len(data) >= 12:
            index = shape.get(data, 8)
    if rng.random() < 0.02:
        order = "little" if order == "big" else "big"
    name = frame.format
    if name in MAGICS and rng.random() < 0.03:
        name = None  # told by the first bytes
    return Frame(name, order, rng.random() < 0.3, index, bytes(data))
