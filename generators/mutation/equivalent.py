# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Mutants that no answer to any input can tell from the code, each with the reason, from
the lists in the folder equivalent/.

An entry has file, function, original and mutation, and may have statement (in which the original
stands) and operator. Each is a text or a list of texts, in which `*` stands for anything. All
mutants that an entry matches have to survive, and it has to match one."""
from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterable

from mutation.model import Mutant

NEEDED = ("file", "function", "original", "mutation")
ALLOWED = (*NEEDED, "statement", "operator", "reason")


@dataclass
class Entry:
    number: int
    patterns: dict[str, list[re.Pattern[str]]]
    name: str
    matched: list[Mutant] = field(default_factory=list)

    def matches(self, mutant: Mutant) -> bool:
        return all(any(pattern.fullmatch(getattr(mutant, key)) for pattern in patterns)
                   for key, patterns in self.patterns.items())


class Wrong(Exception):
    """An entry says too little or too much; one line."""


def pattern(text: str) -> re.Pattern[str]:
    """A backslash takes its meaning from a star."""
    parts = re.split(r"(?<!\\)\*", text)
    return re.compile(".*".join(re.escape(part.replace("\\*", "*")) for part in parts))


def read_folder(folder: Path) -> list[Entry]:
    return [entry for path in sorted(folder.glob("*.json"))
            for entry in read(json.loads(path.read_text(encoding="utf-8")), path.name)]


def read(data: dict[str, Any], name: str = "") -> list[Entry]:
    entries = []
    for number, given in enumerate(data["equivalent"], 1):
        missing = [key for key in (*NEEDED, "reason") if not given.get(key)]
        if missing or set(given) - set(ALLOWED):
            raise Wrong(f"{name}: entry {number}: needs {', '.join(NEEDED)} and reason, "
                        f"and may have statement and operator")
        patterns = {key: [pattern(text) for text in ([value] if isinstance(value, str) else value)]
                    for key, value in given.items() if key != "reason"}
        shown = ": ".join(str(given[key]) for key in NEEDED)
        entries.append(Entry(number, patterns, f"{name}: entry {number}: {shown}"))
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
                wrong.append(f"{mutant.place()}: {mutant.original} -> {mutant.mutation}: is "
                             f"killed, but equivalent by {entry.name}")
    if complete:
        wrong += [f"matches no mutant: {entry.name}"
                  for entry in entries if not entry.matched]
    return equivalent, left, wrong
