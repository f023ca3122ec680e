# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What the mutator has to know of a format beside codec/generated/tables.c: where lengths, counts,
links and totals stand, and good bodies to insert, taken from the corpus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator

from ... import model as m
from ..c import names
from ..tables.rows import CAP_HEAD, CAPS
from .targets import Target

SAMPLES = 4  # of one body in one parent
SAMPLE_SIZE = 112  # bytes: a longer one fills an input by itself
NEWEST = 0xffffffff  # version in which everything is known


@dataclass(frozen=True)
class Sample:
    """A good body in little-endian order. parent: the number of the record that it stands in."""

    body: str
    parent: str
    data: bytes

    @property
    def rows(self) -> str:
        return ", ".join(f"0x{byte:02x}" for byte in self.data)


def number(body: m.Body | None) -> str:
    return names.body_number(body) if body else "0"


def place(field: m.Field | None) -> int:
    """1 + where a field stands; 0 is none."""
    return 1 + field.offset if field is not None and field.offset is not None else 0


def given_size(body: m.Body) -> m.Field | None:
    """The field that says the size of the whole input."""
    for one in body.fields:
        if one.must is not None and one.must.kind == "given" and one.must.name == "size":
            return one
    return None


def records_of(spec: m.Spec, fmt: m.Format) -> m.Format | None:
    """The format whose records stand in a format, or in its tail."""
    if fmt.record:
        return fmt
    return spec.formats[fmt.tail.records] if fmt.tail else None


def record_row(spec: m.Spec, fmt: m.Format) -> dict[str, Any]:
    found = records_of(spec, fmt)
    if found is None:
        return {}
    head = found.record
    counts = {field.name: field for field in head.fields}
    return {"record": number(head), "type": counts["type"].offset, "len": counts["rec_len"].offset,
            "word": counts["flags"].offset, "head": head.full_size, "align": head.align}


def slot_rows(fmt: m.Format) -> list[dict[str, Any]]:
    return [{"body": number(slot), "size": slot.full_size, "count": place(slot.count),
             "tail": place(slot.tail), "flags": place(flags_of(slot))}
            for slot in fmt.slots.values()]


def flags_of(body: m.Body) -> m.Field | None:
    return next((one for one in body.fields if one.flagset and one.attr), None)


def layout_row(spec: m.Spec, fmt: m.Format) -> dict[str, Any]:
    header = fmt.header
    return {
        "shape": "DEVFD_SHAPE_RECORDS" if fmt.record else "DEVFD_SHAPE_SLOTS",
        "header": number(header), "header_size": header.full_size,
        "version": place(header.field("version")), "total": place(given_size(header)),
        "tail": place(header.tail), "device_type": place(header.field("device_type")),
        **record_row(spec, fmt), "slots": slot_rows(fmt),
    }


def reply_row(fmt: m.Format, reply: m.Body) -> dict[str, Any]:
    """argsz is the first field of every reply: the one whose rules say so."""
    argsz = next(one for one in reply.fields if "min" in one.rules or "more" in one.rules)
    index = next((one for one in reply.fields if one.attr and one.attr[1] == "index"), None)
    row = {
        "shape": "DEVFD_SHAPE_REPLY", "header": number(reply), "header_size": reply.full_size,
        "argsz": place(argsz), "index": place(index), "least": reply.min,
        "cap_offset": place(reply.cap_offset), "slots": [],
    }
    if not reply.chain:
        return row
    chain = fmt.chains[reply.chain]
    head = {name: offset for name, offset, _, _ in CAP_HEAD}
    caps = next(bit for bit in flags_of(reply).flagset.members if bit.name == CAPS)
    return {
        **row, "origin": f"DEVFD_ORIGIN_{chain.origin}", "floor": chain.floor,
        "caps_flags": place(flags_of(reply)), "caps_bit": caps.bit, "type": head["id"],
        "cap_version": head["version"], "link": head["next"], "head": "DEVFD_SIZE_LINUX_CAP",
        "align": chain.align["to"] if chain.align else 1, "record": "DEVFD_BODY_LINUX_CAP",
    }


def shape_row(spec: m.Spec, target: Target) -> dict[str, Any]:
    name, _, reply = target.format.partition(".")
    fmt = spec.formats[name]
    row = reply_row(fmt, fmt.replies[reply]) if reply else layout_row(spec, fmt)
    return {**row, "name": target.name, "format": target.format}


