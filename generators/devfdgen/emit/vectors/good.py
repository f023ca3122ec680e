# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Good inputs of every format: the least, each body, all that may be said at once, many items."""

from __future__ import annotations

from typing import Any, Iterator

from ... import model as m
from .cases import Spots
from .node import Node
from .tree import RecordsTree, SlotsTree, Tree

UNKNOWN = 0xFFF0
ERRNO = 5
PATH = b"/soc/dev%0@\xff"


def sample(spec: m.Spec, kind: str, attribute: m.Attribute) -> Any:
    """A value that looks like nothing else and breaks no rule."""
    if attribute.type == "areas":
        return [(0, 0x800), (0x1000, 0x1000)]
    if attribute.element is not None:
        return [elements(attribute.element, 0), elements(attribute.element, 1)]
    if attribute.type == "string":
        return PATH
    if attribute.enum is not None:
        return attribute.enum.members[-1].value
    for rule in attribute.rules:
        if rule.predicate == "range":
            return rule.operands[2].value
    number = list(spec.model.items[kind].attributes).index(attribute.name) + 1
    return {"offset": 0x20000000000, "size": 0x2000}.get(attribute.name, 0x01020304 * number)


def elements(struct: m.Struct, number: int) -> tuple[int, ...]:
    """One element of a list, in which no two members are the same; the second has every bit."""
    fields = enumerate(struct.fields, start=1)
    return tuple((1 << 8 * one.width) - 1 if number else place for place, one in fields)


def everything(spec: m.Spec, tree: Tree, kind: str) -> None:
    """Says all attributes and flags of the first item of a kind that may be said at once."""
    item = spec.model.items[kind]
    for name, attribute in item.attributes.items():
        if name in ("index", "error", "kept", "bus", "num_regions", "num_irqs"):
            continue
        if tree.settable(kind, name):
            tree.put(kind, name, sample(spec, kind, attribute))
    for name, flag in spec.model.flags.items():
        if kind in flag.of:
            tree.flag(kind, name, True)
    for rule in item.rules:
        first, *others = rule.operands
        if first.kind == "flag":
            tree.flag(kind, first.flag.name, False)


def keep(spec: m.Spec, tree: Tree, node: Node | None) -> None:
    """A record that nobody knows and one kept from elsewhere, below a node or at top level."""
    fmt = spec.formats[tree.fmt.tail.records if isinstance(tree, SlotsTree) else tree.fmt.name]
    stranger = Node(None, tag=fmt.record.first_unknown, word=3)
    stranger.extra = b"keep"
    bodies = [body for body in fmt.records.values() if body.kept and body.since <= tree.version]
    kept = [Node(body, {"id": 7, "version": 2, "data": b"\1\2\3"}) for body in bodies]
    for one in [stranger, *kept]:
        if isinstance(tree, RecordsTree):
            tree.insert(one, node)
        else:
            node.children.append(one)
            node.children.sort(key=lambda child: child.tag)


def records_trees(spec: m.Spec, fmt: m.Format, spots: Spots) -> Iterator[tuple[str, Tree]]:
    for make, version in spots.trees(fmt):
        yield f"v{version}.least", make()
        for body in fmt.records.values():
            for spot in spots.of_body(body):
                if spot.version == version and isinstance(spot.make(), RecordsTree):
                    tree = spot.make()
                    spot.node(tree)
                    where = f".{spot.parent.lower()}" if spot.parent else ""
                    yield f"v{version}{where}.{body.lname}", tree
        yield f"v{version}.rich", rich(spec, make())
        for member in spec.model.enums["bus"].members:
            tree = make()
            tree.put("device", "bus", member.value)
            yield f"v{version}.bus.{member.name.lower()}", tree
        tree = make()
        for count, body in enumerate(one for one in fmt.records.values() if one.key):
            for _ in range(3 + count):
                tree.add(body)
        if version > 1:  # in version 1 each has to be told apart by its bar or handle
            yield f"v{version}.many", tree


def rich(spec: m.Spec, tree: Tree) -> Tree:
    """One of each kind with all that may be said, then one that could not be read."""
    for kind in ("device", "region", "irq"):
        item = tree.item(kind)
        if item is None:
            continue
        everything(spec, tree, kind)
    owners = [tree.item(kind) for kind in ("region", "irq")]
    if isinstance(tree, RecordsTree):
        for owner in [None, *owners]:
            keep(spec, tree, owner)
    elif isinstance(tree, SlotsTree) and tree.fmt.tail is not None:
        for owner in [tree.header, *owners]:
            keep(spec, tree, owner)
    return tree


