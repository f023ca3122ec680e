# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Shape `replies`: a fixed struct that can grow, and a chain of capabilities behind it
(language.md section 7)."""
from __future__ import annotations

import struct
from typing import Any

from .dump import Dump
from .fields import Body, ItemRules, in_version
from .spec import Field, Format, SpecError, only, read_fields
from .state import Broken, Input, Item, Kept, NeedMore

REPLY_KEYS = {"call", "number", "c", "item", "min", "source", "level", "doc", "flags_field",
              "chain", "fields", "rules", "applies", "added"}
CHAIN_KEYS = {"origin", "floor", "max", "align", "source", "level", "doc", "caps"}
ALIGN_KEYS = {"roles", "to", "applies", "source", "level"}
CAP_KEYS = {"tag", "c", "source", "level", "doc", "fields", "rules", "knows", "applies", "added"}

HEAD_SIZE = 8
VERSION_AT = 2
NEXT_AT = 4
HEAD = {False: struct.Struct("<HHI"), True: struct.Struct(">HHI")}
WORD = {False: struct.Struct("<I"), True: struct.Struct(">I")}


class Capability:
    """One listed capability in each of its versions."""

    def __init__(self, fmt: Format, name: str, tree: dict[str, Any], kind: str) -> None:
        where = f"{fmt.name}.{name.lower()}"
        only(tree, CAP_KEYS, where)
        fields = read_fields(tree["fields"], where)
        self.highest = max([1, *(field.options.get("since", 1) for field in fields)])
        self.knows = 1 << fmt.model.bit(tree["knows"], where) if "knows" in tree else 0
        self._bodies = [
            Body(fmt, where, in_version(fields, version), version, kind=kind, base=HEAD_SIZE,
                 rules=tree.get("rules"))
            for version in range(1, self.highest + 1)
        ]

    def body(self, version: int) -> Body:
        """The body of a version; a higher one than is known has all fields."""
        return self._bodies[min(version, self.highest) - 1]


class Chain:
    """Capabilities that are found by links."""

    def __init__(self, fmt: Format, name: str, kind: str) -> None:
        tree = fmt.tree["chains"][name]
        self._prefix = f"{fmt.name}.{name}"
        only(tree, CHAIN_KEYS, self._prefix)
        align = only(tree["align"], ALIGN_KEYS, f"{self._prefix}.align")
        self._floor: int = tree["floor"]
        self._max: int = tree["max"]
        self._align: int = align["to"]
        self._align_binds_reader = "reader" in align.get("roles", ["reader", "producer"])
        self._origin = fmt.model.enum("origin")[tree["origin"]]
        self._caps = {cap["tag"]: Capability(fmt, cap_name, cap, kind)
                      for cap_name, cap in tree["caps"].items()}

    def judge(self, inp: Input, link_at: int, end: int, item: Item) -> None:
        """Follow the chain from the link that stands at link_at."""
        prefix = self._prefix
        head = HEAD[inp.big]
        at = WORD[inp.big].unpack_from(inp.data, link_at)[0]
        if at == 0:
            raise Broken(f"{prefix}.first", link_at)
        visited: set[int] = set()
        listed: set[int] = set()
        self._link(inp, at, link_at, None, end, visited)
        while True:
            visited.add(at)
            tag, version, following = head.unpack_from(inp.data, at)
            if following:
                self._link(inp, following, at + NEXT_AT, at, end, visited)
            stop = following if following else end
            cap = self._caps.get(tag)
            if cap is not None:
                taken = self._body(inp, cap, at, tag, version, end, item, listed)
                if following and taken > following:
                    raise Broken(f"{prefix}.overlap", at)
                if version <= cap.highest:
                    stop = taken
            if cap is None or not cap.knows or version > cap.highest:
                data = bytes(inp.data[at + HEAD_SIZE:stop])
                item.kept.append(Kept(self._origin, inp.order, tag, version, data))
            if not following:
                return
            at = following

    def _link(self, inp: Input, to: int, at: int, prev: int | None, end: int,
              visited: set[int]) -> None:
        """The rules of one link."""
        prefix = self._prefix
        if to < self._floor:
            raise Broken(f"{prefix}.floor", at)
        if to + HEAD_SIZE > end:
            raise Broken(f"{prefix}.fits", at)
        if to in visited:
            raise Broken(f"{prefix}.cycle", at)
        if prev is not None and to <= prev:
            raise Broken(f"{prefix}.backward", at)
        if prev is not None and to < prev + HEAD_SIZE:
            raise Broken(f"{prefix}.apart", at)
        if len(visited) >= self._max:
            raise Broken(f"{prefix}.max", at)
        if (inp.producer or self._align_binds_reader) and to % self._align:
            raise Broken(f"{prefix}.align", at)

    def _body(self, inp: Input, cap: Capability, at: int, tag: int, version: int, end: int,
              item: Item, listed: set[int]) -> int:
        """A listed capability; where what its fields take ends."""
        if version < 1:
            raise Broken(f"{self._prefix}.version", at + VERSION_AT)
        if tag in listed:
            raise Broken(f"{self._prefix}.twice", at)
        listed.add(tag)
        body = cap.body(version)
        body.fit(inp, at, end)
        item.flags |= cap.knows
        return body.judge(inp, at, end, item)[1]


class Reply:
    """One reply of a kernel."""

    def __init__(self, fmt: Format, name: str, tree: dict[str, Any]) -> None:
        where = f"{fmt.name}.{name}"
        only(tree, REPLY_KEYS, where)
        self._name = name
        self._prefix = where
        self._kind: str = tree["item"]
        self._min: int = tree["min"]
        fields = read_fields(tree["fields"], where)
        # A late field is only ever the end of a form, so each form is a prefix of the next.
        early = [field for field in fields if not field.options.get("late")]
        if fields[:len(early)] != early:
            raise SpecError(f"{where}: a late field stands before one that is always there")
        self._forms = [self._form(fmt, tree, fields[:length])
                       for length in range(len(fields), len(early) - 1, -1)]
        if self._forms[-1].end != self._min:
            raise SpecError(f"{where}: min is not the size of what is always there")
        if self._forms[-1].ends_in_list and (len(self._forms) > 1 or "chain" in tree):
            raise SpecError(f"{where}: something stands behind a list")
        self._argsz_at = self._forms[-1].offsets["argsz"]
        self._chain: Chain | None = None
        if "chain" in tree:
            self._chain = Chain(fmt, tree["chain"], self._kind)
            self._flags_at = self._forms[-1].offsets[tree["flags_field"]]
            self._flags_place = self._forms[-1].places[tree["flags_field"]]
            self._caps = self._caps_bit(fmt, fields, tree["flags_field"])
        self._item_rules = ItemRules(fmt)
        self._dump = Dump(fmt.model)

    def _form(self, fmt: Format, tree: dict[str, Any], fields: list[Field]) -> Body:
        return Body(fmt, self._prefix, fields, 1, kind=self._kind, asks=True,
                    rules=tree.get("rules"))

    def _caps_bit(self, fmt: Format, fields: list[Field], name: str) -> int:
        type_ = next(field.type for field in fields if field.name == name)
        for flag in fmt.flags(type_, 1).members:
            if flag.name == "CAPS":
                return 1 << flag.bit
        raise SpecError(f"{self._prefix}: a chain without a flag CAPS")

    def judge(self, inp: Input) -> dict[str, Any]:
        """Judge one reply; its canonical dump."""
        if inp.n < self._min:
            raise NeedMore(f"{self._prefix}.size", 0, self._min)
        end = WORD[inp.big].unpack_from(inp.data, self._argsz_at)[0]
        if end < self._min:
            raise Broken(f"{self._prefix}.argsz.min", 0)
        if end > inp.n:
            raise NeedMore(f"{self._prefix}.argsz.more", 0, end)
        item = inp.device if self._kind == "device" else Item(self._kind)
        form = next(form for form in self._forms if form.end <= end)
        values, _ = form.judge(inp, 0, end, item)
        if self._chain is not None and values[self._flags_place] & self._caps:
            if "cap_offset" not in form.offsets:
                raise Broken(f"{self._prefix}.cap_offset.size", self._flags_at)
            self._chain.judge(inp, form.offsets["cap_offset"], end, item)
        self._item_rules.judge(inp, item)
        return self._dump.reply(self._name, item)


class RepliesFormat:
    """A format of shape `replies`."""

    magics: frozenset[int] = frozenset()

    def __init__(self, fmt: Format, shapes: dict[str, Any]) -> None:
        fmt.only("replies", "chains")
        self.replies = {name: Reply(fmt, name, tree)
                        for name, tree in fmt.tree["replies"].items()}
