# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Makes the objects of model.py out of the loaded YAML and resolves every name in it.

What names nothing is refused here, with its position; what names something that makes no sense is
left to lint.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import model as m
from .load import Map, Pos, Seq, SpecError, load_dir

META = ("level", "roles", "source", "text", "applies", "added")


def text(data: Map, key: str) -> str:
    """A doc or text, folded into one line."""
    return " ".join(data.get(key, "").split())


def named(table: dict, name: Any, what: str, pos: Pos) -> Any:
    """table[name], or a refusal that says what there is."""
    if name in table:
        return table[name]
    raise SpecError.at(pos, f"there is no {what} '{name}'")


def _enum(name: str, data: Map, format_name: str | None, pos: Pos) -> m.Enum:
    members = [
        m.Member(key, value[0], " ".join(value[1].split()), data["members"].key_pos[key])
        for key, value in data["members"].items()
    ]
    return m.Enum(name, format_name, text(data, "doc"), members, pos)


def enums(data: Map, format_name: str | None) -> dict[str, m.Enum]:
    table = data.get("enums", Map(data.pos))
    return {
        name: _enum(name, enum, format_name, table.key_pos[name]) for name, enum in table.items()
    }


def _operand_number(value: int) -> m.Operand:
    return m.Operand("number", value=value)


def _given(text: str, pos: Pos) -> m.Operand:
    name = text.split(".", 1)[1]
    if name not in m.GIVEN:
        raise SpecError.at(pos, f"there is no given '{name}'; there are {', '.join(m.GIVEN)}")
    return m.Operand("given", name=name)


class FieldReader:
    """Reads the fields of one format (or of the model: fmt is None)."""

    def __init__(self, model: m.Model, fmt: m.Format | None):
        self.model = model
        self.fmt = fmt

    def _type(self, name: str) -> tuple[str, Any]:
        """Kind and object that a type name stands for, None where it stands for nothing."""
        if name in m.WIDTHS:
            return "scalar", None
        if name in ("bytes", "string"):
            return name, None
        if self.fmt and name in self.fmt.flags:
            return "flags", self.fmt.flags[name]
        own = self.fmt or self.model
        for kind, tables in (
            ("enum", (own.enums, self.model.enums)),
            ("array", (own.structs, self.model.structs)),
        ):
            for table in tables:
                if name in table:
                    return kind, table[name]
        return "", None

    def fields(self, rows: Seq) -> list[m.Field]:
        fields: list[m.Field] = []
        offset: int | None = 0
        for row in rows:
            if offset is None:
                last = fields[-1].name
                raise SpecError.at(row.pos, f"{row[0]} stands behind {last}, which ends the body")
            one = self._field(row, fields, offset)
            fields.append(one)
            offset = None if one.variable else offset + one.width
        return fields

    def _field(self, row: Seq, before: list[m.Field], offset: int) -> m.Field:
        name, type_name, doc = row[:3]
        options = row[3] if len(row) > 3 else Map(row.pos)
        if any(one.name == name for one in before):
            raise SpecError.at(row.value_pos[0], f"field {name} was there before")
        kind, meaning = self._type(type_name)
        if not kind:
            raise SpecError.at(row.value_pos[1], f"there is no type '{type_name}'")
        widths = {"scalar": m.WIDTHS.get(type_name), "enum": 4, "bytes": 1, "string": 1}
        width = widths[kind] if kind in widths else getattr(meaning, "width", None) or meaning.size
        c_member = options.get("c", name)
        return m.Field(
            name=name,
            cname=options.get("as", name),
            type_name=type_name,
            kind=kind,
            width=width,
            offset=offset,
            doc=" ".join(doc.split()),
            attr=self._attr(options),
            must=self._must(options),
            not_=options.get("not"),
            count=self._other(options, "count", before, kind, "array", row),
            length=self._other(options, "length", before, kind, "bytes", row),
            since=options.get("since", 1),
            late=options.get("late", False),
            when=options.get("when"),
            c_member=None if c_member == "none" else c_member,
            enum=meaning if kind == "enum" else None,
            flagset=meaning if kind == "flags" else None,
            struct=meaning if kind == "array" else None,
            applies=dict(options.get("applies", {})),
            pos=row.pos,
        )

    def _attr(self, options: Map) -> tuple[str | None, str] | None:
        if "is" not in options:
            return None
        text, pos = options["is"], options.value_pos["is"]
        kind, _, name = text.rpartition(".")
        if not kind:
            if any(name in item.attributes for item in self.model.items.values()):
                return None, name
            raise SpecError.at(pos, f"no item has an attribute '{name}'")
        item = named(self.model.items, kind, "item", pos)
        if name != "flags":
            named(item.attributes, name, f"attribute of {kind}", pos)
        return kind, name

    def _must(self, options: Map) -> m.Operand | None:
        if "must" not in options:
            return None
        value = options["must"]
        if isinstance(value, int):
            return _operand_number(value)
        return _given(value, options.value_pos["must"])

    @staticmethod
    def _other(
        options: Map, option: str, before: list[m.Field], kind: str, wants: str, row: Seq
    ) -> Any:
        """The field that `count` or `length` names."""
        if kind == wants and option not in options:
            raise SpecError.at(row.pos, f"{row[0]} needs '{option}'")
        if option not in options:
            return None
        pos = options.value_pos[option]
        if kind != wants:
            raise SpecError.at(pos, f"'{option}' is for {wants}, {row[0]} is none")
        if option == "count" and options[option] == "rest":
            return "rest"
        found = next((one for one in before if one.name == options[option]), None)
        if found is None:
            raise SpecError.at(pos, f"there is no field '{options[option]}' in front of {row[0]}")
        return found

    def structs(self, data: Map, into: dict[str, m.Struct], format_name: str | None) -> None:
        structs = data.get("structs", Map(data.pos))
        for name, struct in structs.items():
            fields = self.fields(struct["fields"])
            size = sum(one.width for one in fields)
            pos = structs.key_pos[name]
            into[name] = m.Struct(name, format_name, text(struct, "doc"), fields, size, pos)


