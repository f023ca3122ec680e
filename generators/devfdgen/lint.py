# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Judges a loaded spec: what is said twice, can never happen, or does not fit where it stands.

Each check is a generator of SpecError over the whole spec; all of them run and all is shown.
What cannot be understood at all was refused earlier, by load and build.
"""

from __future__ import annotations

from typing import Callable, Iterator

from . import loops
from . import model as m
from .load import Pos, SpecError
from .reach import check_reach

Found = Iterator[SpecError]


def _twice(entries: list[tuple[object, str, Pos]], what: str) -> Found:
    """Reports each (value, name, pos) whose value an earlier one has."""
    seen: dict[object, str] = {}
    for value, name, pos in entries:
        if value in seen:
            yield SpecError.at(pos, f"{what} {value} of {name} is that of {seen[value]} already")
        seen.setdefault(value, name)


def _all_fields(fmt: m.Format) -> Iterator[tuple[m.Body, m.Field]]:
    for body in fmt.bodies():
        for one in body.fields:
            yield body, one


# -- names and numbers -----------------------------------------------------------------------------


def check_tags(spec: m.Spec) -> Found:
    """Tags, bits, enum values and type ids are each given once."""
    yield from _twice([(f.bit, f.name, f.pos) for f in spec.model.flags.values()], "bit")
    for enum in spec.model.enums.values():
        yield from _twice([(one.value, one.name, one.pos) for one in enum.members], "value")
    for fmt in spec.formats.values():
        for enum in fmt.enums.values():
            yield from _twice([(one.value, one.name, one.pos) for one in enum.members], "value")
        for flags in fmt.flags.values():
            yield from _twice([(one.bit, one.name, one.pos) for one in flags.members], "bit")
        groups = [fmt.records, *(chain.caps for chain in fmt.chains.values())]
        for group in groups:
            yield from _twice([(one.tag, one.name, one.pos) for one in group.values()], "tag")


def check_names(spec: m.Spec) -> Found:
    """A name means one thing: no type name twice, no body name twice in a format."""
    model = spec.model
    for fmt in spec.formats.values():
        own = [*fmt.enums.values(), *fmt.flags.values(), *fmt.structs.values()]
        shared = [*model.enums.values(), *model.structs.values()]
        names = {one.name: "the model" for one in shared}
        for one in own:
            if one.name in names:
                yield SpecError.at(one.pos, f"type {one.name} is one of {names[one.name]} already")
            names[one.name] = fmt.name
        entries = [(body.lname, body.name, body.pos) for body in fmt.bodies()]
        entries += [(name, name, chain.pos) for name, chain in fmt.chains.items()]
        yield from _twice(entries, "name")


def check_ids(spec: m.Spec) -> Found:
    """Rule ids are unique, belong to their file, and none leaves ids.lock."""
    seen: dict[str, m.Rule] = {}
    for rule in spec.rules:
        if rule.id in seen:
            other = seen[rule.id]
            where = f"{other.pos}" if not other.implied else "an implied rule"
            pos = other.pos if rule.implied else rule.pos
            yield SpecError.at(pos, f"id {rule.id} is used twice, see {where}")
        seen.setdefault(rule.id, rule)
        if not rule.id.startswith(f"{rule.format}."):
            yield SpecError.at(rule.pos, f"id {rule.id} must begin with '{rule.format}.'")
    for rule_id, number in spec.lock.items():
        if rule_id not in seen:
            pos = Pos(str(spec.directory / "ids.lock"), spec.lock_lines[rule_id], 1)
            yield SpecError.at(pos, f"rule {rule_id} (number {number}) is gone; an id stays")


def check_lists(spec: m.Spec) -> Found:
    """The two closed lists hold."""
    for rule in spec.rules:
        if rule.predicate not in m.PREDICATES:
            yield SpecError.at(rule.pos, f"'{rule.predicate}' is no predicate")
    for construct in constructs(spec):
        if construct not in m.CONSTRUCTS:
            yield SpecError.at(spec.model.pos, f"'{construct}' is no construct")


# -- values that fit -------------------------------------------------------------------------------


def check_values(spec: m.Spec) -> Found:
    """A constant fits the field that it is compared with."""
    for fmt in spec.formats.values():
        for flags in fmt.flags.values():
            for bit in flags.members:
                if bit.bit >= 8 * flags.width:
                    yield SpecError.at(
                        bit.pos, f"bit {bit.bit} of {bit.name} is outside of {8 * flags.width} bits"
                    )
        for body, one in _all_fields(fmt):
            yield from _field_values(one)
        for enum in fmt.enums.values():
            for member in enum.members:
                if member.value >= 1 << 32:
                    yield SpecError.at(member.pos, f"{member.value:#x} does not fit a u32")
    for item in spec.model.items.values():
        for attribute in item.attributes.values():
            width = m.WIDTHS.get(attribute.type)
            if attribute.default and width and attribute.default >= 1 << 8 * width:
                yield SpecError.at(
                    attribute.pos, f"default {attribute.default:#x} does not fit {attribute.type}"
                )


def _field_values(one: m.Field) -> Found:
    if one.variable:
        for option, value in (("must", one.must), ("not", one.not_)):
            if value is not None:
                yield SpecError.at(one.pos, f"'{option}' needs a number, {one.name} is {one.kind}")
        return
    numbers = [("must", one.must.value)] if one.must and one.must.kind == "number" else []
    if one.not_ is not None:
        numbers.append(("not", one.not_))
    for option, value in numbers:
        if value >= 1 << 8 * one.width:
            message = f"{option} {value:#x} does not fit {one.name}: {one.type_name}"
            yield SpecError.at(one.pos, message)
    if one.not_:
        yield SpecError.at(one.pos, "'not' can leave out 0 only")


# -- bodies ----------------------------------------------------------------------------------------


def check_fields(spec: m.Spec) -> Found:
    """Fields stand where they can be reached."""
    for fmt in spec.formats.values():
        for body in fmt.bodies():
            yield from _field_order(body)
        for struct in fmt.structs.values():
            yield from _struct(struct)
    for struct in spec.model.structs.values():
        yield from _struct(struct)


def _struct(struct: m.Struct) -> Found:
    if not struct.fields:
        yield SpecError.at(struct.pos, f"struct {struct.name} has no fields")
    for one in struct.fields:
        if one.kind != "scalar":
            yield SpecError.at(one.pos, f"a struct holds scalars, {one.name} is {one.kind}")


def _field_order(body: m.Body) -> Found:
    since, late = 1, False
    for one in body.fields:
        if one.since < since:
            yield SpecError.at(one.pos, f"{one.name} is older than the field in front of it")
        if late and not one.late:
            yield SpecError.at(one.pos, f"{one.name} stands behind a late field and is not late")
        if one.late and body.kind != "reply":
            yield SpecError.at(one.pos, f"'late' is for replies, {body.name} is a {body.kind}")
        if one.since > 1 and body.kind not in ("record", "capability"):
            yield SpecError.at(one.pos, f"'since' is for bodies with a version, not a {body.kind}")
        listed = body.kind == "reply" and one.kind == "array"
        if one.variable and body.kind not in ("record", "capability") and not listed:
            yield SpecError.at(one.pos, f"a {body.kind} has a fixed size, {one.name} has not")
        if one.kind == "string" and body.kind != "record":
            yield SpecError.at(one.pos, f"a string ends with its record, {body.name} is none")
        if one.count == "rest" and body.kind != "record":
            yield SpecError.at(one.pos, f"'count: rest' ends with its record, {body.name} is none")
        if one.variable and (one.since > 1 or body.full_size != body.fixed_size):
            yield SpecError.at(one.pos, f"{one.name} would move when a version adds a field")
        for other in (one.count, one.length):
            if isinstance(other, m.Field) and other.kind != "scalar":
                yield SpecError.at(one.pos, f"{other.name} counts {one.name} but is no scalar")
        if one.name == "flags" and body.kind == "record":
            yield SpecError.at(one.pos, "a record's flags are those of its head")
        since, late = one.since, late or one.late


def check_attributes(spec: m.Spec) -> Found:
    """A field fits the attribute that it is, and the item that it says it of."""
    for fmt in spec.formats.values():
        for body, one in _all_fields(fmt):
            if one.attr:
                yield from _field_attribute(spec, fmt, body, one)
            if one.when:
                yield from _when(body, one)


def _kinds(fmt: m.Format, body: m.Body) -> set[str]:
    """The kinds of item that a body says something of."""
    if body.kind == "header":
        return {"device"}
    if body.item:
        return {body.item}
    if body.kind == "capability":
        return {one.item for one in fmt.replies.values() if one.chain == body.chain}
    parents = {"device" if name == "top" else fmt.records[name].item for name in body.parents
               if name == "top" or name in fmt.records}
    return {kind for kind in parents if kind}


def _field_attribute(spec: m.Spec, fmt: m.Format, body: m.Body, one: m.Field) -> Found:
    kind, name = one.attr
    kinds = _kinds(fmt, body)
    if kind is not None and kinds != {kind}:
        here = " and ".join(sorted(kinds)) or "no item"
        yield SpecError.at(one.pos, f"{one.name} is {kind}.{name}, but {body.name} is about {here}")
        return
    if name == "flags":
        if one.kind != "flags":
            yield SpecError.at(one.pos, f"{one.name} is {kind}.flags but no flags type")
        return
    for each in sorted(kinds):
        attribute = spec.model.items[each].attributes.get(name)
        if attribute is None:
            yield SpecError.at(one.pos, f"{each} has no attribute '{name}'")
            continue
        yield from _type_fits(one, f"{each}.{name}", attribute)
        if fmt.shape != "replies" and one.enum and attribute.enum:
            yield from _sayable(one, attribute.enum)


def _type_fits(one: m.Field, path: str, attribute: m.Attribute) -> Found:
    wanted = attribute.enum.name if attribute.enum else attribute.type
    carried = one.type_name
    if one.kind == "array" and one.struct.format is None:
        carried = f"{one.struct.name}s"
    if attribute.enum and one.enum:
        for member in one.enum.members:
            if attribute.enum.member(member.name) is None:
                yield SpecError.at(
                    one.pos, f"member {member.name} of {one.enum.name} is none of {wanted} ({path})"
                )
        return
    if carried != wanted:
        yield SpecError.at(one.pos, f"{one.name} is {carried}, {path} is {wanted}")


def _sayable(one: m.Field, wanted: m.Enum) -> Found:
    """A layout is written too, so its enum has a value for each member of the model's."""
    for member in wanted.members:
        if one.enum.member(member.name) is None:
            message = f"{member.name} of {wanted.name} cannot be encoded, {one.enum.name} lacks it"
            yield SpecError.at(one.pos, message)


