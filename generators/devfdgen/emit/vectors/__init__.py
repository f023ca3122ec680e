# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Vectors: inputs of every format, good or broken in one rule, as a corpus and as examples in C.

Trees of records, slots or capabilities are made from the spec, changed by one row per predicate,
and serialised with everything else fixed up. The oracle has to say of each what it was made for, or
nothing is written.
"""

from __future__ import annotations

import json

from ... import model as m
from .. import MARK, environment
from .build import Vector, all_vectors, smallest

VERSION = "1.0"  # of the corpus
ROW = 16  # bytes a line of C
CORPUS = "conformance/corpus/vectors.json"


def applies_of(rules: list[m.Rule]) -> dict[str, str]:
    """The kernels that the first rule, or the body that it stands in, is about."""
    if not rules:
        return {}
    return rules[0].applies or (rules[0].body.applies if rules[0].body else {})


def line(vector: Vector) -> str:
    """A vector as one line of JSON."""
    rule, verdict = vector.rule, vector.verdict
    out = {
        "id": vector.id,
        "format": vector.format,
        "rule": rule.id if rule else None,
        "role": ",".join(rule.roles) if rule else "producer,reader",
        "level": rule.level if rule else None,
        "given": vector.given,
        "hex": vector.data.hex(),
        "verdict": verdict.verdict,
        "at": verdict.at,
        "need": verdict.need,
        "dump": verdict.dump,
        "note": vector.note,
        "class": vector.cls,
        "catches": vector.catches,
        "rules": [one.id for one in vector.rules],
        "added": VERSION,
    }
    if applies := applies_of(vector.rules):
        out["applies"] = applies
    return json.dumps(out, separators=(",", ":"))


def corpus(vectors: list[Vector]) -> str:
    """The whole file, a vector a line."""
    head = json.dumps({"license": "CC0-1.0", "schema": "devfd-vectors/2", "version": VERSION,
                       "generated": MARK})
    lines = ",\n".join(line(vector) for vector in vectors)
    return f'{head[:-1]}, "vectors": [\n{lines}\n]}}\n'


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


def render(spec: m.Spec) -> dict[str, str]:
    vectors = all_vectors(spec)
    best = smallest(vectors)
    examples = [Example(spec, best[rule.id]) for rule in spec.rules if rule.id in best]
    template = environment(__file__).get_template("examples.c.j2")
    return {
        CORPUS: corpus(vectors),
        "codec/generated/examples.c": template.render(mark=MARK, examples=examples),
    }
