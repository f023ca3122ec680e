# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Asks a solver (z3) of every rule about values: can it be met, can it be broken while all others
of the same body and item hold, and at which values does it turn.

Numbers are bit vectors that are wide enough for every sum, so that nothing wraps as it would in a
careless reader. Rules about places and lengths are not asked: their vectors are the proof. Nothing
is generated from the answers; a test holds them against what the emitters found by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Iterable

import z3

from . import model as m

WIDTH = 72  # bits: of the longest sum of two u64, and some
PATIENCE = 5000  # milliseconds for one question
UNKNOWN_ATTRIBUTE = 8  # bytes of an attribute whose type has no width of its own


# The values at which a field may turn, as the emitters have them.
Limits = Callable[[m.Spec, m.Body, m.Field], Iterable[int]]


class NotAsked(Exception):
    """An operand is no value."""


@dataclass(frozen=True)
class Finding:
    """What the solver says of a rule."""

    met: bool  # it can hold with all others
    alone: bool  # it can be broken while they do
    turns: list[int] | None  # of a rule about one field: the limits given at which it turns


class Scope:
    """The variables of one body and of the item that it says something of."""

    def __init__(self, spec: m.Spec, body: m.Body | None, kind: str | None) -> None:
        self.spec, self.body, self.kind = spec, body, kind
        self.types: dict[str, Any] = {}  # variable -> that it fits its type
        self.links: list[Any] = []
        for field in body.fields if body else ():
            if not field.variable:
                self._link(field)

    def variable(self, name: str, width: int) -> Any:
        found = z3.BitVec(name, WIDTH)
        self.types[name] = z3.ULE(found, number((1 << 8 * width) - 1))
        return found

    def field(self, field: m.Field) -> Any:
        return self.variable(f"field {field.name}", field.width)

    def attribute(self, kind: str | None, name: str) -> Any:
        item = self.spec.model.items[kind or self.kind]
        width = m.WIDTHS.get(item.attributes[name].type, 4)
        return self.variable(f"{item.name}.{name}", width)

    def flag(self, flag: m.ModelFlag) -> Any:
        return z3.Bool(f"flag {flag.name}")

    def _link(self, field: m.Field) -> None:
        """What the field says of the item, an enum apart, which maps by name."""
        if field.attr is None or field.when is not None:
            return
        kind, name = field.attr[0] or self.kind, field.attr[1]
        if kind is None:
            return
        for bit in field.flagset.members if field.flagset else ():
            there = self.field(field) & number(1 << bit.bit) != number(0)
            if bit.sets is not None:
                self.links.append(self.flag(bit.sets) == there)
            if bit.clears is not None:
                self.links.append(self.flag(bit.clears) == z3.Not(there))
        if field.flagset is None and field.enum is None and kind in self.spec.model.items:
            self.links.append(self.field(field) == self.attribute(kind, name))

    def operand(self, operand: m.Operand) -> Any:
        if operand.kind == "number":
            return number(operand.value)
        if operand.kind == "field":
            return self.field(operand.field)
        if operand.kind == "attr":
            return self.attribute(operand.item, operand.name)
        if operand.kind == "element":
            return self.variable(f"{operand.name}.{operand.member}", UNKNOWN_ATTRIBUTE)
        if operand.kind == "flag":
            return z3.If(self.flag(operand.flag), number(1), number(0))
        if operand.kind == "flags":
            flags = (flag for flag in self.spec.model.flags.values() if self.kind in flag.of)
            return z3.If(z3.Or(*map(self.flag, flags)), number(1), number(0))
        if operand.name in ("size", "received") and operand.kind == "given":
            raise NotAsked("a length")
        if operand.kind in ("device", "given"):
            return self.variable(f"{operand.kind} {operand.name}", 4)
        if operand.kind == "test":
            wanted = number(operand.member.value) if operand.member else self.variable(
                f"given {operand.name}", 4)
            return z3.If(self.field(operand.field) == wanted, number(1), number(0))
        raise NotAsked(operand.kind)

    def rule(self, rule: m.Rule) -> Any:
        """The rule as a formula; NotAsked where it is about more than values."""
        if rule.predicate not in PREDICATES:
            raise NotAsked(rule.predicate)
        if rule.predicate in ("in", "mask"):
            return self._closed(rule)
        return PREDICATES[rule.predicate]([self.operand(one) for one in rule.operands])

    def _closed(self, rule: m.Rule) -> Any:
        """A member of an enum, or only known bits."""
        if rule.field is None or rule.body is None or rule.body.kind == "head":
            raise NotAsked(rule.id)
        value = self.field(rule.field)
        if rule.predicate == "mask":
            if rule.field.flagset is None:
                raise NotAsked(rule.id)
            return value & number(~rule.field.flagset.mask() & (1 << WIDTH) - 1) == number(0)
        if rule.field.enum is None:
            raise NotAsked(rule.id)
        return z3.Or(*(value == number(one.value) for one in rule.field.enum.members))


