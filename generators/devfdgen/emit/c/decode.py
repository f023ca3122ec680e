# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The statements of a leaf: one body checked and decoded, in the order of spec/language.md section 4.

One predicate is one function here. Each check is an `if` with one condition and the rule's id in it.
"""

from __future__ import annotations

import re

from ...model import Bit, Body, Enum, Field, FlagSet, Operand, Rule, Spec
from .. import Refused
from . import names
from .names import hexa

HEAD = {"record": 12, "capability": 8}
TAKEN = {"class", "s", "at", "room", "version", "item", "used", "word", "count", "i", "bad", "nul"}
FLAGS_BACK = 4  # the flags word ends a record's head


def fail(rule: Rule, place: str) -> str:
    return f"return devfd_fail(s, {names.rule(rule)}, {place});"


def bare(condition: str) -> str:
    """A condition that stands alone has one pair of parentheses; clang takes two for a slip."""
    return re.sub(r"\A\(([^()]*)\)\Z", r"\1", condition)


def check(condition: str, rule: Rule, place: str) -> list[str]:
    return [f"if ({bare(condition)})", fail(rule, place)]


def at(field: Field) -> str:
    return f"at + {field.offset}" if field.offset else "at"


def local(field: Field) -> str:
    """The local variable that holds a field."""
    return f"{field.cname}_" if field.cname in TAKEN else field.cname


def by_version(pairs: list[tuple[int, str]]) -> str:
    """The value of the highest version that is reached; pairs ascend and begin with version 1."""
    text = pairs[0][1]
    for version, value in pairs[1:]:
        text = f"version >= {version} ? {value} : {text}"
    return f"({text})" if len(pairs) > 1 else text


class Leaf:
    """One leaf function: its local variables and its statements."""

    def __init__(self, spec: Spec, body: Body):
        self.spec = spec
        self.body = body
        self.loads: dict[str, tuple[str, str]] = {}  # variable -> (type, load)
        self.lines: list[str] = []
        self.extra: list[str] = []  # other local variables
        self.fixed = by_version([(v, f"{size}u") for v, size in sorted(body.sizes_by_version.items())])
        self._build()

    @classmethod
    def of_item(cls, spec: Spec) -> Leaf:
        """One without a body, for rules whose operands are all of the item."""
        self = cls.__new__(cls)
        self.spec, self.loads, self.lines, self.extra = spec, {}, [], []
        return self

    # -- operands ----------------------------------------------------------------------------------

    def load(self, field: Field) -> str:
        """Loads a field on first use; each byte is read once."""
        name = local(field)
        if name not in self.loads:
            big = "" if field.width == 1 else ", s->big"
            ctype = "uint64_t" if field.width == 8 else "uint32_t"
            self.loads[name] = (ctype, f"devfd_get{8 * field.width}(s->base + {at(field)}{big})")
        return name

    def operand(self, one: Operand) -> str:
        if one.kind == "number":
            return hexa(one.value, 8 if one.value > 0xFFFFFFFF else 4)
        if one.kind == "field":
            return self.load(one.field)
        if one.kind == "attr":
            return f"item->{names.attribute(one.name)}"
        if one.kind == "flags":
            return "item->flags"
        if one.kind == "flag":
            return f"(item->flags & {names.flag(one.flag)})"
        if one.kind == "device":
            return f"s->{one.name}"
        if one.kind == "given":
            return {"size": "s->size", "received": "s->size", "index": "s->index", "order": "s->order"}[one.name]
        if one.kind == "test":
            value = hexa(one.member.value) if one.member else f"s->{one.name}"
            return f"({self.load(one.field)} == {value})"
        raise Refused(f"{one.kind} is no operand of a leaf")

    # -- predicates --------------------------------------------------------------------------------

    def predicate(self, rule: Rule, place: str) -> list[str]:
        ops = rule.operands
        if rule.predicate == "is":
            return check(f"{self.operand(ops[0])} != {self.operand(ops[1])}", rule, place)
        if rule.predicate == "range":
            return self._range(rule, place)
        if rule.predicate == "fits":
            start, length, limit = (self.operand(one) for one in ops)
            return check(f"!devfd_fits({start}, {length}, {limit})", rule, place)
        if rule.predicate == "needs":
            return self._needs(rule, place)
        if rule.predicate == "excludes":
            rest = " | ".join(f"{self.operand(one)}" for one in ops[1:])
            return [f"if ({bare(self.operand(ops[0]))}) {{", *check(rest, rule, place), "}"]
        raise Refused(f"{rule.id}: {rule.predicate} is not written")

    def _range(self, rule: Rule, place: str) -> list[str]:
        value, low, high = rule.operands
        lines = []
        if low.value:
            lines += check(f"{self.operand(value)} < {self.operand(low)}", rule, place)
        return lines + check(f"{self.operand(value)} > {self.operand(high)}", rule, place)

    def _needs(self, rule: Rule, place: str) -> list[str]:
        *values, flag = rule.operands
        lines = [f"if (!{self.operand(flag)}) {{"]
        for one in values:
            where = at(one.field) if one.kind == "field" else place
            lines += check(self.operand(one), rule, where)
        return [*lines, "}"]

    # -- the steps of section 4 --------------------------------------------------------------------

    def _build(self) -> None:
        self._size()
        self.guards = len(self.lines)  # what has to hold before anything is loaded
        self._flags_word()
        for field in self.body.fields:
            self._field(field)
        for field in self.body.fields:
            self._assign(field)
        for rule in self.body.explicit:
            self._explicit(rule)
        for field in self.body.fields:
            self._attribute_rules(field)

    def _size(self) -> None:
        back = f"at - {HEAD[self.body.kind]}" if self.body.kind in HEAD else "at"
        rules = self.body.implied
        if "size" in rules and self.body.kind in HEAD:
            self.lines += check(f"room < {self.fixed}", rules["size"], back)
        if "exact" in rules and self.body.kind in HEAD:
            condition = f"room > {self.fixed}" if self.body.full_size else "room"
            self.lines += check(condition, rules["exact"], back)

    def _flags_word(self) -> None:
        if self.body.kind != "record":
            return
        where = f"at - {FLAGS_BACK}"
        self.loads["word"] = ("uint32_t", f"devfd_get32(s->base + {where}, s->big)")
        if self.body.flags is None:
            self.lines += check("word", self.body.implied["flags.is"], where)
            return
        self._mask("word", self.body.flags, self.body.implied.get("flags.mask"), where)

    def _mask(self, value: str, flags: FlagSet, rule: Rule | None, place: str) -> None:
        if rule is None:
            return
        versions = sorted({bit.since for bit in flags.members} | {1})
        known = by_version([(one, hexa(flags.mask(one), flags.width)) for one in versions])
        self.lines += check(f"{value} & ~{known}", rule, place)

    def _field(self, field: Field) -> None:
        rules = field.rules
        place = at(field)
        if "is" in rules:
            wanted = self.operand(field.must)
            condition = self.load(field) if field.must.value == 0 else f"{self.load(field)} != {wanted}"
            self.lines += check(condition, rules["is"], place)
        if "not" in rules:
            self.lines += check(f"{self.load(field)} == {hexa(field.not_)}", rules["not"], place)
        if "in" in rules:
            for condition in self._outside(field):
                self.lines += check(condition, rules["in"], place)
        if field.flagset is not None:
            self._mask(self.load(field) if "mask" in rules else "", field.flagset, rules.get("mask"), place)
        if field.kind == "array":
            self._array(field)
        if field.kind == "bytes":
            self._bytes(field)
        if field.kind == "string":
            self._string(field)

    def _outside(self, field: Field) -> list[str]:
        """Each is true for values that are no member of the field's enum; together they are all of those."""
        values = sorted(member.value for member in field.enum.members)
        value = self.load(field)
        if len(values) == 1:
            return [f"{value} != {hexa(values[0])}"]
        if values[-1] - values[0] + 1 != len(values):
            return [f"!{enum_finder(field.enum)}({value})"]
        low = [f"{value} < {values[0]}"] if values[0] else []
        return [*low, f"{value} > {values[-1]}"]

    def _array(self, field: Field) -> None:
        self.extra.append("uint32_t count;")
        if field.count == "rest":
            rest = "room" if self.fixed == "0u" else f"(room - {self.fixed})"
            self.lines += check(f"{rest} % {field.width}", field.rules["multiple"], at(field))
            self.lines.append(f"count = {rest} / {field.width};")
            return
        count, rule = self.load(field.count), field.rules["counts"]
        condition = f"{count} > (room - {self.fixed}) / {field.width}"
        if rule.verdict == "need-more":
            need = f"{self.fixed} + (uint64_t){field.width} * {count}"
            self.lines += [f"if ({condition})", f"return devfd_want(s, {names.rule(rule)}, {at(field.count)}, {need});"]
        else:
            self.lines += check(condition, rule, at(field.count))
        self.lines.append(f"count = {count};")

    def _bytes(self, field: Field) -> None:
        size = self.load(field.length)
        self.lines += check(f"{size} > room - {self.fixed}", field.rules["length"], at(field.length))
        if "pad" not in field.rules:
            return
        self.lines += check(f"room - {self.fixed} - {size} > 3", field.rules["length"], at(field.length))
        self.extra.append("uint32_t bad;")
        self.lines.append(f"bad = devfd_nonzero(s, {at(field)} + {size}, at + room);")
        self.lines += check("bad < at + room", field.rules["pad"], "bad")

    def _string(self, field: Field) -> None:
        self.extra.append("uint32_t nul, bad;")
        self.lines.append(f"nul = devfd_find_nul(s, {at(field)}, at + room);")
        self.lines += check("nul == at + room", field.rules["nul"], at(field))
        self.lines += check("at + room - nul > 4", field.rules["pad"], "nul")
        self.lines.append("bad = devfd_nonzero(s, nul, at + room);")
        self.lines += check("bad < at + room", field.rules["pad"], "bad")

    # -- attributes --------------------------------------------------------------------------------

    def _assign(self, field: Field) -> None:
        if self.body.flags_attr and field is self.body.fields[0]:
            self._flags("word", self.body.flags)
        if field.attr is None:
            return
        name = field.attr[1]
        if name == "flags":
            self._flags(self.load(field), field.flagset)
        elif field.kind == "array":
            self.lines += [
                f"item->{name}.p = s->base + {at(field)};",
                f"item->{name}.count = count;",
                f"item->{name}.order = s->order;",
            ]
        elif field.kind == "string":
            self.lines += [
                f"item->{name}.p = s->base + {at(field)};",
                f"item->{name}.size = nul - {at(field)};" if field.offset else f"item->{name}.size = nul - at;",
            ]
        else:
            self._scalar(field, names.attribute(name))

    def _scalar(self, field: Field, name: str) -> None:
        value = self.load(field)
        if field.enum is not None and field.enum.format is not None:
            value = f"{enum_finder(field.enum)}({value}) - 1"
        if field.when is not None:
            flag = self.spec.model.flags[field.when]
            self.lines += [f"if (item->flags & {names.flag(flag)})"]
        self.lines.append(f"item->{name} = {value};")

    def _flags(self, value: str, flags: FlagSet) -> None:
        groups = flag_groups(flags)
        parts = [group(value, mask, shift, inverted) for (shift, inverted), mask in groups.items()]
        if parts:
            self.lines.append(f"item->flags |= {' | '.join(parts)};")
        caps = next((bit for bit in flags.members if bit.wire and bit.name == "CAPS"), None)
        if caps:
            self.lines += [f"if ({value} & {hexa(1 << caps.bit)})", "item->flags |= DEVFD_WIRE_CAPS;"]
        buses = [bit for bit in flags.members if bit.bus]
        if isinstance(flags.rest, tuple):
            taken = flags.mask() & ~sum(1 << bit.bit for bit in buses)
            self.lines.append(f"item->more = {value} & ~{hexa(taken)};")
        self._bus(value, buses)

    def _bus(self, value: str, buses: list[Bit]) -> None:
        """The first bus bit decides; others are kept."""
        lead = "if"
        for bit in buses:
            self.lines += [
                f"{lead} ({value} & {hexa(1 << bit.bit)}) {{",
                f"item->bus = DEVFD_BUS_{bit.bus};",
                f"item->more &= ~{hexa(1 << bit.bit)};",
                "}",
            ]
            lead = "else if"

    def _explicit(self, rule: Rule) -> None:
        first = next((one.field for one in rule.operands if one.field is not None), None)
        lines = self.predicate(rule, at(first) if first else "at")
        if rule.producer_only:
            lines = ["if (s->options & DEVFD_PRODUCER) {", *lines, "}"]
        self.lines += lines

    def _attribute_rules(self, field: Field) -> None:
        if field.attr is None or field.attr[1] == "flags":
            return
        kinds = [field.attr[0]] if field.attr[0] else [k for k, item in self.spec.model.items.items()]
        rules = []
        for kind in kinds:
            attribute = self.spec.model.items[kind].attributes.get(field.attr[1])
            rules += [(kind, rule) for rule in attribute.rules] if attribute else []
        for kind, rule in rules:
            lines = self._elements(field, rule) if field.kind == "array" else self.predicate(rule, at(field))
            if field.attr[0] is None:
                lines = [f"if (item->kind == {names.kind(kind)}) {{", *lines, "}"]
            self.lines += lines

    def _elements(self, field: Field, rule: Rule) -> list[str]:
        """A rule that holds for each element of an array."""
        self.extra.append("uint32_t i;")
        members = {one.name: one for one in field.struct.fields}
        texts = []
        for one in rule.operands:
            if one.kind != "element":
                texts.append(self.operand(one))
                continue
            member = members[one.member if isinstance(one.member, str) else one.member.name]
            place = f"p + {member.offset}" if member.offset else "p"
            texts.append(f"devfd_get64({place}, s->big)")
        return [
            "/*@ loop invariant i <= count;",
            "  @ loop assigns i;",
            "  @ loop variant count - i;",
            "  @*/",
            "for (i = 0; i < count; i++) {",
            f"const uint8_t *p = s->base + {at(field)} + (size_t){field.width} * i;",
            "",
            *check(f"!devfd_fits({', '.join(texts)})", rule, f"{at(field)} + {field.width} * i"),
            "}",
        ]

    def used(self) -> str:
        variable = self.body.variable
        if variable is None:
            return self.fixed
        if variable.kind == "array":
            return f"{self.fixed} + {variable.width} * count"
        if variable.kind == "bytes":
            return f"{self.fixed} + {self.load(variable.length)}"
        return "room"

    def contract(self) -> str:
        """What the proof asks of this leaf: the common contract, with the numbers of its body."""
        return f"DEVFD_LEAF_CONTRACT({head(self.body)}, {least(self.body)})"

    def unused(self) -> list[str]:
        """Parameters that this body has no use for."""
        text = " ".join(self.lines + [load for _, load in self.loads.values()] + [self.used()])
        return [name for name in ("s", "at", "room", "version", "item") if not mentions(text, name)]


