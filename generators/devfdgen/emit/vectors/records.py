# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""How the rules of records are broken: lengths, places, what follows them, what is missing."""

from __future__ import annotations

from typing import Callable, Iterator

from ... import model as m
from .cases import Case, Spot, Spots
from .node import Node
from .tree import RecordsTree, SlotsTree, Tree

TOP32 = 0xFFFFFFFF


def stranger(tree: Tree, spot: Spot, rule: m.Rule, tag: int | None = None,
             extra: bytes = b"") -> Node:
    """A record that nobody knows, where the spot says."""
    head = tree.spec.formats[rule.format].record
    node = Node(None, tag=head.first_unknown if tag is None else tag)
    node.extra = extra
    place(tree, spot, node)
    return node


def place(tree: Tree, spot: Spot, node: Node) -> None:
    owner = spot.owner(tree)
    if isinstance(tree, RecordsTree):
        tree.insert(node, owner)
    else:
        owner.children.append(node)


def of_head(node: Node, name: str) -> Callable[[], int]:
    return lambda: node.heads[name]


# -- length ----------------------------------------------------------------------------------------


def record_size(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for spot in spots.of_record_heads(spec.formats[rule.format]):
        for size in (4, 8):
            tree = spot.make()
            owner = spot.owner(tree)
            if owner is None and spot.version > 1:
                continue  # what stands behind END breaks another rule first
            if owner is None:
                tree.after = bytes(size)
                yield Case(tree, lambda tree=tree: len(tree.serialise()), f"{size} bytes left")
                continue
            owner.after = bytes(size)
            if isinstance(tree, SlotsTree):
                yield Case(tree, lambda owner=owner: owner.fixed["tail"], f"{size} bytes left")
            else:
                yield Case(tree, lambda owner=owner, size=size: owner.end - size,
                           f"{size} bytes left")


def _lengths(spec: m.Spec, rule: m.Rule, spots: Spots, lengths: list[tuple[int, bytes, str]],
             good: list[tuple[int, bytes, str]]) -> Iterator[Case]:
    for spot in spots.of_record_heads(spec.formats[rule.format]):
        for length, extra, note in lengths + good:
            tree = spot.make()
            node = stranger(tree, spot, rule, extra=extra)
            node.head["rec_len"] = length
            yield Case(tree, None if (length, extra, note) in good else of_head(node, "rec_len"),
                       note)


def rec_len_min(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    bad = [(0, b"", "0"), (4, b"", "4"), (8, b"", "8")]
    yield from _lengths(spec, rule, spots, bad, [(12, b"", "the head alone")])


def rec_len_multiple(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    bad = [(size, bytes(4), str(size)) for size in (13, 14, 15)]
    yield from _lengths(spec, rule, spots, bad, [(16, bytes(4), "16")])


def rec_len_fits(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    fmt = spec.formats[rule.format]
    for spot in spots.of_record_heads(fmt):
        for length, note in ((None, "4 bytes over"), (0xFFFFFFFC, "32-bit sum wraps"),
                             (0x80000000, "no signed number")):
            tree = spot.make()
            if spot.parent is None and isinstance(tree, RecordsTree) and tree.top:
                node = tree.top[-1]  # END is the one that nothing is behind
                node.head["rec_len"] = 16 if length is None else length
                yield Case(tree, of_head(node, "rec_len"), note)
                continue
            node = stranger(tree, spot, rule)
            _last(spot.owner(tree), node)
            node.head["rec_len"] = 16 if length is None else length
            yield Case(tree, of_head(node, "rec_len"), note)


def _last(owner: Node | None, node: Node) -> None:
    """Makes a record the last one of its parent, so that its length leads out of it."""
    if owner is not None:
        node.tag = max([node.tag, *(one.tag + 1 for one in owner.children if one is not node)])
        owner.children.remove(node)
        owner.children.append(node)


# -- place -----------------------------------------------------------------------------------------


def type_range(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for spot in spots.of_record_heads(spec.formats[rule.format]):
        tree = spot.make()
        node = stranger(tree, spot, rule, tag=0)
        owner = spot.owner(tree)
        if isinstance(tree, SlotsTree):
            owner.children.sort(key=lambda one: one.tag)
        yield Case(tree, of_head(node, "type"), "type 0")


def type_since(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    fmt = spec.formats[rule.format]
    for spot in spots.of_record_heads(fmt):
        tree = spot.make()
        if not isinstance(tree, RecordsTree):
            continue
        for body in fmt.records.values():
            if body.since <= spot.version or (spot.parent or "top") not in body.parents:
                continue
            tree = spot.make()
            node = Node(body)
            place(tree, spot, node)
            yield Case(tree, of_head(node, "type"), f"{body.name} in version {spot.version}")


def type_parent(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    fmt = spec.formats[rule.format]
    for spot in spots.of_record_heads(fmt):
        for body in fmt.records.values():
            if body.since > spot.version or not _misplaced(spot, body):
                continue
            tree = spot.make()
            node = Node(body)
            owner = spot.owner(tree)
            place(tree, spot, node)
            where = "the file" if owner is None else owner.name.upper()
            if isinstance(tree, SlotsTree):
                where = f"the tail of {owner.name}"
            yield Case(tree, of_head(node, "type"), f"{body.name} in {where}")


def _misplaced(spot: Spot, body: m.Body) -> bool:
    tree = spot.make()
    if isinstance(tree, RecordsTree):
        return (spot.parent or "top") not in body.parents
    tail = tree.fmt.tail
    name = tail.parents[spot.parent or "device"]
    return body.name not in tail.carries or name not in body.parents


def first(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    fmt = spec.formats[rule.format]
    for make, version in spots.trees(fmt):
        if version < rule.body.since:
            continue
        tree = make()
        tree.top = []
        yield Case(tree, lambda tree=tree: len(tree.serialise()), "no record at all")
        tree = make()
        tree.top = [node for node in tree.top if node.body is not rule.body]
        yield Case(tree, of_head(tree.top[0], "type"), f"no {rule.body.name}")
        tree = make()
        second = Node(rule.body)
        tree.top.insert(1, second)
        yield Case(tree, of_head(second, "type"), f"{rule.body.name} twice")
        for body in fmt.records.values():
            if body.item and body is not rule.body:
                tree = make()
                node = tree.need(body)
                tree.top.remove(node)
                tree.top.insert(0, node)
                yield Case(tree, of_head(node, "type"), f"{body.name} before {rule.body.name}")


def type_order(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    fmt = spec.formats[rule.format]
    low = fmt.record.first_unknown
    for spot in spots.of_record_heads(fmt):
        for one, two in ((low + 1, low), (0xFFFFFFFE, 0x80000000), (low, low)):
            tree = spot.make()
            stranger(tree, spot, rule, tag=one)
            after = stranger(tree, spot, rule, tag=one)
            after.tag = two
            yield Case(tree, None if one == two else of_head(after, "type"), f"{one:#x}, {two:#x}")
    for make, version in spots.trees(fmt):
        tree = make()
        bodies = [body for body in fmt.records.values() if body.key]
        nodes = [tree.add(body) for body in bodies]
        tree.top.remove(nodes[0])
        tree.top.insert(tree.top.index(nodes[-1]) + 1, nodes[0])
        yield Case(tree, of_head(nodes[0], "type"), f"{bodies[0].name} behind {bodies[-1].name}")


def type_twice(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    fmt = spec.formats[rule.format]
    for body in fmt.records.values():
        if body.place:
            continue
        for spot in spots.of_body(body):
            tree = spot.make()
            node = spot.node(tree)
            owner = spot.owner(tree)
            if body.key:
                if spot.version > 1:
                    tree.add(body)
                    yield Case(tree, None, f"{body.name} twice")
                continue
            second = Node(body, node.values)
            siblings = tree.top if owner is None else owner.children
            siblings.insert(siblings.index(node) + 1, second)
            yield Case(tree, None if body.many else of_head(second, "type"), f"{body.name} twice")


# -- one record ------------------------------------------------------------------------------------


def size(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for spot in spots.of_body(rule.body):
        least = rule.body.size_in(spot.version)
        for left in sorted({0, least - 4}):
            tree = spot.make()
            node = spot.node(tree)
            node.raw = bytes(left)
            node.children = []
            yield Case(tree, lambda node=node: node.at, f"{left} bytes of content")


def exact(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for spot in spots.of_body(rule.body):
        tree = spot.make()
        node = spot.node(tree)
        node.extra = bytes(4)
        yield Case(tree, lambda node=node: node.at, "4 bytes more")


def _raw(rule: m.Rule, spots: Spots, rows: list[tuple[bytes, int | None, str]]) -> Iterator[Case]:
    """Content as it stands here, and where in it the rule is broken (None: it is good)."""
    for spot in spots.of_body(rule.body):
        for raw, off, note in rows:
            tree = spot.make()
            node = spot.node(tree)
            node.raw = raw
            at = None if off is None else lambda node=node, off=off: node.at + 12 + off
            yield Case(tree, at, note)


def nul(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    yield from _raw(rule, spots, [
        (b"", 0, "no content"), (b"abcd", 0, "no NUL"), (b"abc\0", None, "a NUL"),
        (bytes(4), None, "an empty one"), (b"%/\x7f\x80\xff~\0\0", None, "any bytes"),
    ])


def pad_string(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    yield from _raw(rule, spots, [
        (b"abc\0\0\0\0\0", 3, "4 bytes behind the NUL"),
        (b"abc\0\0\0\0\1", 3, "4 bytes behind the NUL, one not 0"),
        (b"\0\0\0\1", 3, "byte 2 of the padding is not 0"),
        (b"a\0b\0", 2, "byte 0 of the padding is not 0"),
        (bytes(4), None, "3 bytes behind the NUL"),
    ])


def pad_bytes(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    field = rule.field
    for spot in spots.of_body(rule.body):
        for data, left in ((b"\1\1", 1), (b"\1\0\1", 1), (b"\1\0\0\1", 1), (b"\1\2\3\4", 3)):
            tree = spot.make()
            node = spot.node(tree)
            node.values = {field.name: data, field.length.name: left}
            off = next(at for at in range(left, len(data)) if data[at])
            yield Case(tree, lambda node=node, off=off: node.places[field.name] + off,
                       f"byte {off - left} of the padding of {left} bytes is not 0")


def length(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    field = rule.field
    rows = [(b"", 1, False), (bytes(4), 5, False), (b"", TOP32, False), (b"", 0x80000000, False),
            (b"", 0, True), (b"\1", 1, True), (b"\1\2\3\4\5", 5, True)]
    if rule.body.kind == "record":
        rows += [(bytes(4), 0, False), (bytes(8), 4, False)]
    for spot in spots.of_body(rule.body):
        for data, said, good in rows:
            tree = spot.make()
            node = spot.node(tree)
            node.values.update({field.name: data, field.length.name: said})
            at = lambda node=node: node.places[field.length.name]  # noqa: E731
            yield Case(tree, None if good else at, f"{said:#x} of {len(data)} bytes")


def multiple(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    each = rule.field.width
    yield from _raw(rule, spots, [
        (bytes(4), 0, "4 bytes"), (bytes(each - 4), 0, "one element less 4 bytes"),
        (bytes(each + 4), 0, "one element and 4 bytes"), (b"", None, "none"),
        (bytes(each), None, "one"),
    ])


# -- a whole parent --------------------------------------------------------------------------------


def needed(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    name = rule.operands[1].name
    for spot in spots.of_body(rule.body):
        child = spec.formats[rule.format].records[name]
        if spot.version < child.since:
            continue
        tree = spot.make()
        node = spot.node(tree)
        node.children = [one for one in node.children if one.body is not child]
        yield Case(tree, lambda node=node: node.at, f"no {name}")


def ascending(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    body = rule.body
    for spot in spots.of_body(body):
        for one, two in ((0, 0), (1, 0), (3, 2), (0, 1), (0, 3)):
            tree = spot.make()
            nodes = [tree.add(body), tree.add(body)]
            if not all([_key(tree, node, value) for node, value in zip(nodes, (one, two))]):
                continue
            yield Case(tree, None if two > one else lambda node=nodes[1]: node.at,
                       f"{one}, then {two}")


def _key(tree: RecordsTree, item: Node, value: int) -> bool:
    """Says the key of an item, by the attribute itself or by what stands in for it."""
    key = item.body.key
    names = [key.attribute] + [way[1] for way in key.without if way[0] == "attr"]
    for name in names:
        for body in [item.body, *tree.helpers(item, item.body.item)]:
            for field in body.fields:
                if field.attr not in ((item.body.item, name), (None, name)):
                    continue
                node = item if body is item.body else tree.need(body, item)
                node.values[field.name] = value
                return True
    return False


def last(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for spot in spots.of_body(rule.body):
        for after, note in ((bytes(4), "4 bytes"), (b"\1", "1 byte")):
            tree = spot.make()
            node = spot.node(tree)
            tree.after = after
            yield Case(tree, lambda node=node: node.end, f"{note} behind it")
        tree = spot.make()
        node = spot.node(tree)
        tree.top.append(Node(rule.body))
        yield Case(tree, lambda node=node: node.end, f"{rule.body.name} twice")


def last_needed(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for spot in spots.of_body(rule.body):
        tree = spot.make()
        tree.top.remove(spot.node(tree))
        yield Case(tree, lambda tree=tree: len(tree.serialise()), f"no {rule.body.name}")
