# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""How the rules of replies are broken: argsz, links, versions, and what a capability takes."""

from __future__ import annotations

from typing import Callable, Iterator

from ... import model as m
from .cases import Case, Spots
from .tree import HEAD, ReplyTree

TOP32 = 0xFFFFFFFF
UNKNOWN = 0xFFF0  # an id that no chain lists


def of_link(tree: ReplyTree, number: int) -> Callable[[], int]:
    """Where the link to a capability stands; that behind the last one ends the chain."""
    return lambda: tree.link(number)


def reply_size(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for cut in (rule.body.min - 1, 4, 0):
        tree = spots.reply(rule.body)()
        tree.cut = cut
        yield Case(tree, lambda: 0, f"{cut} bytes", need=rule.body.min)


def argsz_min(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for argsz in (rule.body.min - 1, 0):
        tree = spots.reply(rule.body)()
        tree.late = 0
        tree.reply.values["argsz"] = argsz
        yield Case(tree, lambda: 0, f"argsz {argsz}")
    tree = spots.reply(rule.body)()
    tree.late = 0
    yield Case(tree, None, f"argsz {rule.body.min}")


def argsz_more(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for argsz in (rule.body.min + 1, TOP32):
        tree = spots.reply(rule.body)()
        tree.late = 0
        tree.reply.values["argsz"] = argsz
        yield Case(tree, lambda: 0, f"argsz {argsz:#x}", need=argsz)
    tree = spots.reply(rule.body)()
    tree.reply.values["argsz"] = rule.body.min
    yield Case(tree, None, "more was received than argsz says")


def reply_counts(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    field, fixed = rule.field, rule.body.fixed_size
    element = tuple(range(len(field.struct.fields)))
    wrap = (1 << 32) // field.width
    limit = (TOP32 - fixed) // field.width  # the longest whose size fits a u32
    for there, said in ((0, 1), (1, 2), (0, wrap), (2, wrap + 1), (0, limit), (0, limit + 1),
                        (1, TOP32)):
        tree = spots.reply(rule.body)()
        tree.reply.values = {field.name: [element] * there, field.count.name: said}
        at = lambda tree=tree: tree.reply.places[field.count.name]  # noqa: E731
        yield Case(tree, at, f"{said:#x} of {there}", need=min(fixed + field.width * said, TOP32))
    tree = spots.reply(rule.body)()
    tree.reply.values = {field.name: [element] * 2, "argsz": fixed + field.width}
    at = lambda tree=tree: tree.reply.places[field.count.name]  # noqa: E731
    yield Case(tree, at, "as many were received, but argsz ends", need=fixed + 2 * field.width)
    for there, said in ((0, 0), (1, 1), (2, 1), (3, 3)):
        tree = spots.reply(rule.body)()
        tree.reply.values = {field.name: [element] * there, field.count.name: said}
        yield Case(tree, None, f"{said} of {there}")


def cap_offset_size(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    flags = rule.body.flags_field
    for left in (0, 3):
        tree = spots.reply(rule.body)()
        tree.late = 0
        tree.end = bytes(left)
        bit = next(one.bit for one in flags.flagset.members if one.name == "CAPS")
        tree.reply.values[flags.name] = 1 << bit
        yield Case(tree, lambda tree=tree: tree.reply.places[flags.name], f"{left} bytes of it")


# -- links -----------------------------------------------------------------------------------------


class Chains:
    """Trees of the reply that a chain stands behind."""

    def __init__(self, spec: m.Spec, rule: m.Rule, spots: Spots) -> None:
        fmt = spec.formats[rule.format]
        self.chain = next(one for one in fmt.chains.values() if rule in one.rules)
        self.make = spots.reply(spots.of_chain(self.chain))

    def tree(self, caps: int = 0) -> ReplyTree:
        """With so many capabilities that nobody knows."""
        tree = self.make()
        for number in range(caps):
            tree.add(None, tag=UNKNOWN + number % 8)
        return tree

    def short(self) -> ReplyTree:
        """One unknown capability where a chain can begin at the earliest."""
        tree = self.tree(1)
        tree.late = 1
        tree.caps[0].head["at"] = self.chain.floor
        return tree


def first(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    tree = Chains(spec, rule, spots).tree()
    tree.first = 0
    yield Case(tree, of_link(tree, 0), "cap_offset 0")


def floor(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    chains = Chains(spec, rule, spots)
    for link in (chains.chain.floor - 1, 1, 8):
        tree = chains.tree()
        tree.first = link
        yield Case(tree, of_link(tree, 0), f"cap_offset {link}")
    for link in (1, 4):
        tree = chains.tree(1)
        tree.caps[0].head["next"] = link
        yield Case(tree, of_link(tree, 1), f"next {link}")
    yield Case(chains.short(), None, "the first place that may be")


def fits(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    chains = Chains(spec, rule, spots)
    for link in (None, TOP32 - 7, TOP32):
        tree = chains.tree(1)
        tree.bytes()
        end = tree.caps[0].end = tree.caps[0].at + HEAD
        tree.first = end - HEAD + 1 if link is None else link
        yield Case(tree, of_link(tree, 0), f"cap_offset {tree.first:#x}")
        tree = chains.tree(1)
        tree.caps[0].head["next"] = end - HEAD + 1 if link is None else link
        yield Case(tree, of_link(tree, 1), f"next {tree.caps[0].head['next']:#x}")
    tree = chains.tree(1)
    yield Case(tree, None, "a head that ends the reply")


def cycle(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    chains = Chains(spec, rule, spots)
    for length in (1, 2, 3):
        tree = chains.tree(length)
        tree.bytes()
        tree.caps[-1].head["next"] = tree.caps[0].at
        yield Case(tree, of_link(tree, length), f"cycle of {length}")
    tree = chains.tree(2)
    tree.bytes()
    tree.caps[-1].head["next"] = tree.caps[-1].at
    yield Case(tree, of_link(tree, 2), "the second leads to itself")
    for body in chains.chain.caps.values():
        tree = chains.make()
        tree.need(body)
        tree.bytes()
        tree.caps[0].head["next"] = tree.caps[0].at
        yield Case(tree, of_link(tree, 1), f"{body.name} leads to itself")
        break


def backward(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    chains = Chains(spec, rule, spots)
    for gap in (HEAD, HEAD - 4, 2 * HEAD):
        tree = chains.tree(2)
        tree.bytes()
        low = tree.caps[0].at
        tree.caps[0].head["at"] = low + gap
        tree.caps[1].head["at"] = low
        if gap < HEAD:  # the lower head would change the higher one's
            tree.caps.pop()
            tree.caps[0].head["next"] = low
        yield Case(tree, of_link(tree, 1), f"{gap} bytes back")


def apart(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    chains = Chains(spec, rule, spots)
    for gap in (4, 1, 7):
        tree = chains.tree(1)
        tree.bytes()
        tree.caps[0].head["next"] = tree.caps[0].at + gap
        tree.caps[0].extra = bytes(gap)
        yield Case(tree, of_link(tree, 1), f"{gap} bytes on")
    yield Case(chains.tree(2), None, "one head behind the other")


def most(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    chains = Chains(spec, rule, spots)
    limit = chains.chain.max
    tree = chains.tree(limit + 1)
    yield Case(tree, of_link(tree, limit), f"{limit + 1} capabilities")
    yield Case(chains.tree(limit), None, f"{limit} capabilities")


def align(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    chains = Chains(spec, rule, spots)
    for off in (4, 1):
        for number in (0, 1):
            tree = chains.tree(number + 1)
            tree.bytes()
            tree.caps[number].head["at"] = tree.caps[number].at + off
            yield Case(tree, of_link(tree, number), f"link {number} is {off} off")


# -- capabilities ----------------------------------------------------------------------------------


def version(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    chains = Chains(spec, rule, spots)
    for body in chains.chain.caps.values():
        tree = chains.make()
        node = tree.add(body, version=0)
        yield Case(tree, lambda node=node: node.heads["version"], f"{body.name} of version 0")
    tree = chains.make()
    tree.add(None, version=0, tag=UNKNOWN)
    yield Case(tree, None, "an unknown one of version 0")


def twice(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    chains = Chains(spec, rule, spots)
    for body in chains.chain.caps.values():
        tree = chains.make()
        tree.add(body)
        node = tree.add(body)
        yield Case(tree, lambda node=node: node.at, f"{body.name} twice")
    tree = chains.make()
    tree.add(None, tag=UNKNOWN)
    tree.add(None, tag=UNKNOWN)
    yield Case(tree, None, "an unknown one twice")


def overlap(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    chains = Chains(spec, rule, spots)
    for body in chains.chain.caps.values():
        size = body.size_in(1)
        if body.variable is not None or not size:
            continue
        tree = chains.make()
        node = tree.add(body)
        node.block = b""
        tree.add(None, tag=UNKNOWN)
        tree.bytes()
        tree.caps[1].head["at"] = node.at + HEAD
        yield Case(tree, lambda node=node: node.at, f"next inside of {body.name}")
        tree = chains.make()
        node = tree.add(body)
        tree.add(None, tag=UNKNOWN)
        tree.bytes()
        tree.caps[1].head["at"] = node.at + HEAD + size
        yield Case(tree, None, f"next right behind {body.name}")


def cap_size(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    for spot in spots.of_body(rule.body):
        for left in sorted({0, rule.body.size_in(spot.version) - 1}):
            tree = spot.make()
            node = spot.node(tree)
            node.raw = bytes(left)
            yield Case(tree, lambda node=node: node.at, f"version {spot.version} with {left} bytes")
        tree = spot.make()
        spot.node(tree)
        yield Case(tree, None, f"version {spot.version}")
        tree = spot.make()
        node = spot.node(tree)
        node.word = 0xFFFF
        yield Case(tree, None, "a version that is not known yet")


def cap_counts(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    field = rule.field
    wrap = (1 << 32) // field.width
    width = len(field.struct.fields)
    elements = [tuple(range(at, at + width)) for at in (0, width)]
    rows = [(1, 0, False), (wrap, 0, False), (TOP32, 0, False), (2, 1, False),
            (0, 0, True), (1, 1, True), (2, 2, True), (1, 2, True)]
    for spot in spots.of_body(rule.body):
        for said, there, good in rows:
            tree = spot.make()
            node = spot.node(tree)
            node.values = {field.name: elements[:there], field.count.name: said}
            if good:
                _room(tree, field)
            at = lambda node=node: node.places[field.count.name]  # noqa: E731
            yield Case(tree, None if good else at, f"{said:#x} of {there}")


def _room(tree: ReplyTree, field: m.Field) -> None:
    """Gives a region the size that its areas need."""
    if field.attr is not None and field.attr[0] is not None:
        tree.put(field.attr[0], "size", 0x1000)
