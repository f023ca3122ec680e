# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Mutants of the tables: each number and pointer of a table gets rows in a list of patches, which
a run applies to the table in memory (the build has no const, so that tables can be written)."""
from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, replace
from typing import Iterator

from clang.cindex import Cursor, CursorKind as Kind, Type, TypeKind

from mutation.model import Mutants, Scope
from mutation.rewrite import INTEGERS, Rewriter

# What a patch does; the names of enum devfd_patch_how in mutant.h.
NUMBER_CHANGES = (("PLUS", "+ 1"), ("MINUS", "- 1"), ("ZERO", "0"), ("LOW", "lowest bit cleared"),
                  ("HIGH", "highest bit cleared"))


@dataclass
class Leaf:
    """One scalar of a table. path: the C expression."""

    path: str
    type: Type
    text: str
    line: int
    where: str  # the path with the names of rows
    next_path: str | None
    truth: bool  # 0, or anything else
    length: bool  # of a list, beyond which C says nothing of what stands there
    late: bool  # the path goes by a pointer, so that it is no constant


class Initializer:
    """The text of an initializer as a tree of braces: values with their place."""

    TOKEN = re.compile(r"\s+|/\*.*?\*/|//[^\n]*", re.S)
    COMPOUND = re.compile(r"\([\w\s]+\[\]\)(?=\{)")
    MACRO = re.compile(r"#define (\w+)\(([^)]*)\)((?:[^\n]*\\\n)*[^\n]*)")
    DESIGNATOR = re.compile(r"(\.\w+|\[\w+\])\s*=\s*")
    STRING = re.compile(r'"(?:[^"\\]|\\.)*"')

    def __init__(self, text: str, at: int) -> None:
        self.macros = {found[1]: (re.findall(r"\w+", found[2]), found[3])
                       for found in self.MACRO.finditer(text)}
        self.text = text
        self.at = at
        self.comment = ""

    def expand(self) -> None:
        """A row that a macro of this file makes; lines stay where they are."""
        match = re.compile(r"(\w+)\(([^()]*)\)").match(self.text, self.at)
        if not match or match[1] not in self.macros:
            return
        names, body = self.macros[match[1]]
        given = dict(zip(names, (part.strip() for part in match[2].split(","))))
        body = re.sub(r"\s+", " ", body.replace("\\\n", " ")).strip()
        body = re.sub(r"\w+", lambda word: given.get(word[0], word[0]), body)
        body += "\n" * match[0].count("\n")
        self.text = self.text[:self.at] + body + self.text[match.end():]

    def line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1

    def skip(self) -> None:
        while match := self.TOKEN.match(self.text, self.at):
            if match.group().startswith("/*"):
                self.comment = match.group()
            self.at = match.end()

    def value(self) -> object:
        """(text, line) of a scalar, or {designator or number: value} with "" for a comment."""
        self.skip()
        if match := self.COMPOUND.match(self.text, self.at):
            self.at = match.end()
        if self.text[self.at] != "{":
            return self.scalar()
        self.at += 1
        found: dict[object, object] = {}
        self.comment = ""
        self.skip()
        found[""] = self.comment
        while self.text[self.at] != "}":
            self.expand()
            match = self.DESIGNATOR.match(self.text, self.at)
            key: object = sum(1 for k in found if k != "")
            if match:
                key = match[1].strip(".[]")
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
            if match := self.STRING.match(self.text, self.at):
                self.at = match.end()
                continue
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(self.text[self.at], 0)
            self.at += 1
        return self.text[start:self.at].strip(), self.line(start)


class Tables:
    """The tables of one file, which has been parsed for its functions."""

    def __init__(self, source: Rewriter, mutants: Mutants, scope: Scope) -> None:
        self.source = source
        self.mutants = mutants
        self.scope = scope
        self.named: dict[str, set[str]] = {}  # what the tables of a pattern hold

    def trees(self) -> Iterator[tuple[Cursor, object]]:
        """The tables of this file, each with its values."""
        for cursor in self.source.unit.cursor.get_children():
            if cursor.kind != Kind.VAR_DECL or not self.source.here(cursor) or \
                    any(fnmatch.fnmatchcase(cursor.spelling, pattern)
                        for pattern in self.scope.fields_left_out):
                continue
            start, end = self.source.span(cursor)
            text = self.source.text[start:end]
            if "=" in text:
                yield cursor, Initializer(self.source.text, start + text.index("=") + 1).value()

    def leaves(self) -> Iterator[Leaf]:
        trees = list(self.trees())
        for pattern in {rows.named_in for rows in self.scope.rows_left_out.values()}:
            self.named[pattern] = {
                value[0] for cursor, tree in trees if isinstance(tree, dict) and
                fnmatch.fnmatchcase(cursor.spelling, pattern)
                for value in tree.values() if isinstance(value, tuple)}
        for cursor, tree in trees:
            name = cursor.spelling
            for leaf in self.walk(Leaf(name, cursor.type, "", 0, name, None, False, False, False),
                                  tree):
                if self.wanted(leaf):
                    yield leaf

    def wanted(self, leaf: Leaf) -> bool:
        """Whether a table has this row for what judges, too."""
        table, _, rest = leaf.path.partition("[")
        rows = self.scope.rows_left_out.get(table)
        if rows is None or rest.partition(".")[2] in rows.but:
            return True
        return rest.partition("]")[0] in self.named[rows.named_in]

    def walk(self, at: Leaf, tree: object) -> Iterator[Leaf]:
        """at: what the tree stands at."""
        kind = at.type.get_canonical()
        if kind.kind == TypeKind.POINTER and isinstance(tree, dict):
            yield from self.walk_rows(replace(at, late=True), kind.get_pointee(), tree)
        elif kind.kind in (TypeKind.CONSTANTARRAY, TypeKind.INCOMPLETEARRAY):
            assert isinstance(tree, dict)
            yield from self.walk_rows(at, kind.element_type, tree)
        elif kind.kind == TypeKind.RECORD:
            assert isinstance(tree, dict)
            owner = kind.get_declaration().spelling
            for number, field in enumerate(kind.get_fields()):
                inner, name = tree.get(field.spelling, tree.get(number)), field.spelling
                if f"{owner}.{name}" in self.scope.fields_left_out or inner is None:
                    continue
                yield from self.walk(
                    replace(at, path=f"{at.path}.{name}", where=f"{at.where}.{name}",
                            type=field.type, truth=f"{owner}.{name}" in self.scope.truths,
                            length=f"{owner}.{name}" in self.scope.lengths,
                            next_path=at.next_path and f"{at.next_path}.{name}"), inner)
        else:
            assert isinstance(tree, tuple)
            yield replace(at, type=kind, text=tree[0], line=tree[1])

    def walk_rows(self, at: Leaf, kind: Type, tree: dict[object, object]) -> Iterator[Leaf]:
        keys = [key for key in tree if key != ""]
        for key, other in zip(keys, keys[1:] + keys[:1]):
            following = f"{at.path}[{other}]" if len(keys) > 1 else None
            yield from self.walk(
                replace(at, path=f"{at.path}[{key}]", type=kind, next_path=following,
                        where=f"{at.where}[{self.row_name(key, tree[key])}]"), tree[key])

    @staticmethod
    def row_name(key: object, row: object) -> str:
        """The designator of a row, the name in its comment, the text it begins with, or its
        number."""
        if isinstance(key, str) or not isinstance(row, dict):
            return str(key)
        if row[""]:
            return re.sub(r"^/\*\s*|[:\s*].*", "", str(row[""]), flags=re.S)
        text = row.get("name", row.get(0))
        if isinstance(text, tuple) and text[0].startswith('"'):
            return text[0].strip('"')
        return str(key)

    def patches(self) -> str:
        """The rows of this file's list of patches, as C to stand at the end of the file."""
        rows, late = [], []
        name = "devfd_patches_" + re.sub(r"\W", "_", self.source.name)
        for leaf in self.leaves():
            for how, shown, other in self.changes(leaf):
                number = self.mutants.add(0, self.source.name, leaf.line, leaf.where, "table",
                                          leaf.text, shown, leaf.path)
                place = f"(void *)&{leaf.path}"
                if leaf.late:
                    late.append(f"\t{name}[{len(rows)}].at = {place};\n"
                                f"\t{name}[{len(rows)}].other = {other};\n")
                    place, other = "0", "0"
                rows.append(f"\t{{{number}, DEVFD_PATCH_{how}, sizeof({leaf.path}), "
                            f"{place}, {other}}},\n")
        text = f"\nstruct devfd_patch {name}[] = {{\n{''.join(rows)}\t{{0, 0, 0, 0, 0}}}};\n"
        if late:
            text += (f"__attribute__((constructor)) static void {name}_late(void)\n"
                     f"{{\n{''.join(late)}}}\n")
        return text

    def changes(self, leaf: Leaf) -> Iterator[tuple[str, str, str]]:
        if leaf.length or leaf.text.startswith("sizeof"):
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
