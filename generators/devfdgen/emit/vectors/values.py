# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""One row per predicate: the values that break it, and their good neighbours.

A row gives values for the operands of a rule; an Assigner puts them into a tree wherever its format
has a place for them, so one row serves a header, a record, a slot, a reply and a rule of the model.
"""

from __future__ import annotations

from typing import Any, Iterator

from ... import model as m
from .cases import Case, Spot, Spots
from .node import Node
from .tree import UNTIL_SAID, Tree

TOP32, TOP64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
SMALL = 1  # a limit where the spec names none
PART = 0x1000  # the same for areas

# Good or not, a value for each operand (None: as it is), and a note. Of a member of elements there
# may be a list of values, one for each element; the last one is the one that is broken.
Values = tuple[bool, list[Any], str]


def is_(rule: m.Rule, spot: Spot) -> Iterator[Values]:
    other = rule.operands[1]
    if other.kind == "number":
        top = (1 << 8 * rule.operands[0].field.width) - 1
        yield False, [other.value + 1, other.value], "one more"
        yield False, [top, other.value], "all bits"
    else:
        for value, wanted in ((0, 1), (1, 0), (1 << 31, 0)):
            yield False, [value, wanted], f"{value:#x} for {wanted:#x}"
        yield True, [5, 5], "the same"


def in_(rule: m.Rule, spot: Spot) -> Iterator[Values]:
    field = rule.operands[0].field
    members = [one.value for one in field.enum.members]
    wrong = {0: "0", max(members) + 1: "one more than the highest member", TOP32: "all bits"}
    for value, note in sorted(wrong.items()):
        if value <= TOP32 and value not in members:
            yield False, [value], note
    # Members that ask for another shape of the whole file are good inputs of their own.
    if field.enum.format is None and not rule.body.field("device_type"):
        tested = {operand.member for written in rule.body.explicit for operand in written.operands}
        for one in field.enum.members:
            if one not in tested:
                yield True, [one.value], f"member {one.name}"


def mask(rule: m.Rule, spot: Spot) -> Iterator[Values]:
    flags = rule.field.flagset if rule.field else rule.body.flags
    version = spot.version if rule.body.kind == "record" else 1 << 16
    known = flags.mask(version)
    listed = sum(1 << bit.bit for bit in flags.members if bit.name == "LISTED")
    unknown = [bit for bit in range(8 * flags.width) if not known >> bit & 1]
    for bit in sorted({unknown[0], unknown[-1]}):
        yield False, [1 << bit | listed, None], f"bit {bit}"
    for bit in flags.members:
        if bit.since <= version and not listed >> bit.bit & 1:
            yield True, [1 << bit.bit | listed, None], f"bit {bit.bit}, {bit.name}"


def range_(rule: m.Rule, spot: Spot) -> Iterator[Values]:
    low, high = (operand.value for operand in rule.operands[1:])
    if low > 0:
        yield False, [low - 1, low, high], "one less than the least"
        yield True, [low, low, high], "the least"
    if not rule.implied:
        yield False, [high + 1, low, high], "one more than the most"
        yield False, [TOP32, low, high], "all bits"
        yield True, [high, low, high], "the most"


def fits(rule: m.Rule, spot: Spot) -> Iterator[Values]:
    last = rule.operands[2]
    limits = [last.value] if last.kind == "number" else [SMALL, TOP32]
    elements = any(operand.kind == "element" for operand in rule.operands)
    if elements:
        limits = [PART]
    for limit in limits:
        which = f" of {limit:#x}" if len(limits) > 1 else ""
        yield False, [limit, 1, limit], f"starts at the limit{which}"
        yield False, [1, limit, limit], f"one byte over{which}"
        yield False, [0, limit + 1, limit], f"longer than the limit{which}"
        if limit <= TOP32:
            yield False, [TOP32, 1, limit], f"32-bit sum wraps{which}"
        yield False, [TOP64, 1, limit], f"64-bit sum wraps to 0{which}"
        yield False, [TOP64, TOP64, limit], f"64-bit sum wraps{which}"
        yield True, [limit - 1, 1, limit], f"the last one{which}"
        yield True, [0, limit, limit], f"the whole{which}"
        yield True, [limit, 0, limit], f"nothing, at the limit{which}"
    if elements:
        yield False, [[0, 1], [PART, PART], PART], "the second one, one byte over"
        yield True, [[0, 1], [PART, PART - 1], PART], "the second one ends at the limit"


def needs(rule: m.Rule, spot: Spot) -> Iterator[Values]:
    *needing, _ = rule.operands
    for number, operand in enumerate(needing):
        values = [1 if place == number else 0 for place in range(len(needing))]
        yield False, [*values, 0], f"{operand} without the flag"
        yield True, [*values, 1], f"{operand} with the flag"


def excludes(rule: m.Rule, spot: Spot) -> Iterator[Values]:
    first, *others = rule.operands
    for number, operand in enumerate(others):
        values = [1 if place == number else None for place in range(len(others))]
        yield False, [1, *values], f"{first} with {operand}"
        yield True, [0, *values], f"{operand} alone"
    yield True, [1, *([0] * len(others))], f"{first} alone"


ROWS = {
    "is": is_, "in": in_, "mask": mask, "range": range_, "fits": fits, "needs": needs,
    "excludes": excludes,
}


# -- putting values into trees ---------------------------------------------------------------------


class Assigner:
    """Puts values for operands into one tree."""

    def __init__(self, spec: m.Spec, spot: Spot, tree: Tree) -> None:
        self.spec = spec
        self.spot = spot
        self.tree = tree
        self.where: dict[int, tuple[Node, m.Field | None]] = {}  # by number of the operand
        self.elements: dict[str, dict[str, list[int]]] = {}
        self.skipped = 0  # bytes of elements in front of the one that is broken

    def all(self, rule: m.Rule, values: list[Any]) -> bool:
        """False where the format has no place for one of them."""
        for number, (operand, value) in enumerate(zip(rule.operands, values)):
            if value is not None and not self.one(number, operand, value):
                return False
        for name, members in self.elements.items():
            struct = self.spec.model.structs["area"]
            elements = list(zip(*(members[field.name] for field in struct.fields)))
            if any(not 0 <= value <= TOP64 for element in elements for value in element):
                return False
            there = self.tree.put(self.spot.kind, name, elements)
            if there is None:
                return False
            self.where[0] = there
            self.skipped = struct.size * (len(elements) - 1)
        return True

    def one(self, number: int, operand: m.Operand, value: int) -> bool:
        return getattr(self, "_" + operand.kind)(number, operand, value)

    def _number(self, number: int, operand: m.Operand, value: int) -> bool:
        return value == operand.value

    def _field(self, number: int, operand: m.Operand, value: int) -> bool:
        node = self.spot.node(self.tree)
        if not 0 <= value < 1 << 8 * operand.field.width:
            return False
        if operand.field in node.body.fields:
            node.values[operand.field.name] = value
        else:
            node.word = value
        self.where[number] = node, operand.field
        return True

    def _attr(self, number: int, operand: m.Operand, value: int) -> bool:
        kind = operand.item or self.spot.kind
        if not self.tree.settable(kind, operand.name):
            return value == 0
        there = self.tree.put(kind, operand.name, value)
        if there is None:
            return False
        self.where[number] = there
        return True

    def _element(self, number: int, operand: m.Operand, value: int | list[int]) -> bool:
        values = value if isinstance(value, list) else [value]
        self.elements.setdefault(operand.name, {})[operand.member] = values
        return True

    def _flag(self, number: int, operand: m.Operand, value: int) -> bool:
        return self.tree.flag(self.spot.kind, operand.flag.name, bool(value)) or not value

    def _flags(self, number: int, operand: m.Operand, value: int) -> bool:
        if not value:
            self.tree.clear(self.spot.kind)
            return True
        flags = (flag for flag in self.spec.model.flags.values() if self.spot.kind in flag.of)
        return any(self.tree.flag(self.spot.kind, flag.name, True) for flag in flags)

    def _device(self, number: int, operand: m.Operand, value: int) -> bool:
        if not self.tree.settable("device", operand.name):
            return value == UNTIL_SAID.get(operand.name, 0)
        return self.tree.put("device", operand.name, value) is not None

    def _given(self, number: int, operand: m.Operand, value: int) -> bool:
        if operand.name != "index":
            return False
        self.tree.index = value
        return True

    def _test(self, number: int, operand: m.Operand, value: int) -> bool:
        node = self.spot.node(self.tree)
        field = operand.field
        if operand.member is not None:
            wanted = operand.member.value
        else:
            wanted = self.order()
        others = [one.value for one in field.enum.members if one.value != wanted]
        node.values[field.name] = wanted if value else others[0]
        self.where[number] = node, field
        return True

    def order(self) -> int:
        """given.order of the tree."""
        name = "BIG" if self.tree.big else "LITTLE"
        return self.spec.model.enums["order"].member(name).value


def broken_at(rule: m.Rule, spot: Spot, tree: Tree, assigner: Assigner, values: list[Any]) -> int:
    """Where language.md says that a broken value rule is reported."""
    if rule.item is not None and rule.attribute is None and rule.body is None:
        return tree.item(rule.item).at
    if rule.attribute is not None:
        for number, operand in enumerate(rule.operands):
            if operand.name == rule.attribute and number in assigner.where:
                node, field = assigner.where[number]
                return node.places[field.name] + assigner.skipped
        node, field = tree.put(rule.item, rule.attribute, 0)
        return node.places[field.name]
    if rule.predicate == "needs":
        number = next(one for one, value in enumerate(values[:-1]) if value)
    else:
        number = min(assigner.where)
    node, field = assigner.where[number]
    return node.heads["flags"] if field not in node.body.fields else node.places[field.name]


def cases(spec: m.Spec, rule: m.Rule, spots: Spots) -> Iterator[Case]:
    """Every case of a value rule in every place; nothing for a rule that its shape breaks."""
    row = ROWS.get(rule.predicate)
    places = list(spots.of_body(rule.body) if rule.body else spots.of_kind(rule.item))
    for spot in places:
        for good, values, note in row(rule, spot):
            tree = spot.make()
            if spot.body is not None:
                spot.node(tree)
            elif tree.item(spot.kind) is None:
                continue
            assigner = Assigner(spec, spot, tree)
            if not assigner.all(rule, values):
                continue
            if rule.attribute is not None and not assigner.where:
                continue
            if rule.item and rule.attribute is None and not _said(tree, rule):
                continue
            if good:
                yield Case(tree, None, note)
                continue
            yield Case(tree, _later(rule, spot, tree, assigner, values), note)


def _said(tree: Tree, rule: m.Rule) -> bool:
    """Whether the first operand of an item rule has a place in this format."""
    first = rule.operands[0]
    if rule.body is not None or first.kind != "attr":
        return True
    return tree.settable(rule.item, first.name)


def _later(rule: m.Rule, spot: Spot, tree: Tree, assigner: Assigner, values: list[Any]) -> Any:
    return lambda: broken_at(rule, spot, tree, assigner, values)


def is_of_values(rule: m.Rule) -> bool:
    """Whether the operands of a rule are all values that a tree can be given."""
    if rule.predicate not in ROWS or rule.format == "model" and rule.item is None:
        return False
    for operand in rule.operands:
        if operand.kind == "place" or operand.kind == "given" and operand.name == "size":
            return False
    return rule.body is None or rule.body.kind != "head"
