# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""How the rules of array and fixed are broken: counts, the tail, absent slots, device types."""

from __future__ import annotations

from typing import Callable, Iterator

from ... import model as m
from .cases import Case, Spot, Spots
from .node import Node
from .tree import SlotsTree

TOP32 = 0xFFFFFFFF


def of_field(node: Node, name: str) -> Callable[[], int]:
    return lambda: node.places[name]


def header_size(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    """Of every shape that has a header."""
    for spot in spots.of_body(rule.body):
        for cut in (4, rule.body.fixed_size - 1, 0):
            tree = spot.make()
            tree.cut = cut
            yield Case(tree, lambda: 0, f"{cut} bytes")


def total(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for spot in spots.of_body(rule.body):
        for off in (1, -1, 1 << 31):
            tree = spot.make()
            tree.off["total"] = off
            yield Case(tree, of_field(tree.header, rule.field.name), f"{off:+} bytes")


def counts(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    """Of slots."""
    name = rule.body.count.name
    size = rule.body.fixed_size
    wrap = (1 << 32) // size + ((1 << 32) % size > 0)
    for spot in _trees(spec, rule, spots):
        tree = spot.make()
        if tree.type is not None and tree.type.indexes is not None:
            yield from _cut(rule, spot, name)
            continue
        for count, note in ((1, "one more than fits"), (wrap, "32-bit product wraps"),
                            (TOP32, "all bits")):
            tree = spot.make()
            if tree.type is not None and _limit(tree.type, name) < count:
                continue
            tree.header.values[name] = count
            yield Case(tree, of_field(tree.header, name), note)


def _trees(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Spot]:
    for make, version in spots.trees(spec.formats[rule.format]):
        yield Spot(make, version=version)


def _limit(type_: m.DeviceType, name: str) -> int:
    return 0x7FFFFFFFFFFFFFFF >> type_.shift if name == "num_regions" else TOP32


def _cut(rule: m.Rule, spot: Spot, name: str) -> Iterator[Case]:
    """The type says how many slots there are; the file ends in the last one of the kind."""
    tree = spot.make()
    slots = tree.slots[rule.body.name]
    if not slots:
        return
    tree.bytes()
    end = slots[-1].at + rule.body.fixed_size
    for less in (1, rule.body.fixed_size):
        tree = spot.make()
        tree.cut = end - less
        yield Case(tree, of_field(tree.header, name), f"{less} bytes less")


def exact(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for spot in spots.of_body(rule.body):
        for after in (1, 4):
            tree = spot.make()
            tree.after = bytes(after)
            yield Case(tree, lambda tree=tree: len(tree.serialise()), f"{after} bytes behind")


def absent(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for spot in spots.of_body(rule.body):
        for field in rule.body.fields:
            tree = spot.make()
            node = spot.node(tree)
            config = tree.type.config if tree.type else None
            if config is not None and rule.body.name == "region" and tree.type.indexes[0] == config:
                continue
            node.values = {one.name: 0 for one in rule.body.fields}
            node.values[field.name] = 2 if field.flagset else 1
            off = field.width - 1 if tree.big else 0
            yield Case(tree, lambda node=node, field=field, off=off: node.places[field.name] + off,
                       f"{field.name} is not 0")
        tree = spot.make()
        node = spot.node(tree)
        node.values = {one.name: 0 for one in rule.body.fields}
        yield Case(tree, None, "all zero")


# -- the types of fixed ----------------------------------------------------------------------------


def type_bus(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for spot in _trees(spec, rule, spots):
        for member in spec.model.enums["bus"].members:
            tree = spot.make()
            good = member in tree.type.bus
            tree.header.values["bus"] = member.value
            yield Case(tree, None if good else of_field(tree.header, "bus"),
                       f"{member.name} of {tree.type.name}")


def type_count(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    """num_regions and num_irqs."""
    name = rule.field.name
    for spot in _trees(spec, rule, spots):
        tree = spot.make()
        said = getattr(tree.type, name)
        wrong = [said - 1, said + 1, TOP32] if said is not None else []
        if said is None and name == "num_regions":
            wrong = [_limit(tree.type, name) + 1]
        for value in wrong:
            if value < 0:
                continue
            tree = spot.make()
            tree.header.values[name] = value
            yield Case(tree, of_field(tree.header, name), f"{value:#x} of {tree.type.name}")


def type_config(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for spot in _trees(spec, rule, spots):
        for listed in (False, True):
            tree = spot.make()
            if tree.type.config is None:
                continue
            node = tree.slots["region"][tree.type.indexes.index(tree.type.config)]
            if listed:
                node.values["error"] = 5
            else:
                node.values = {}
            yield Case(tree, lambda node=node: node.at,
                       "it could not be read" if listed else "it is not listed")


# -- the tail --------------------------------------------------------------------------------------


def _parts(rule: m.Rule, spots: Spots) -> Iterator[tuple[SlotsTree, Node]]:
    """Trees in which the owner of the rule has a part of the tail."""
    for spot in spots.of_body(rule.body):
        tree = spot.make()
        node = spot.node(tree)
        stranger = Node(None, tag=tree.spec.formats[tree.fmt.tail.records].record.first_unknown)
        node.children.append(stranger)
        yield tree, node


def tail_next(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for off in (4, -4, 1 << 31):
        for tree, node in _parts(rule, spots):
            tree.off_node, tree.off = node, {"tail": off}
            yield Case(tree, of_field(node, "tail"), f"{off:+}")
    for tree, node in _parts(rule, spots):
        node.values["tail"] = 0
        yield Case(tree, of_field(node, "tail"), "0 with a part")
    for tree, node in _parts(rule, spots):
        node.children = []
        node.values["tail"] = rule.body.fixed_size
        yield Case(tree, of_field(node, "tail"), "not 0 without a part")


def tail_fits(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for size in (None, TOP32 - 3, 1 << 31):
        for tree, node in _parts(rule, spots):
            if size is None:
                tree.off_node, tree.off = node, {"tail_size": 4}
            else:
                node.values["tail_size"] = size
            yield Case(tree, of_field(node, "tail_size"),
                       "4 bytes over" if size is None else f"{size:#x}")


def tail_end(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for spot in _trees(spec, rule, spots):
        for after in (1, 4):
            tree = spot.make()
            tree.after = bytes(after)
            yield Case(tree, lambda tree=tree: len(tree.serialise()), f"{after} bytes behind")