def _when(body: m.Body, one: m.Field) -> Found:
    sets = [body.flags] + [other.flagset for other in body.fields]
    names = {bit.name for flags in sets if flags for bit in flags.members}
    if one.when not in names:
        yield SpecError.at(one.pos, f"when: there is no flag {one.when} in {body.name}")
    if one.attr is None:
        yield SpecError.at(one.pos, "'when' says when an attribute is taken, it needs 'is'")


def check_carried(spec: m.Spec) -> Found:
    """An attribute that is never given up is said by every layout; a slot says the index by its place."""
    for fmt in spec.formats.values():
        if fmt.header is None:
            continue
        said = {
            (kind, one.attr[1])
            for body, one in _all_fields(fmt)
            if one.attr
            for kind in _kinds(fmt, body)
        }
        said |= {(body.item, "index") for body in fmt.slots.values()}
        for kind in ("device", "region", "irq"):
            for attribute in spec.model.items[kind].attributes.values():
                if attribute.lossy == "refuse" and (kind, attribute.name) not in said:
                    yield SpecError.at(
                        attribute.pos,
                        f"{kind}.{attribute.name} is never given up, but {fmt.name} has no field for it",
                    )


def check_knows(spec: m.Spec) -> Found:
    """`knows` sets a flag of the item; an attribute behind a flag needs something that sets it."""
    for fmt in spec.formats.values():
        can_set = settable(spec, fmt)
        for body in fmt.bodies():
            if body.knows and not _kinds(fmt, body) <= set(body.knows.of):
                message = f"{body.knows.name} is no flag of what {body.name} is about"
                yield SpecError.at(body.pos, message)
            for one in body.fields:
                for flag in _guards(spec, one, _kinds(fmt, body)):
                    if flag.name not in can_set:
                        message = f"{one.attr[1]} is known with {flag.name}, which nothing sets"
                        yield SpecError.at(one.pos, message)


