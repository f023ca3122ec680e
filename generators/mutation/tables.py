# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Mutants of the tables: each number and pointer of a table gets rows in a list of patches, which
a run applies to the table in memory (the build has no const, so that tables can be written)."""
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterator

from clang.cindex import CursorKind as Kind, Type, TypeKind

from mutation.model import Mutants
from mutation.rewrite import INTEGERS, Rewriter

# What a patch does; the names of enum devfd_patch_how in mutant.h.
NUMBER_CHANGES = (("PLUS", "+ 1"), ("MINUS", "- 1"), ("ZERO", "0"), ("LOW", "lowest bit cleared"),
                  ("HIGH", "highest bit cleared"))


@dataclass
class Leaf:
    """One scalar of a table. path: the C expression; row: the array element that it stands in."""

    path: str
    type: Type
    text: str
    line: int
    row: str
    next_path: str | None
    truth: bool  # 0, or anything else


class Initializer:
    """The text of an initializer as a tree of braces: values with their place."""

    TOKEN = re.compile(r"\s+|/\*.*?\*/|//[^\n]*", re.S)

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at
        self.comment = ""

    def skip(self) -> None:
        while match := self.TOKEN.match(self.text, self.at):
            if match.group().startswith("/*"):
                self.comment = match.group()
            self.at = match.end()

    def value(self) -> object:
        """(text, place) of a scalar, or {designator or number: value} with "" for a comment."""
        self.skip()
        if self.text[self.at] != "{":
            return self.scalar()
        self.at += 1
        found: dict[object, object] = {}
        self.comment = ""
        self.skip()
        found[""] = self.comment
        while self.text[self.at] != "}":
            match = re.compile(r"\.(\w+)\s*=").match(self.text, self.at)
            key: object = sum(1 for k in found if k != "")
            if match:
                key = match.group(1)
                self.at = match.end()
            found[key] = self.value()
            self.skip()
            if self.text[self.at] == ",":
                self.at += 1
            self.skip()
        self.at += 1
        return found

    def scalar(self) -> tuple[str, int]:
        start, depth = self.at, 0
        while depth or self.text[self.at] not in ",};":
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(self.text[self.at], 0)
            self.at += 1
        return self.text[start:self.at].strip(), start


class Tables:
    """The tables of one file, which has been parsed for its functions."""

    def __init__(self, source: Rewriter, mutants: Mutants, left_out: dict[str, str],
                 truths: list[str]) -> None:
        self.source = source
        self.mutants = mutants
        self.left_out = left_out
        self.truths = truths

    def leaves(self) -> Iterator[tuple[str, Leaf]]:
        for cursor in self.source.unit.cursor.get_children():
            if cursor.kind != Kind.VAR_DECL or not self.source.here(cursor) or \
                    cursor.spelling in self.left_out:
                continue
            start, end = self.source.span(cursor)
            text = self.source.text[start:end]
            if "=" not in text:
                continue
            tree = Initializer(self.source.text, start + text.index("=") + 1).value()
            yield from ((cursor.spelling, leaf)
                        for leaf in self.walk(cursor.spelling, cursor.type, tree, "", None))

    def walk(self, path: str, kind: Type, tree: object, row: str,
             next_path: str | None, truth: bool = False) -> Iterator[Leaf]:
        kind = kind.get_canonical()
        if kind.kind in (TypeKind.CONSTANTARRAY, TypeKind.INCOMPLETEARRAY):
            assert isinstance(tree, dict)
            count = len(tree) - 1
            for i in range(count):
                other = f"{path}[{(i + 1) % count}]" if count > 1 else None
                inner = tree[i]
                name = str(i)
                if isinstance(inner, dict) and inner[""]:
                    name = re.sub(r"^/\*\s*|[:\s*].*", "", str(inner[""]), flags=re.S)
                yield from self.walk(f"{path}[{i}]", kind.element_type, inner, name, other)
        elif kind.kind == TypeKind.RECORD:
            assert isinstance(tree, dict)
            for number, field in enumerate(kind.get_fields()):
                inner = tree.get(field.spelling, tree.get(number))
                owner = kind.get_declaration().spelling
                if f"{owner}.{field.spelling}" in self.left_out:
                    continue
                if inner is None:
                    continue
                other = f"{next_path}.{field.spelling}" if next_path else None
                yield from self.walk(f"{path}.{field.spelling}", field.type, inner, row, other,
                                     f"{owner}.{field.spelling}" in self.truths)
        else:
            assert isinstance(tree, tuple)
            text, at = tree
            line = self.source.text.count("\n", 0, at) + 1
            yield Leaf(path, kind, text, line, row, next_path,
                       truth)

    def patches(self) -> str:
        """The rows of this file's list of patches, as C to stand at the end of the file."""
        rows = []
        for table, leaf in self.leaves():
            where = re.sub(r"\[\d+\]", f"[{leaf.row}]", leaf.path, count=1)
            for how, shown, other in self.changes(leaf):
                number = self.mutants.add(0, self.source.name, leaf.line, where, "table",
                                          leaf.text, shown, leaf.path)
                rows.append(f"\t{{{number}, DEVFD_PATCH_{how}, sizeof({leaf.path}), "
                            f"(void *)&{leaf.path}, {other}}},\n")
        name = re.sub(r"\W", "_", self.source.name)
        return (f"\nstruct devfd_patch devfd_patches_{name}[] = {{\n{''.join(rows)}"
                f"\t{{0, 0, 0, 0, 0}}}};\n")

    def changes(self, leaf: Leaf) -> Iterator[tuple[str, str, str]]:
        if leaf.text.startswith("sizeof"):
            yield "MINUS", "- 1", "0"
        elif leaf.truth:
            yield "FLIP", "0" if leaf.text != "0" else "1", "0"
        elif leaf.type.kind in INTEGERS:
            for how, shown in NUMBER_CHANGES:
                yield how, shown, "0"
        elif leaf.type.kind == TypeKind.POINTER:
            yield "ZERO", "NULL", "0"
            if leaf.next_path:
                yield "COPY", "that of the next row", f"(void *)&{leaf.next_path}"
