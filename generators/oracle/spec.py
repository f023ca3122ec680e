# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Loads the YAML and gives its types, flags and fields by name (language.md sections 1 and 2).

What it does not know it refuses, so that no construct is ever passed over in silence.
"""
from __future__ import annotations

from pathlib import Path
from typing import Any, Iterable, NamedTuple

import yaml

SCALARS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}
LETTERS = {1: "B", 2: "H", 4: "I", 8: "Q"}

FIELD_OPTIONS = {"is", "must", "not", "count", "length", "since", "late", "when", "c", "as",
                 "applies", "source", "level"}
RULE_KEYS = {"text", "level", "source", "roles", "applies", "added"}
FORMAT_KEYS = {"format", "title", "shape", "added", "level", "doc", "sources", "decisions",
               "enums", "flags", "structs", "given"}
FLAGS_KEYS = {"doc", "rest", "members", "width", "c", "source"}
FLAG_KEYS = {"bit", "doc", "since", "clears", "wire", "bus", "applies", "source", "level"}
MODEL_KEYS = {"model", "doc", "sources", "enums", "flags", "structs", "items", "rules"}
ATTRIBUTE_KEYS = {"type", "doc", "rules", "default", "lossy"}


class SpecError(Exception):
    """The YAML says something that the oracle does not know."""


def only(mapping: dict[str, Any], known: Iterable[str], where: str) -> dict[str, Any]:
    """The mapping itself, if it has no key but the known ones."""
    for key in mapping:
        if key not in known:
            raise SpecError(f"{where}: unknown key {key!r}")
    return mapping


class Field(NamedTuple):
    """One line of `fields`."""

    name: str
    type: str
    options: dict[str, Any]


class Flag(NamedTuple):
    """One member of a flags type that is known in the version asked for."""

    name: str
    bit: int
    wire: bool
    clears: str | None
    bus: str | None


class FlagsType(NamedTuple):
    """A flags type as one version knows it; a flag that clears counts even where it is not
    known, because its bit is 0 there."""

    size: int
    rest: str
    mask: int
    members: list[Flag]
    clearing: list[Flag]


class Symbols:
    """The named types of one file; a format falls back on the model."""

    def __init__(self, name: str, tree: dict[str, Any], parent: "Symbols | None" = None) -> None:
        self.name = name
        self.tree = tree
        self._parent = parent

    def _find(self, section: str, name: str) -> Any:
        found = self.tree.get(section, {}).get(name)
        if found is None and self._parent is not None:
            return self._parent._find(section, name)
        return found

    def enum(self, name: str, version: int | None = None) -> dict[str, int] | None:
        """Member names and values of an enum, as the version knows them."""
        if name == "types" and "types" in self.tree:
            return {key: one["id"] for key, one in self.tree["types"].items() if key != "doc"}
        found = self._find("enums", name)
        if found is None:
            return None
        only(found, {"doc", "members", "source"}, f"{self.name}: enum {name}")
        members = {}
        for key, member in found["members"].items():
            options = member[2] if len(member) > 2 else {}
            only(options, {"since", "applies", "source"}, f"{self.name}: enum {name}.{key}")
            if version is None or options.get("since", 1) <= version:
                members[key] = member[0]
        return members

    def flags(self, name: str, version: int) -> FlagsType | None:
        """A flags type, as the version knows it."""
        found = self.tree.get("flags", {}).get(name)
        if found is None:
            return None
        where = f"{self.name}: flags {name}"
        only(found, FLAGS_KEYS, where)
        members, clearing, mask = [], [], 0
        for key, one in found["members"].items():
            only(one, FLAG_KEYS, f"{where}.{key}")
            flag = Flag(key, one["bit"], one.get("wire", False), one.get("clears"),
                        one.get("bus"))
            if flag.clears is not None:
                clearing.append(flag)
            if one.get("since", 1) <= version:
                members.append(flag)
                mask |= 1 << flag.bit
        members.sort(key=lambda flag: flag.bit)
        return FlagsType(found.get("width", 32) // 8, found["rest"], mask, members, clearing)

    def struct(self, name: str) -> list[Field] | None:
        """The fields of a struct; they are scalars."""
        found = self._find("structs", name)
        if found is None:
            return None
        where = f"{self.name}: struct {name}"
        only(found, {"doc", "fields", "source", "c"}, where)
        fields = read_fields(found["fields"], where)
        for field in fields:
            if field.type not in SCALARS:
                raise SpecError(f"{where}.{field.name}: unknown type {field.type!r}")
        return fields


def read_fields(entries: list[list[Any]], where: str) -> list[Field]:
    """The lines of `fields`: name, type, doc, options."""
    fields = []
    for entry in entries:
        if len(entry) not in (3, 4):
            raise SpecError(f"{where}: a field is [name, type, doc, options], not {entry!r}")
        options = entry[3] if len(entry) == 4 else {}
        only(options, FIELD_OPTIONS, f"{where}.{entry[0]}")
        fields.append(Field(entry[0], entry[1], options))
    return fields


class Model(Symbols):
    """model.yaml: items, attributes and flags that every format maps onto."""

    def __init__(self, tree: dict[str, Any]) -> None:
        super().__init__("model", tree)
        only(tree, MODEL_KEYS, "model")
        self.rules: dict[str, Any] = tree.get("rules", {})
        self.bits: dict[str, int] = {}
        self.known_by: dict[str, dict[str, int]] = {kind: {} for kind in tree["items"]}
        for name, flag in tree["flags"].items():
            only(flag, {"bit", "of", "knows", "without", "doc", "source"}, f"model: flag {name}")
            self.bits[name] = flag["bit"]
            for kind in flag["of"]:
                for attribute in flag.get("knows", ()):
                    self.known_by[kind][attribute] = flag["bit"]
        self.attributes: dict[str, dict[str, Any]] = {}
        self.item_rules: dict[str, dict[str, Any]] = {}
        for kind, item in tree["items"].items():
            only(item, {"doc", "attributes", "rules", "source"}, f"model: item {kind}")
            for name, attribute in item["attributes"].items():
                only(attribute, ATTRIBUTE_KEYS, f"model: {kind}.{name}")
            self.attributes[kind] = item["attributes"]
            self.item_rules[kind] = item.get("rules", {})

    def bit(self, flag: str, where: str) -> int:
        """The bit of a model flag."""
        if flag not in self.bits:
            raise SpecError(f"{where}: the model has no flag {flag!r}")
        return self.bits[flag]


class Format(Symbols):
    """One format file."""

    def __init__(self, tree: dict[str, Any], model: Model) -> None:
        super().__init__(tree["format"], tree, model)
        self.model = model
        self.shape: str = tree["shape"]

    def only(self, *sections: str) -> None:
        """Refuse a section that the shape has no use for."""
        only(self.tree, FORMAT_KEYS | set(sections), self.name)


def load_formats(spec_dir: str | Path) -> tuple[Model, list[Format]]:
    """The model and every format of a folder."""
    trees = {}
    for path in sorted(Path(spec_dir).glob("*.yaml")):
        with path.open(encoding="utf-8") as stream:
            trees[path.name] = yaml.safe_load(stream)
    if "model.yaml" not in trees:
        raise SpecError(f"{spec_dir}: there is no model.yaml")
    model = Model(trees.pop("model.yaml"))
    return model, [Format(tree, model) for tree in trees.values()]