def head(body: Body) -> int:
    """Bytes in front of the fields."""
    return HEAD.get(body.kind, 0)


def least(body: Body) -> int:
    """Bytes that a leaf without a check of its own can count on."""
    if body.kind in HEAD:
        return 0
    return body.min if body.kind == "reply" else body.fixed_size


def mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w>.]){name}\b", text) is not None


def flag_groups(flags: FlagSet) -> dict[tuple[int, bool], int]:
    """Wire bits that move by the same distance, as a mask for each (distance, inverted)."""
    groups: dict[tuple[int, bool], int] = {}
    for bit in flags.members:
        target = bit.sets or bit.clears
        if target is None:
            continue
        key = (target.bit - bit.bit, bit.clears is not None)
        groups[key] = groups.get(key, 0) | 1 << bit.bit
    return groups


def group(value: str, mask: int, shift: int, inverted: bool) -> str:
    text = f"({'~' if inverted else ''}{value} & {hexa(mask)})"
    if shift > 0:
        return f"({text} << {shift})"
    if shift < 0:
        return f"({text} >> {-shift})"
    return text


def enum_finder(enum: Enum) -> str:
    """A function that answers 1 + the model's value of a wire value, or 0."""
    return f"find_{enum.format}_{enum.name}"


def found_enums(spec: Spec, fmt) -> list[Enum]:
    """The enums of a format that need such a function."""
    found = []
    for body in fmt.bodies():
        for field in body.fields:
            if field.enum is None or field.enum.format is None or field.enum in found:
                continue
            values = sorted(member.value for member in field.enum.members)
            if field.attr or values != list(range(values[0], values[-1] + 1)):
                found.append(field.enum)
    return found


def model_value(spec: Spec, enum: Enum, name: str) -> int:
    """What a wire member of this name is in the model: its bus, or nothing."""
    member = spec.model.enums["bus"].member(name)
    return member.value if member else 0


def size_by_version(body: Body, version: str) -> str:
    """F in the version that a C expression names."""
    pairs = [(one, f"{size}u") for one, size in sorted(body.sizes_by_version.items())]
    return by_version(pairs).replace("version >=", f"{version} >=")


def item_rule(spec: Spec, rule: Rule) -> list[str]:
    """A rule of a finished item."""
    return Leaf.of_item(spec).predicate(rule, "at")


def leaf(spec: Spec, body: Body) -> Leaf:
    return Leaf(spec, body)
