# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Makes a Format, with its bodies, out of the loaded YAML of one file."""

from __future__ import annotations

from . import model as m
from .build import FieldReader, RuleReader, enums, named, text
from .load import Map, Pos, Seq, SpecError


HEAD = [("type", "u32"), ("rec_len", "u32"), ("flags", "u32")]


class FormatBuilder:
    """Builds one format; the formats before it can be named by its tail."""

    def __init__(self, model: m.Model, formats: dict[str, m.Format], data: Map):
        self.model = model
        self.formats = formats
        self.data = data
        self.fmt = m.Format(
            name=data["format"],
            title=text(data, "title"),
            shape=data["shape"],
            doc=text(data, "doc"),
            level=data["level"],
            added=data["added"],
            sources={key: text(data["sources"], key) for key in data["sources"]},
            decisions={key: text(data["decisions"], key) for key in data.get("decisions", {})},
            enums=enums(data, data["format"]),
            flags={},
            structs={},
            header=None,
            record=None,
            records={},
            slots={},
            types={},
            types_doc="",
            tail=None,
            replies={},
            chains={},
            given={},
            pos=data.pos,
        )
        self.fields = FieldReader(model, self.fmt)
        self.rules = RuleReader(model, self.fmt.sources, self.fmt.name, self.fmt.level)

    def build(self) -> m.Format:
        self._flags()
        self.fields.structs(self.data, self.fmt.structs, self.fmt.name)
        self._types()
        self._given()
        waiting: list[tuple[m.Body, Map]] = []
        for kind, name, data, pos, chain in self._body_entries():
            body = self._body(kind, name, data, pos, chain)
            waiting.append((body, data))
        self._tail()
        self._shape_fields()
        self._resolve_flags()
        for body, data in waiting:
            body.explicit = self.rules.read(data, body=body, items=self._items_of(body))
        return self.fmt

    def _body_entries(self):
        """(kind, name, data, pos, chain) of every body, in the order of the shape."""
        data = self.data
        for key, kind in (("header", "header"), ("record", "head")):
            if key in data:
                yield kind, key, data[key], data.key_pos[key], None
        for key, kind in (("records", "record"), ("slots", "slot"), ("replies", "reply")):
            group = data.get(key, Map(data.pos))
            for name in group:
                yield kind, name, group[name], group.key_pos[name], group[name].get("chain")
        chains = data.get("chains", Map(data.pos))
        for name, chain in chains.items():
            self._chain(name, chain, chains.key_pos[name])
            for cap in chain["caps"]:
                yield "capability", cap, chain["caps"][cap], chain["caps"].key_pos[cap], name

    # -- enums, flags, types, given ----------------------------------------------------------------

    def _flags(self) -> None:
        flags = self.data.get("flags", Map(self.data.pos))
        for name, data in flags.items():
            self.fmt.flags[name] = m.FlagSet(
                name=name,
                format=self.fmt.name,
                doc=text(data, "doc"),
                width=data.get("width", 32) // 8,
                rest=self._rest(data),
                members=[self._bit(key, data["members"]) for key in data["members"]],
                of=None,
                c=data.get("c"),
                pos=flags.key_pos[name],
            )

    def _rest(self, data: Map) -> str | tuple[str, str]:
        rest = data["rest"]
        if "." not in rest:
            return rest
        kind, name = rest.split(".")
        item = named(self.model.items, kind, "item", data.value_pos["rest"])
        named(item.attributes, name, f"attribute of {kind}", data.value_pos["rest"])
        return kind, name

    def _bit(self, name: str, members: Map) -> m.Bit:
        data = members[name]
        bus = data.get("bus")
        if bus is not None and self.model.enums["bus"].member(bus) is None:
            raise SpecError.at(data.value_pos["bus"], f"there is no bus '{bus}'")
        clears = data.get("clears")
        if clears is not None:
            clears = named(self.model.flags, clears, "model flag", data.value_pos["clears"])
        return m.Bit(
            name=name,
            bit=data["bit"],
            doc=text(data, "doc"),
            since=data.get("since", 1),
            wire=data.get("wire", False),
            bus=bus,
            sets=None,
            clears=clears,
            applies=dict(data.get("applies", {})),
            pos=members.key_pos[name],
        )

    def _resolve_flags(self) -> None:
        """A flag set mapped by `is: KIND.flags` sets the model flags of the same names."""
        for body in self.fmt.bodies():
            if body.flags and body.flags_attr:
                self._map_flags(body.flags, body.flags_attr, body.pos)
            for one in body.fields:
                if one.flagset and one.attr:
                    self._map_flags(one.flagset, one.attr[0] or body.item, one.pos)

    def _map_flags(self, flags: m.FlagSet, kind: str | None, pos: Pos) -> None:
        if kind is None:
            raise SpecError.at(pos, f"{flags.name} needs the item: is: KIND.flags")
        if flags.of is not None and flags.of != kind:
            raise SpecError.at(pos, f"{flags.name} is that of {flags.of} already")
        flags.of = kind
        for bit in flags.members:
            if not bit.wire and not bit.clears:
                bit.sets = named(self.model.flags, bit.name, "model flag", bit.pos)
            flag = bit.sets or bit.clears
            if flag and kind not in flag.of:
                raise SpecError.at(bit.pos, f"{flag.name} is no flag of {kind}")

    def _types(self) -> None:
        if "types" not in self.data:
            return
        types = self.data["types"]
        for name, data in types.items():
            if name == "doc":
                continue
            self.fmt.types[name] = self._device_type(name, data, types.key_pos[name])
        self.fmt.types_doc = text(types, "doc")
        members = [m.Member(one.name, one.id, one.doc, one.pos) for one in self.fmt.types.values()]
        pos = self.data.key_pos["types"]
        doc = "Which fixed layout the file has."
        self.fmt.enums["types"] = m.Enum("types", self.fmt.name, doc, members, pos)

    def _device_type(self, name: str, data: Map, pos: Pos) -> m.DeviceType:
        buses = []
        for bus, bus_pos in zip(data["bus"], data["bus"].value_pos):
            member = self.model.enums["bus"].member(bus)
            if member is None:
                raise SpecError.at(bus_pos, f"there is no bus '{bus}'")
            buses.append(member)
        named(self.fmt.sources, data["source"], "source", data.value_pos["source"])
        return m.DeviceType(
            name=name,
            id=data["id"],
            bus=buses,
            source=data["source"],
            doc=text(data, "doc"),
            shift=data["shift"],
            num_regions=data.get("num_regions"),
            num_irqs=data.get("num_irqs"),
            indexes=list(data["indexes"]) if "indexes" in data else None,
            bars=list(data.get("bars", [])),
            config=data.get("config"),
            regions=list(data.get("regions", [])),
            irqs=list(data.get("irqs", [])),
            pos=pos,
        )

    def _given(self) -> None:
        given = self.data.get("given", Map(self.data.pos))
        for name, data in given.items():
            if name not in m.GIVEN:
                message = f"there is no given '{name}'; there are {', '.join(m.GIVEN)}"
                raise SpecError.at(given.key_pos[name], message)
            self.fmt.given[name] = text(data, "doc")

    # -- bodies ------------------------------------------------------------------------------------

    def _body(self, kind: str, name: str, data: Map, pos: Pos, chain: str | None) -> m.Body:
        fields = self.fields.fields(data.get("fields", Seq(pos)))
        named(self.fmt.sources, data["source"], "source", data.value_pos["source"])
        body = m.Body(
            kind=kind,
            format=self.fmt.name,
            name=name,
            lname=name.lower(),
            doc=text(data, "doc"),
            source=data["source"],
            fields=fields,
            fixed_size=_fixed_size(fields, 1),
            full_size=sum(one.width for one in fields if not one.variable),
            sizes_by_version=_sizes(fields),
            pos=pos,
            item=data.get("item"),
            tag=data.get("tag"),
            parents=list(data.get("in", [])),
            many=data.get("many", False),
            needed=data.get("needed", False),
            since=data.get("since", 1),
            place=data.get("place"),
            open_=data.get("open", False),
            kept=data.get("kept", False),
            c=data.get("c"),
            applies=dict(data.get("applies", {})),
            align=data.get("align"),
            first_unknown=data.get("first_unknown"),
            call=data.get("call"),
            ioctl=data.get("number"),
            min=data.get("min"),
            chain=chain,
        )
        if body.item is not None:
            named(self.model.items, body.item, "item", data.value_pos["item"])
        if "knows" in data:
            pos = data.value_pos["knows"]
            body.knows = named(self.model.flags, data["knows"], "model flag", pos)
        self._flags_word(body, data)
        self._key(body, data)
        self._file(body, data)
        return body

    def _flags_word(self, body: m.Body, data: Map) -> None:
        if "flags" not in data:
            return
        word = data["flags"]
        body.flags = named(self.fmt.flags, word["type"], "flags type", word.value_pos["type"])
        kind, _, name = word["is"].partition(".")
        named(self.model.items, kind, "item", word.value_pos["is"])
        if name != "flags":
            message = f"a flags word is {kind}.flags, not {word['is']}"
            raise SpecError.at(word.value_pos["is"], message)
        body.flags_attr = kind

    def _key(self, body: m.Body, data: Map) -> None:
        if "key" not in data:
            return
        key = data["key"]
        pos = key.value_pos["attribute"]
        if body.item is None:
            raise SpecError.at(data.key_pos["key"], f"{body.name} has a key but makes no item")
        attributes = self.model.items[body.item].attributes
        named(attributes, key["attribute"], f"attribute of {body.item}", pos)
        without: list[tuple] = []
        rows = key.get("without", Seq(pos))
        for row, row_pos in zip(rows, rows.value_pos):
            if row == "next":
                without.append(("next",))
            elif isinstance(row, str):
                named(attributes, row, f"attribute of {body.item}", row_pos)
                without.append(("attr", row))
            else:
                name, number = next(iter(row.items()))
                flag = named(self.model.flags, name, "model flag", row_pos)
                without.append(("flag", flag, number))
        body.key = m.Key(key["attribute"], without)

    def _file(self, body: m.Body, data: Map) -> None:
        """Puts a body where the format keeps its kind."""
        fmt = self.fmt
        if body.kind == "header":
            fmt.header = body
        elif body.kind == "head":
            fmt.record = body
        elif body.kind == "record":
            fmt.records[body.name] = body
        elif body.kind == "slot":
            fmt.slots[body.name] = body
            self._slot(body, data)
        elif body.kind == "reply":
            fmt.replies[body.name] = body
            self._reply(body, data)
        else:
            fmt.chains[body.chain].caps[body.name] = body

    def _slot(self, body: m.Body, data: Map) -> None:
        name = data.get("count", f"num_{body.name}s")
        pos = data.value_pos.get("count", body.pos)
        body.count = self.fmt.header.field(name)
        if body.count is None:
            raise SpecError.at(pos, f"the header has no field '{name}'")

    def _reply(self, body: m.Body, data: Map) -> None:
        body.flags_field = body.field(data["flags_field"])
        if body.flags_field is None:
            pos = data.value_pos["flags_field"]
            raise SpecError.at(pos, f"there is no field '{data['flags_field']}'")
        if body.chain is None:
            return
        pos = data.value_pos["chain"]
        named(self.data.get("chains", {}), body.chain, "chain", pos)
        body.cap_offset = body.field("cap_offset")
        if body.cap_offset is None:
            raise SpecError.at(pos, f"{body.name} has a chain but no field 'cap_offset'")

    def _chain(self, name: str, data: Map, pos: Pos) -> None:
        if self.model.enums["origin"].member(data["origin"]) is None:
            raise SpecError.at(data.value_pos["origin"], f"there is no origin '{data['origin']}'")
        named(self.fmt.sources, data["source"], "source", data.value_pos["source"])
        align = data.get("align")
        if align and "source" in align:
            named(self.fmt.sources, align["source"], "source", align.value_pos["source"])
        self.fmt.chains[name] = m.Chain(
            name=name,
            format=self.fmt.name,
            doc=text(data, "doc"),
            source=data["source"],
            origin=data["origin"],
            floor=data["floor"],
            max=data["max"],
            align=dict(align) if align else None,
            caps={},
            pos=pos,
        )

    def _tail(self) -> None:
        if "tail" not in self.data:
            return
        data = self.data["tail"]
        other = named(self.formats, data["records"], "format", data.value_pos["records"])
        for owner, record in data["parents"].items():
            pos = data["parents"].value_pos[owner]
            if owner != "device":
                named(self.fmt.slots, owner, "slot", data["parents"].key_pos[owner])
            if record != "top":
                named(other.records, record, f"record of {other.name}", pos)
        for record, pos in zip(data["carries"], data["carries"].value_pos):
            named(other.records, record, f"record of {other.name}", pos)
        self.fmt.tail = m.Tail(other.name, dict(data["parents"]), list(data["carries"]))
        for body in [self.fmt.header, *self.fmt.slots.values()]:
            body.tail = body.field("tail")
            body.tail_size = body.field("tail_size")

    def _shape_fields(self) -> None:
        """The fields that the loops of a shape look for, by name."""
        fmt = self.fmt
        if fmt.header:
            first = fmt.header.fields[0] if fmt.header.fields else None
            if first is None or first.enum is None or first.width != 4:
                raise SpecError.at(fmt.header.pos, "the header begins with an enum, its magic")
        if fmt.record and [(one.name, one.type_name) for one in fmt.record.fields] != HEAD:
            raise SpecError.at(fmt.record.pos, "a record's head is type, rec_len, flags, each u32")
        if fmt.shape == "records":
            self._wants(fmt.header, {"version": "version"})
        if fmt.types:
            wanted = {"device_type": "types", "bus": "bus", "num_regions": "u32", "num_irqs": "u32"}
            self._wants(fmt.header, wanted)
        for body in fmt.replies.values():
            self._wants(body, {"argsz": "u32"})
            if body.fields[0].name != "argsz":
                raise SpecError.at(body.pos, f"{body.name} begins with argsz")
        if fmt.tail:
            for owner in fmt.tail.parents:
                body = fmt.header if owner == "device" else fmt.slots[owner]
                self._wants(body, {"tail": "u32", "tail_size": "u32"})

    @staticmethod
    def _wants(body: m.Body, wanted: dict[str, str]) -> None:
        for name, type_name in wanted.items():
            one = body.field(name)
            if one is None or one.type_name != type_name:
                message = f"{body.name} needs a field '{name}' of type {type_name}"
                raise SpecError.at(body.pos, message)

    def _items_of(self, body: m.Body) -> tuple[str, ...]:
        """The kinds of item that a rule of the body can speak of."""
        if body.item:
            return (body.item,)
        if body.kind == "capability":
            replies = self.fmt.replies.values()
            return tuple(one.item for one in replies if one.chain == body.chain and one.item)
        if body.kind == "record":
            parents = (self.fmt.records.get(name) for name in body.parents)
            kinds = tuple(parent.item for parent in parents if parent and parent.item)
            return kinds + (("device",) if "top" in body.parents else ())
        return ()


def _fixed_size(fields: list[m.Field], version: int) -> int:
    return sum(
        one.width for one in fields if not one.variable and not one.late and one.since <= version
    )


def _sizes(fields: list[m.Field]) -> dict[int, int]:
    versions = sorted({1, *(one.since for one in fields)})
    return {version: _fixed_size(fields, version) for version in versions}


def build_format(model: m.Model, formats: dict[str, m.Format], data: Map) -> m.Format:
    """The format of one loaded file."""
    return FormatBuilder(model, formats, data).build()
