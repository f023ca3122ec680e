# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Reads the corpus. A schema or a field that it does not know is an error: to run half of what a
newer corpus means would be a wrong verdict."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .case import RESPONDER, Case, Want

SCHEMAS = {"devfd-vectors": 2, "devfd-families": 1, "devfd-scripts": 1, "devfd-corpus": 1}
DATA = {"vectors.json": "vectors", "families.json": "families", "scripts.json": "scripts"}
HEAD = {"license", "schema", "generated", "version"}
VECTOR = {"id", "format", "rule", "role", "level", "given", "hex", "verdict", "at", "need", "dump",
          "note"}
VECTOR_2 = {"class", "catches", "added", "applies", "rules"}
FAMILY = {"id", "of", "class", "role", "format", "given", "lengths", "added", "applies", "level",
          "catches", "note", "text"}
OUTCOME = {"verdict", "rule", "at", "need", "dump", "level"}
SCRIPT = {"id", "role", "format", "level", "rule", "rules", "text", "given", "class", "catches",
          "steps", "verdict", "need", "at", "dump", "calls", "added", "applies"}
STEP = {"expect", "reply", "repeat"}
EXPECT, REPLY = {"argsz_min", "argsz_max"}, {"errno", "bytes", "argsz"}
GIVEN = {"index", "order", "role", "argsz"}
DIGITS = 12  # of the digest that reports show


class CorpusError(Exception):
    """The corpus cannot be used. The message is one line that says where and why."""


@dataclass
class Corpus:
    """Everything that there is to run, and the rules that it is about."""

    cases: list[Case]
    version: str
    digest: str  # of the manifest, which has those of the files
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    formats: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """For reports: a corpus that was edited has the same version, but another digest."""
        return f"{self.version} ({self.digest})"


def _read(path: Path, kind: str) -> tuple[dict[str, Any], int]:
    """A file of the corpus and the number of its schema."""
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise CorpusError(f"{path}: not found") from None
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path}: {error}") from None
    if not isinstance(data, dict):
        raise CorpusError(f"{path}: not a JSON object")
    schema = data.get("schema")
    match = re.fullmatch(rf"{kind}/(\d+)", schema) if isinstance(schema, str) else None
    if match is None:
        raise CorpusError(f"{path}: schema is {schema!r}, not {kind}/N")
    number = int(match[1])
    if number > SCHEMAS[kind]:
        raise CorpusError(f"{path}: schema {schema} is newer than this runner, which knows "
                          f"{kind}/{SCHEMAS[kind]}; use the runner that came with the corpus")
    return data, number


def _known(where: str, found: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(found) - known)
    if unknown:
        raise CorpusError(f"{where}: unknown field {', '.join(unknown)}; this runner is too old "
                          "for the corpus, or the corpus is broken")


