# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Operands and explicit predicates, compiled to functions (language.md section 3)."""
from __future__ import annotations

from typing import Any, Callable, Sequence

from .spec import RULE_KEYS, Field, Format, Model, SpecError, only
from .state import Input, Item

Operand = Callable[[Input, Item, Sequence[Any]], int]

# Until a body has said them, any index is possible.
UNTIL_SAID = {"num_regions": 0xffffffff, "num_irqs": 0xffffffff}

GIVEN: dict[str, Operand] = {
    "given.size": lambda inp, item, values: inp.n,
    "given.received": lambda inp, item, values: inp.n,
    "given.index": lambda inp, item, values: inp.index,
    "given.order": lambda inp, item, values: inp.order,
}


class Scope:
    """What names mean where a rule stands: fields of a body, or attributes of an item."""

    def __init__(self, model: Model, kind: str | None, fields: Sequence[Field] = (),
                 fmt: Format | None = None) -> None:
        self.model = model
        self.kind = kind
        self.fields = list(fields)
        self.fmt = fmt
        self.places = {field.name: place for place, field in enumerate(self.fields)}

    def _attribute(self, name: str) -> dict[str, Any] | None:
        kinds = [self.kind] if self.kind is not None else list(self.model.attributes)
        for kind in kinds:
            if name in self.model.attributes[kind]:
                return self.model.attributes[kind][name]
        return None

    def element(self, name: Any) -> tuple[str, int] | None:
        """For `areas.offset`: the attribute and the place of the member in one element."""
        if not isinstance(name, str) or "." not in name:
            return None
        first, _, member = name.partition(".")
        attribute = self._attribute(first)
        if attribute is None or attribute["type"] != "areas":
            return None
        for place, field in enumerate(self.model.struct("area") or ()):
            if field.name == member:
                return first, place
        return None

    def field(self, operand: Any) -> int | None:
        """The place of the field that the operand names or tests."""
        if isinstance(operand, dict):
            operand = next(iter(operand))
        return self.places.get(operand) if isinstance(operand, str) else None

    def operand(self, name: Any, where: str) -> Operand:
        """The function that gives an operand's value."""
        if isinstance(name, bool):
            raise SpecError(f"{where}: {name!r} is no operand")
        if isinstance(name, int):
            return lambda inp, item, values: name
        if isinstance(name, dict):
            return self._test(name, where)
        if name in GIVEN:
            return GIVEN[name]
        if name == "flags":
            return lambda inp, item, values: item.flags
        if name in self.places:
            place = self.places[name]
            return lambda inp, item, values: values[place]
        element = self.element(name)
        if element is not None:
            member = element[1]
            return lambda inp, item, values: values[member]
        if name in self.model.bits:
            bit = self.model.bits[name]
            return lambda inp, item, values: item.flags >> bit & 1
        if self._attribute(name) is not None:
            return lambda inp, item, values: item.attrs.get(name, 0)
        owner, _, attribute = name.partition(".")
        if owner == "device" and attribute in self.model.attributes["device"]:
            start = UNTIL_SAID.get(attribute, 0)
            return lambda inp, item, values: inp.device.attrs.get(attribute, start)
        raise SpecError(f"{where}: unknown operand {name!r}")

    def _test(self, test: dict[str, Any], where: str) -> Operand:
        """`{field: MEMBER}`: 1 where the field has that value, or equals the given."""
        if len(test) != 1:
            raise SpecError(f"{where}: a test names one field, not {test!r}")
        name, member = next(iter(test.items()))
        if name not in self.places or self.fmt is None:
            raise SpecError(f"{where}: a test needs a field, not {name!r}")
        place = self.places[name]
        if member in GIVEN:
            given = GIVEN[member]
            return lambda inp, item, values: int(values[place] == given(inp, item, values))
        enum = self.fmt.enum(self.fields[place].type)
        if enum is None or member not in enum:
            raise SpecError(f"{where}: {member!r} is no member of {name!r}")
        wanted = enum[member]
        return lambda inp, item, values: int(values[place] == wanted)


def _is(a: Operand, b: Operand) -> Operand:
    return lambda inp, item, values: a(inp, item, values) == b(inp, item, values)


def _range(a: Operand, low: Operand, high: Operand) -> Operand:
    return lambda inp, item, values: (
        low(inp, item, values) <= a(inp, item, values) <= high(inp, item, values))


def _fits(start: Operand, length: Operand, limit: Operand) -> Operand:
    return lambda inp, item, values: (
        start(inp, item, values) + length(inp, item, values) <= limit(inp, item, values))


def _excludes(first: Operand, *others: Operand) -> Operand:
    return lambda inp, item, values: (
        not first(inp, item, values)
        or not any(other(inp, item, values) for other in others))


def _needs(flag: Operand, *needing: Operand) -> Operand:
    return lambda inp, item, values: (
        bool(flag(inp, item, values))
        or not any(one(inp, item, values) for one in needing))


PREDICATES: dict[str, Callable[..., Operand]] = {
    "is": _is, "range": _range, "fits": _fits, "excludes": _excludes, "needs": _needs,
}


class Rule:
    """One rule written out in the YAML."""

    __slots__ = ("id", "holds", "producer", "fields", "needs", "element")

    def __init__(self, rule_id: str, tree: dict[str, Any], scope: Scope) -> None:
        only(tree, RULE_KEYS | set(PREDICATES), rule_id)
        names = [key for key in tree if key in PREDICATES]
        if len(names) != 1:
            raise SpecError(f"{rule_id}: a rule has one predicate, not {names!r}")
        roles = tree.get("roles", ["reader", "producer"])
        if not roles or not set(roles) <= {"reader", "producer"}:
            raise SpecError(f"{rule_id}: unknown roles {roles!r}")
        self.id = rule_id
        self.producer = "reader" not in roles
        written = tree[names[0]]
        self.needs = names[0] == "needs"
        if self.needs:
            needing, flag = written
            written = [flag, *needing]
        try:
            self.holds = PREDICATES[names[0]](*(scope.operand(one, rule_id) for one in written))
        except TypeError:
            raise SpecError(f"{rule_id}: {names[0]} has the wrong number of operands") from None
        places = [scope.field(one) for one in written]
        self.fields = [place for place in places if place is not None]
        elements = [scope.element(one) for one in written]
        self.element = any(one is not None for one in elements)

    def place(self, values: Sequence[Any]) -> int:
        """The place of the field that a broken rule of a body is reported at."""
        if self.needs:
            return next(place for place in self.fields if values[place])
        return self.fields[0]