def _guards(spec: m.Spec, one: m.Field, kinds: set[str]) -> list[m.ModelFlag]:
    """The flags without which the attribute of a field is not known."""
    flags = spec.model.flags.values()
    return [
        flag for flag in flags if one.attr and one.attr[1] in flag.knows and kinds & set(flag.of)
    ]


def settable(spec: m.Spec, fmt: m.Format) -> set[str]:
    """The model flags that a format can set; with a tail, also those of its records."""
    flags = {flag.name for one in fmt.flags.values() for bit in one.members
             for flag in (bit.sets, bit.clears) if flag}
    flags |= {body.knows.name for body in fmt.bodies() if body.knows}
    if fmt.tail:
        records = spec.formats[fmt.tail.records].records
        flags |= {records[name].knows.name for name in fmt.tail.carries if records[name].knows}
    if fmt.types:
        # The type says both, by its lists of indexes.
        flags |= {"BAR", "CONFIG_SPACE"}
    return flags


# -- shapes ----------------------------------------------------------------------------------------


def check_magics(spec: m.Spec) -> Found:
    """Four bytes tell format and byte order, so no magic is another one backward."""
    seen: dict[int, str] = {}
    for fmt in spec.formats.values():
        if fmt.header is None or not fmt.header.fields or fmt.header.fields[0].enum is None:
            continue
        for member in fmt.header.fields[0].enum.members:
            backward = int.from_bytes(member.value.to_bytes(4, "little"), "big")
            if backward == member.value:
                yield SpecError.at(member.pos, f"magic {member.value:#010x} is the same backward")
            for value in {member.value, backward}:
                if value in seen:
                    yield SpecError.at(
                        member.pos, f"magic {member.value:#010x} is taken for that of {seen[value]}"
                    )
                seen[value] = f"{fmt.name} {member.name}"


