# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Bodies: runs of fields, compiled for one version, and how they are judged (language.md
sections 2 and 4, "size" to "attribute rules")."""
from __future__ import annotations

import struct
from typing import Any, Callable, NamedTuple, Sequence

from .predicates import GIVEN, Rule, Scope
from .spec import LETTERS, SCALARS, Field, FlagsType, Format, SpecError
from .state import Broken, Input, Item, NeedMore

Check = Callable[[Input, Sequence[Any], int], None]
Take = Callable[[Item, Sequence[Any]], None]
Variable = Callable[[Input, Sequence[Any], int, int], "tuple[Any, int]"]

MAX_PADDING = 3
MOST_NEED = 0xffffffff


class AttributeRules(NamedTuple):
    """The rules of the attribute that one field is, by kind of item."""

    place: int
    at: int
    each: int
    when: int | None
    rules: dict[str, list[Rule]]


def in_version(fields: Sequence[Field], version: int) -> list[Field]:
    """The fields that are there in a version."""
    return [field for field in fields if field.options.get("since", 1) <= version]


class Body:
    """One body in one version.

    `base` is where its first field stands, counted from the first byte of the body; `content`
    is where its own fields begin (a record's flags word is judged with them, but belongs to
    the head, so there base < content). Where `asks`, an array that does not fit is need-more.
    """

    def __init__(self, fmt: Format, prefix: str, fields: Sequence[Field], version: int, *,
                 kind: str | None = None, base: int = 0, content: int | None = None,
                 record: bool = False, exact: bool = False, asks: bool = False,
                 rules: dict[str, Any] | None = None) -> None:
        self.fmt = fmt
        self.prefix = prefix
        self.base = base
        self.content = base if content is None else content
        self._version = version
        self._kind = kind
        self._record = record
        self._asks = asks
        self._checks: list[Check] = []
        self._takes: list[Take] = []
        self._variable: Variable | None = None
        self._attribute_rules: list[AttributeRules] = []
        self.offsets: dict[str, int] = {}
        self.places: dict[str, int] = {}
        letters = ""
        at = base
        for field in fields:
            if self._variable is not None:
                raise SpecError(f"{prefix}.{field.name}: it stands behind a variable field")
            self.offsets[field.name] = at
            self.places[field.name] = len(self.places)
            size = self._compile(field, at)
            if size:
                letters += LETTERS[size]
            at += size
        self.end = at
        self.size = at - self.content
        self._exact = exact and self._variable is None
        self._little = struct.Struct("<" + letters)
        self._big = struct.Struct(">" + letters)
        scope = Scope(fmt.model, kind, fields, fmt)
        self._rules = []
        for name, tree in (rules or {}).items():
            rule = Rule(name, tree, scope)
            if not rule.fields:
                raise SpecError(f"{name}: it names no field of the body")
            offsets = [self.offsets[field.name] for field in fields]
            self._rules.append((rule, offsets))

    def _compile(self, field: Field, at: int) -> int:
        """Compile one field; its size in the fixed part, 0 if it is variable."""
        where = f"{self.prefix}.{field.name}"
        place = self.places[field.name]
        if field.type == "bytes" or field.type == "string":
            self._variable = (self._bytes if field.type == "bytes" else self._string)(field, at)
            self._take_plain(field, place, at)
            return 0
        members = self.fmt.struct(field.type)
        if members is not None:
            each = self._array(field, at, members)
            self._take_plain(field, place, at, each)
            return 0
        for option in ("count", "length"):
            if option in field.options:
                raise SpecError(f"{where}: {option} on a {field.type}")
        if field.type in SCALARS:
            size = SCALARS[field.type]
            self._check_value(field, at)
            self._take_plain(field, place, at)
            return size
        flags = self.fmt.flags(field.type, self._version)
        if flags is not None:
            self._check_value(field, at)
            if flags.rest == "refuse":
                self._check_mask(where, place, at, flags.mask)
            self._take_flags(field, place, flags)
            return flags.size
        enum = self.fmt.enum(field.type, self._version)
        if enum is None:
            raise SpecError(f"{where}: unknown type {field.type!r}")
        self._check_value(field, at)
        self._check_member(where, place, at, frozenset(enum.values()))
        self._take_enum(field, place, at, enum)
        return 4

    # Rules of fields.

    def _check_value(self, field: Field, at: int) -> None:
        """Rules `is` and `not`."""
        place = self.places[field.name]
        if "must" in field.options:
            rule = f"{self.prefix}.{field.name}.is"
            wanted = field.options["must"]
            if isinstance(wanted, str):
                if wanted not in GIVEN:
                    raise SpecError(f"{rule}: unknown given {wanted!r}")
                given = GIVEN[wanted]

                def check(inp: Input, values: Sequence[Any], start: int) -> None:
                    if values[place] != given(inp, inp.device, values):
                        raise Broken(rule, start + at)
            else:
                def check(inp: Input, values: Sequence[Any], start: int) -> None:
                    if values[place] != wanted:
                        raise Broken(rule, start + at)
            self._checks.append(check)
        if "not" in field.options:
            rule_not = f"{self.prefix}.{field.name}.not"
            refused = field.options["not"]

            def check_not(inp: Input, values: Sequence[Any], start: int) -> None:
                if values[place] == refused:
                    raise Broken(rule_not, start + at)
            self._checks.append(check_not)

    def _check_mask(self, where: str, place: int, at: int, mask: int) -> None:
        rule = f"{where}.mask"
        refused = ~mask

        def check(inp: Input, values: Sequence[Any], start: int) -> None:
            if values[place] & refused:
                raise Broken(rule, start + at)
        self._checks.append(check)

    def _check_member(self, where: str, place: int, at: int, members: frozenset[int]) -> None:
        rule = f"{where}.in"

        def check(inp: Input, values: Sequence[Any], start: int) -> None:
            if values[place] not in members:
                raise Broken(rule, start + at)
        self._checks.append(check)

    # Variable fields: each compiles to a function that gives the value and where it ends.

    def _array(self, field: Field, at: int, members: Sequence[Field]) -> int:
        """Rules `counts` and `multiple`; the size of one element."""
        where = f"{self.prefix}.{field.name}"
        count = field.options.get("count")
        if count is None:
            raise SpecError(f"{where}: a struct without a count")
        letters = "".join(LETTERS[SCALARS[member.type]] for member in members)
        little, big = struct.Struct("<" + letters), struct.Struct(">" + letters)
        each = little.size

        def elements(inp: Input, start: int, stop: int) -> list[tuple[int, ...]]:
            return list((big if inp.big else little).iter_unpack(inp.data[start:stop]))

        if count == "rest":
            multiple = f"{where}.multiple"

            def variable(inp: Input, values: Sequence[Any], start: int, end: int) -> Any:
                first = start + at
                if (end - first) % each:
                    raise Broken(multiple, first)
                return elements(inp, first, end), end
        else:
            place, count_at = self._earlier(where, count)
            counts, asks = f"{where}.counts", self._asks

            def variable(inp: Input, values: Sequence[Any], start: int, end: int) -> Any:
                first = start + at
                taken = values[place] * each
                if taken > end - first and asks:
                    raise NeedMore(counts, start + count_at, min(at + taken, MOST_NEED))
                if taken > end - first:
                    raise Broken(counts, start + count_at)
                return elements(inp, first, first + taken), first + taken
        self._variable = variable
        return each

    def _bytes(self, field: Field, at: int) -> Variable:
        """Rules `length` and, in a record, `pad`."""
        where = f"{self.prefix}.{field.name}"
        if "length" not in field.options:
            raise SpecError(f"{where}: bytes without a length")
        place, length_at = self._earlier(where, field.options["length"])
        length, pad, record = f"{where}.length", f"{where}.pad", self._record

        def variable(inp: Input, values: Sequence[Any], start: int, end: int) -> Any:
            first = start + at
            stop = first + values[place]
            if stop > end:
                raise Broken(length, start + length_at)
            if record:
                if end - stop > MAX_PADDING:
                    raise Broken(length, start + length_at)
                _all_zero(inp, pad, stop, end)
            return bytes(inp.data[first:stop]), stop
        return variable

    def _string(self, field: Field, at: int) -> Variable:
        """Rules `nul` and `pad`."""
        where = f"{self.prefix}.{field.name}"
        if not self._record:
            raise SpecError(f"{where}: a string that is not in a record")
        nul, pad = f"{where}.nul", f"{where}.pad"

        def variable(inp: Input, values: Sequence[Any], start: int, end: int) -> Any:
            first = start + at
            stop = inp.data.find(b"\0", first, end)
            if stop < 0:
                raise Broken(nul, first)
            if end - stop - 1 > MAX_PADDING:
                raise Broken(pad, stop)
            _all_zero(inp, pad, stop, end)
            return bytes(inp.data[first:stop]), end
        return variable

    def _earlier(self, where: str, name: str) -> tuple[int, int]:
        """Place and offset of the field that says a count or a length."""
        if name not in self.places:
            raise SpecError(f"{where}: there is no field {name!r} before it")
        return self.places[name], self.offsets[name]

    # Attributes.

    def _target(self, field: Field) -> tuple[str, dict[str, dict[str, Any]]] | None:
        """The attribute that a field is, and its definition for each kind it can belong to."""
        said = field.options.get("is")
        if said is None:
            return None
        where = f"{self.prefix}.{field.name}"
        kind, _, name = said.rpartition(".")
        if kind and self._kind is not None and kind != self._kind:
            raise SpecError(f"{where}: {said} in a body of a {self._kind}")
        kinds = [kind] if kind else list(self.fmt.model.attributes)
        found = {one: self.fmt.model.attributes[one][name] for one in kinds
                 if name in self.fmt.model.attributes.get(one, {})}
        if not found:
            raise SpecError(f"{where}: the model has no attribute {said!r}")
        return name, found

    def _when(self, field: Field) -> int | None:
        flag = field.options.get("when")
        if flag is None:
            return None
        return 1 << self.fmt.model.bit(flag, f"{self.prefix}.{field.name}")

    def _take_plain(self, field: Field, place: int, at: int, each: int = 0) -> None:
        """The field's value is the attribute's value."""
        target = self._target(field)
        if target is None:
            return
        name, definitions = target
        when = self._when(field)

        def take(item: Item, values: Sequence[Any]) -> None:
            if when is None or item.flags & when:
                item.attrs[name] = values[place]
        self._takes.append(take)
        rules = {}
        for kind, definition in definitions.items():
            scope = Scope(self.fmt.model, kind)
            compiled = [Rule(rule_id, tree, scope)
                        for rule_id, tree in definition.get("rules", {}).items()]
            if compiled:
                rules[kind] = compiled
        if rules:
            self._attribute_rules.append(AttributeRules(place, at, each, when, rules))

    def _take_enum(self, field: Field, place: int, at: int, enum: dict[str, int]) -> None:
        """An enum maps by member name onto the enum of the attribute."""
        target = self._target(field)
        if target is None:
            return
        definition = next(iter(target[1].values()))
        own = self.fmt.model.enum(definition["type"])
        if own is None:
            raise SpecError(f"{self.prefix}.{field.name}: {target[0]} is no enum")
        mapped = {value: own[member] for member, value in enum.items()}
        if all(value == mapped[value] for value in mapped):
            self._take_plain(field, place, at)
            return
        if definition.get("rules") or "when" in field.options:
            raise SpecError(f"{self.prefix}.{field.name}: a mapped enum with rules or when")
        name = target[0]

        def take(item: Item, values: Sequence[Any]) -> None:
            item.attrs[name] = mapped[values[place]]
        self._takes.append(take)

    def _take_flags(self, field: Field, place: int, flags: FlagsType) -> None:
        """Flags of an item set model flags, the bus, and `more`."""
        said = field.options.get("is")
        where = f"{self.prefix}.{field.name}"
        if flags.rest.endswith(".more"):
            keeps = True
        elif flags.rest in ("refuse", "ignore"):
            keeps = False
        else:
            raise SpecError(f"{where}: unknown rest {flags.rest!r}")
        if said is None:
            return
        if not said.endswith(".flags"):
            raise SpecError(f"{where}: flags that are {said!r}")
        model = self.fmt.model
        buses = model.enum("bus") or {}
        names_bus = any(flag.bus is not None for flag in flags.members)

        def work_out(known: int) -> tuple[int, int, int]:
            """Model flags, bits for `more`, and the bus, of the known bits."""
            model_flags, more, bus = 0, 0, None
            for flag in flags.clearing:
                if not known >> flag.bit & 1:
                    model_flags |= 1 << model.bit(flag.clears, where)
            for flag in flags.members:
                if not known >> flag.bit & 1:
                    continue
                if flag.bus is not None:
                    if bus is None:
                        bus = buses[flag.bus]
                    else:
                        more |= 1 << flag.bit
                elif not flag.wire and flag.clears is None:
                    model_flags |= 1 << model.bit(flag.name, where)
            return model_flags, more, buses["NONE"] if bus is None else bus

        work_out(flags.mask)
        cache: dict[int, tuple[int, int, int]] = {}

        def take(item: Item, values: Sequence[Any]) -> None:
            value = values[place]
            known = value & flags.mask
            if known not in cache:
                cache[known] = work_out(known)
            model_flags, more, bus = cache[known]
            item.flags |= model_flags
            if keeps:
                item.attrs["more"] = more | value & ~flags.mask
            if names_bus:
                item.attrs["bus"] = bus
        self._takes.append(take)

    # Judging.

    @property
    def ends_in_list(self) -> bool:
        """Whether a field of no fixed size ends it."""
        return self._variable is not None

    def fit(self, inp: Input, at: int, end: int) -> None:
        """Section 4, step 2: the room is at least F, or exactly F."""
        room = end - at - self.content
        if room < self.size:
            raise Broken(f"{self.prefix}.size", at)
        if self._exact and room != self.size:
            raise Broken(f"{self.prefix}.exact", at)

    def read(self, inp: Input, at: int, end: int, item: Item) -> tuple[Sequence[Any], int]:
        """Section 4, step 3; takes the attributes. The values, and where the fields end."""
        values = (self._big if inp.big else self._little).unpack_from(inp.data, at + self.base)
        for check in self._checks:
            check(inp, values, at)
        stop = at + self.end
        if self._variable is not None:
            value, stop = self._variable(inp, values, at, end)
            values += (value,)
        for take in self._takes:
            take(item, values)
        return values, stop

    def rules(self, inp: Input, at: int, item: Item, values: Sequence[Any]) -> None:
        """Section 4, steps 4 and 5. All attributes of the body are known by then, so that a
        rule may name a field that stands behind the one that it is reported at."""
        for rule, offsets in self._rules:
            if rule.producer and not inp.producer:
                continue
            if not rule.holds(inp, item, values):
                raise Broken(rule.id, at + offsets[rule.place(values)])
        for place, field_at, each, when, by_kind in self._attribute_rules:
            if when is not None and not item.flags & when:
                continue
            for rule in by_kind.get(item.kind, ()):
                if rule.producer and not inp.producer:
                    continue
                if rule.element:
                    for number, element in enumerate(values[place]):
                        if not rule.holds(inp, item, element):
                            raise Broken(rule.id, at + field_at + number * each)
                elif not rule.holds(inp, item, ()):
                    raise Broken(rule.id, at + field_at)

    def judge(self, inp: Input, at: int, end: int, item: Item) -> tuple[Sequence[Any], int]:
        """Section 4, steps 3 to 5."""
        values, stop = self.read(inp, at, end, item)
        self.rules(inp, at, item, values)
        return values, stop


class ItemRules:
    """What the model asks of a finished item (section 4, step 7)."""

    def __init__(self, fmt: Format) -> None:
        model = fmt.model
        self._rules = {
            kind: [Rule(name, tree, Scope(model, kind)) for name, tree in rules.items()]
            for kind, rules in model.item_rules.items()
        }

    def judge(self, inp: Input, item: Item) -> None:
        """The item rules, at the first byte of the body that made the item."""
        for rule in self._rules[item.kind]:
            if rule.producer and not inp.producer:
                continue
            if not rule.holds(inp, item, ()):
                raise Broken(rule.id, item.at)


def _all_zero(inp: Input, rule: str, start: int, end: int) -> None:
    """Padding is zero; at the first byte that is not."""
    for at in range(start, end):
        if inp.data[at]:
            raise Broken(rule, at)


def magic_field(header: Body, fields: Sequence[Field]) -> tuple[int, frozenset[int]]:
    """Offset and values of the field whose enum is `magic`."""
    for field in fields:
        if field.type == "magic":
            return header.offsets[field.name], frozenset(header.fmt.enum("magic").values())
    raise SpecError(f"{header.prefix}: it has no magic")


def told_order(data: bytes, at: int, magics: frozenset[int]) -> bool:
    """Whether the magic says big-endian; a number that is no magic is read as little."""
    return int.from_bytes(data[at:at + 4], "big") in magics
