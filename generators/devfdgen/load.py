# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Loads the YAML of spec/ with the position of every key and value, and checks it by schema.json.

The loader takes a narrow YAML: what reads in two ways (a bare `off`, a key given twice, an alias,
a tag) is refused instead of guessed, so that two readings of the same file cannot differ.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable

import jsonschema
import yaml


@dataclass(frozen=True)
class Pos:
    """A place in a file; line and column count from 1, as editors do."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class SpecError(Exception):
    """The spec is refused. str() is `FILE:LINE:COLUMN: message`."""

    def __init__(self, file: str, line: int, col: int, message: str):
        super().__init__(f"{file}:{line}:{col}: {message}")
        self.file = file
        self.line = line
        self.col = col
        self.message = message

    @classmethod
    def at(cls, pos: Pos, message: str) -> "SpecError":
        return cls(pos.file, pos.line, pos.column, message)


class Map(dict):
    """A YAML mapping: a dict that knows where it and each of its keys and values stand."""

    def __init__(self, pos: Pos):
        super().__init__()
        self.pos = pos
        self.key_pos: dict[Any, Pos] = {}
        self.value_pos: dict[Any, Pos] = {}


class Seq(list):
    """A YAML sequence: a list that knows where it and each of its elements stand."""

    def __init__(self, pos: Pos):
        super().__init__()
        self.pos = pos
        self.value_pos: list[Pos] = []


# YAML 1.1 readers take these for booleans, YAML 1.2 readers and people do not.
_AMBIGUOUS = re.compile(r"(?i:yes|no|on|off|y|n)|True|TRUE|False|FALSE")


class _Loader(yaml.SafeLoader):
    """SafeLoader without anchors, aliases, tags and the ambiguous implicit types of YAML 1.1."""

    yaml_implicit_resolvers: dict = {}

    def __init__(self, text: str, file: str):
        super().__init__(text)
        self.file = file

    def _pos(self, mark: yaml.Mark) -> Pos:
        return Pos(self.file, mark.line + 1, mark.column + 1)

    def compose_node(self, parent: Any, index: Any) -> yaml.Node:
        event = self.peek_event()
        pos = self._pos(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            raise SpecError.at(pos, f"alias *{event.anchor}: write the value out")
        if event.anchor is not None:
            raise SpecError.at(pos, f"anchor &{event.anchor}: anchors are not used here")
        if event.tag is not None:
            raise SpecError.at(pos, f"tag {event.tag}: tags are not used here")
        return super().compose_node(parent, index)

    def positioned(self, node: yaml.Node) -> Any:
        """The value of a node; mappings and sequences become Map and Seq."""
        if isinstance(node, yaml.MappingNode):
            return self._map(node)
        if isinstance(node, yaml.SequenceNode):
            return self._seq(node)
        if node.style is None and _AMBIGUOUS.fullmatch(node.value):
            raise SpecError.at(
                self._pos(node.start_mark),
                f"bare '{node.value}' reads as a boolean to some: write true or false, or quote it",
            )
        if node.tag == "tag:yaml.org,2002:int":
            return int(node.value, 0)
        return self.construct_object(node)

    def _map(self, node: yaml.MappingNode) -> Map:
        result = Map(self._pos(node.start_mark))
        for key_node, value_node in node.value:
            pos = self._pos(key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                raise SpecError.at(pos, "a key must be a plain word")
            key = self.positioned(key_node)
            if not isinstance(key, str):
                raise SpecError.at(pos, f"key {key_node.value} must be a word")
            if key in result:
                first = result.key_pos[key].line
                raise SpecError.at(pos, f"key '{key}' was given before, in line {first}")
            result[key] = self.positioned(value_node)
            result.key_pos[key] = pos
            result.value_pos[key] = self._pos(value_node.start_mark)
        return result

    def _seq(self, node: yaml.SequenceNode) -> Seq:
        result = Seq(self._pos(node.start_mark))
        for child in node.value:
            result.append(self.positioned(child))
            result.value_pos.append(self._pos(child.start_mark))
        return result


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"^(?:-?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+)$"),
    list("-0123456789"),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""]
)


def load_text(text: str, file: str) -> Any:
    """Parses one YAML document; `file` is the name that positions show."""
    try:
        loader = _Loader(text, file)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = error.problem or error.context or "not YAML"
        raise SpecError(file, mark.line + 1, mark.column + 1, message) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line = before.count("\n") + 1
        column = error.position - before.rfind("\n")
        raise SpecError(file, line, column, f"character #x{error.character:04x}") from None
    if node is None:
        raise SpecError(file, 1, 1, "the file is empty")
    return loader.positioned(node)


def load_file(path: Path) -> Map:
    """Parses one file whose top is a mapping."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecError(str(path), 1, 1, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SpecError(str(path), 1, 1, f"byte {error.start} is not UTF-8") from None
    data = load_text(text, str(path))
    if not isinstance(data, Map):
        raise SpecError(str(path), 1, 1, "the file must be a mapping")
    return data


