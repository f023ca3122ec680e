# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Prefix families: what every strict prefix of a good input is, as run lengths of equal outcome.

A cut input is what a short read, a small buffer or a lost packet makes. Each is judged by itself,
since growth by size lets a prefix of a reply be good.
"""

from __future__ import annotations

from typing import Any, Iterator

from . import about
from .build import Builder, Vector

# Ends of names of good inputs (without the byte order) whose every prefix is judged; of replies all
# are, for each has its own capabilities and fields behind which it can be cut.
LITTLE = (".rich", ".kept", ".many", ".least", "tail.region.areas", "v2.region.areas")
BIG = (".rich", ".all", ".0")
MOST = 700  # bytes: longer ones say nothing that these do not


def chosen(vector: Vector) -> bool:
    """Whether a vector has a family."""
    name, _, order = vector.id.rpartition(".")
    if vector.rules or vector.format is None or order not in ("little", "big"):
        return False
    if len(vector.data) > MOST:
        return False
    if order == "big":
        return name.endswith(BIG) or name in ("array/rich", "array/least")
    return vector.format.count(".") > 0 or name.endswith(LITTLE) or name.startswith("array/")


def outcomes(builder: Builder, vector: Vector) -> Iterator[list[Any]]:
    """[first, last, outcome] of each run of lengths with the same outcome."""
    first, held = 0, None
    for size in range(len(vector.data)):
        verdict = builder.oracle.judge(vector.data[:size], vector.format, **vector.given)
        outcome = {"verdict": verdict.verdict, "rule": verdict.rule, "at": verdict.at,
                   "need": verdict.need, "dump": verdict.dump}
        rule = builder.rules.get(verdict.rule)
        level = about.level_of(rule, vector.given["order"], vector.data)
        if rule and level != rule.level:
            outcome["level"] = level
        if held is not None and outcome != held:
            yield [first, size - 1, held]
            first = size
        held = outcome
    if held is not None:
        yield [first, len(vector.data) - 1, held]


def all_families(builder: Builder, vectors: list[Vector]) -> list[dict[str, Any]]:
    """The families of all vectors that have one."""
    found = []
    for vector in vectors:
        if not chosen(vector):
            continue
        catches = {"truncation", "overread", *vector.catches}
        found.append({
            "id": f"prefix/{vector.id}",
            "of": vector.id,
            "format": vector.format,
            "role": vector.given["role"],
            "given": vector.given,
            "class": "malformed",
            "catches": [word for word in about.CATCHES if word in catches],
            "lengths": list(outcomes(builder, vector)),
        })
    return found
