# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Finds rules that can never be broken or never be met, by what each operand can be.

An operand is an interval: a constant, or all that the width of its field or attribute allows,
narrowed by `must` and by enums. Operands that only a loop knows belong to implied rules, which are
not made where they cannot be broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

from . import model as m
from .load import SpecError

U32 = (1 << 32) - 1
U64 = (1 << 64) - 1
NEVER_BROKEN = "can never be broken"
NEVER_MET = "can never be met"


@dataclass(frozen=True)
class Range:
    """All values that an operand can have lie from low to high, and both ends occur."""

    low: int
    high: int
    only: frozenset[int] | None = None  # the values, where they are few

    @classmethod
    def of(cls, values: list[int]) -> "Range":
        return cls(min(values), max(values), frozenset(values))

    @property
    def constant(self) -> bool:
        return self.low == self.high

    def meets(self, other: "Range") -> bool:
        """Whether there is a value that both can have."""
        if self.only is not None:
            return any(other.has(value) for value in self.only)
        if other.only is not None:
            return other.meets(self)
        return self.low <= other.high and other.low <= self.high

    def has(self, value: int) -> bool:
        return value in self.only if self.only is not None else self.low <= value <= self.high


def field_range(one: m.Field) -> Range | None:
    if one.variable:
        return None
    if one.must is not None and one.must.kind == "number":
        return Range.of([one.must.value])
    if one.enum is not None:
        return Range.of([member.value for member in one.enum.members])
    if one.flagset is not None and one.flagset.rest == "refuse":
        return Range(0, one.flagset.mask())
    return Range(1 if one.not_ == 0 else 0, (1 << 8 * one.width) - 1)


def _type_range(type_name: str, enum: m.Enum | None) -> Range | None:
    if enum is not None:
        return Range.of([member.value for member in enum.members])
    if type_name in m.WIDTHS:
        return Range(0, (1 << 8 * m.WIDTHS[type_name]) - 1)
    return None


def operand_range(spec: m.Spec, operand: m.Operand) -> Range | None:
    """What an operand can be; None where only a loop knows."""
    if operand.kind == "number":
        return Range.of([operand.value])
    if operand.kind == "field":
        return field_range(operand.field)
    if operand.kind in ("flag", "test"):
        return Range.of([0, 1])
    if operand.kind == "flags":
        return Range(0, U32)
    if operand.kind == "element":
        return Range(0, U64)
    if operand.kind == "given":
        return _type_range(m.GIVEN[operand.name], spec.model.enums.get(m.GIVEN[operand.name]))
    if operand.kind in ("attr", "device"):
        attribute = spec.model.items[operand.item].attributes[operand.name]
        return _type_range(attribute.type, attribute.enum)
    return None


def _is(ranges: list[Range]) -> str | None:
    left, right = ranges
    if not left.meets(right):
        return NEVER_MET
    return NEVER_BROKEN if left.constant and right.constant else None


def _range(ranges: list[Range]) -> str | None:
    value, low, high = ranges
    if low.low > high.high or value.high < low.low or value.low > high.high:
        return NEVER_MET
    return NEVER_BROKEN if value.low >= low.high and value.high <= high.low else None


def _fits(ranges: list[Range]) -> str | None:
    start, length, limit = ranges
    if start.low + length.low > limit.high:
        return NEVER_MET
    return NEVER_BROKEN if start.high + length.high <= limit.low else None


def _needs(ranges: list[Range]) -> str | None:
    return NEVER_BROKEN if all(one.high == 0 for one in ranges[:-1]) else None


def _excludes(ranges: list[Range]) -> str | None:
    first, others = ranges[0], ranges[1:]
    if first.high == 0 or all(one.high == 0 for one in others):
        return NEVER_BROKEN
    return NEVER_MET if first.low > 0 and any(one.low > 0 for one in others) else None


# predicate: (its operands, how many at least, at most, what decides)
_DECIDE = {
    "is": ("[a, b]", 2, 2, _is),
    "range": ("[a, low, high]", 3, 3, _range),
    "fits": ("[start, length, limit]", 3, 3, _fits),
    "needs": ("[[a, ...], FLAG]", 2, 99, _needs),
    "excludes": ("[a, b, ...]", 2, 99, _excludes),
}


def _rule(spec: m.Spec, rule: m.Rule) -> Iterator[str]:
    """What is wrong with one written rule."""
    if rule.predicate not in _DECIDE:
        return
    form, least, most, decide = _DECIDE[rule.predicate]
    if not least <= len(rule.operands) <= most:
        yield f"{rule.predicate} is written {form}"
        return
    if rule.predicate == "needs" and rule.operands[-1].kind != "flag":
        yield "the last operand of needs is a flag"
        return
    for operand in rule.operands:
        if operand.kind == "field" and operand.field.variable:
            yield f"{operand.field.name} is no number"
            return
    ranges = [operand_range(spec, operand) for operand in rule.operands]
    if any(one is None for one in ranges):
        yield "an operand is no number"
        return
    verdict = decide(ranges)
    if verdict:
        yield f"rule {rule.id} {verdict}"


def _field(one: m.Field) -> Iterator[str]:
    """What is wrong with the options of a field."""
    must = one.must.value if one.must and one.must.kind == "number" else None
    if must is not None and one.enum and must not in {member.value for member in one.enum.members}:
        yield f"must {must:#x} is no member of {one.enum.name}, the field {NEVER_MET}"
    if must is not None and one.flagset and one.flagset.rest == "refuse":
        if must & ~one.flagset.mask():
            yield f"must {must:#x} is refused by {one.flagset.name}, the field {NEVER_MET}"
    if must is not None and one.not_ is not None:
        what = NEVER_MET if must == one.not_ else NEVER_BROKEN
        yield f"'not' beside must {must:#x} {what}"
    if one.not_ == 0 and one.enum and 0 not in {member.value for member in one.enum.members}:
        yield f"'not: 0' {NEVER_BROKEN}, {one.enum.name} has no member 0"


def check_reach(spec: m.Spec) -> Iterator[SpecError]:
    """Reports every rule that can never be broken or never be met."""
    for rule in spec.rules:
        if not rule.implied:
            for message in _rule(spec, rule):
                yield SpecError.at(rule.pos, message)
    for fmt in spec.formats.values():
        for body in fmt.bodies():
            for one in body.fields:
                for message in _field(one):
                    yield SpecError.at(one.pos, message)
        for flags in fmt.flags.values():
            if flags.rest == "refuse" and flags.mask(1) == (1 << 8 * flags.width) - 1:
                yield SpecError.at(flags.pos, f"'rest: refuse' {NEVER_BROKEN}, every bit is known")
        if fmt.record and fmt.record.align == 1:
            yield SpecError.at(fmt.record.pos, f"align 1 {NEVER_BROKEN}")
        for chain in fmt.chains.values():
            if chain.align and chain.align["to"] == 1:
                yield SpecError.at(chain.pos, f"align to 1 {NEVER_BROKEN}")
