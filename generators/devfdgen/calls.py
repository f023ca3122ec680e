# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Reads spec/calls/: requests, the answers that a kernel owes them, and the rest of the header.

What is said there twice, names nothing or cannot be written is refused with its position, as in the
formats (spec/language.md, section 12).
"""

from __future__ import annotations

import errno
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable

from .load import Map, Pos, Seq, SpecError, load_file, validate
from .model import Spec

WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "s32": 4}
UNPUBLISHED = ("measured", "devfd", "robust")  # sources that promise nothing
LOCK = "ids.lock"
LOCK_HEAD = (
    "# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause\n"
    "# Ids of the rules of spec/calls; an id that was once here stays. Written by make generate.\n"
)


@dataclass(frozen=True)
class Field:
    """A field of a request; width 0 is bytes to the end, and count the elements of an array."""

    name: str
    c: str
    type: str
    doc: str
    offset: int
    width: int
    count: int
    signed: bool
    lacking: bool  # a header of an older kernel has not got it
    flags: dict[str, int] | None  # names with their bits

    @property
    def size(self) -> int:
        return self.width * self.count


@dataclass(frozen=True)
class Store:
    """A value put into a request: term + plus, cut to width."""

    at: int
    width: int
    term: str
    plus: int


@dataclass(frozen=True)
class Rule:
    """What every rule has."""

    id: str
    text: str
    level: str
    source: str  # the text of the source
    applies: str  # ">=6.6", "<6.6" or ""
    pos: Pos

    def bound(self, sign: str) -> int:
        """The kernel that begins or ends it, as major << 8 | minor; 0 for none."""
        if not self.applies.startswith(sign):
            return 0
        major, minor = self.applies.removeprefix(sign).split(".")
        return int(major) << 8 | int(minor)


@dataclass(frozen=True)
class Answer(Rule):
    """A request made and the answer that it has to get."""

    stores: list[Store]
    argument: str  # struct, number or none
    state: str  # open, before_bind or no_iommu
    size: int  # bytes of the buffer that are the request
    errnos: list[str]  # empty: the call succeeds
    result: int
    untouched: bool


@dataclass(frozen=True)
class Struct:
    """A C struct and its fields."""

    c: str | None
    fields: list[Field]
    doc: str

    @property
    def end(self) -> int:
        """Where the fields that are always there end."""
        return max((one.offset + one.size for one in self.fields), default=0)


@dataclass(frozen=True)
class Feature(Struct):
    """Data of VFIO_DEVICE_FEATURE."""

    name: str
    number: int
    way: list[str]
    applies: str


@dataclass(frozen=True)
class Request(Struct):
    """A call that a program makes."""

    name: str
    call: str
    number: int
    fd: str
    way: str
    reply: str  # name of the reply that has the struct, or ""
    min: int
    answers: list[Answer]


@dataclass(frozen=True)
class Flags:
    """Names of the bits of a word."""

    c: str
    doc: str
    bits: dict[str, int]


@dataclass(frozen=True)
class Calls:
    """One file of spec/calls/."""

    name: str
    title: str
    doc: str
    flags: dict[str, Flags]
    features: list[Feature]
    requests: list[Request]
    observations: list[Rule]
    rest_calls: dict[str, int]
    rest_values: dict[str, int]
    rest_sizes: dict[str, list[int]]

    @property
    def rules(self) -> list[Rule]:
        found: list[Rule] = [rule for one in self.requests for rule in one.answers]
        return found + self.observations


def _folded(text: str) -> str:
    return " ".join(text.split())


class Reader:
    """Makes the objects of one file."""

    def __init__(self, data: Map, spec: Spec):
        self.data = data
        name = data["calls"]
        if name not in spec.formats:
            raise SpecError.at(data.value_pos["calls"], f"there is no format '{name}'")
        self.format = spec.formats[name]
        self.flags = {
            key: Flags(
                flags.get("c", ""),
                _folded(flags["doc"]),
                {bit: member["bit"] for bit, member in flags["members"].items()},
            )
            for key, flags in data.get("flags", Map(data.pos)).items()
        }

    def read(self) -> Calls:
        data, empty = self.data, Map(self.data.pos)
        rest = data.get("rest", empty)
        return Calls(
            name=data["calls"],
            title=data["title"],
            doc=_folded(data["doc"]),
            flags=self.flags,
            features=[self._feature(*one) for one in data.get("features", empty).items()],
            requests=[self._request(*one) for one in data["requests"].items()],
            observations=[
                Rule(**self._rule(rule_id, rule, data["observations"].key_pos[rule_id], data))
                for rule_id, rule in data.get("observations", empty).items()
            ],
            rest_calls=dict(rest.get("calls", empty)),
            rest_values=dict(rest.get("values", empty)),
            rest_sizes={key: list(sizes) for key, sizes in rest.get("sizes", empty).items()},
        )

    def _fields(self, rows: Seq) -> list[Field]:
        fields: list[Field] = []
        at = 0
        for row in rows:
            name, type_name, doc = row[:3]
            options = row[3] if len(row) > 3 else {}
            if any(one.name == name for one in fields):
                raise SpecError.at(row.value_pos[0], f"field {name} was there before")
            if fields and not fields[-1].width:
                raise SpecError.at(row.pos, f"{name} stands behind bytes, which end a struct")
            base, _, count = type_name.rstrip("]").partition("[")
            width = WIDTHS.get(base, 4 if base in self.flags else 0)
            if not width and base != "bytes":
                raise SpecError.at(row.value_pos[1], f"there is no type '{type_name}'")
            fields.append(
                Field(
                    name=name,
                    c=options.get("c", name),
                    type=type_name,
                    doc=_folded(doc),
                    offset=at,
                    width=width,
                    count=int(count or 1),
                    signed=base.startswith("s"),
                    lacking="applies" in options,
                    flags=self.flags[base].bits if base in self.flags else None,
                )
            )
            if width and at % width:
                raise SpecError.at(row.pos, f"{name} is at {at}, where C would leave a hole")
            at += fields[-1].size
        return fields

    def _feature(self, name: str, data: Map) -> Feature:
        return Feature(
            c=data.get("c"),
            fields=self._fields(data["fields"]),
            doc=_folded(data["doc"]),
            name=name,
            number=data["number"],
            way=list(data["way"]),
            applies=data.get("applies", {}).get("linux", ""),
        )

    def _request(self, name: str, data: Map) -> Request:
        pos = self.data["requests"].key_pos[name]
        if "reply" in data:
            c, fields, least = self._reply(data)
        else:
            c = data.get("c")
            fields = self._fields(data.get("fields", Seq(pos)))
            least = data.get("min", 0)
            if c and not least:
                raise SpecError.at(pos, f"{name} has a struct and no min")
        answers = [
            self._answer(rule_id, data["answers"][rule_id], data, fields, least)
            for rule_id in data["answers"]
        ]
        return Request(
            c=c,
            fields=fields,
            doc=_folded(data["doc"]),
            name=name,
            call=data["call"],
            number=data["number"],
            fd=data["fd"],
            way=data.get("way", ""),
            reply=data.get("reply", ""),
            min=least,
            answers=answers,
        )

    def _reply(self, data: Map) -> tuple[str, list[Field], int]:
        """The struct of a request that is answered in place is that of its reply."""
        name = data["reply"]
        if name not in self.format.replies:
            raise SpecError.at(data.value_pos["reply"], f"there is no reply '{name}'")
        reply = self.format.replies[name]
        if (reply.call, reply.ioctl) != (data["call"], data["number"]):
            message = f"{name} is the reply to {reply.call}, number {reply.ioctl}"
            raise SpecError.at(data.value_pos["call"], message)
        fields = [
            Field(one.name, one.name, one.type_name, one.doc, one.offset, one.width, 1, False,
                  one.late, None)
            for one in reply.fields
            if not one.variable
        ]
        return reply.c, fields, reply.min

    def _rule(self, rule_id: str, rule: Map, pos: Pos, above: Map) -> dict[str, Any]:
        source = rule.get("source", above.get("source"))
        if source not in self.data["sources"]:
            raise SpecError.at(pos, f"{rule_id}: there is no source '{source}'")
        level = rule.get("level", self.data["level"])
        if level == "abi" and source in UNPUBLISHED:
            raise SpecError.at(pos, f"{rule_id}: level abi needs a published text, not '{source}'")
        applies = rule.get("applies", above.get("applies", {}))
        return {
            "id": rule_id,
            "text": _folded(rule["text"]),
            "level": level,
            "source": _folded(self.data["sources"][source]),
            "applies": applies.get("linux", ""),
            "pos": pos,
        }

    def _answer(
        self, rule_id: str, data: Map, above: Map, fields: list[Field], least: int
    ) -> Answer:
        pos = above["answers"].key_pos[rule_id]
        errnos = data.get("errno", [])
        errnos = [errnos] if isinstance(errnos, str) else list(errnos)
        for name in errnos:
            if not hasattr(errno, name):
                raise SpecError.at(data.value_pos["errno"], f"there is no errno {name}")
        argument = self._argument(data, above, pos)
        stores = []
        if argument == "struct":
            stores = self._stores(data, fields, pos)
        if argument == "number":
            stores = [Store(0, 8, "number", data["argument"])]
        return Answer(
            **self._rule(rule_id, data, pos, above),
            stores=stores,
            argument=argument,
            state=data.get("state", "open"),
            size=data.get("size", max([least, *(one.at + one.width for one in stores)])),
            errnos=errnos,
            result=data.get("result", 0),
            untouched=data.get("untouched", False),
        )

    @staticmethod
    def _argument(data: Map, above: Map, pos: Pos) -> str:
        if data.get("argument") == "none":
            return "none"
        if "argument" in data:
            if "argument" not in above:
                raise SpecError.at(data.value_pos["argument"], "the argument is a struct here")
            return "number"
        if "set" not in data:
            raise SpecError.at(pos, "the request is not said: set or argument is missing")
        return "struct"

    def _stores(self, data: Map, fields: list[Field], pos: Pos) -> list[Store]:
        stores = []
        for name, value in data["set"].items():
            field = next((one for one in fields if one.name == name), None)
            where = data["set"].value_pos[name]
            if field is None:
                raise SpecError.at(data["set"].key_pos[name], f"there is no field '{name}'")
            if field.width:
                stores.append(self._store(field.offset, field.width, value, field, where))
                continue
            at = field.offset
            for type_name, element in value:
                stores.append(self._store(at, WIDTHS[type_name], element, None, where))
                at += WIDTHS[type_name]
        return stores

    @staticmethod
    def _store(at: int, width: int, value: Any, field: Field | None, pos: Pos) -> Store:
        if isinstance(value, int):
            if not -(1 << (8 * width - 1)) <= value < 1 << (8 * width):
                raise SpecError.at(pos, f"{value} does not fit {width} bytes")
            return Store(at, width, "number", value)
        if isinstance(value, str):
            return Store(at, width, value, 0)
        if len(value) == 2 and isinstance(value[1], int):
            return Store(at, width, value[0], value[1])
        known = field.flags if field and field.flags is not None else {}
        bits = 0
        for name in value:
            if name not in known:
                raise SpecError.at(pos, f"there is no flag '{name}'")
            bits |= 1 << known[name]
        return Store(at, width, "number", bits)


def _unique(rules: Iterable[Rule]) -> None:
    seen: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in seen:
            raise SpecError.at(rule.pos, f"rule {rule.id} was there before, at {seen[rule.id].pos}")
        seen[rule.id] = rule


def _locked(directory: Path) -> list[str]:
    path = directory / LOCK
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def load(spec: Spec) -> list[Calls]:
    """Every file of spec/calls/; raises SpecError at the first thing that makes no sense."""
    directory = spec.directory / "calls"
    if not directory.is_dir():
        return []
    schema = json.loads((directory / "schema.json").read_text(encoding="utf-8"))
    found = []
    for path in sorted(directory.glob("*.yaml")):
        data = load_file(path)
        validate(data, schema)
        if data["calls"] != path.stem:
            raise SpecError.at(data.value_pos["calls"], f"'{data['calls']}' stands in {path.name}")
        found.append(Reader(data, spec).read())
    rules = [rule for one in found for rule in one.rules]
    _unique(rules)
    gone = set(_locked(directory)) - {rule.id for rule in rules}
    if gone:
        raise SpecError(str(directory / LOCK), 1, 1, f"rule {min(gone)} was once there and is gone")
    return found


def lock_text(spec: Spec, found: list[Calls]) -> str:
    """What ids.lock has to say: the ids that were once there, and new ones behind them."""
    ids = _locked(spec.directory / "calls")
    ids += [rule.id for one in found for rule in one.rules if rule.id not in ids]
    return LOCK_HEAD + "".join(f"{one}\n" for one in ids)


def summary(found: list[Calls]) -> str:
    """One line of figures."""
    requests = sum(len(one.requests) for one in found)
    rules = sum(len(one.rules) for one in found)
    rest = sum(len(one.rest_calls) + len(one.rest_values) + len(one.rest_sizes) for one in found)
    return f"calls: {requests} requests, {rules} rules, {rest} further names of the header: ok"


