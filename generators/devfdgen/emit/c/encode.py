# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The statements of a put leaf: one body appended to a writer."""

from __future__ import annotations

from ...model import Body, Field, FlagSet, Format, Spec
from . import names
from .decode import group, model_value
from .names import hexa

# Fields that say something of the file itself; the writer knows them.
WRITER = {"total": "w->total", "tail": "w->part", "tail_size": "w->part_size", "device_type": "w->type"}


def flags(word: FlagSet) -> str:
    """The wire bits of an item's flags, and of `more` where the set keeps other bits there."""
    groups: dict[tuple[int, bool], int] = {}
    parts = []
    for bit in word.members:
        target = bit.sets or bit.clears
        if target is not None:
            key = (bit.bit - target.bit, bit.clears is not None)
            groups[key] = groups.get(key, 0) | 1 << target.bit
        elif bit.name == "LISTED":
            parts.append(hexa(1 << bit.bit))
    parts += [group("item->flags", mask, shift, inv) for (shift, inv), mask in groups.items()]
    return " | ".join(parts) or "0"


def value(spec: Spec, body: Body, field: Field) -> str:
    """What a writer stores in a field."""
    if body.kept:
        return f"kept->{field.name}"
    if field.must is not None and field.must.kind == "number":
        return f"{field.must.value}"
    if field.name in WRITER:
        return WRITER[field.name]
    if field.name == "version":
        return f"{max(member.value for member in field.enum.members)}"
    if field.enum is not None and field.enum.name == "magic":
        return magic(spec, field)
    if field.flagset is not None:
        return flags(field.flagset)
    return f"item->{names.attribute(field.attr[1])}"


def magic(spec: Spec, field: Field) -> str:
    if field.attr is None:
        return hexa(field.enum.members[0].value)
    return f"magics_{field.enum.format}[item->{field.attr[1]}]"


def magics(spec: Spec, fmt: Format) -> list[int] | None:
    """The magic of each bus, where it names one."""
    field = next((one for one in fmt.header.fields if one.attr and one.enum), None) if fmt.header else None
    if field is None or field.enum.name != "magic":
        return None
    buses = spec.model.enums["bus"].members
    by_bus = {model_value(spec, field.enum, one.name): one.value for one in field.enum.members}
    return [by_bus[bus.value] for bus in buses]


def statements(spec: Spec, body: Body) -> list[str]:
    lines = []
    if body.kind == "record":
        lines.append(f"devfd_out32(w, {flags(body.flags) if body.flags else 0});")
    for field in body.fields:
        if field.kind == "array":
            lines.append("devfd_out_areas(w, item);")
        elif field.kind == "bytes":
            lines.append("devfd_out_bytes(w, kept->data, kept->size);")
        elif field.kind == "string":
            lines.append(f"devfd_out_string(w, &item->{field.attr[1]});")
        else:
            lines.append(f"devfd_out{8 * field.width}(w, {value(spec, body, field)});")
    return lines


def source(body: Body) -> str:
    """The second argument of a put leaf."""
    return "const struct devfd_kept *kept" if body.kept else "const struct devfd_item *item"


def written(fmt: Format) -> list[Body]:
    """The bodies that a writer puts."""
    header = [fmt.header] if fmt.header else []
    return header + list(fmt.records.values()) + list(fmt.slots.values())