# -- good bodies -----------------------------------------------------------------------------------


def at(data: bytes, offset: int, width: int = 4) -> int:
    return int.from_bytes(data[offset:offset + width], "little")


def split_records(fmt: m.Format, data: bytes, start: int, end: int, parent: m.Body | None,
                  version: int) -> Iterator[Sample]:
    """Every record between two places of a good input, and then those in it."""
    tags = {body.tag: body for body in fmt.records.values()}
    head = fmt.record.full_size
    while start < end:
        size = at(data, start + fmt.record.field("rec_len").offset)
        body = tags.get(at(data, start))
        yield Sample(number(body), number(parent), data[start:start + size])
        if body is not None and body.open_:
            inner = start + head + body.size_in(version)
            yield from split_records(fmt, data, inner, start + size, body, version)
        start += size


def split_tail(spec: m.Spec, fmt: m.Format, data: bytes, owner: m.Body,
               start: int) -> Iterator[Sample]:
    """What an owner has in the tail."""
    if owner.tail is None:
        return
    place = at(data, start + owner.tail.offset)
    end = place + at(data, start + owner.tail_size.offset)
    found = spec.formats[fmt.tail.records]
    yield from split_records(found, data, place, end, owner, NEWEST)


def split_slots(spec: m.Spec, fmt: m.Format, data: bytes) -> Iterator[Sample]:
    yield from split_tail(spec, fmt, data, fmt.header, 0)
    start = fmt.header.full_size
    kinds = {kind.id: kind for kind in fmt.types.values()}
    kind = kinds.get(at(data, fmt.header.field("device_type").offset)) if kinds else None
    for name, slot in fmt.slots.items():
        count = at(data, slot.count.offset)
        if kind is not None and kind.indexes is not None and name == next(iter(fmt.slots)):
            count = len(kind.indexes)
        for _ in range(count):
            yield from split_tail(spec, fmt, data, slot, start)
            own = bytearray(data[start:start + slot.full_size])
            if slot.tail is not None:
                own[slot.tail.offset:slot.tail.offset + 8] = bytes(8)
            yield Sample(number(slot), "0", bytes(own))
            start += slot.full_size


def split_chain(fmt: m.Format, reply: m.Body, data: bytes) -> Iterator[Sample]:
    if not reply.chain or reply.cap_offset is None or len(data) < reply.cap_offset.offset + 4:
        return
    flags = flags_of(reply)
    caps = next(bit for bit in flags.flagset.members if bit.name == CAPS)
    if not at(data, flags.offset, flags.width) >> caps.bit & 1:
        return
    known = {cap.tag: cap for cap in fmt.chains[reply.chain].caps.values()}
    start, end = at(data, reply.cap_offset.offset), at(data, 0)
    while start:
        then = at(data, start + 4)
        yield Sample(number(known.get(at(data, start, 2))), "0", data[start:then or end])
        start = then


def split(spec: m.Spec, target: Target, data: bytes) -> Iterator[Sample]:
    name, _, reply = target.format.partition(".")
    fmt = spec.formats[name]
    if reply:
        return split_chain(fmt, fmt.replies[reply], data)
    if fmt.record:
        version = at(data, fmt.header.field("version").offset)
        return split_records(fmt, data, fmt.header.full_size, len(data), None, version)
    return split_slots(spec, fmt, data)


def samples(spec: m.Spec, target: Target, vectors: list[dict[str, Any]]) -> list[Sample]:
    """A few of every body that good inputs have, small ones first, and one longer one of each."""
    found: dict[tuple[str, str], dict[Sample, None]] = {}
    for one in vectors:
        if one["format"] != target.format or one["verdict"] != "accept":
            continue
        if one["given"]["order"] != "little":
            continue
        for sample in split(spec, target, bytes.fromhex(one["hex"])):
            if len(sample.data) <= SAMPLE_SIZE and any(sample.data):
                found.setdefault((sample.body, sample.parent), {})[sample] = None
    chosen = []
    for group in found.values():
        ordered = sorted(group, key=lambda sample: (len(sample.data), sample.data))
        step = max(1, -(-len(ordered) // SAMPLES))
        chosen += ordered[::step]
    return chosen
