# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Vectors: inputs of every format, good or broken in one rule, as a corpus and as examples in C.

Trees of records, slots or capabilities are made from the spec, changed by one row per predicate,
and serialised with everything else fixed up. The oracle has to say of each what it was made for, or
nothing is written.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from ... import model as m
from .. import MARK, environment
from . import about, files
from .boundaries import all_boundaries
from .build import Builder, Vector, all_vectors, smallest
from .captured import all_captured
from .dances import all_dances
from .families import all_families
from .gaps import all_gaps
from .ignored import all_ignored
from .many import all_many
from .pairs import all_pairs
from .responders import all_responders
from .rows import all_rows
from .wide import all_wide

SCHEMAS = {"vectors": "devfd-vectors/2", "families": "devfd-families/1",
           "scripts": "devfd-scripts/1"}

ROW = 16  # bytes a line of C


class Example:
    """A row of examples.c."""

    def __init__(self, spec: m.Spec, vector: Vector) -> None:
        self.rule = vector.rule
        self.cname = "DEVFD_RULE_" + vector.rule.id.replace(".", "_").upper()
        self.format = self._format(spec, vector.format)
        options = ["DEVFD_BIG" if vector.given["order"] == "big" else "DEVFD_LITTLE"]
        if vector.given["role"] == "producer":
            options.append("DEVFD_PRODUCER")
        self.options = " | ".join(options)
        self.index = vector.given["index"]
        rows = (vector.data[at:at + ROW] for at in range(0, len(vector.data), ROW))
        self.rows = [", ".join(f"0x{byte:02x}" for byte in row) for row in rows]
        self.size = len(vector.data)

    @staticmethod
    def _format(spec: m.Spec, name: str | None) -> str:
        if name is None:
            return "0"
        fmt, _, reply = name.partition(".")
        if not reply:
            return f"DEVFD_FORMAT_{name.upper()}"
        number = list(spec.formats[fmt].replies).index(reply)
        return f"DEVFD_FORMAT_REPLY + {number}" if number else "DEVFD_FORMAT_REPLY"


class Made(NamedTuple):
    """All that is made of a spec."""

    tables: dict[str, list[dict[str, Any]]]
    examples: list[Example]


@lru_cache(maxsize=1)
def made(spec: m.Spec) -> Made:
    """The rows of every file, and the examples; kept, since fuzzing takes its seeds from them."""
    builder = Builder(spec)
    vectors = all_vectors(builder)
    for further in (all_boundaries, all_pairs, all_ignored, all_captured):
        vectors += further(builder)
    best = smallest(vectors)
    examples = [Example(spec, best[rule.id]) for rule in spec.rules if rule.id in best]
    families = all_families(builder, vectors)
    vectors += all_gaps(builder)
    vectors += all_rows(builder)
    vectors += all_many(builder)
    vectors += all_wide(builder)
    tables = {
        "vectors": [files.row(vector) for vector in vectors],
        "families": families,
        "scripts": all_dances(builder) + all_responders(spec),
    }
    return Made(tables, examples)


def tables_of(spec: m.Spec) -> dict[str, list[dict[str, Any]]]:
    """The rows of every file by its name."""
    return made(spec).tables


def render(spec: m.Spec) -> dict[str, str]:
    tables, examples = made(spec)
    template = environment(__file__).get_template("examples.c.j2")
    history = files.History(spec.directory.parent)
    tables = {kind: history.dated(kind, rows) for kind, rows in tables.items()}
    texts = {f"{kind}.json": files.lines(kind, SCHEMAS[kind], rows)
             for kind, rows in tables.items()}
    texts["schema.json"] = environment(__file__).get_template("schema.json.j2").render(
        catches=about.CATCHES)
    texts["manifest.json"] = files.manifest(spec, tables, texts)
    texts["VERSION"] = files.VERSION + "\n"
    return {
        **{f"{files.FOLDER}/{name}": text for name, text in texts.items()},
        "codec/generated/examples.c": template.render(mark=MARK, examples=examples),
    }
