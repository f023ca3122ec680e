# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The boundaries of every scalar field: of its type, of its rules, and around its good value.

Whether a value is good is for the oracle to say: what stands at a boundary of one rule may well
break another.
"""

from __future__ import annotations

from typing import Iterator

from ... import model as m
from .build import Builder, Vector
from .cases import Spot, Spots
from .node import Node
from .replies import UNKNOWN
from .tree import RecordsTree, ReplyTree, Tree

CATCHES = ("off-by-one",)


def rules_of(spec: m.Spec, body: m.Body, field: m.Field) -> list[m.Rule]:
    """The rules that look at a field, those of its attribute included."""
    found = [rule for rule in body.rules
             if rule.field is field or any(one.field is field for one in rule.operands)]
    if field.attr is not None:
        kinds = [field.attr[0]] if field.attr[0] else list(spec.model.items)
        for kind in kinds:
            attribute = spec.model.items[kind].attributes.get(field.attr[1])
            found += attribute.rules if attribute else []
    return found


def limits(spec: m.Spec, body: m.Body, field: m.Field) -> set[int]:
    """Values at which a rule of the field may turn."""
    found: set[int] = set()
    if field.must is not None and field.must.kind == "number":
        found.add(field.must.value)
    if field.not_ is not None:
        found.add(field.not_)
    if field.enum is not None:
        members = [one.value for one in field.enum.members]
        found |= {min(members), max(members)}
    if field.flagset is not None:
        known = field.flagset.mask()
        found |= {known, 1 << known.bit_length()}
    for rule in rules_of(spec, body, field):
        if rule.predicate in ("is", "range", "fits"):
            found |= {one.value for one in rule.operands[1:] if one.kind == "number"}
    return found


def around(values: set[int], width: int) -> list[int]:
    """Each value, the one before and the one behind, and the ends of the type."""
    top = (1 << 8 * width) - 1
    found = {0, 1, top}.union(*({one - 1, one, one + 1} for one in values))
    return sorted(one for one in found if 0 <= one <= top)


def of_fields(builder: Builder, spot: Spot) -> Iterator[Vector | None]:
    """Every scalar field of one body in one place."""
    spec, body = builder.spec, spot.body
    first = spot.make()
    node = spot.node(first)
    first.bytes()
    for field in body.fields:
        if field.variable or field.name not in node.places:
            continue
        good = node.value(field)
        rules = rules_of(spec, body, field)
        for value in around({good} | limits(spec, body, field), field.width):
            tree = spot.make()
            spot.node(tree).values[field.name] = value
            if isinstance(tree, ReplyTree) and field.name == "index":
                tree.index = good
            what = f"{body.format}.{body.lname}.{field.name}"
            name = f"boundary/{what}/{tree.place_name()}/{value:#x}"
            yield builder.judged(name, tree, f"{field.name} {value:#x}", rules, CATCHES)


def of_record_heads(builder: Builder, fmt: m.Format) -> Iterator[Vector | None]:
    """Type, length and flags of the first record at top level and below an item."""
    spots = Spots(builder.spec, False)
    listed = sorted(body.tag for body in fmt.records.values())
    head = fmt.record
    tags = around({listed[0], listed[-1], head.first_unknown}, 4)
    for make, version in spots.trees(fmt):
        for body in (one for one in fmt.records.values() if one.open_ and one.since <= version):
            for field, values in (("type", tags), ("rec_len", None), ("flags", None)):
                for value in values or _head_values(builder, make, body, field):
                    tree = make()
                    tree.where = [body.lname]
                    node = tree.need(body)
                    if field == "flags":
                        node.word = value
                    else:
                        node.head[field] = value
                    name = f"boundary/{fmt.name}.record.{field}/{tree.place_name()}/{value:#x}"
                    rules = [one for one in head.rules if one.field and one.field.name == field]
                    yield builder.judged(name, tree, f"{field} {value:#x}", rules, CATCHES)


def _head_values(builder: Builder, make: type, body: m.Body, field: str) -> list[int]:
    """Around the good length, or the known flags."""
    tree = make()
    node = tree.need(body)
    data = tree.bytes()
    if field == "flags":
        known = body.flags.mask(tree.version) if body.flags else 0
        return around({known, 1 << known.bit_length()}, 4)
    return around({12, node.end - node.at, len(data) - node.at}, 4)


def of_links(builder: Builder, fmt: m.Format) -> Iterator[Vector | None]:
    """Id, version and next of capabilities."""
    spots = Spots(builder.spec, False)
    for chain in fmt.chains.values():
        make = spots.reply(spots.of_chain(chain))
        by_tag = {body.tag: body for body in chain.caps.values()}
        for value in around({min(by_tag), max(by_tag)}, 2):
            tree = make()
            tree.add(by_tag.get(value), tag=value)
            yield builder.judged(f"boundary/{fmt.name}.{chain.name}.id/{tree.place_name()}/"
                                 f"{value:#x}", tree, f"id {value:#x}", [], CATCHES)
        for body in chain.caps.values():
            for value in around(set(body.sizes_by_version), 2):
                tree = make()
                tree.where = [body.lname]
                tree.add(body, version=value)
                yield builder.judged(f"boundary/{fmt.name}.{chain.name}.version/"
                                     f"{tree.place_name()}/{value:#x}", tree,
                                     f"version {value:#x}", [chain.implied["version"]], CATCHES)
        for number, word in ((0, "cap_offset"), (1, "next")):
            yield from _links(builder, chain, make, number, word)


def _links(builder: Builder, chain: m.Chain, make: type, number: int,
           word: str) -> Iterator[Vector | None]:
    """The link to the capability behind `number` others, in a reply with two of them."""
    first: ReplyTree = make()
    for tag in range(2):
        first.add(None, tag=UNKNOWN + tag)
    end = len(first.bytes())
    low, high = (node.at for node in first.caps)
    for value in around({chain.floor, low, low + 8, high, end - 8, end}, 4):
        tree = make()
        for tag in range(2):
            tree.add(None, tag=UNKNOWN + tag)
        tree.bytes()
        if number:
            tree.caps[0].head["next"] = value
        else:
            tree.reply.values["cap_offset"] = value
        rules = [chain.implied[name] for name in ("first", "floor", "fits")]
        yield builder.judged(f"boundary/{chain.format}.{chain.name}.{word}/{tree.place_name()}/"
                             f"{value:#x}", tree, f"{word} {value:#x}", rules, CATCHES)


def places(builder: Builder) -> Iterator[Spot]:
    """The first place of each body in each of its versions."""
    spots = Spots(builder.spec, False)
    for fmt in builder.spec.formats.values():
        for body in fmt.bodies():
            seen: set[int] = set()
            for spot in spots.of_body(body) if body.kind != "head" else ():
                tree: Tree = spot.make()
                foreign = body.kind == "record" and not isinstance(tree, RecordsTree)
                if spot.version not in seen and not foreign:
                    seen.add(spot.version)
                    yield spot


def all_boundaries(builder: Builder) -> list[Vector]:
    found: list[Vector | None] = []
    for spot in places(builder):
        found += of_fields(builder, spot)
    for fmt in builder.spec.formats.values():
        if fmt.shape == "records":
            found += of_record_heads(builder, fmt)
        found += of_links(builder, fmt)
    return [one for one in found if one is not None]