def _rows(path: Path, data: dict[str, Any], key: str, known: set[str],
          must: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    _known(str(path), data, HEAD | {key})
    for number, row in enumerate(data.get(key) or ()):
        where = f"{path}: {key}[{number}] {row.get('id', '(no id)')}"
        _known(where, row, known)
        missing = sorted(must - set(row))
        if missing:
            raise CorpusError(f"{where}: lacks {', '.join(missing)}")
        _known(f"{where}: given", row["given"], GIVEN)
        yield where, row


def _guess_class(row: dict[str, Any]) -> str:
    """Of schema 1, which had no classes."""
    return "valid" if row["verdict"] == "accept" else "malformed"


def _role(row: dict[str, Any]) -> str:
    """The role to be played, which is one; "role" of a vector says whom its rule binds."""
    return row["given"].get("role", row.get("role", "reader").split(",")[-1])


def _vector(row: dict[str, Any], where: str) -> Case:
    try:
        data = bytes.fromhex(row["hex"])
    except ValueError as error:
        raise CorpusError(f"{where}: hex: {error}") from None
    rule = row["rule"]
    return Case(
        id=row["id"], family="vector", format=row["format"], rule=rule,
        rules=tuple(row.get("rules") or ([rule] if rule else [])), role=_role(row),
        level=row["level"], cls=row.get("class") or _guess_class(row), given=row["given"],
        input=data, catches=tuple(row.get("catches") or ()), text=row["note"] or "",
        want=Want(row["verdict"], rule if row["verdict"] != "accept" else None, row["at"],
                  row["need"], row["dump"]),
        added=row.get("added", "1.0"), applies=row.get("applies"))


def _prefixes(row: dict[str, Any], where: str, of: Case,
              rules: dict[str, dict[str, Any]]) -> Iterator[Case]:
    """Every strict prefix of a vector, one case each. The runs cover 0 to the size less one."""
    at = 0
    for first, last, outcome in row["lengths"]:
        _known(where, outcome, OUTCOME)
        if first != at or last < first:
            raise CorpusError(f"{where}: lengths {first} to {last} do not follow {at}")
        at = last + 1
        rule = outcome.get("rule")
        want = Want(outcome["verdict"], rule, outcome.get("at"), outcome.get("need"),
                    outcome.get("dump"))
        level = rules.get(rule, {}).get("level", row.get("level")) if rule else row.get("level")
        level = outcome.get("level", level)
        cls = "valid" if want.verdict == "accept" else row["class"]
        for size in range(first, last + 1):
            yield Case(
                id=f"{row['id']}/{size}", family="prefix", format=row["format"], rule=rule,
                rules=(rule,) if rule else (), role=_role(row), level=level, cls=cls,
                given=row["given"], input=of.input[:size], want=want,
                catches=tuple(row.get("catches") or ("truncation",)),
                text=f"the first {size} bytes of {of.id}", added=row.get("added", "1.0"),
                applies=row.get("applies"))
    if at != len(of.input):
        raise CorpusError(f"{where}: lengths end at {at}, but {of.id} has {len(of.input)} bytes")


def _script(row: dict[str, Any], where: str) -> Case:
    """A dialogue. What a responder is asked has other steps, and who plays them will read them."""
    for number, step in enumerate(row["steps"]) if row["role"] == "reader" else ():
        _known(f"{where}: steps[{number}]", step, STEP)
        _known(f"{where}: steps[{number}].expect", step.get("expect") or {}, EXPECT)
        _known(f"{where}: steps[{number}].reply", step["reply"], REPLY)
    rule = row["rule"]
    return Case(
        id=row["id"], family="script", format=row["format"], rule=rule,
        rules=tuple(row.get("rules") or ([rule] if rule else [])), role=row["role"],
        level=row["level"], cls=row["class"], given=row["given"], input=b"",
        want=Want(row["verdict"], dump=row.get("dump")),
        catches=tuple(row.get("catches") or ()), text=row["text"], steps=tuple(row["steps"]),
        calls=row.get("calls", 64), added=row.get("added", "1.0"), applies=row.get("applies"))


def _manifest(folder: Path) -> dict[str, Any]:
    """The manifest, after a look whether the files are those that it speaks of."""
    path = folder / "manifest.json"
    manifest, _ = _read(path, "devfd-corpus")
    if not isinstance(manifest.get("version"), str) or not manifest["version"]:
        raise CorpusError(f"{path}: has no version")
    files = manifest.get("files")
    if not isinstance(files, list) or not all(isinstance(row, dict) for row in files):
        raise CorpusError(f"{path}: files is no list of objects")
    rows = {row.get("name"): row for row in files}
    for name in DATA:
        if name not in rows:
            raise CorpusError(f"{path}: files has no row of {name}")
        if not isinstance(rows[name].get("count"), int):
            raise CorpusError(f"{path}: files: {name} has no count")
    for name, row in rows.items():
        _is_file_of(path, name, row)
    return manifest


def _is_file_of(path: Path, name: Any, row: dict[str, Any]) -> None:
    """Whether a file beside the manifest is the one that a row of it describes."""
    if not isinstance(name, str) or not name or "/" in name:
        raise CorpusError(f"{path}: files: {name!r} is no name of a file beside it")
    if not isinstance(row.get("sha256"), str):
        raise CorpusError(f"{path}: files: {name} has no sha256")
    try:
        data = (path.parent / name).read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: {name}: {error.strerror}") from None
    if hashlib.sha256(data).hexdigest() != row["sha256"]:
        raise CorpusError(f"{path}: {name} is not the file that the manifest describes "
                          "(sha256 differs)")


def _counted(folder: Path, name: str, data: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Whether a file has as many rows as the manifest says."""
    wanted = next(row["count"] for row in manifest["files"] if row["name"] == name)
    found = len(data.get(DATA[name]) or ())
    if found != wanted:
        raise CorpusError(f"{folder / name}: has {found} {DATA[name]}, and the manifest counts "
                          f"{wanted}")


def load(folder: Path) -> Corpus:
    """The corpus in a folder, with its manifest. Raises CorpusError."""
    manifest = _manifest(folder)
    digest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()[:DIGITS]
    rules = {rule["id"]: rule for rule in manifest.get("rules", ())}
    path = folder / "vectors.json"
    data, number = _read(path, "devfd-vectors")
    _counted(folder, path.name, data, manifest)
    known = VECTOR | (VECTOR_2 if number >= 2 else set())
    cases = [_vector(row, where) for where, row in _rows(path, data, "vectors", known, VECTOR)]
    if not cases:
        raise CorpusError(f"{path}: has no vectors")
    by_id = {case.id: case for case in cases}
    path = folder / "families.json"
    data, _ = _read(path, "devfd-families")
    _counted(folder, path.name, data, manifest)
    must = {"id", "of", "class", "role", "format", "given", "lengths"}
    for where, row in _rows(path, data, "families", FAMILY, must):
        if row["of"] not in by_id:
            raise CorpusError(f"{where}: is of {row['of']}, which is no vector")
        cases += _prefixes(row, where, by_id[row["of"]], rules)
    path = folder / "scripts.json"
    data, _ = _read(path, "devfd-scripts")
    _counted(folder, path.name, data, manifest)
    must = {"id", "role", "format", "level", "rule", "text", "given", "class", "steps"}
    for where, row in _rows(path, data, "scripts", SCRIPT, must):
        if row["role"] not in ("reader", RESPONDER):
            raise CorpusError(f"{where}: role {row['role']!r} is neither reader nor responder")
        cases.append(_script(row, where))
    if len({case.id for case in cases}) != len(cases):
        seen: set[str] = set()
        twice = next(case.id for case in cases if case.id in seen or seen.add(case.id))
        raise CorpusError(f"{folder}: {twice} stands there twice")
    formats = manifest.get("formats") or sorted({case.format for case in cases if case.format})
    return Corpus(cases, manifest["version"], digest, rules, list(formats))
