# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Combinations that only a reader with one small mistake tells apart: distinct values in fields
that stand side by side, the second and the last of several, lists that are cut by one byte.

Each function makes trees from what the spec has of one construct. The oracle judges all of them.
"""

from __future__ import annotations

from itertools import combinations, permutations, product
from typing import Iterator

from ... import model as m
from .build import Builder, Vector, slug
from .cases import Spots, tree_is_typed
from .good import UNKNOWN, filled, neighbours, trees
from .node import Node
from .tree import ReplyTree, SlotsTree, Tree

Found = Iterator[tuple[str, Tree, tuple[str, ...]]]  # note, tree, and what it catches

TOP32 = 0xFFFFFFFF
ROOM = 0x4000  # bytes of a region with areas


# -- replies ---------------------------------------------------------------------------------------


def _replies(spec: m.Spec, spots: Spots) -> Iterator[tuple[m.Body, type]]:
    for fmt in spec.formats.values():
        for reply in fmt.replies.values():
            yield reply, spots.reply(reply)


def _chains(spec: m.Spec, spots: Spots) -> Iterator[tuple[list[m.Body], type]]:
    """The known capabilities of each chain, and what makes a reply with room for them."""
    for fmt in spec.formats.values():
        for chain in fmt.chains.values():
            reply = spots.of_chain(chain)

            def make(reply: m.Body = reply) -> ReplyTree:
                tree = spots.reply(reply)()
                if reply.item == "region":
                    tree.put("region", "size", ROOM)
                return tree
            yield list(chain.caps.values()), make


def distinct(node: Node) -> Node:
    """In every number that means nothing to the layout a value that no other has."""
    body = node.body
    for number, field in enumerate(body.fields, start=1):
        plain = not field.variable and field.flagset is None and field.enum is None
        measured = any(field in (one.count, one.length) for one in body.fields)
        if plain and not measured and field.name not in ("argsz", "cap_offset"):
            node.values[field.name] = 3 + 8 * number
    return node


def reply_fields(spec: m.Spec, spots: Spots) -> Found:
    """No flag, each one, any two, and all, over fields that are all different."""
    for reply, make in _replies(spec, spots):
        flags = reply.flags_field
        known = [one for one in flags.flagset.members if one.name != "CAPS"]
        unknown = 1 << flags.flagset.mask().bit_length()
        bits = {one.name: 1 << one.bit for one in known} | {"unknown": unknown}
        sets = [names for size in (0, 1, 2, len(bits)) for names in combinations(bits, size)]
        for names in dict.fromkeys(sets):
            for list_ in ((), ((1,), (2,))) if reply.variable is not None else ((),):
                tree = make()
                distinct(tree.reply)
                tree.reply.values[flags.name] = sum(bits[name] for name in names)
                note = f"fields differ, flags {' '.join(names) or 'none'}"
                if list_:
                    width = len(reply.variable.struct.fields)
                    tree.reply.values[reply.variable.name] = [
                        tuple(range(at, at + width)) for at in (1, 1 + width)]
                    note += ", two elements"
                yield note, tree, ("index-shift",)


def reply_sizes(spec: m.Spec, spots: Spots) -> Found:
    """cap_offset is there with and without what stands behind it, and no chain is."""
    for reply, make in _replies(spec, spots):
        late = sum(field.late for field in reply.fields)
        if not reply.chain:
            continue
        for count in range(late + 1):
            end = len(_late(make, count).bytes())
            for first in (0, end - 8, end - 4, end, end + 4, TOP32):
                tree = _late(make, count)
                tree.first = first
                yield f"{count} late fields, cap_offset {first:#x}, no chain", tree, ("cap-offset",)


def _late(make: type, count: int) -> ReplyTree:
    tree = make()
    tree.late = count
    return tree


def lists_cut(spec: m.Spec, spots: Spots) -> Found:
    """What ends a reply lacks its last bytes: argsz says so, or they were not received."""
    kinds = []
    for caps, make in _chains(spec, spots):
        kinds += [(make, body, version) for body in caps for version in body.sizes_by_version]
    kinds += [(make, None, 0) for reply, make in _replies(spec, spots) if reply.variable]
    for make, body, version in kinds:
        for less, argsz, cut in product((1, 4, 8), (True, False), (True, False)):
            if not argsz and not cut:
                continue
            tree = make()
            if body is not None:
                filled(tree.add(body, version=version))
                what = f"{body.name} of version {version}"
            else:
                list_ = tree.reply.body.variable
                element = tuple(range(1, len(list_.struct.fields) + 1))
                tree.reply.values[list_.name] = [element] * 2
                what = list_.name
            size = len(tree.bytes())
            if argsz:
                tree.reply.values["argsz"] = size - less
            if cut:
                tree.cut = size - less
            where = " and ".join(["argsz"] * argsz + ["received"] * cut)
            yield f"{what} lacks {less} bytes, {where}", tree, ("overread", "off-by-one")


def counts(spec: m.Spec, spots: Spots) -> Found:
    """Counts whose size in bytes wraps in 32 bits to what is there, or nearly."""
    for reply, make in _replies(spec, spots):
        list_ = reply.variable
        if list_ is None:
            continue
        wrap = (1 << 32) // list_.width
        over = ((1 << 32) - reply.min) // list_.width
        near = {one + by for one in (wrap, over, wrap // 2, wrap * 2) for by in (-1, 0, 1, 2)}
        for there, said in product((0, 2), sorted(near | {TOP32 - 1, TOP32})):
            if said > TOP32:
                continue
            tree = make()
            element = tuple(range(1, len(list_.struct.fields) + 1))
            tree.reply.values.update({list_.name: [element] * there, list_.count.name: said})
            yield f"{there} elements, {said:#x} said", tree, ("wrap32", "count", "overread")


def overlaps(spec: m.Spec, spots: Spots) -> Found:
    """The next capability begins where the one before ends, around it, and within it."""
    for caps, make in _chains(spec, spots):
        other = next(body for body in caps if not body.variable)
        for body in caps:
            for follower in (None, other):
                if follower is body:
                    continue
                tree = make()
                first = filled(tree.add(body, version=max(body.sizes_by_version)))
                tree.bytes()
                end = first.at + 8 + len(first.block)
                for at in sorted({first.at + 8, first.at + 16, end - 16, end - 8, end - 4, end - 1,
                                  end, end + 1}):
                    if at < first.at + 8:
                        continue
                    tree = make()
                    filled(tree.add(body, version=max(body.sizes_by_version)))
                    node = tree.add(follower, tag=UNKNOWN)
                    node.head["at"] = at
                    name = follower.name if follower else "unknown"
                    yield (f"{name} {at - end:+} bytes from the end of {body.name}", tree,
                           ("overlap", "off-by-one"))


def sequences(spec: m.Spec, spots: Spots) -> Found:
    """One id twice with others between, in every mix of known ones and one that is not."""
    for caps, make in _chains(spec, spots):
        for one, other in permutations([*caps[:3], None], 2):
            for number, order in enumerate(((0, 1, 0), (0, 1, 1), (0, 1, 0, 1))):
                tree = make()
                for place in order:
                    body = (one, other)[place]
                    node = tree.add(body, tag=UNKNOWN)
                    if body is not None:
                        filled(node)
                names = " ".join((one, other)[at].name if (one, other)[at] else "unknown"
                                 for at in order)
                yield names, tree, ("duplicate", "first-only")
        for back in range(3):
            tree = make()
            for body in (*caps[:2], None):
                node = tree.add(body, tag=UNKNOWN)
                if body is not None:
                    filled(node)
            tree.bytes()
            tree.caps[2].head["next"] = tree.caps[back].at
            yield f"the third of three leads to place {back}", tree, ("cycle",)


def newer(spec: m.Spec, spots: Spots) -> Found:
    """A known capability of a version above, with all that is known and more, and another behind
    it."""
    for caps, make in _chains(spec, spots):
        for body in caps:
            newest = max(body.sizes_by_version)
            for version, more in product((newest, newest + 1), (0, 8)):
                for follower in [None, *(one for one in caps if one is not body)][:2]:
                    tree = make()
                    filled(tree.add(body, version=version)).extra = b"\x5a" * more
                    node = tree.add(follower, tag=UNKNOWN)
                    if follower is not None:
                        filled(node)
                    name = follower.name if follower else "unknown"
                    yield (f"{body.name} of version {version} and {more} bytes, then {name}", tree,
                           ("version",))


# -- layouts ---------------------------------------------------------------------------------------


def _slot_trees(spec: m.Spec, spots: Spots) -> Iterator[type]:
    """Trees of each array and device type with all its slots, at least three of each kind where
    the number is free."""
    for fmt in spec.formats.values():
        if fmt.shape != "array":
            continue
        for maker, _ in spots.trees(fmt):
            def make(maker: type = maker) -> SlotsTree:
                tree = maker()
                free = not tree_is_typed(tree) or tree.type.indexes is None
                for body in tree.fmt.slots.values() if free else ():
                    for _ in range(3):
                        tree.add(body)
                return tree
            yield make


def fill(tree: SlotsTree, name: str, number: int) -> None:
    """Lists a slot, and says of it what is said of no other."""
    node = tree.list(tree.slots[name][number])
    node.values["size" if name == "region" else "count"] = 8 * number + 1
    node.values["more"] = 0x10000 + number
    for field in node.body.fields:
        if field.flagset is not None:
            free = [bit for bit in field.flagset.members if not bit.wire][:3]
            node.values[field.name] |= 1 << free[number % len(free)].bit
    if node.body.field("offset"):
        node.values["offset"] = number + 1 << 40


def _filled_slots(make: type) -> SlotsTree:
    tree = make()
    distinct_header(tree)
    for name, slots in tree.slots.items():
        for number in range(len(slots)):
            fill(tree, name, number)
    return tree


def distinct_header(tree: SlotsTree) -> None:
    """What is known of the device."""
    tree.flag("device", "IDENTITY", True)
    for number, name in enumerate(("vendor", "device", "class")):
        tree.header.values[name] = 0x1234 + number
    tree.header.values["more"] = 1 << 16


def all_slots(spec: m.Spec, spots: Spots) -> Found:
    """Every slot listed, each with values of its own; and each alone."""
    for make in _slot_trees(spec, spots):
        yield "every slot listed", _filled_slots(make), ("index-shift",)
        for name, slots in make().slots.items():
            for number in range(len(slots)):
                tree = make()
                free = not tree_is_typed(tree) or tree.type.indexes is None
                for one in tree.slots.values() if free else ():
                    one[:] = [Node(node.body) for node in one]
                fill(tree, name, number)
                yield f"only {name} slot {number}", tree, ("index-shift",)


def broken_slots(spec: m.Spec, spots: Spots) -> Found:
    """The second slot, the last one and the one of configuration space broken behind good ones."""
    for make in _slot_trees(spec, spots):
        if spots.big and tree_is_typed(make()):
            continue  # one format is enough for the other order
        for name, slots in make().slots.items():
            for number in sorted({1, len(slots) - 2, len(slots) - 1} & set(range(len(slots)))):
                for field in slots[number].body.fields:
                    top = (1 << 8 * field.width) - 1
                    for value in (1, top) if number == len(slots) - 1 else (1,):
                        tree = _filled_slots(make)
                        tree.slots[name][number].values[field.name] = value
                        yield (f"{name} slot {number} of all, {field.name} {value:#x}", tree,
                               ("first-only",))
                    tree = _filled_slots(make)
                    node = tree.slots[name][number]
                    node.values = {one.name: 0 for one in node.body.fields}
                    node.values[field.name] = 2 if field.flagset else 1
                    yield (f"{name} slot {number} not listed, {field.name} not 0", tree,
                           ("first-only", "index-shift"))


def free_counts(spec: m.Spec, spots: Spots) -> Found:
    """Where the device type leaves a count free: the most that its offsets have room for."""
    for fmt in spec.formats.values():
        for make, _ in spots.trees(fmt) if fmt.shape == "array" else ():
            type_ = make().type
            if type_ is None or type_.num_regions is not None:
                continue
            most = {"num_regions": (1 << 63) - 1 >> type_.shift, "num_irqs": TOP32}
            for name, limit in most.items():
                for value in (limit - 1, limit, limit + 1):
                    if value > TOP32:
                        continue
                    tree = make()
                    tree.header.values[name] = value
                    yield f"{name} {value:#x}", tree, ("count", "off-by-one")


def without_flag(spec: m.Spec, spots: Spots) -> Found:
    """A value that needs a flag, with each other flag set and that one not."""
    for fmt in spec.formats.values():
        for body in fmt.bodies():
            for rule in (one for one in body.rules if one.predicate == "needs"):
                for spot in spots.of_body(body):
                    tree = spot.make()
                    node = spot.node(tree)
                    there = tree.flags_at(node, body.item or "device")
                    if there is None:
                        continue
                    fields = [one.field for one in rule.operands[:-1] if one.field is not None]
                    for field, bit in product(fields, there[0].members):
                        tree = spot.make()
                        node = spot.node(tree)
                        tree._bit(node, there[1], bit.bit, True)
                        node.values[field.name] = 1
                        yield (f"{field.name} of {body.lname} with {bit.name} alone", tree,
                               ("reserved",))


def magics(spec: m.Spec, spots: Spots) -> Found:
    """As many bytes of a file as tell its format, one more and one less, with and without a name
    given."""
    for fmt in spec.formats.values():
        for make, _ in spots.trees(fmt) if fmt.header is not None else ():
            for cut, named in product((1, 3, 4, 5, 8), (False, True)):
                tree = make()
                tree.named, tree.cut = named, cut
                yield f"{cut} bytes of {tree.place_name()}", tree, ("truncation",)


def kept(spec: m.Spec, spots: Spots) -> Found:
    """Every origin in either byte order, at top level and below each item, with 0 to 5 bytes."""
    for fmt in spec.formats.values():
        for body in (one for one in fmt.records.values() if one.kept):
            enums = [field for field in body.fields if field.enum is not None]
            for spot in spots.of_body(body):
                members = [field.enum.members for field in enums]
                for number, chosen in enumerate(product(*members)):
                    tree = spot.make()
                    node = spot.node(tree)
                    for field, member in zip(enums, chosen):
                        node.values[field.name] = member.value
                    data = next(field for field in body.fields if field.variable)
                    node.values[data.name] = b"\1\2\3\4\5"[:number % 6]
                    names = " ".join(member.name for member in chosen)
                    yield f"kept {names} with {number % 6} bytes", tree, ("byte-order",)


def lengths(spec: m.Spec, spots: Spots) -> Found:
    """A length that is off by as much as what stands before the bytes, and nearly."""
    for fmt in spec.formats.values():
        for body in fmt.bodies():
            measured = next((one for one in body.fields if one.length is not None), None)
            if measured is None or body.kind not in ("record", "capability"):
                continue
            before = body.fixed_size
            for spot in spots.of_body(body):
                for off in sorted({1, 4, 8, 12, 13, before - 1, before, before + 1, before + 12}):
                    tree = spot.make()
                    node = spot.node(tree)
                    node.values[measured.name] = b"\1\2\3\4"
                    node.values[measured.length.name] = 4 + off
                    yield f"{body.name} says {off} bytes more", tree, ("overread", "count")


def tags(spec: m.Spec, spots: Spots) -> Found:
    """Types beside each known one, at top level, below each item and behind a known record."""
    for fmt in spec.formats.values():
        if fmt.shape != "records":
            continue
        known = {body.tag for body in fmt.records.values()}
        beside = {tag + by for tag in known for by in (-1, 1)} - known
        for make, version in spots.trees(fmt):
            for tag in sorted(one for one in beside if 0 <= one <= TOP32):
                for kind in (None, "region", "irq"):
                    tree = make()
                    node = Node(None, tag=tag, word=5)
                    node.extra = b"next"
                    tree.insert(node, tree.item(kind) if kind else None)
                    yield f"type {tag:#x} below {kind or 'file'}", tree, ("unknown-id",)


def children(spec: m.Spec, spots: Spots) -> Found:
    """Items without a child that they need, but with each other one."""
    for fmt in spec.formats.values():
        for make, version in spots.trees(fmt) if fmt.shape == "records" else ():
            bodies = [body for body in fmt.records.values() if body.since <= version]
            for parent in (body for body in bodies if body.open_):
                inner = [body for body in bodies if parent.name in body.parents]
                for gone, there in product((one for one in inner if one.needed), inner):
                    if gone is there:
                        continue
                    tree = make()
                    node = tree.need(parent)
                    tree.need(there, node)
                    node.children = [one for one in node.children if one.body is not gone]
                    yield (f"{parent.name} without {gone.name}, with {there.name}", tree,
                           ("truncation",))


def numbers(spec: m.Spec, spots: Spots) -> Found:
    """Items in numbers that differ by kind, without what tells their index where that may be left
    out; and more indexes announced than are described."""
    for fmt in spec.formats.values():
        for make, version in spots.trees(fmt) if fmt.shape == "records" else ():
            keyed = [body for body in fmt.records.values() if body.key]
            for many in product(range(4), repeat=len(keyed)):
                tree = make()
                for body, count in zip(keyed, many):
                    for _ in range(count):
                        tree.add(body)
                yield f"items {' '.join(map(str, many))}", tree, ("index-shift",)
            device = next((one for one in fmt.records.values()
                           if one.item == "device" and one.since <= version), None)
            if device is None:
                continue
            for name, more in product(("num_regions", "num_irqs"), (1, 2, 5)):
                tree = make()
                for body, count in zip(keyed, (2, 3)):
                    for _ in range(count):
                        tree.add(body)
                said = {"num_regions": 2, "num_irqs": 3}
                tree.need(device).values.update({**said, name: said[name] + more})
                yield f"{more} further {name}", tree, ("count",)


def long_lists(spec: m.Spec, spots: Spots) -> Found:
    """More elements than bytes in one of them, and more bytes than stand before them."""
    for fmt in spec.formats.values():
        for body in fmt.bodies():
            list_ = body.variable
            if list_ is None or body.kind not in ("record", "capability"):
                continue
            before = body.fixed_size
            sizes = {list_.width - 1, list_.width, list_.width + 1, 40} if list_.struct else {
                before, before + 1, before + 4, 2 * before + 13, 300}
            for spot, size in product(spots.of_body(body), sorted(sizes)):
                tree = spot.make()
                node = spot.node(tree)
                if list_.struct is not None:
                    value = neighbours(list_.struct, size, 8)
                else:
                    value = bytes(1 + number % 255 for number in range(size))
                if spot.kind == "region":
                    tree.put("region", "size", ROOM)
                    tree.flag("region", "MMAP", True)
                node.values[list_.name] = value
                yield f"{list_.name} of {body.lname}, {size}", tree, ("count", "overread")


def no_flag(spec: m.Spec, spots: Spots) -> Found:
    """Each record that makes something known, below an item that has no flag of its own."""
    for fmt in spec.formats.values():
        for body in (one for one in fmt.records.values() if one.knows is not None):
            for spot in spots.of_body(body):
                tree = spot.make()
                if tree.item(spot.kind) is None:
                    continue
                tree.clear(spot.kind)
                spot.node(tree)
                yield f"{body.lname} and no flag", tree, ("fail-open",)


def fields_with_chain(spec: m.Spec, spots: Spots) -> Found:
    """Fields that are all different, no flag that knows one, and a chain behind them."""
    for reply, make in _replies(spec, spots):
        if reply.chain:
            tree = make()
            distinct(tree.reply).values[reply.flags_field.name] = 0
            tree.add(None, tag=UNKNOWN)
            yield "fields differ, no flag but that of the chain", tree, ("caps-flag",)


REPLIES = (fields_with_chain, reply_fields, reply_sizes, lists_cut, counts, overlaps, sequences, newer)
LAYOUTS = (all_slots, broken_slots, free_counts, without_flag, magics, kept, lengths, tags,
           children, numbers, long_lists, no_flag)


def as_producer(builder: Builder, big: bool) -> Iterator[Vector | None]:
    """Every good input as the work of a producer."""
    for name, tree in trees(builder.spec, big):
        tree.producer = True
        yield builder.judged(f"gaps/producer/{name}", tree, "good, of a producer", [])


def all_gaps(builder: Builder) -> list[Vector]:
    """All of these in both byte orders."""
    found: list[Vector | None] = []
    for big in (False, True):
        spots = Spots(builder.spec, big)
        for make in (*REPLIES, *LAYOUTS):
            for note, tree, catches in make(builder.spec, spots):
                named = "" if tree.named else "by-magic/"
                name = f"gaps/{slug(make.__name__)}/{named}{tree.place_name()}/{slug(note)}"
                found.append(builder.judged(name, tree, note, [], catches))
        found += as_producer(builder, big)
    return [one for one in found if one is not None]