def where(data: Any, path: Iterable[Any], prefer_key: bool = False) -> Pos:
    """The position of the value that a path of keys and indexes leads to, or of its key."""
    pos = data.pos
    for step in path:
        named = prefer_key and isinstance(data, Map)
        pos = data.key_pos[step] if named else data.value_pos[step]
        data = data[step]
    return pos


def _unknown_key(data: Map, schema: dict) -> SpecError | None:
    """The first key of a mapping that its schema has no place for."""
    known = schema.get("properties", {})
    patterns = list(schema.get("patternProperties", {}))
    for key in data:
        if key in known or any(re.search(pattern, key) for pattern in patterns):
            continue
        wanted = f", a name matches {patterns[0]}" if patterns else ""
        return SpecError.at(data.key_pos[key], f"unknown key '{key}'{wanted}")
    return None


def _schema_error(data: Map, error: jsonschema.ValidationError) -> SpecError:
    """A message for people out of jsonschema's, at the closest position."""
    path = list(error.absolute_path)
    instance = error.instance
    if error.validator == "additionalProperties":
        unknown = _unknown_key(instance, error.schema)
        if unknown is not None:
            return unknown
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in instance)
        return SpecError.at(where(data, path, prefer_key=True), f"'{missing}' is missing")
    if error.validator == "not":
        return SpecError.at(where(data, path, prefer_key=True), error.schema["description"])
    if "description" not in error.schema:
        return SpecError.at(where(data, path), error.message)
    found = "" if isinstance(instance, (dict, list)) else f"{json.dumps(instance)} stands for "
    return SpecError.at(where(data, path), found + error.schema["description"])


def validate(data: Map, schema: dict) -> None:
    """Raises the violation of the schema that stands first in the file."""
    validator = jsonschema.Draft202012Validator(schema)
    errors = [_schema_error(data, error) for error in validator.iter_errors(data)]
    if errors:
        raise min(errors, key=lambda error: (error.line, error.col))


def load_dir(directory: Path) -> dict[str, Map]:
    """Every YAML file of a spec, valid by the schema, by its name without `.yaml`; model first."""
    schema = json.loads((directory / "schema.json").read_text(encoding="utf-8"))
    files = {path.stem: load_file(path) for path in sorted(directory.glob("*.yaml"))}
    if "model" not in files:
        raise SpecError(str(directory / "model.yaml"), 1, 1, "there is no model.yaml")
    for name, data in files.items():
        validate(data, schema)
        kind = "model" if name == "model" else "format"
        if kind not in data:
            raise SpecError.at(data.pos, f"'{kind}' is missing")
        if kind == "format" and data["format"] != name:
            raise SpecError.at(
                data.value_pos["format"], f"format '{data['format']}' stands in {name}.yaml"
            )
    order = {"records": 1, "array": 2, "replies": 3}
    ordered = sorted(files, key=lambda name: (order.get(files[name].get("shape"), 0), name))
    return {name: files[name] for name in ordered}
