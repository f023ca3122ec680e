# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What tells apart readers that have one wrong number in a row of their tables: each bit of a flag
set where its version does not have it yet."""

from __future__ import annotations

from typing import Iterator

from ... import model as m
from .build import Builder, Vector, slug
from .cases import Spots
from .tree import Tree

Found = Iterator[tuple[str, Tree, tuple[str, ...]]]  # note, tree, and what it catches


def newer_bits(spec: m.Spec, spots: Spots) -> Found:
    """Bits of a record's flags word, each one alone in every version before its own."""
    for fmt in spec.formats.values():
        for body in fmt.records.values():
            if body.flags is None:
                continue
            for spot in spots.of_body(body):
                for bit in body.flags.members:
                    if bit.since <= spot.version:
                        continue
                    tree = spot.make()
                    spot.node(tree).word |= 1 << bit.bit
                    note = f"version {spot.version}, {body.lname} flag {bit.name}"
                    yield note, tree, ("version",)


def all_rows(builder: Builder) -> list[Vector]:
    """All of these in both byte orders."""
    found: list[Vector | None] = []
    for big in (False, True):
        spots = Spots(builder.spec, big)
        for note, tree, catches in newer_bits(builder.spec, spots):
            name = f"rows/newer-bits/{tree.place_name()}/{slug(note)}"
            found.append(builder.judged(name, tree, note, [], catches))
    return [one for one in found if one is not None]