def check_records(spec: m.Spec) -> Found:
    """Records have parents that can hold them, and places that can be kept together."""
    for fmt in spec.formats.values():
        if fmt.shape != "records":
            continue
        versions = {one.value for one in fmt.header.field("version").enum.members}
        for body in fmt.records.values():
            yield from _parents(fmt, body)
            yield from _record_options(fmt, body)
            if body.since > max(versions):
                yield SpecError.at(body.pos, f"there is no version {body.since}")
        yield from _bit_versions(fmt, versions)
        listed = {body.tag for body in fmt.records.values()}
        for tag in range(1, min(fmt.record.first_unknown, len(listed) + 2)):
            if tag not in listed:
                yield SpecError.at(
                    fmt.record.pos, f"type {tag} is below first_unknown and not listed"
                )


def _bit_versions(fmt: m.Format, versions: set[int]) -> Found:
    for flags in fmt.flags.values():
        for bit in flags.members:
            if bit.since > max(versions):
                yield SpecError.at(bit.pos, f"there is no version {bit.since}")


def _parents(fmt: m.Format, body: m.Body) -> Found:
    for name in body.parents:
        if name == "top":
            continue
        parent = fmt.records.get(name)
        if parent is None:
            yield SpecError.at(body.pos, f"there is no record '{name}' for {body.name} to stand in")
        elif not parent.open_:
            yield SpecError.at(body.pos, f"{name} is not open, {body.name} cannot stand in it")
        elif parent.parents != ["top"]:
            yield SpecError.at(body.pos, f"{name} is a sub-record, {body.name} cannot stand in it")
        if body.item:
            yield SpecError.at(body.pos, f"{body.name} makes an item and must stand at top only")


def _record_options(fmt: m.Format, body: m.Body) -> Found:
    others = [one for one in fmt.records.values() if one is not body]
    if body.open_ and body.variable:
        yield SpecError.at(body.pos, f"{body.name} is open and ends in a variable field")
    if body.needed and "top" in body.parents:
        yield SpecError.at(body.pos, f"'needed' is for sub-records, {body.name} stands at top")
    if body.place and body.parents != ["top"]:
        yield SpecError.at(body.pos, f"'place' is for records at top, {body.name} is none")
    if body.place and any(one.place == body.place for one in others):
        yield SpecError.at(body.pos, f"{body.name} cannot be {body.place}, another record is")
    if body.place == "last" and any(one.tag > body.tag for one in others):
        yield SpecError.at(body.pos, f"{body.name} stands last, so its tag must be the highest")
    if body.many and body.place:
        yield SpecError.at(body.pos, f"{body.name} has a place, so there cannot be many")
    if body.key and not body.many:
        yield SpecError.at(body.pos, f"{body.name} has a key but comes once")
    if body.item in ("region", "irq") and body.many and not body.key:
        yield SpecError.at(body.pos, f"{body.name} makes many items and needs a key")
    envelope = ["origin", "order", "id", "version", "size", "data"]
    if body.kept and [one.name for one in body.fields] != envelope:
        yield SpecError.at(body.pos, f"a kept record has the fields {', '.join(envelope)}")


def check_replies(spec: m.Spec) -> Found:
    """A reply's minimum is its struct without what came later; no chain begins inside of it."""
    for fmt in spec.formats.values():
        for body in fmt.replies.values():
            if body.min != body.fixed_size:
                size = body.fixed_size
                message = f"min is {body.min}, the fields that are not late take {size}"
                yield SpecError.at(body.pos, message)
            if body.flags_field.flagset is None:
                yield SpecError.at(body.pos, f"{body.flags_field.name} is no flags type")
            elif body.chain and not any(b.name == "CAPS" for b in body.flags_field.flagset.members):
                yield SpecError.at(body.pos, f"{body.name} has a chain but no flag CAPS")
            if body.chain:
                behind = max(body.fixed_size, body.cap_offset.offset + body.cap_offset.width)
                floor = fmt.chains[body.chain].floor
                if floor < behind:
                    yield SpecError.at(
                        fmt.chains[body.chain].pos, f"floor {floor} is inside of {body.name}"
                    )
        used = {body.chain for body in fmt.replies.values()}
        for chain in fmt.chains.values():
            if chain.name not in used:
                yield SpecError.at(chain.pos, f"no reply has the chain {chain.name}")


