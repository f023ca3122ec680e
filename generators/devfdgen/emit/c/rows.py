# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The rows of the tables that drive the loops (codec/scan.h)."""

from __future__ import annotations

from ...model import Body, Format, Spec
from . import names

PARENTS = {"top": "DEVFD_IN_TOP", "REGION": "DEVFD_IN_REGION", "INTERRUPT": "DEVFD_IN_IRQ"}


def all_bodies(spec: Spec) -> list[Body]:
    """Every body, in the order of the spec; its place plus one is its number."""
    return [body for fmt in spec.formats.values() for body in fmt.bodies()]


def highest_errno(spec: Spec) -> int:
    """What the rule of the attribute allows at most."""
    return spec.rule("model.region.error").operands[2].value


def sorted_records(fmt: Format) -> list[Body]:
    return sorted(fmt.records.values(), key=lambda body: body.tag)


def tag_runs(fmt: Format) -> list[tuple[int, int, int]]:
    """(first tag, how many, row of the first) of each run of tags without a gap."""
    runs: list[tuple[int, int, int]] = []
    for row, body in enumerate(sorted_records(fmt)):
        if runs and body.tag == runs[-1][0] + runs[-1][1]:
            first, count, start = runs[-1]
            runs[-1] = (first, count + 1, start)
        else:
            runs.append((body.tag, 1, row))
    return runs


def parents(body: Body) -> str:
    return " | ".join(PARENTS[name] for name in body.parents)


def tail_parents(spec: Spec, body: Body) -> str:
    """Where a record may stand inside the tail of another format."""
    for fmt in spec.formats.values():
        if fmt.tail and fmt.tail.records == body.format and body.name in fmt.tail.carries:
            owners = [name for name in fmt.tail.parents.values() if name in body.parents]
            return " | ".join(PARENTS[name] for name in owners) or "0"
    return "0"


def due(body: Body) -> str:
    """When a writer puts the record."""
    if body.item:
        return "DEVFD_DUE_ITEM"
    if body.kept:
        return "DEVFD_DUE_KEPT"
    if body.place == "last":
        return "DEVFD_DUE_END"
    if body.knows:
        return "DEVFD_DUE_FLAG"
    if body.needed:
        return "DEVFD_DUE_ALWAYS"
    return {"error": "DEVFD_DUE_ERROR", "more": "DEVFD_DUE_MORE"}[body.fields[0].attr[1]]


def needed_rule(fmt: Format, body: Body) -> str:
    if not body.needed:
        return "0"
    parent = fmt.records[body.parents[0]]
    return names.rule(parent.implied[f"{body.lname}.needed"])


def item(body: Body) -> str:
    return names.kind(body.item) if body.item and body.kind == "record" else "0"


def place(body: Body) -> str:
    return f"DEVFD_PLACE_{body.place.upper()}" if body.place else "0"


def knows(body: Body) -> str:
    return names.flag(body.knows) if body.knows else "0"


def at(body: Body, name: str) -> str:
    """Where a field of a header or slot stands; 0 where there is none."""
    field = body.field(name)
    return names.place(body, field) if field else "0"


def implied(body: Body, suffix: str) -> str:
    return names.rule(body.implied.get(suffix))


def shape_rule(fmt: Format, suffix: str) -> str:
    """A rule of the shape or of a body, by what follows the name of the format."""
    found = next((rule for rule in fmt.rules if rule.id == f"{fmt.name}.{suffix}"), None)
    return names.rule(found)


def newest(body: Body) -> int:
    """The highest version of a capability that the spec knows."""
    return max(body.sizes_by_version)


def mask(values: list[int]) -> str:
    return names.hexa(sum(1 << value for value in values))


def layouts(spec: Spec) -> list[Format]:
    """The formats that hold a whole description."""
    return [fmt for fmt in spec.formats.values() if fmt.header]


def carried(spec: Spec, fmt: Format, item_name: str) -> str:
    """The model flags that a layout can say of an item."""
    found = set()
    for body in fmt.bodies():
        if body.knows:
            found.add(body.knows.name)
        sets = [body.flags] if body.flags and body.flags_attr else []
        sets += [field.flagset for field in body.fields if field.flagset]
        for flags in sets:
            found |= {(bit.sets or bit.clears).name for bit in flags.members if bit.sets or bit.clears}
    if fmt.types:
        found |= {"BAR", "CONFIG_SPACE"}
    if fmt.tail:
        records = spec.formats[fmt.tail.records].records
        found |= {records[name].knows.name for name in fmt.tail.carries if records[name].knows}
    kinds = {flag.name: flag.of for flag in spec.model.flags.values()}
    return " | ".join(f"DEVFD_{name}" for name in kinds if name in found and item_name in kinds[name]) or "0"


def carries_kept(spec: Spec, fmt: Format) -> int:
    if fmt.tail:
        records = spec.formats[fmt.tail.records].records
        return int(any(records[name].kept for name in fmt.tail.carries))
    return int(any(body.kept for body in fmt.records.values()))


def without(spec: Spec) -> list[tuple[str, str]]:
    """(flag, flags that go with it where it is lost)."""
    return [
        (names.flag(flag), " | ".join(f"DEVFD_{name}" for name in flag.without))
        for flag in spec.model.flags.values()
        if flag.without
    ]