def number(value: int) -> Any:
    return z3.BitVecVal(value, WIDTH)


def _fits(values: list[Any]) -> Any:
    start, length, limit = values
    return z3.ULE(start + length, limit)


PREDICATES = {
    "is": lambda values: values[0] == values[1],
    "range": lambda values: z3.And(z3.UGE(values[0], values[1]), z3.ULE(values[0], values[2])),
    "fits": _fits,
    "multiple": lambda values: z3.URem(values[0], values[1]) == number(0),
    "needs": lambda values: z3.Implies(
        z3.Or(*(one != number(0) for one in values[:-1])), values[-1] != number(0)),
    "excludes": lambda values: z3.Implies(
        values[0] != number(0), z3.And(*(one == number(0) for one in values[1:]))),
    "in": None,
    "mask": None,
}


def formulas(scope: Scope, rules: Iterable[m.Rule]) -> dict[str, Any]:
    """The rules that can be asked of, by id."""
    found = {}
    for rule in rules:
        try:
            found[rule.id] = scope.rule(rule)
        except NotAsked:
            continue
    return found


def of_item(spec: m.Spec, kind: str | None, said: Iterable[str]) -> list[m.Rule]:
    """The rules of the attributes that are said, and of the item."""
    if kind not in spec.model.items:
        return []
    item = spec.model.items[kind]
    return [rule for name in said for rule in item.attributes[name].rules] + item.rules


def scopes(spec: m.Spec) -> Iterable[tuple[Scope, list[m.Rule]]]:
    """Each item with all its rules, then each body with its own and those of what it says."""
    for kind, item in spec.model.items.items():
        yield Scope(spec, None, kind), of_item(spec, kind, item.attributes)
    for fmt in spec.formats.values():
        for body in fmt.bodies():
            if body.kind == "head":
                continue
            kind = body.item
            said = [field.attr[1] for field in body.fields
                    if field.attr and field.attr[0] == kind and kind and not field.variable
                    and field.attr[1] in spec.model.items[kind].attributes]
            yield Scope(spec, body, kind), [*body.rules, *of_item(spec, kind, said)]


def sat(formula: list[Any]) -> bool:
    solver = z3.SolverFor("QF_BV")
    solver.set("timeout", PATIENCE)
    solver.add(*formula)
    answer = solver.check()
    if answer == z3.unknown:
        raise RuntimeError(f"the solver does not know: {solver.reason_unknown()}")
    return answer == z3.sat


def turns(value: Any, good: list[Any], bad: list[Any], limits: Iterable[int]) -> list[int]:
    """Those of the limits at which the rule turns: one of it and its neighbours is good, another
    breaks the rule alone."""
    found = []
    for limit in limits:
        near = z3.Or(*(value == number(one) for one in (limit - 1, limit, limit + 1) if one >= 0))
        if sat([*good, near]) and sat([*bad, near]):
            found.append(limit)
    return found


def one_field(rule: m.Rule) -> m.Field | None:
    """The field of a rule that is about one field and numbers."""
    fields = [one.field for one in rule.operands if one.kind == "field"]
    if rule.predicate not in ("is", "range", "in") or len(fields) > 1:
        return None
    if any(one.kind not in ("field", "number") for one in rule.operands):
        return None
    return fields[0] if fields else rule.field


def findings(spec: m.Spec, limits: Limits) -> dict[str, Finding]:
    """What the solver says of each rule that it can be asked of, in the first scope that has it."""
    found: dict[str, Finding] = {}
    for scope, rules in scopes(spec):
        asked = formulas(scope, rules)
        by_id = {rule.id: rule for rule in rules}
        world = [*scope.links, *scope.types.values()]
        for rule_id, formula in asked.items():
            if rule_id in found:
                continue
            rule = by_id[rule_id]
            others = world + [other for name, other in asked.items() if name != rule_id
                              and (rule.producer_only or not by_id[name].producer_only)]
            good, bad = [*others, formula], [*others, z3.Not(formula)]
            field, turning = one_field(rule), None
            if field is not None and scope.body is not None:
                turning = turns(scope.field(field), good, bad, limits(spec, scope.body, field))
            found[rule_id] = Finding(sat(good), sat(bad), turning)
    return found