def slots_trees(spec: m.Spec, fmt: m.Format, spots: Spots) -> Iterator[tuple[str, Tree]]:
    for make, _ in spots.trees(fmt):
        tree = make()
        prefix = f"{tree.type.name.lower()}." if tree.type else ""
        yield f"{prefix}least", tree
        fixed = tree.type is not None and tree.type.indexes is not None
        if not fixed or tree.slots["region"]:
            yield f"{prefix}rich", rich(spec, make())
        tree = make()
        for name, body in fmt.slots.items():
            if not fixed:
                for _ in range(3):
                    tree.add(body)
                tree.slots[name].insert(1, Node(body))  # an absent one between
            for number, node in enumerate(tree.slots[name]):
                indexes = tree.type.indexes if fixed and name == "region" else None
                config = indexes is not None and indexes[number] == tree.type.config
                if number % 3 == 2 and not config:
                    tree.list(node).values["error"] = ERRNO
                elif node.values:
                    node.values["size" if name == "region" else "count"] = number + 1
        yield f"{prefix}many", tree
        if fmt.tail is not None:
            for name in fmt.tail.carries:
                body = spec.formats[fmt.tail.records].records[name]
                for spot in spots.of_body(body):
                    if isinstance(spot.make(), SlotsTree):
                        tree = spot.make()
                        spot.node(tree)
                        yield f"tail.{spot.kind}.{body.lname}", tree


def replies_trees(spec: m.Spec, fmt: m.Format, spots: Spots) -> Iterator[tuple[str, Tree]]:
    for reply in fmt.replies.values():
        make = spots.reply(reply)
        late = sum(field.late for field in reply.fields)
        for count in range(late + 1):
            tree = make()
            tree.late = count
            yield f"{reply.name}.{count}", tree
        tree = make()
        everything(spec, tree, reply.item)
        for node in tree.caps:
            node.word = max(node.word, 1)
        tree.index = None
        yield f"{reply.name}.rich", tree
        tree = make()
        there = tree.flags_at(tree.reply, reply.item)
        tree.reply.values[there[1]] = 0xFFFFFFFF & ~sum(
            1 << bit.bit for bit in there[0].members if bit.name == "CAPS")
        yield f"{reply.name}.flags", tree
        if not reply.chain:
            continue
        chain = fmt.chains[reply.chain]
        for body in chain.caps.values():
            for version in body.sizes_by_version:
                tree = make()
                filled(tree.add(body, version=version))
                if body.knows is not None and body.variable is not None:
                    tree.put(reply.item, "size", 0x1000)
                yield f"{reply.name}.{body.lname}.v{version}", tree
        tree = make()
        for body in chain.caps.values():
            filled(tree.add(body, version=max(body.sizes_by_version)))
        node = tree.add(None, version=9, tag=UNKNOWN)
        node.extra = b"keep"
        if reply.item == "region":
            tree.put("region", "size", 0x1000)
        yield f"{reply.name}.all", tree
        tree = make()
        body = next(one for one in chain.caps.values() if one.fields)
        node = tree.add(body, version=max(body.sizes_by_version) + 1)
        node.extra = bytes(4)
        tree.add(None, version=0, tag=UNKNOWN)
        yield f"{reply.name}.newer", tree
        tree = make()
        tree.reply.values["cap_offset"] = 0xDEADBEEF
        tree.end = b"\xaa" * 5
        yield f"{reply.name}.nochain", tree


def neighbours(struct: m.Struct, count: int = 2, size: int = 0x800) -> list[tuple[int, int]]:
    """Ranges, each right behind the one before; some end in a size, some in an address."""
    starts = range(0, count * size, size)
    if struct.fields[-1].name == "end":
        return [(start, start + size - 1) for start in starts]
    return [(start, size) for start in starts]


def filled(node: Node) -> Node:
    """A value in every field of a capability."""
    for number, field in enumerate(node.body.fields, start=1):
        if field.kind == "bytes":
            node.values[field.name] = b"\xc1\xc2\xc3"
        elif field.kind == "array":
            node.values[field.name] = neighbours(field.struct)
        elif not any(field in (one.count, one.length) for one in node.body.fields):
            node.values[field.name] = number
    return node


SHAPES = {"records": records_trees, "array": slots_trees, "replies": replies_trees}


def trees(spec: m.Spec, big: bool) -> Iterator[tuple[str, Tree]]:
    """All good trees of one byte order, each with a name."""
    spots = Spots(spec, big)
    for fmt in spec.formats.values():
        for name, tree in SHAPES[fmt.shape](spec, fmt, spots):
            yield f"{fmt.name}/{name}.{'big' if big else 'little'}", tree