def check_types(spec: m.Spec) -> Found:
    """A device type describes slots that there are, at offsets that a file has."""
    for fmt in spec.formats.values():
        for one in fmt.types.values():
            for message in _device_type(one):
                yield SpecError.at(one.pos, f"{one.name}: {message}")


def _device_type(one: m.DeviceType) -> Iterator[str]:
    if (one.num_regions is None) != (one.indexes is None):
        yield "num_regions and indexes come together"
    indexes = one.indexes or []
    if sorted(set(indexes)) != indexes:
        yield "indexes are not ascending"
    if one.num_regions is not None and any(index >= one.num_regions for index in indexes):
        yield f"an index is not below num_regions {one.num_regions}"
    if len(one.regions) != len(indexes):
        yield f"{len(one.regions)} names for {len(indexes)} regions"
    if len(one.irqs) != (one.num_irqs or 0):
        yield f"{len(one.irqs)} names for {one.num_irqs or 'any number of'} interrupts"
    if not set(one.bars) <= set(indexes):
        yield "a BAR has no slot"
    if one.config is not None and one.config not in indexes:
        yield "the configuration space has no slot"
    if one.config in one.bars:
        yield "the configuration space is a BAR"
    if indexes and (indexes[-1] << one.shift) > 0x7FFFFFFFFFFFFFFF:
        yield f"region {indexes[-1]} begins behind the last file offset"


def check_items(spec: m.Spec) -> Found:
    """A layout says each kind of item of a description with one kind of body."""
    for fmt in spec.formats.values():
        makers = [body.item for body in fmt.bodies()]
        for kind in ("device", "region", "irq"):
            if fmt.shape != "replies" and makers.count(kind) != 1:
                message = f"{makers.count(kind)} bodies make the item {kind}, not 1"
                yield SpecError.at(fmt.pos, message)
        for body in fmt.bodies():
            if body.kind in ("record", "capability") and not (
                body.fields or body.knows or body.place
            ):
                yield SpecError.at(body.pos, f"{body.name} says nothing: no field, knows or place")


def check_used(spec: m.Spec) -> Found:
    """A type that no field has says nothing."""
    for fmt in spec.formats.values():
        used = {one.type_name for _, one in _all_fields(fmt)}
        used |= {body.flags.name for body in fmt.bodies() if body.flags}
        for one in (*fmt.enums.values(), *fmt.flags.values(), *fmt.structs.values()):
            if one.name not in used:
                yield SpecError.at(one.pos, f"no field has the type {one.name}")


CHECKS: tuple[Callable[[m.Spec], Found], ...] = (
    check_lists, check_ids, check_tags, check_names, check_values, check_fields, check_attributes,
    check_carried, check_knows, check_magics, check_records, check_replies, check_types, check_items, check_used,
    check_reach, *loops.CHECKS,
)


def constructs(spec: m.Spec) -> list[str]:
    """The constructs that the spec uses, in the order of the closed list."""
    used: set[str] = set()
    for fmt in spec.formats.values():
        used.update(one.kind for _, one in _all_fields(fmt))
        if any(one.struct for _, one in _all_fields(fmt)):
            used.add("struct")
        if fmt.shape == "records":
            used.add("records")
        if fmt.chains:
            used.add("chain")
        grows = any(one.late or one.since > 1 for _, one in _all_fields(fmt))
        if grows or any(body.since > 1 for body in fmt.bodies()):
            used.add("growth")
    if any(operand.kind == "given" for rule in spec.rules for operand in rule.operands):
        used.add("given")
    extra = sorted(used - set(m.CONSTRUCTS))
    return [one for one in m.CONSTRUCTS if one in used] + extra


def lint(spec: m.Spec) -> list[SpecError]:
    """Everything that is wrong with a spec, in the order of its files."""
    found = [error for check in CHECKS for error in check(spec)]
    return sorted(found, key=lambda error: (error.file, error.line, error.col))


def summary(spec: m.Spec) -> str:
    """The line that says that a spec is good."""
    predicates = {rule.predicate for rule in spec.rules}
    return (
        f"spec: {len(spec.formats)} formats, {len(spec.rules)} rules, "
        f"{len(constructs(spec))} constructs, {len(predicates)} predicates: ok"
    )
