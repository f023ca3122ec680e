# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""C that compares the spec with a Linux header as it is compiled: every value, size and offset.

A header may be older than the spec, so each check can be left out by a macro LACKS_NAME;
codec/tests/test_header.py finds out which names a header has.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...calls import Calls, Struct, load
from ...model import Body, DeviceType, Field, Spec
from .. import MARK, Refused, environment

CAP_HEADER = "struct vfio_info_cap_header"

# Structs that are laid out differently where a __u64 is aligned to 4 bytes, as on i386. The spec
# has the layout that 64-bit kernels send; a 32-bit caller gets that, whatever its header says.
I386 = {
    "struct vfio_device_info_cap_zpci_base": "no padding behind fh; s390 kernels are 64-bit",
    "struct vfio_device_info_cap_zpci_group": "less padding at the end; s390 kernels are 64-bit",
    "struct vfio_iommu_type1_info": "no padding behind cap_offset, before pad was named",
    "struct vfio_iommu_type1_info_cap_migration": "no hole in front of pgsize_bitmap",
}

# Device types of fixed whose indexes have names: prefix of the names in the header.
INDEXED = {"VFIO_PCI": "VFIO_PCI_", "CCW": "VFIO_CCW_", "AP": "VFIO_AP_"}


@dataclass
class Member:
    """A member of a C struct; on i386 it may stand elsewhere."""

    field: Field
    name: str
    offset: int
    narrow: int


@dataclass
class Size:
    """sizeof a struct whose header ends in front of the member `lacks`, or has all (None)."""

    lacks: str | None
    wide: int
    narrow: int


@dataclass
class Layout:
    """A C struct with what has to hold of it."""

    c: str
    reason: str | None
    members: list[Member]
    sizes: list[Size]  # from the shortest header to the newest


def name(text: str) -> str:
    """What a C name is called in LACKS_NAME."""
    return text.removeprefix("struct ").replace(" ", "_")


def number(wide: int, narrow: int) -> str:
    return str(wide) if wide == narrow else f"ON_I386({narrow}, {wide})"


def up(value: int, to: int) -> int:
    return -(-value // to) * to


def alignment(field: Field, most: int) -> int:
    widths = [one.width for one in field.struct.fields] if field.struct else [field.width]
    return min(max(widths), most)


def place(fields: list[Field], start: int, most: int) -> tuple[list[int], list[int]]:
    """Where a C compiler puts each field, and the sizeof of a struct that ends behind it."""
    at, align, offsets, sizes = start, 4, [], []
    for field in fields:
        align = max(align, alignment(field, most))
        at = up(at, alignment(field, most))
        offsets.append(at)
        at += 0 if field.variable else field.width
        sizes.append(up(at, align))
    return offsets, sizes


def grown(body: Body, fields: list[Field]) -> list[int]:
    """Numbers of the fields that a newer header begins to have."""
    steps = []
    for i, field in enumerate(fields[1:], 1):
        if field.late or field.since > fields[i - 1].since:
            steps.append(i)
    return steps


def layout(body: Body) -> Layout:
    start = 8 if body.kind == "capability" else 0
    fields = [field for field in body.fields if field.c_member]
    wide, wide_sizes = place(fields, start, 8)
    narrow, narrow_sizes = place(fields, start, 4)
    for field, offset in zip(fields, wide):
        if field.offset is not None and field.offset + start != offset:
            raise Refused(f"{body.c}: {field.name} is at {field.offset + start}, C has {offset}")
    members = [
        Member(field, field.c_member, *offsets) for field, *offsets in zip(fields, wide, narrow)
    ]
    sizes = [
        Size(fields[i].c_member, wide_sizes[i - 1], narrow_sizes[i - 1])
        for i in grown(body, fields)
    ]
    sizes.append(Size(None, wide_sizes[-1], narrow_sizes[-1]))
    differs = wide != narrow or any(size.wide != size.narrow for size in sizes)
    if differs and body.c not in I386:
        raise Refused(f"{body.c} differs on i386 and nobody says why")
    return Layout(body.c, I386.get(body.c), members, sizes)


def layouts(spec: Spec) -> list[Layout]:
    found: dict[str, Layout] = {}
    for fmt in spec.formats.values():
        for body in fmt.bodies():
            if body.c and body.c != CAP_HEADER and body.c not in found:
                found[body.c] = layout(body)
    return list(found.values())


def capabilities(spec: Spec) -> list[tuple[str, int]]:
    """Each id with its macro: the C type in capitals, or for a bare head that of its siblings."""
    found = []
    for fmt in spec.formats.values():
        for reply in fmt.replies.values():
            for cap in fmt.chains[reply.chain].caps.values() if reply.chain else []:
                macro = name(cap.c if cap.c != CAP_HEADER else f"{reply.c}_cap_{cap.name}")
                found.append((macro.upper(), cap.tag))
    return found


def indexes(one: DeviceType, prefix: str) -> list[tuple[str, int, str]]:
    """Name and value of each index of a type, and the name that a header lacks that lacks it."""
    found = []
    for kind, names, numbers in (
        ("REGION", one.regions, one.indexes or []),
        ("IRQ", one.irqs, range(len(one.irqs))),
    ):
        named = [f"{prefix}{slot}_{kind}_INDEX" for slot in names]
        found += [(macro, value, macro) for macro, value in zip(named, numbers)]
        if named:
            # The count grows with the newest index.
            found.append((f"{prefix}NUM_{kind}S", len(named), named[-1]))
    return found


def values(calls: list[Calls]) -> list[tuple[str, str]]:
    """Numbers of spec/calls by their names in the header: calls, flags, features and the rest."""
    found = []
    for file in calls:
        named = [(one.call, one.number) for one in file.requests if not one.reply]
        named += file.rest_calls.items()
        found += [(call, f"_IO(';', {ioctl})") for call, ioctl in named if call[0] != "_"]
        for flags in file.flags.values():
            found += [(f"{flags.c}{bit}", f"{1 << at:#x}") for bit, at in flags.bits.items()]
        found += [(f"VFIO_DEVICE_FEATURE_{one.name}", str(one.number)) for one in file.features]
        found += [(key, hex(value & 0xFFFFFFFF)) for key, value in file.rest_values.items()]
    return found


def structs(calls: list[Calls]) -> list[Struct]:
    """The structs of requests and features; those of replies are among the bodies."""
    found = []
    for file in calls:
        found += [one for one in file.requests if one.c and not one.reply]
        found += [one for one in file.features if one.c]
    return found


def render(spec: Spec) -> dict[str, str]:
    env = environment(__file__)
    env.globals.update(name=name, number=number)
    calls = load(spec)
    known = {body.c for fmt in spec.formats.values() for body in fmt.bodies()}
    formats = spec.formats.values()
    types = [one for fmt in formats for one in fmt.types.values() if one.name in INDEXED]
    text = env.get_template("header_check.c.j2").render(
        mark=MARK,
        calls=[reply for fmt in formats for reply in fmt.replies.values()],
        flagsets=[flags for fmt in formats for flags in fmt.flags.values() if flags.c],
        capabilities=capabilities(spec),
        indexes=[row for one in types for row in indexes(one, INDEXED[one.name])],
        layouts=layouts(spec),
        values=values(calls),
        structs=[one for one in structs(calls) if one.c not in known],
        sizes=[row for file in calls for row in file.rest_sizes.items()],
    )
    return {"codec/generated/header_check.c": text}
