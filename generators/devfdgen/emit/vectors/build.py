# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Makes the vectors: which row breaks which rule, and the oracle's word on every one of them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, Callable, Iterator

import oracle

from ... import model as m
from .. import Refused
from . import about, good, records, replies, slots, values
from .alone import NOT_PRODUCED
from .cases import Case, Spots
from .tree import Tree

# Rules without a vector, and why.
WITHOUT = {
    "model.input.max": "an input that breaks it has more than 2 GiB",
}

SIGNS = {"+": "plus ", "-": "minus "}

Row = Callable[[m.Spec, m.Rule, Spots], Iterator[Case]]

# How rules are broken that are more than values: by kind of body (or, for the rules of no body, the
# shape of the format or 'chain'), and the end of the id.
ROWS: dict[tuple[str, str], Row] = {
    ("header", "size"): slots.header_size,
    ("header", "total.is"): slots.total,
    ("header", "exact"): slots.exact,
    ("header", "tail.next"): slots.tail_next,
    ("header", "tail_size.fits"): slots.tail_fits,
    ("head", "size"): records.record_size,
    ("head", "rec_len.min"): records.rec_len_min,
    ("head", "rec_len.multiple"): records.rec_len_multiple,
    ("head", "rec_len.fits"): records.rec_len_fits,
    ("head", "type.range"): records.type_range,
    ("head", "type.since"): records.type_since,
    ("head", "type.parent"): records.type_parent,
    ("head", "type.order"): records.type_order,
    ("head", "type.twice"): records.type_twice,
    ("record", "first"): records.first,
    ("record", "size"): records.size,
    ("record", "exact"): records.exact,
    ("record", "nul"): records.nul,
    ("record", "pad"): records.pad_bytes,
    ("record", "length"): records.length,
    ("record", "multiple"): records.multiple,
    ("record", "ascending"): records.ascending,
    ("record", "last"): records.last,
    ("slot", "counts"): slots.counts,
    ("slot", "absent"): slots.absent,
    ("slot", "tail.next"): slots.tail_next,
    ("slot", "tail_size.fits"): slots.tail_fits,
    ("array", "type.bus"): slots.type_bus,
    ("array", "type.num_regions"): slots.type_count,
    ("array", "type.num_irqs"): slots.type_count,
    ("array", "type.config"): slots.type_config,
    ("array", "tail.end"): slots.tail_end,
    ("reply", "size"): replies.reply_size,
    ("reply", "argsz.min"): replies.argsz_min,
    ("reply", "argsz.more"): replies.argsz_more,
    ("reply", "counts"): replies.reply_counts,
    ("reply", "cap_offset.size"): replies.cap_offset_size,
    ("chain", "first"): replies.first,
    ("chain", "floor"): replies.floor,
    ("chain", "fits"): replies.fits,
    ("chain", "cycle"): replies.cycle,
    ("chain", "backward"): replies.backward,
    ("chain", "apart"): replies.apart,
    ("chain", "max"): replies.most,
    ("chain", "align"): replies.align,
    ("chain", "version"): replies.version,
    ("chain", "twice"): replies.twice,
    ("chain", "overlap"): replies.overlap,
    ("capability", "size"): replies.cap_size,
    ("capability", "counts"): replies.cap_counts,
    ("capability", "length"): records.length,
}


@dataclass(eq=False)
class Vector:
    """One input with all that its verdict depends on, and the verdict."""

    id: str
    format: str | None
    rule: m.Rule | None
    given: dict[str, Any]
    data: bytes
    verdict: Any  # of the oracle
    note: str
    cls: str  # malformed, invalid, must-ignore or valid
    catches: list[str]
    rules: list[m.Rule]  # that it is about: the broken one, or those that it is a neighbour of


def row_of(spec: m.Spec, rule: m.Rule) -> Row | None:
    """The row that breaks a rule."""
    if rule.id == "model.input.magic":
        return magic
    if rule.id == "tlv.version.write":
        return written_version
    if values.is_of_values(rule):
        return lambda spec, rule, spots: values.cases(spec, rule, spots)
    last = rule.id.rpartition(".")[2]
    if rule.body is None:
        fmt = spec.formats[rule.format]
        kind = "chain" if fmt.chains else fmt.shape
        suffix = rule.id.partition(".")[2] if kind != "chain" else last
    else:
        kind = rule.body.kind
        suffix = rule.id[len(f"{rule.format}.{rule.body.lname}."):]
    if kind == "record" and last == "needed":
        return records.last_needed if suffix == "needed" else records.needed
    if kind == "record" and last == "pad" and rule.field.kind == "string":
        return records.pad_string
    return ROWS.get((kind, suffix)) or ROWS.get((kind, last))