class RuleReader:
    """Reads written rules. What an operand may name depends on whose rule it is."""

    def __init__(
        self, model: m.Model, sources: dict[str, str], format_name: str, level: str | None
    ):
        self.model = model
        self.sources = sources
        self.format_name = format_name
        self.level = level

    def read(
        self,
        owner: Map,
        body: m.Body | None = None,
        items: tuple[str, ...] = (),
        item: str | None = None,
        attribute: str | None = None,
    ) -> list[m.Rule]:
        """The rules of owner; items are the kinds whose attributes are at hand."""
        rules = owner.get("rules", Map(owner.pos))
        return [
            self._rule(key, rules[key], rules.key_pos[key], body, items, item, attribute)
            for key in rules
        ]

    def _rule(
        self,
        rule_id: str,
        data: Map,
        pos: Pos,
        body: m.Body | None,
        items: tuple[str, ...],
        item: str | None,
        attribute: str | None,
    ) -> m.Rule:
        predicate = self._predicate(rule_id, data, pos)
        operands = self._operands(predicate, data[predicate], body, items)
        source = data.get("source", body.source if body else None)
        level = data.get("level", self.level)
        if source is None:
            raise SpecError.at(pos, f"{rule_id} has no source")
        if level is None:
            raise SpecError.at(pos, f"{rule_id} has no level")
        source_pos = data.value_pos.get("source", pos)
        return m.Rule(
            id=rule_id,
            number=0,
            predicate=predicate,
            operands=operands,
            level=level,
            roles=tuple(data.get("roles", ("producer", "reader"))),
            source=source,
            source_text=named(self.sources, source, "source", source_pos),
            text=text(data, "text"),
            verdict="reject",
            format=self.format_name,
            body=body,
            field=next((one.field for one in operands if one.field), None),
            implied=False,
            item=item or (body.item if body else None),
            attribute=attribute,
            applies=dict(data.get("applies", {})),
            pos=pos,
        )

    def _predicate(self, rule_id: str, data: Map, pos: Pos) -> str:
        found = [key for key in data if key not in META]
        for key in found:
            if key not in m.PREDICATES:
                known = ", ".join(m.WRITTEN_PREDICATES)
                raise SpecError.at(data.key_pos[key], f"'{key}' is no predicate; there are {known}")
            written = key in m.WRITTEN_PREDICATES or (key == "in" and self.format_name == "model")
            if not written:
                message = f"'{key}' comes with a construct, it is not written"
                raise SpecError.at(data.key_pos[key], message)
        if len(found) != 1:
            raise SpecError.at(pos, f"{rule_id} needs exactly one predicate, it has {len(found)}")
        return found[0]

    def _operands(
        self, predicate: str, data: Seq, body: m.Body | None, items: tuple[str, ...]
    ) -> list[m.Operand]:
        if predicate != "needs":
            return self._list(data, body, items)
        if not isinstance(data[0], Seq) or len(data) != 2:
            raise SpecError.at(data.pos, "needs is written [[OPERAND, ...], FLAG]")
        return self._list(data[0], body, items) + self._list(data, body, items, first=1)

    def _list(
        self, data: Seq, body: m.Body | None, items: tuple[str, ...], first: int = 0
    ) -> list[m.Operand]:
        places = list(zip(data, data.value_pos))
        return [self._operand(value, pos, body, items) for value, pos in places[first:]]

    def _operand(
        self, value: Any, pos: Pos, body: m.Body | None, items: tuple[str, ...]
    ) -> m.Operand:
        if isinstance(value, int):
            return _operand_number(value)
        if isinstance(value, Map):
            return self._test(value, body)
        if not isinstance(value, str):
            raise SpecError.at(pos, "an operand is a number, a name or a test {field: MEMBER}")
        if value.startswith("given."):
            return _given(value, pos)
        if value.startswith("device."):
            name = value.split(".", 1)[1]
            named(self.model.items["device"].attributes, name, "attribute of device", pos)
            return m.Operand("device", name=name, item="device")
        own = body.field(value) if body else None
        if own:
            return m.Operand("field", field=own)
        return self._item_operand(value, pos, items)

    def _item_operand(self, value: str, pos: Pos, items: tuple[str, ...]) -> m.Operand:
        if value == "magic" and self.format_name == "model" and not items:
            return m.Operand("place", name="magic")
        if value == "flags" and items:
            return m.Operand("flags", item=items[0])
        name, _, member = value.partition(".")
        for kind in items:
            if name not in self.model.items[kind].attributes:
                continue
            if not member:
                return m.Operand("attr", item=kind, name=name)
            struct = self.model.structs["area"]
            if self.model.items[kind].attributes[name].type == "areas" and any(
                one.name == member for one in struct.fields
            ):
                return m.Operand("element", item=kind, name=name, member=member)
        flag = self.model.flags.get(value)
        if flag and any(kind in flag.of for kind in items):
            return m.Operand("flag", flag=flag)
        raise SpecError.at(pos, f"'{value}' names no field, attribute or flag that is known here")

    @staticmethod
    def _test(value: Map, body: m.Body | None) -> m.Operand:
        if len(value) != 1:
            raise SpecError.at(value.pos, "a test is written {field: MEMBER}")
        name, wanted = next(iter(value.items()))
        pos = value.value_pos[name]
        one = body.field(name) if body else None
        if one is None or one.enum is None:
            raise SpecError.at(value.key_pos[name], f"'{name}' is no enum field of this body")
        if isinstance(wanted, str) and wanted.startswith("given."):
            given = _given(wanted, pos)
            return m.Operand("test", field=one, name=given.name)
        member = one.enum.member(wanted)
        if member is None:
            raise SpecError.at(pos, f"there is no member '{wanted}' of {one.enum.name}")
        return m.Operand("test", field=one, member=member)


