# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What is mutated; a mutant, and the numbers that mutants get."""
from __future__ import annotations

import fnmatch
import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Rows:
    """Rows of a table that are left out, but for some of their fields, unless another table names
    them."""

    named_in: str
    but: tuple[str, ...]


@dataclass
class Scope:
    """A subject: what is mutated, from a file of the folder scope/. built: the sources that are
    built with mutants or without const; asked_by: a header that has the driver ask this subject in
    place of the leaves."""

    name: str
    built: list[str]
    asked_by: str
    sources: list[str]
    functions_left_out: dict[str, str]
    fields_left_out: dict[str, str]
    rows_left_out: dict[str, Rows]
    truths: list[str]
    lengths: list[str]  # fields that hold the number of rows of a list

    @classmethod
    def read(cls, path: Path) -> Scope:
        data = json.loads(path.read_text(encoding="utf-8"))
        rows = {table: Rows(given["unless_named_in"], tuple(given["but"]))
                for table, given in data.get("rows_left_out", {}).items()}
        return cls(path.stem, data["built"], data["asked_by"], data["sources"],
                   data["functions_left_out"], data["fields_left_out"], rows, data["truths"],
                   data.get("lengths", []))

    def wants(self, source: str, function: str) -> bool:
        for pattern in self.functions_left_out:
            name, _, where = pattern.partition("/")
            if fnmatch.fnmatchcase(function, name) and where in ("", source):
                return False
        return True


@dataclass(frozen=True)
class Mutant:
    """One change of the code or of a table. number: what switches it on in the build; base: the
    lowest number of its place, by which a run tells whether an input comes there (0: a table)."""

    number: int
    base: int
    file: str
    line: int
    function: str
    operator: str
    original: str
    mutation: str
    statement: str  # that it stands in

    def place(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass
class Mutants:
    """All of them, in the order of their numbers, which begin at 1."""

    all: list[Mutant] = field(default_factory=list)

    def next(self) -> int:
        return len(self.all) + 1

    def add(self, base: int, file: str, line: int, function: str, operator: str, original: str,
            mutation: str, statement: str) -> int:
        number = self.next()
        texts = (" ".join(text.split()) for text in (original, mutation, statement))
        self.all.append(Mutant(number, base, file, line, function, operator, *texts))
        return number
