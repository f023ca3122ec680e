# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Where a rule can be broken: trees in which its body or attribute stands, the smallest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterator

from ... import model as m
from .node import Node
from .tree import RecordsTree, ReplyTree, SlotsTree, Tree


@dataclass(eq=False)
class Case:
    """One input for a rule: what breaks it, and where, or a good neighbour (`at` is None)."""

    tree: Tree
    at: Callable[[], int] | None
    note: str
    need: int | None = None  # of need-more


@dataclass(eq=False)
class Spot:
    """One place for a rule: the tree around it, and the body or kind of item that it is about."""

    maker: Callable[[], Tree]
    kind: str | None = None
    body: m.Body | None = None
    parent: str | None = None  # of a record: a record or, in a tail, a slot; None: top
    version: int = 1  # of the file, or of the capability

    def make(self) -> Tree:
        """A tree that can say which of the places of its format this is."""
        tree = self.maker()
        if self.parent is not None:
            tree.where = [self.parent.lower()]
        elif self.body is not None and len(self.body.sizes_by_version) > 1:
            tree.where = [f"v{self.version}"]
        return tree

    def owner(self, tree: Tree) -> Node | None:
        """The node below which records stand here; None is the top level of a file."""
        if self.parent is None:
            return tree.header if isinstance(tree, SlotsTree) else None
        if isinstance(tree, SlotsTree):
            return tree.need(tree.fmt.slots[self.parent])
        return tree.need(tree.fmt.records[self.parent])

    def node(self, tree: Tree) -> Node:
        if self.body.kind == "record":
            return tree.need(self.body, self.owner(tree))
        node = tree.need(self.body)
        if self.body.kind == "capability":
            node.word = self.version
        return node


def tree_is_typed(tree: Tree) -> bool:
    return isinstance(tree, SlotsTree) and tree.type is not None


class Spots:
    """All places of one spec in one byte order."""

    def __init__(self, spec: m.Spec, big: bool) -> None:
        self.spec = spec
        self.big = big

    def versions(self, fmt: m.Format) -> list[int]:
        return sorted(member.value for member in fmt.enums["version"].members)

    def trees(self, fmt: m.Format) -> Iterator[tuple[Callable[[], Tree], int]]:
        """Ways to make a tree of a format, the smallest first, and its version."""
        if fmt.shape == "records":
            for version in self.versions(fmt):
                yield (lambda version=version: RecordsTree(self.spec, fmt, self.big, version),
                       version)
        elif fmt.shape == "array" and fmt.types:
            for type_ in sorted(fmt.types.values(), key=self._type_size):
                yield lambda type_=type_: SlotsTree(self.spec, fmt, self.big, type_), 1
        elif fmt.shape == "array":
            yield lambda: SlotsTree(self.spec, fmt, self.big), 1
        else:
            for reply in fmt.replies.values():
                yield lambda reply=reply: ReplyTree(self.spec, fmt, self.big, reply), 1

    @staticmethod
    def _type_size(type_: m.DeviceType) -> int:
        return len(type_.indexes or ()) + (type_.num_irqs or 0)

    def reply(self, reply: m.Body) -> Callable[[], Tree]:
        fmt = self.spec.formats[reply.format]
        return lambda: ReplyTree(self.spec, fmt, self.big, reply)

    def of_chain(self, chain: m.Chain) -> m.Body:
        """The reply that a chain stands behind."""
        replies = self.spec.formats[chain.format].replies.values()
        return next(reply for reply in replies if reply.chain == chain.name)

    def of_body(self, body: m.Body) -> Iterator[Spot]:
        fmt = self.spec.formats[body.format]
        if body.kind == "record":
            yield from self._of_record(fmt, body)
        elif body.kind == "reply":
            yield Spot(self.reply(body), body.item, body)
        elif body.kind == "capability":
            reply = self.of_chain(fmt.chains[body.chain])
            for version in body.sizes_by_version:
                yield Spot(self.reply(reply), reply.item, body, version=version)
        else:
            for make, version in self.trees(fmt):
                tree = make()
                if body.kind == "slot" and tree_is_typed(tree) and not self._has_slot(tree, body):
                    continue
                yield Spot(make, body.item or "device", body, version=version)
                if tree_is_typed(tree):
                    break  # one device type is enough for what all have

    @staticmethod
    def _has_slot(tree: SlotsTree, body: m.Body) -> bool:
        return tree.type.indexes is None or bool(tree.slots[body.name])

    def _of_record(self, fmt: m.Format, body: m.Body) -> Iterator[Spot]:
        for make, version in self.trees(fmt):
            if body.since > version:
                continue
            for name in body.parents:
                parent = None if name == "top" else name
                kind = body.item or (fmt.records[parent].item if parent else "device")
                yield Spot(make, kind, body, parent, version)
        for host in self.spec.formats.values():
            if host.tail is None or body.name not in host.tail.carries:
                continue
            for slot, name in host.tail.parents.items():
                if name not in body.parents:
                    continue
                for make, version in self.trees(host):
                    parent = None if slot == "device" else slot
                    yield Spot(make, slot, body, parent, version)

    def of_record_heads(self, fmt: m.Format) -> Iterator[Spot]:
        """Every parent of records, at top level, below an item, and in a tail."""
        for make, version in self.trees(fmt):
            for parent in [None, *self.open_records(fmt)]:
                yield Spot(make, None, None, parent, version)
        for host in self.spec.formats.values():
            if host.tail is not None and host.tail.records == fmt.name:
                for make, version in self.trees(host):
                    for slot in host.tail.parents:
                        yield Spot(make, None, None, None if slot == "device" else slot, 2)

    @staticmethod
    def open_records(fmt: m.Format) -> list[str]:
        return [body.name for body in fmt.records.values() if body.open_]

    def of_kind(self, kind: str) -> Iterator[Spot]:
        """Every format that has items of a kind."""
        for fmt in self.spec.formats.values():
            for make, version in self.trees(fmt):
                tree = make()
                if tree_is_typed(tree):
                    slot = next((one for one in fmt.slots.values() if one.item == kind), None)
                    if slot is not None and not self._has_slot(tree, slot):
                        continue
                if tree.item(kind) is not None:
                    yield Spot(make, kind, None, version=version)
                if tree_is_typed(tree):
                    break
