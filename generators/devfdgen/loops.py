# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Judges what the hand-written loops of codec/ take for granted, and no construct says.

The spec could say these things in another way, and the leaves would follow; the loops would not,
and nobody would notice. So another way is refused here until somebody has taught the loops.
"""

from __future__ import annotations

from typing import Iterator

from . import model as m
from .load import SpecError

Found = Iterator[SpecError]

MODEL_FLAGS = 29  # bits of devfd_item.flags; 29 to 31 say what was lost, and 31 that there are CAPS
BUSES = 32  # a bit each in a device type
INDEXES = 256  # the index of a slot is kept in a byte
BAR_INDEXES = 32  # a bit each
CHAIN_MAX = 64  # places of capabilities are kept on the stack
ALIGN_MAX = 256
RECORD_ALIGN = 4
PARENTS = {"top": "device", "REGION": "region", "INTERRUPT": "irq"}  # a bit each, by name
TAIL_PARENTS = {kind: name for name, kind in PARENTS.items()}
SLOTS = ["region", "irq"]
AREA = [("offset", "u64"), ("size", "u64")]
# Words of C and C++ that no member of a struct can be called.
WORDS = frozenset(
    """
    alignas alignof and asm auto bool break case catch char class compl const constexpr continue
    default delete do double else enum explicit export extern false float for friend goto if inline
    int long mutable namespace new noexcept not nullptr operator or private protected public
    register restrict return short signed sizeof static struct switch template this throw true try
    typedef typeid typename union unsigned using virtual void volatile while xor
    """.split()
)

FILLED = {"total", "tail", "tail_size"}  # the writer's own knowledge
HANDLED = {"class"}  # of a variable of a leaf the generator makes another name


def check_model_flags(spec: m.Spec) -> Found:
    """A flag has a bit of its own; what goes with it where it is lost is of the same item."""
    flags = spec.model.flags
    for flag in flags.values():
        if flag.bit >= MODEL_FLAGS:
            message = f"bit {flag.bit} of {flag.name} is the codec's own, flags have 0 to 28"
            yield SpecError.at(flag.pos, message)
        for name in flag.without:
            if name == flag.name:
                yield SpecError.at(flag.pos, f"{name} goes without itself")
            elif not set(flag.of) & set(flags[name].of):
                message = f"{flag.name} goes without {name}, which no {' or '.join(flag.of)} has"
                yield SpecError.at(flag.pos, message)
        yield from _narrowing(spec, flag)


def _narrowing(spec: m.Spec, flag: m.ModelFlag) -> Found:
    """A region that lost the list of its areas must not look as if all of it could be mapped."""
    types = {spec.model.items[kind].attributes[name].type for kind in flag.of
             for name in flag.knows}
    if "areas" in types and "MMAP" not in flag.without:
        message = f"{flag.name} knows areas and must say 'without: [MMAP]', or a loss maps all"
        yield SpecError.at(flag.pos, message)


def check_model_types(spec: m.Spec) -> Found:
    """Buses are counted from 0, and an area is where it begins and how long it is."""
    bus = spec.model.enums["bus"]
    if [one.value for one in bus.members] != list(range(len(bus.members))):
        yield SpecError.at(bus.pos, "the buses are 0, 1, 2 and so on without a gap, in that order")
    if len(bus.members) > BUSES:
        yield SpecError.at(bus.pos, f"{len(bus.members)} buses, a device type has {BUSES} bits")
    area = spec.model.structs["area"]
    if [(one.name, one.type_name) for one in area.fields] != AREA:
        yield SpecError.at(area.pos, "an area is [offset, u64] and [size, u64]")


def check_members(spec: m.Spec) -> Found:
    """What becomes a member of a C struct has a name and a width that it can have."""
    structs = list(spec.model.structs.values())
    for fmt in spec.formats.values():
        structs += fmt.structs.values()
    for struct in structs:
        yield from _member_names(struct.fields, {})
    for fmt in spec.formats.values():
        for body in fmt.bodies():
            if body.kind == "capability":
                yield from _member_names(body.fields, {"cap_version": "the capability's version"})
            for one in body.fields:
                if one.cname in WORDS - HANDLED and body.kind != "capability":
                    yield SpecError.at(one.pos, f"{one.cname} is a word of C, say 'as: NAME'")


def _member_names(fields: list[m.Field], taken: dict[str, str]) -> Found:
    taken = dict(taken)
    for one in fields:
        if one.cname in WORDS:
            yield SpecError.at(one.pos, f"{one.cname} is a word of C or C++, say 'as: NAME'")
        if one.cname in taken:
            yield SpecError.at(one.pos, f"in C, {one.cname} is {taken[one.cname]}, say 'as: NAME'")
        taken[one.cname] = "another field"


def check_record_loop(spec: m.Spec) -> Found:
    """Records are multiples of 4, the newest version is FULL, envelopes come after all else."""
    for fmt in spec.formats.values():
        if fmt.shape != "records":
            continue
        if fmt.record.align != RECORD_ALIGN:
            message = f"align is {fmt.record.align}, the loops have {RECORD_ALIGN}"
            yield SpecError.at(fmt.record.pos, message)
        versions = fmt.header.field("version").enum
        if [one.value for one in versions.members] != list(range(1, len(versions.members) + 1)):
            yield SpecError.at(versions.pos, "versions are 1, 2 and so on, in that order")
        if versions.members[-1].name != "FULL":
            yield SpecError.at(versions.pos, "the last version is FULL, which is written")
        for body in fmt.records.values():
            yield from _parents(fmt, body)
            if body.key and body.key.attribute != "index":
                message = f"the key of {body.name} is index, by which the loops look it up"
                yield SpecError.at(body.pos, message)
            if not _due(body):
                message = f"nothing says when {body.name} is written: knows, needed, error or more"
                yield SpecError.at(body.pos, message)
            behind = [one.name for one in fmt.records.values()
                      if one.tag > body.tag and one.place != "last"]
            if body.kept and behind:
                message = f"{body.name} has the highest tag but for a last record, see {behind[0]}"
                yield SpecError.at(body.pos, message)


def _parents(fmt: m.Format, body: m.Body) -> Found:
    for name in body.parents:
        parent = fmt.records.get(name)
        if name not in PARENTS or parent and parent.item != PARENTS[name]:
            message = f"{body.name} stands in {name}, the loops know REGION, INTERRUPT and top"
            yield SpecError.at(body.pos, message)


def _due(body: m.Body) -> bool:
    """Whether a writer can tell if an item has the record."""
    if body.item or body.kept or body.knows or body.needed or body.place == "last":
        return True
    attr = body.fields[0].attr if body.fields else None
    return attr is not None and attr[1] in ("error", "more")


def check_written(spec: m.Spec) -> Found:
    """A writer has a value for every field of a layout."""
    for fmt in spec.formats.values():
        if fmt.header is None:
            continue
        for body in [fmt.header, *fmt.records.values(), *fmt.slots.values()]:
            for one in body.fields:
                if not body.kept and not _written(body, one):
                    message = f"nothing says what a writer puts into {one.name}: is or must"
                    yield SpecError.at(one.pos, message)


def _written(body: m.Body, one: m.Field) -> bool:
    if one.attr is not None:
        return True
    if one.must is not None and one.must.kind == "number":
        return True
    if one.enum is not None and one.enum.name in ("magic", "version", "types"):
        return body.kind == "header"
    return one.name in FILLED


def check_slot_loop(spec: m.Spec) -> Found:
    """A slot says in bit 0 of its first flags that it is listed, and its error by that name."""
    for fmt in spec.formats.values():
        if fmt.slots and [(one.name, one.item) for one in fmt.slots.values()] != [
            (name, name) for name in SLOTS
        ]:
            yield SpecError.at(fmt.pos, "the slots are region and irq, in that order")
        for body in fmt.slots.values():
            flags = next((one for one in body.fields if one.flagset), None)
            bits = flags.flagset.members if flags else []
            listed = next((one for one in bits if one.name == "LISTED"), None)
            if listed is None or listed.bit != 0 or not listed.wire:
                message = f"bit 0 of the first flags of {body.name} is LISTED, with 'wire: true'"
                yield SpecError.at(listed.pos if listed else body.pos, message)
            for name in ("flags", "error"):
                one = body.field(name)
                if one is None or one.attr is None or one.attr[1] != name:
                    message = f"{body.name} needs a field {name} that is {body.item}.{name}"
                    yield SpecError.at(body.pos, message)
        for one in fmt.types.values():
            if max(one.indexes or [0]) >= INDEXES:
                message = f"{one.name}: index {max(one.indexes)} does not fit a byte"
                yield SpecError.at(one.pos, message)
            if max(one.bars or [0]) >= BAR_INDEXES:
                message = f"{one.name}: BAR index {max(one.bars)} is not below {BAR_INDEXES}"
                yield SpecError.at(one.pos, message)


def check_tail_loop(spec: m.Spec) -> Found:
    """tail_size follows tail, and a tail carries what a flag or an envelope tells of."""
    for fmt in spec.formats.values():
        if fmt.tail is None:
            continue
        for owner in fmt.tail.parents:
            body = fmt.header if owner == "device" else fmt.slots[owner]
            if body.tail_size.offset != body.tail.offset + body.tail.width:
                yield SpecError.at(body.tail_size.pos, "tail_size stands right behind tail")
        if fmt.tail.parents != TAIL_PARENTS:
            message = "the parents of a tail are {device: top, region: REGION, irq: INTERRUPT}"
            yield SpecError.at(fmt.pos, message)
        records = spec.formats[fmt.tail.records].records
        carried = [records[name] for name in fmt.tail.carries]
        for body in carried:
            if body.item or not (body.knows or body.kept):
                message = f"a tail carries what a flag knows or what is kept, not {body.name}"
                yield SpecError.at(fmt.pos, message)
        if not any(body.kept for body in carried):
            yield SpecError.at(fmt.pos, "the tail carries no kept record, so it would lose them")


def check_reply_loop(spec: m.Spec) -> Found:
    """A reply is told by its number, is about the index asked for, ends in a list or has a chain,
    and all chains are alike."""
    for fmt in spec.formats.values():
        seen: dict[object, str] = {}
        for body in fmt.replies.values():
            # A container and a device each have numbers of their own.
            number = ("number", body.ioctl, body.item == "iommu")
            for key in (number, ("call", body.call), ("c", body.c)):
                if key in seen:
                    message = f"{key[0]} {key[1]} of {body.name} is that of {seen[key]} already"
                    yield SpecError.at(body.pos, message)
                seen.setdefault(key, body.name)
            if body.variable is not None and body.chain:
                message = f"{body.name} ends in {body.variable.name} and has no chain behind it"
                yield SpecError.at(body.pos, message)
            said = {one.attr for one in body.fields}
            indexed = "index" in spec.model.items[body.item].attributes
            if indexed and not {(body.item, "index"), (None, "index")} & said:
                message = f"{body.name} is about one {body.item} and needs 'is: {body.item}.index'"
                yield SpecError.at(body.pos, message)
        yield from _chains(list(fmt.chains.values()))


def _chains(chains: list[m.Chain]) -> Found:
    for chain in chains:
        align = chain.align["to"] if chain.align else None
        if chain.max > CHAIN_MAX:
            yield SpecError.at(chain.pos, f"max is {chain.max}, the loop has {CHAIN_MAX} places")
        if align is None or align > ALIGN_MAX:
            yield SpecError.at(chain.pos, f"a chain has an align, to 1 to {ALIGN_MAX}")
        if chain.max != chains[0].max:
            message = f"max is {chain.max}, that of {chains[0].name} is {chains[0].max}"
            yield SpecError.at(chain.pos, message)
        if chains[0].align and align != chains[0].align["to"]:
            message = f"align is to {align}, that of {chains[0].name} to {chains[0].align['to']}"
            yield SpecError.at(chain.pos, message)


CHECKS = (
    check_model_flags, check_model_types, check_members, check_record_loop, check_written,
    check_slot_loop, check_tail_loop, check_reply_loop,
)
