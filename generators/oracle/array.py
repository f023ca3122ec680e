# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Shape `array`: a header, slots at computed places, and a tail of records (language.md
section 6; array and fixed)."""
from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from .dump import Dump
from .fields import Body, ItemRules, magic_field, told_order
from .records import RecordsFormat, Table
from .spec import Field, Format, SpecError, only, read_fields
from .state import Broken, Input, Item

HEADER_KEYS = {"source", "level", "item", "doc", "fields", "rules"}
SLOT_KEYS = {"item", "count", "source", "level", "doc", "fields", "rules"}
TAIL_KEYS = {"records", "parents", "carries"}
TYPE_KEYS = {"id", "bus", "source", "level", "doc", "shift", "num_regions", "num_irqs",
             "indexes", "bars", "config", "regions", "irqs"}
MOST = 0x7fffffffffffffff
SLOTS = (("region", "num_regions"), ("irq", "num_irqs"))


class Type(NamedTuple):
    """One device type of fixed."""

    buses: frozenset[int]
    shift: int
    num_regions: int | None
    num_irqs: int | None
    indexes: tuple[int, ...] | None
    bars: frozenset[int]
    config: int | None


class Slot:
    """The body of one kind of slot, and the flag that says that it is listed."""

    def __init__(self, fmt: Format, name: str) -> None:
        tree = fmt.tree["slots"][name]
        self.prefix = f"{fmt.name}.{name}"
        only(tree, SLOT_KEYS, self.prefix)
        fields = read_fields(tree["fields"], self.prefix)
        self.kind: str = tree["item"]
        self.body = Body(fmt, self.prefix, fields, 1, kind=self.kind, rules=tree.get("rules"))
        self._at, self._bit = self._listed(fmt, fields)

    def _listed(self, fmt: Format, fields: Sequence[Field]) -> tuple[int, int]:
        for field in fields:
            flags = fmt.flags(field.type, 1)
            for flag in flags.members if flags is not None else ():
                if flag.name == "LISTED":
                    return self.body.offsets[field.name], 1 << flag.bit
        raise SpecError(f"{self.prefix}: it has no flag LISTED")

    def listed(self, inp: Input, at: int) -> bool:
        """Whether the slot at `at` says something; else it is all zero."""
        word = inp.data[at + self._at:at + self._at + 4]
        if int.from_bytes(word, "big" if inp.big else "little") & self._bit:
            return True
        slot = inp.data[at:at + self.body.size]
        zeros = self.body.size - len(slot.lstrip(b"\0"))
        if zeros != self.body.size:
            raise Broken(f"{self.prefix}.absent", at + zeros)
        return False


class Tail:
    """The parts of the tail, each a run of records of another format."""

    def __init__(self, fmt: Format, shapes: dict[str, Any]) -> None:
        tree = only(fmt.tree["tail"], TAIL_KEYS, f"{fmt.name}.tail")
        records = shapes.get(tree["records"])
        if not isinstance(records, RecordsFormat):
            raise SpecError(f"{fmt.name}.tail: {tree['records']!r} has no records")
        self._table: Table = records.tables[max(records.tables)]
        self._parents: dict[str, str] = tree["parents"]
        self._carries = frozenset(tree["carries"])
        for name in self._carries:
            if name not in self._table.by_name:
                raise SpecError(f"{fmt.name}.tail: there is no record {name}")

    def part(self, inp: Input, body: Body, values: Sequence[Any], at: int, cursor: int,
             item: Item) -> int:
        """The part of the body at `at`, which begins at cursor; where the next one begins."""
        tail, size = values[body.places["tail"]], values[body.places["tail_size"]]
        if tail != (cursor if size else 0):
            raise Broken(f"{body.prefix}.tail.next", at + body.offsets["tail"])
        if size > inp.n - cursor:
            raise Broken(f"{body.prefix}.tail_size.fits", at + body.offsets["tail_size"])
        self._table.walk(inp, cursor, cursor + size, self._parents[item.kind], item,
                         carries=self._carries)
        return cursor + size


class ArrayFormat:
    """A file of shape `array`."""

    def __init__(self, fmt: Format, shapes: dict[str, Any]) -> None:
        fmt.only("header", "slots", "tail", "types")
        self._name = fmt.name
        tree = only(fmt.tree["header"], HEADER_KEYS, f"{fmt.name}.header")
        fields = read_fields(tree["fields"], f"{fmt.name}.header")
        self._header = Body(fmt, f"{fmt.name}.header", fields, 1, kind=tree["item"],
                            rules=tree.get("rules"))
        self._magic_at, self.magics = magic_field(self._header, fields)
        self._slots = {name: Slot(fmt, name) for name, _ in SLOTS}
        self._tail = Tail(fmt, shapes) if "tail" in fmt.tree else None
        self._types = self._read_types(fmt) if "types" in fmt.tree else None
        self._bar = 1 << fmt.model.bit("BAR", fmt.name)
        self._config = 1 << fmt.model.bit("CONFIG_SPACE", fmt.name)
        self._item_rules = ItemRules(fmt)
        self._dump = Dump(fmt.model)

    def _read_types(self, fmt: Format) -> dict[int, Type]:
        buses = fmt.enum("bus")
        types = {}
        for name, tree in fmt.tree["types"].items():
            if name == "doc":
                continue
            only(tree, TYPE_KEYS, f"{fmt.name}: type {name}")
            indexes = tuple(tree["indexes"]) if "indexes" in tree else None
            if (indexes is None) != ("num_regions" not in tree):
                raise SpecError(f"{fmt.name}: type {name}: num_regions without indexes")
            types[tree["id"]] = Type(frozenset(buses[bus] for bus in tree["bus"]), tree["shift"],
                                     tree.get("num_regions"), tree.get("num_irqs"), indexes,
                                     frozenset(tree.get("bars", ())), tree.get("config"))
        return types

    def judge(self, inp: Input) -> dict[str, Any]:
        """Judge a whole file; its canonical dump."""
        header = self._header
        header.fit(inp, 0, inp.n)
        inp.set_order(told_order(inp.data, self._magic_at, self.magics))
        values, at = header.judge(inp, 0, inp.n, inp.device)
        said = {name: values[place] for name, place in header.places.items()}
        type_ = self._type(said) if self._types is not None else None
        indexes = self._indexes(said, type_)
        begins = {}
        for name, count in SLOTS:
            size = self._slots[name].body.size
            if len(indexes[name]) * size > inp.n - at:
                raise Broken(f"{self._name}.{name}.counts", header.offsets[count])
            begins[name] = at
            at += len(indexes[name]) * size
        if type_ is not None and at != inp.n:
            raise Broken(f"{self._name}.header.exact", at)
        cursor = at
        if self._tail is not None:
            cursor = self._tail.part(inp, header, values, 0, cursor, inp.device)
        self._item_rules.judge(inp, inp.device)
        items: dict[str, list[Item]] = {}
        for name, _ in SLOTS:
            items[name], cursor = self._run(inp, self._slots[name], begins[name],
                                            indexes[name], cursor, type_)
        if self._tail is not None and cursor != inp.n:
            raise Broken(f"{self._name}.tail.end", cursor)
        return self._dump.description(inp.device, items["region"], items["irq"])

    def _type(self, said: dict[str, int]) -> Type:
        """The device type, and that the header agrees with it (step 2)."""
        type_ = self._types[said["device_type"]]
        offsets = self._header.offsets
        if said["bus"] not in type_.buses:
            raise Broken(f"{self._name}.type.bus", offsets["bus"])
        if type_.num_regions is None:
            agrees = said["num_regions"] <= MOST >> type_.shift
        else:
            agrees = said["num_regions"] == type_.num_regions
        if not agrees:
            raise Broken(f"{self._name}.type.num_regions", offsets["num_regions"])
        if type_.num_irqs is not None and said["num_irqs"] != type_.num_irqs:
            raise Broken(f"{self._name}.type.num_irqs", offsets["num_irqs"])
        return type_

    def _indexes(self, said: dict[str, int], type_: Type | None) -> dict[str, Sequence[int]]:
        """The index of each slot, in the order of the slots (step 3)."""
        regions: Sequence[int] = range(said["num_regions"])
        if type_ is not None and type_.indexes is not None:
            regions = type_.indexes
        return {"region": regions, "irq": range(said["num_irqs"])}

    def _run(self, inp: Input, slot: Slot, at: int, indexes: Sequence[int], cursor: int,
             type_: Type | None) -> tuple[list[Item], int]:
        """All slots of one kind; their items, and where the next part of the tail begins."""
        items = []
        body = slot.body
        for index in indexes:
            needed = type_ is not None and slot.kind == "region" and index == type_.config
            item = None
            if slot.listed(inp, at):
                item = Item(slot.kind, at)
                item.attrs["index"] = index
                values, _ = body.read(inp, at, at + body.size, item)
                if type_ is not None and slot.kind == "region":
                    self._derive(item, index, type_)
                body.rules(inp, at, item, values)
                if self._tail is not None:
                    cursor = self._tail.part(inp, body, values, at, cursor, item)
            if needed and (item is None or item.attrs.get("error", 0)):
                raise Broken(f"{self._name}.type.config", at)
            if item is not None:
                self._item_rules.judge(inp, item)
                items.append(item)
            at += body.size
        return items, cursor

    def _derive(self, item: Item, index: int, type_: Type) -> None:
        """What the type alone says of a region that could be read (step 5)."""
        if item.attrs["error"]:
            return
        item.attrs["offset"] = index << type_.shift
        if index in type_.bars:
            item.flags |= self._bar
            item.attrs["bar"] = index
        if index == type_.config:
            item.flags |= self._config
