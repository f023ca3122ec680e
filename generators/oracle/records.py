# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Shape `records`: bodies found by tag, each behind a head with its length (language.md
section 5)."""
from __future__ import annotations

import struct
from typing import Any, Callable

from .dump import Dump
from .fields import Body, ItemRules, in_version, magic_field, told_order
from .spec import LETTERS, SCALARS, Field, Format, SpecError, only, read_fields
from .state import Broken, Input, Item, Kept

HEADER_KEYS = {"source", "doc", "fields", "rules", "level", "item"}
HEAD_KEYS = {"source", "doc", "fields", "align", "first_unknown", "level"}
RECORD_KEYS = {"tag", "in", "many", "item", "key", "source", "level", "doc", "flags", "open",
               "fields", "rules", "knows", "since", "place", "needed", "kept", "applies"}
TOP = "top"


class Key:
    """How an item that no INDEX names is numbered."""

    def __init__(self, fmt: Format, tree: dict[str, Any], where: str) -> None:
        only(tree, {"attribute", "without"}, where)
        self.attribute: str = tree["attribute"]
        self._ways: list[Callable[[Item, int | None], int | None]] = []
        for way in tree.get("without", ()):
            if isinstance(way, dict):
                for flag, number in way.items():
                    self._ways.append(self._by_flag(1 << fmt.model.bit(flag, where), number))
            elif way == "next":
                self._ways.append(lambda item, last: 0 if last is None else last + 1)
            else:
                self._ways.append(self._by_attribute(way))

    @staticmethod
    def _by_flag(bit: int, number: int) -> Callable[[Item, int | None], int | None]:
        return lambda item, last: number if item.flags & bit else None

    @staticmethod
    def _by_attribute(name: str) -> Callable[[Item, int | None], int | None]:
        return lambda item, last: item.attrs.get(name)

    def settle(self, item: Item, last: int | None) -> int:
        """Set the key where it is not known yet."""
        if self.attribute not in item.attrs:
            for way in self._ways:
                found = way(item, last)
                if found is not None:
                    item.attrs[self.attribute] = found
                    break
            else:
                raise SpecError(f"{item.kind}: no way to its {self.attribute}")
        return item.attrs[self.attribute]


class Record:
    """One listed record in one version."""

    def __init__(self, fmt: Format, name: str, tree: dict[str, Any], version: int,
                 head: dict[str, int]) -> None:
        where = f"{fmt.name}.{name.lower()}"
        only(tree, RECORD_KEYS, where)
        self.name = name
        self.prefix = where
        self.known = tree.get("since", 1) <= version
        self.parents = frozenset(tree["in"])
        self.many = tree.get("many", False)
        self.item: str | None = tree.get("item")
        self.knows = 1 << fmt.model.bit(tree["knows"], where) if "knows" in tree else 0
        self.kept = tree.get("kept", False)
        self.open = tree.get("open", False)
        self.needed = tree.get("needed", False)
        self.place: str | None = tree.get("place")
        if self.place not in (None, "first", "last"):
            raise SpecError(f"{where}: unknown place {self.place!r}")
        self.key = Key(fmt, tree["key"], where) if "key" in tree else None
        self.wanted: list[tuple[int, str]] = []
        flags = tree.get("flags")
        if flags is None:
            word = Field("flags", "u32", {"must": 0})
        else:
            only(flags, {"type", "is"}, f"{where}.flags")
            word = Field("flags", flags["type"], {"is": flags["is"]})
        fields = in_version(read_fields(tree["fields"], where), version)
        self.body = Body(fmt, where, [word, *fields], version, kind=self.item,
                         base=head["flags"], content=head["size"], record=True,
                         exact=not self.open, rules=tree.get("rules"))


class Table:
    """All listed records of one version, and the walk over them."""

    def __init__(self, fmt: Format, version: int) -> None:
        head = only(fmt.tree["record"], HEAD_KEYS, f"{fmt.name}.record")
        fields = read_fields(head["fields"], f"{fmt.name}.record")
        if [field.name for field in fields] != ["type", "rec_len", "flags"]:
            raise SpecError(f"{fmt.name}.record: its fields are type, rec_len and flags")
        letters = "".join(LETTERS[SCALARS[field.type]] for field in fields)
        self._little, self._big = struct.Struct("<" + letters), struct.Struct(">" + letters)
        sizes = [SCALARS[field.type] for field in fields]
        self._length_at = sizes[0]
        self._size = sum(sizes)
        self._align: int = head["align"]
        self._prefix = f"{fmt.name}.record"
        self._format = fmt.name
        self._origin = fmt.model.enum("origin")["RECORD"]
        self._item_rules = ItemRules(fmt)
        self._defaults = {
            kind: [(name, one["default"]) for name, one in attributes.items() if "default" in one]
            for kind, attributes in fmt.model.attributes.items()
        }
        self.records: dict[int, Record] = {}
        self.by_name: dict[str, Record] = {}
        self._first: Record | None = None
        self._last: Record | None = None
        offsets = {"flags": self._size - sizes[2], "size": self._size}
        for name, tree in fmt.tree["records"].items():
            record = Record(fmt, name, tree, version, offsets)
            self.records[tree["tag"]] = record
            self.by_name[name] = record
            if record.known and record.place == "first":
                self._first = record
            if record.known and record.place == "last":
                self._last = record
        for tag, record in self.records.items():
            if record.known and record.needed:
                for parent in record.parents - {TOP}:
                    rule = f"{self.by_name[parent].prefix}.{record.name.lower()}.needed"
                    self.by_name[parent].wanted.append((tag, rule))

    def file(self, inp: Input, at: int) -> dict[str, list[Item]]:
        """The records of a whole file, from at to its end; the items by kind."""
        items: dict[str, list[Item]] = {"region": [], "irq": []}
        seen = self.walk(inp, at, inp.n, TOP, inp.device, items=items)
        if self._first is not None and at == inp.n:
            raise Broken(f"{self._first.prefix}.first", inp.n)
        if self._last is not None and self._last not in seen:
            raise Broken(f"{self._last.prefix}.needed", inp.n)
        return items

    def walk(self, inp: Input, at: int, end: int, parent: str, owner: Item, *,
             items: dict[str, list[Item]] | None = None,
             carries: frozenset[str] | None = None) -> set[Any]:
        """The records between at and end; which ones stood there.

        With `items` it is the top level of a file; with `carries` it is a tail.
        """
        head = self._big if inp.big else self._little
        prefix = self._prefix
        seen: set[Any] = set()
        before: int | None = None
        leading = self._first if items is not None else None
        while at < end:
            if end - at < self._size:
                raise Broken(f"{prefix}.size", at)
            tag, length, word = head.unpack_from(inp.data, at)
            if length < self._size:
                raise Broken(f"{prefix}.rec_len.min", at + self._length_at)
            if length % self._align:
                raise Broken(f"{prefix}.rec_len.multiple", at + self._length_at)
            if length > end - at:
                raise Broken(f"{prefix}.rec_len.fits", at + self._length_at)
            if tag == 0:
                raise Broken(f"{prefix}.type.range", at)
            record = self.records.get(tag)
            if record is not None:
                if not record.known:
                    raise Broken(f"{prefix}.type.since", at)
                if parent not in record.parents:
                    raise Broken(f"{prefix}.type.parent", at)
                if carries is not None and record.name not in carries:
                    raise Broken(f"{prefix}.type.parent", at)
            if leading is not None and (record is leading) == bool(seen):
                raise Broken(f"{leading.prefix}.first", at)
            if before is not None and tag < before:
                raise Broken(f"{prefix}.type.order", at)
            if record is not None and not record.many and tag == before:
                raise Broken(f"{prefix}.type.twice", at)
            if record is None or record is not leading:
                before = tag
            stop = at + length
            if record is None:
                data = bytes(inp.data[at + self._size:stop])
                owner.kept.append(Kept(self._origin, inp.order, tag, word, data))
            else:
                self._one(inp, record, at, stop, owner, items)
            seen.add(record)
            at = stop
        return seen

    def _one(self, inp: Input, record: Record, at: int, end: int, owner: Item,
             items: dict[str, list[Item]] | None) -> None:
        """One listed record (section 4 from "size" on)."""
        item = owner
        if record.item == "device":
            item.at = at
        elif record.item is not None:
            item = Item(record.item, at)
        record.body.fit(inp, at, end)
        item.flags |= record.knows
        values, stop = record.body.judge(inp, at, end, item)
        if record.kept:
            places = record.body.places
            item.kept.append(Kept(*(values[places[name]] for name in Kept._fields)))
        inside: set[Any] = set()
        if record.open:
            inside = self.walk(inp, stop, end, record.name, item)
        if record.item is not None:
            self._finish(inp, record, item, inside, items)
        if record.place == "last" and end != inp.n:
            raise Broken(f"{record.prefix}.last", end)

    def _finish(self, inp: Input, record: Record, item: Item, inside: set[Any],
                items: dict[str, list[Item]] | None) -> None:
        """The finished item (section 5, step 4, and section 4, step 7)."""
        for tag, rule in record.wanted:
            if self.records[tag] not in inside:
                raise Broken(rule, item.at)
        if record.key is not None and items is not None:
            before = items[item.kind]
            last = before[-1].attrs[record.key.attribute] if before else None
            key = record.key.settle(item, last)
            if last is not None and key <= last:
                raise Broken(f"{record.prefix}.ascending", item.at)
            before.append(item)
        for name, value in self._defaults[item.kind]:
            item.attrs.setdefault(name, value)
        self._item_rules.judge(inp, item)


class RecordsFormat:
    """A file of shape `records`."""

    def __init__(self, fmt: Format, shapes: dict[str, Any]) -> None:
        fmt.only("header", "record", "records")
        tree = only(fmt.tree["header"], HEADER_KEYS, f"{fmt.name}.header")
        fields = read_fields(tree["fields"], f"{fmt.name}.header")
        self._header = Body(fmt, f"{fmt.name}.header", fields, 1, kind="device",
                            rules=tree.get("rules"))
        self._magic_at, self.magics = magic_field(self._header, fields)
        self._version = self._header.places["version"]
        self.tables = {version: Table(fmt, version)
                       for version in fmt.enum("version").values()}
        self._dump = Dump(fmt.model)

    def judge(self, inp: Input) -> dict[str, Any]:
        """Judge a whole file; its canonical dump."""
        self._header.fit(inp, 0, inp.n)
        inp.set_order(told_order(inp.data, self._magic_at, self.magics))
        values, at = self._header.judge(inp, 0, inp.n, inp.device)
        items = self.tables[values[self._version]].file(inp, at)
        attrs = inp.device.attrs
        for name, kind in (("num_regions", "region"), ("num_irqs", "irq")):
            if name not in attrs:
                attrs[name] = items[kind][-1].attrs["index"] + 1 if items[kind] else 0
        return self._dump.description(inp.device, items["region"], items["irq"])