def magic(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    """No format is given and the first bytes tell none."""
    for fmt in spec.formats.values():
        if fmt.header is None:
            continue
        field = next(one for one in fmt.header.fields if one.enum and one.enum.name == "magic")
        make = next(spots.trees(fmt))[0]
        for cut, change in ((None, True), (3, False), (0, False), (None, False)):
            tree = make()
            tree.named = False
            tree.cut = cut
            if change:
                tree.header.values[field.name] = field.enum.members[0].value ^ 1
            good_ = cut is None and not change
            if good_:
                yield Case(tree, None, f"{fmt.name} by magic")
            else:
                yield Case(tree, lambda: 0, "another number" if change else f"{cut} bytes")


def written_version(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    wanted = rule.operands[1].value
    for make, version in spots.trees(spec.formats[rule.format]):
        tree = make()
        at = lambda tree=tree: tree.header.places["version"]  # noqa: E731
        yield Case(tree, None if version == wanted else at, f"version {version}")


class Builder:
    """Confirms cases with the oracle and names them."""

    def __init__(self, spec: m.Spec) -> None:
        self.spec = spec
        try:
            self.oracle = oracle.load(spec.directory)
        except oracle.SpecError as error:
            raise Refused(f"the oracle: {error}") from None
        self.seen: set[tuple] = set()
        self.rules = {rule.id: rule for rule in spec.rules}

    def judge(self, tree: Tree, data: bytes, given: dict[str, Any]) -> Any:
        try:
            return self.oracle.judge(data, tree.format if tree.named else None, **given)
        except oracle.SpecError as error:
            raise Refused(f"the oracle: {error}") from None

    def given(self, tree: Tree) -> dict[str, Any]:
        return {"index": tree.index or 0, "order": "big" if tree.big else "little",
                "role": "producer" if tree.producer else "reader"}

    def fresh(self, tree: Tree, data: bytes, given: dict[str, Any]) -> bool:
        """Whether no other vector is the same."""
        key = (tree.format if tree.named else None, data, *given.values())
        if key in self.seen:
            return False
        self.seen.add(key)
        return True

    def vector(self, name: str, tree: Tree, given: dict[str, Any], data: bytes, verdict: Any,
               note: str, rules: list[m.Rule], more: tuple[str, ...] = ()) -> Vector:
        """A vector with what follows from its rules and its tree."""
        broken = self.rules[verdict.rule] if verdict.rule else None
        found = about.features(tree)
        rule = broken or (rules[0] if rules else None)
        catches = about.catches(self.spec, rule, broken is not None, note, found, more)
        cls = about.of_broken(self.spec, broken) if broken else about.of_good(found)
        if broken:
            rules = [broken, *(one for one in rules if one is not broken)]
        return Vector(name, tree.format if tree.named else None, broken, given, data, verdict,
                      note, cls, catches, rules)

    def judged(self, name: str, tree: Tree, note: str, rules: list[m.Rule],
               more: tuple[str, ...] = ()) -> Vector | None:
        """A vector with whatever verdict the oracle has."""
        data = tree.bytes()
        given = self.given(tree)
        if not self.fresh(tree, data, given):
            return None
        return self.vector(name, tree, given, data, self.judge(tree, data, given), note, rules,
                           more)

    def accept(self, name: str, tree: Tree, note: str, producer: bool = False,
               rule: m.Rule | None = None) -> Vector | None:
        tree.producer = producer
        data, given = tree.bytes(), {}
        given = self.given(tree)
        verdict = self.judge(tree, data, given)
        if verdict.verdict != "accept":
            raise Refused(f"{name} ({note}) is good, but: {verdict} {data.hex()}")
        if not self.fresh(tree, data, given):
            return None
        return self.vector(name, tree, given, data, verdict, note, [rule] if rule else [])

    def reject(self, name: str, rule: m.Rule, case: Case) -> Vector | None:
        tree = case.tree
        tree.producer = rule.producer_only
        data = tree.bytes()
        given = self.given(tree)
        verdict = self.judge(tree, data, given)
        found = (verdict.verdict, verdict.rule, verdict.at, verdict.need)
        if found != (rule.verdict, rule.id, case.at(), case.need):
            wanted = (rule.verdict, rule.id, case.at(), case.need)
            raise Refused(f"{name} ({case.note}): {found}, not {wanted}: {data.hex()}")
        if rule.producer_only:
            tree.producer = False
            other = self.judge(tree, data, self.given(tree))
            if other.verdict != "accept":
                raise Refused(f"{name} ({case.note}) as a reader: {other}")
        if not self.fresh(tree, data, given):
            return None
        return self.vector(name, tree, given, data, verdict, case.note, [rule])


def slug(note: str) -> str:
    """A note as a part of an id."""
    signed = re.sub(r"(?<![^ ])([+-])(?=[0-9])", lambda one: SIGNS[one[1]], note.lower())
    return re.sub(r"[^a-z0-9_]+", "-", signed).strip("-")


def name_of(rule: m.Rule, case: Case) -> str:
    """The id of a vector: rule, place and note, so that a new case renames no other."""
    good = ["good"] if case.at is None else []
    return "/".join([rule.id, *good, case.tree.place_name(), slug(case.note)])


def of_rule(builder: Builder, rule: m.Rule) -> list[Vector]:
    """All vectors of a rule: little-endian ones, then the first big-endian one of each kind."""
    row = row_of(builder.spec, rule)
    if row is None:
        raise Refused(f"{rule.id}: no row breaks it")
    out: list[Vector] = []
    for big in (False, True):
        formats: set[tuple] = set()
        for case in row(builder.spec, rule, Spots(builder.spec, big)):
            kind = (case.tree.format, case.at is None)
            if big and kind in formats:
                continue
            formats.add(kind)
            name = name_of(rule, case)
            if case.at is None:
                vector = builder.accept(name, case.tree, case.note, rule.producer_only, rule)
            else:
                vector = builder.reject(name, rule, case)
            if vector is not None:
                out.append(vector)
    for name, count in Counter(vector.id for vector in out).items():
        if count > 1:
            raise Refused(f"{name}: {count} cases have this id")
    if all(vector.rule is None for vector in out):
        raise Refused(f"{rule.id}: no vector breaks it")
    return out


def as_producer(builder: Builder, rule: m.Rule, vectors: list[Vector]) -> list[Vector]:
    """The smallest vector that breaks a rule and the smallest good one, as a producer's work."""
    out = []
    for broken in (True, False):
        same = [one for one in vectors if (one.rule is rule) == broken]
        for one in sorted(same, key=lambda one: len(one.data)):
            given = {**one.given, "role": "producer"}
            verdict = builder.oracle.judge(one.data, one.format, **given)
            if verdict.rule != (rule.id if broken else None):
                continue
            before = rule.id if broken else f"{rule.id}/good"
            name = f"{before}/producer/{one.id.removeprefix(before + '/')}"
            out.append(replace(one, id=name, given=given, verdict=verdict))
            break
    if rule.id in NOT_PRODUCED or out and out[0].rule is rule:
        return out
    raise Refused(f"{rule.id}: no vector breaks it in the role of a producer")


def all_vectors(builder: Builder) -> list[Vector]:
    """Good inputs, then those of every rule, for every role that it binds."""
    spec = builder.spec
    out = []
    for big in (False, True):
        for name, tree in good.trees(spec, big):
            vector = builder.accept(name, tree, "good")
            if vector is not None:
                out.append(vector)
    for rule in spec.rules:
        if rule.id not in WITHOUT:
            found = of_rule(builder, rule)
            out += found
            if not rule.producer_only:
                out += as_producer(builder, rule, found)
    return out


def smallest(vectors: list[Vector]) -> dict[str, Vector]:
    """Of each rule the smallest vector that breaks it and is not empty."""
    best: dict[str, Vector] = {}
    for vector in vectors:
        if vector.rule is None or not vector.data:
            continue
        held = best.get(vector.rule.id)
        if held is None or len(vector.data) < len(held.data):
            best[vector.rule.id] = vector
    return best