def _build_model(data: Map) -> m.Model:
    model = m.Model(
        name=data["model"],
        doc=text(data, "doc"),
        sources=dict(data["sources"]),
        enums=enums(data, None),
        flags={},
        structs={},
        items={},
        rules=[],
        pos=data.pos,
    )
    FieldReader(model, None).structs(data, model.structs, None)
    for name, item in data["items"].items():
        attributes = item["attributes"]
        model.items[name] = m.Item(
            name,
            text(item, "doc"),
            {key: _attribute(model, key, attributes) for key in attributes},
            [],
            data["items"].key_pos[name],
        )
    for name, flag in data["flags"].items():
        model.flags[name] = _model_flag(model, name, flag, data["flags"].key_pos[name])
    for flag in data["flags"].values():
        without = flag.get("without", Seq(data.pos))
        for other, pos in zip(without, without.value_pos):
            named(model.flags, other, "flag", pos)
    _model_rules(model, data)
    return model


def _attribute(model: m.Model, name: str, attributes: Map) -> m.Attribute:
    data = attributes[name]
    type_name = data["type"]
    plain = (*m.WIDTHS, "string", "kept")
    element = model.element(type_name)
    if type_name not in plain and type_name not in model.enums and element is None:
        raise SpecError.at(data.value_pos["type"], f"there is no type '{type_name}'")
    return m.Attribute(
        name,
        type_name,
        text(data, "doc"),
        data.get("default"),
        data.get("lossy"),
        [],
        model.enums.get(type_name),
        element,
        attributes.key_pos[name],
    )


def _model_flag(model: m.Model, name: str, data: Map, pos: Pos) -> m.ModelFlag:
    for kind, kind_pos in zip(data["of"], data["of"].value_pos):
        named(model.items, kind, "item", kind_pos)
    knows = data.get("knows", Seq(pos))
    for attribute, attribute_pos in zip(knows, knows.value_pos):
        for kind in data["of"]:
            named(model.items[kind].attributes, attribute, f"attribute of {kind}", attribute_pos)
    return m.ModelFlag(
        name=name,
        bit=data["bit"],
        of=list(data["of"]),
        knows=list(knows),
        without=list(data.get("without", [])),
        doc=text(data, "doc"),
        pos=pos,
    )


def _model_rules(model: m.Model, data: Map) -> None:
    reader = RuleReader(model, model.sources, "model", None)
    model.rules = reader.read(data)
    for kind, item in model.items.items():
        own = data["items"][kind]
        for name, attribute in item.attributes.items():
            attribute.rules = reader.read(
                own["attributes"][name], items=(kind,), item=kind, attribute=name
            )
        item.rules = reader.read(own, items=(kind,), item=kind)


def build(directory: Path) -> m.Spec:
    """The spec without its implied rules."""
    from .formats import build_format

    files = load_dir(directory)
    model = _build_model(files.pop("model"))
    formats: dict[str, m.Format] = {}
    for name, data in files.items():
        formats[name] = build_format(model, formats, data)
    return m.Spec(directory, model, formats)
