# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""A mutant, and the numbers that mutants get."""
from __future__ import annotations

from dataclasses import dataclass, field


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
