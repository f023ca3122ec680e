# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Mutants that no input can tell from the code, each with the reason, from equivalent.json.

An entry names file, function, original and mutation; `*` stands for any text in function, original
and mutation, and all that it matches has to survive."""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Iterable

from mutation.model import Mutant

KEYS = ("file", "function", "original", "mutation")


@dataclass
class Entry:
    file: str
    function: str
    original: str
    mutation: str
    reason: str
    matched: list[Mutant] = field(default_factory=list)

    def matches(self, mutant: Mutant) -> bool:
        return self.file == mutant.file and all(
            re.fullmatch(".*".join(map(re.escape, getattr(self, key).split("*"))),
                         getattr(mutant, key).replace("*", "\x00")) or
            getattr(self, key) == getattr(mutant, key)
            for key in KEYS[1:])

    def name(self) -> str:
        return f"{self.file}: {self.function}: {self.original} -> {self.mutation}"


def read(data: dict[str, Any]) -> list[Entry]:
    entries = [Entry(**{key: e[key] for key in (*KEYS, "reason")}) for e in data["equivalent"]]
    for entry in entries:
        if not entry.reason.strip():
            raise SystemExit(f"mutation: equivalent.json: {entry.name()}: gives no reason")
    return entries


def apply(entries: list[Entry], survived: Iterable[Mutant], killed: Iterable[Mutant],
          complete: bool) -> tuple[list[Mutant], list[Mutant], list[str]]:
    """Equivalents and real survivors, and what is wrong with the entries. complete: all mutants
    were run, so that each entry has to match one."""
    equivalent, left, wrong = [], [], []
    for mutant in survived:
        by = [entry for entry in entries if entry.matches(mutant)]
        for entry in by:
            entry.matched.append(mutant)
        (equivalent if by else left).append(mutant)
    for mutant in killed:
        for entry in entries:
            if entry.matches(mutant):
                entry.matched.append(mutant)
                wrong.append(f"{mutant.place()}: is killed, but listed as equivalent: "
                             f"{entry.name()}")
    if complete:
        wrong += [f"equivalent.json: matches no mutant: {entry.name()}"
                  for entry in entries if not entry.matched]
    return equivalent, left, wrong
