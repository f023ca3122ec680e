# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What a reader has to skip, or keep as it is: what no version of the specification knows yet."""

from __future__ import annotations

from typing import Iterator

from ... import model as m
from .build import Builder, Vector, slug
from .cases import Spots
from .good import filled
from .node import Node
from .tree import RecordsTree, ReplyTree, SlotsTree, Tree

TOP16, TOP31, TOP32 = 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF
SIZES = (0, 4, 1024)


def bits(builder: Builder, spots: Spots) -> Iterator[tuple[str, Tree]]:
    """Flags that nobody has named, in every field that keeps or drops them."""
    for fmt in builder.spec.formats.values():
        bodies = [*fmt.replies.values(), *(body for chain in fmt.chains.values()
                                           for body in chain.caps.values())]
        for body in bodies:
            for field in body.fields:
                if field.flagset is None or field.flagset.rest == "refuse":
                    continue
                unknown = ~field.flagset.mask() & (1 << 8 * field.width) - 1
                lowest = unknown & -unknown
                highest = 1 << unknown.bit_length() - 1
                for value in dict.fromkeys((lowest, highest, unknown)):
                    spot = next(iter(spots.of_body(body)))
                    tree = spot.make()
                    spot.node(tree).values[field.name] = value
                    yield f"{body.lname} {field.name} {value:#x}", tree


def capabilities(builder: Builder, spots: Spots) -> Iterator[tuple[str, Tree]]:
    """Ids that are not listed, and versions above the known ones."""
    for fmt in builder.spec.formats.values():
        for chain in fmt.chains.values():
            make = spots.reply(spots.of_chain(chain))
            tags = [body.tag for body in chain.caps.values()]
            known = next(body for body in chain.caps.values() if body.fields)
            for tag in dict.fromkeys((0, max(tags) + 1, TOP16)):
                for size in SIZES:
                    tree = make()
                    tree.add(None, tag=tag, version=1).extra = b"\xa5" * size
                    yield f"id {tag:#x} with {size} bytes", tree
                for place in (0, 1, 2):
                    tree = make()
                    _room(tree)
                    caps = [body for body in chain.caps.values() if body.fields][:2]
                    for body in caps:
                        filled(tree.add(body))
                    node = tree.add(None, tag=tag, version=2)
                    node.extra = b"\xa5" * 8
                    tree.caps.remove(node)
                    tree.caps.insert(place, node)
                    yield f"id {tag:#x} at place {place} of 3", tree
            for version in (0, TOP16):
                tree = make()
                tree.add(None, tag=max(tags) + 1, version=version)
                yield f"id {max(tags) + 1:#x} of version {version}", tree
            for body in chain.caps.values():
                for version in (max(body.sizes_by_version) + 1, TOP16):
                    for size in (0, 4, 24):
                        tree = make()
                        _room(tree)
                        filled(tree.add(body, version=version)).extra = b"\xa5" * size
                        yield f"{body.name} of version {version} with {size} bytes more", tree
                if body is known:
                    continue
                tree = make()
                _room(tree)
                filled(tree.add(known))
                filled(tree.add(body, version=TOP16))
                yield f"{known.name}, then {body.name} of a newer version", tree


def _room(tree: ReplyTree) -> None:
    if tree.reply.body.item == "region":
        tree.put("region", "size", 0x4000)


def trailing(builder: Builder, spots: Spots) -> Iterator[tuple[str, Tree]]:
    """Bytes that belong to nothing: behind the chain, within argsz; behind argsz; and cap_offset
    without CAPS."""
    for fmt in builder.spec.formats.values():
        for reply in fmt.replies.values():
            for size in (1, 7, 4096):
                tree = spots.reply(reply)()
                tree.after = b"\xa5" * size
                yield f"{size} bytes behind argsz", tree
                if reply.variable is not None:
                    continue
                tree = spots.reply(reply)()
                tree.end = b"\xa5" * size
                yield f"{size} bytes that argsz counts", tree
                if reply.chain:
                    tree = spots.reply(reply)()
                    tree.add(None, tag=TOP16)
                    tree.caps[0].extra = b"\xa5" * size
                    tree.after = b"\xa5" * size
                    yield f"{size} bytes behind a chain, and as many behind argsz", tree
            for value in (1, reply.full_size, TOP32) if reply.cap_offset else ():
                tree = spots.reply(reply)()
                tree.reply.values[reply.cap_offset.name] = value
                yield f"cap_offset {value:#x} without CAPS", tree


def records(builder: Builder, spots: Spots) -> Iterator[tuple[str, Tree]]:
    """Records that are not listed, at top level, below an item and in a tail."""
    for fmt in builder.spec.formats.values():
        if fmt.shape == "records":
            made_of, owners = fmt, [None, "region", "irq"]
        elif fmt.tail is not None:
            made_of, owners = builder.spec.formats[fmt.tail.records], ["device", "region", "irq"]
        else:
            continue
        low = made_of.record.first_unknown
        listed = {body.tag for body in made_of.records.values()}
        high = next(tag for tag in range(TOP32, low, -1) if tag not in listed)
        for make, version in spots.trees(fmt):
            for kind in owners:
                for tag in (low, TOP31, high):
                    for size in SIZES:
                        tree = make()
                        node = Node(None, tag=tag, word=TOP32 if size else 0)
                        node.extra = b"\xa5" * size
                        _hang(tree, kind, node)
                        where = kind or "file"
                        yield f"type {tag:#x} with {size} bytes below {where}", tree
                tree = make()
                for tag in (low, low, high):
                    _hang(tree, kind, Node(None, tag=tag))
                yield f"one type twice, then another, below {kind or 'file'}", tree


def _hang(tree: Tree, kind: str | None, node: Node) -> None:
    if isinstance(tree, RecordsTree):
        tree.insert(node, tree.item(kind) if kind else None)
    elif isinstance(tree, SlotsTree):
        tree.item(kind).children.append(node)


def all_ignored(builder: Builder) -> list[Vector]:
    """All of these in little-endian, and the first of each kind and format also in big-endian."""
    found: list[Vector | None] = []
    for big in (False, True):
        spots = Spots(builder.spec, big)
        for make in (bits, capabilities, trailing, records):
            seen: set[str] = set()
            for note, tree in make(builder, spots):
                if big and tree.format in seen:
                    continue
                seen.add(tree.format)
                name = f"ignore/{tree.place_name()}/{slug(note)}"
                found.append(builder.accept(name, tree, note))
    return [one for one in found if one is not None]
