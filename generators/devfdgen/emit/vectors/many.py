# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Indexes around 32, where the bits of one word end that a reader may keep of each index.

Nothing in the specification ends there: such a region or interrupt is one like the others.
"""

from __future__ import annotations

from typing import Iterator

from ... import model as m
from .build import Builder, Vector, slug
from .cases import Spots, tree_is_typed
from .gaps import fill
from .node import Node
from .tree import SlotsTree

WORD = 32
LISTED = (0, WORD - 1, WORD, WORD + 1)


def beyond_a_word(spec: m.Spec, spots: Spots) -> Iterator[tuple[str, SlotsTree]]:
    """As many slots of one kind, listed around that place alone."""
    for fmt in spec.formats.values():
        for make, _ in spots.trees(fmt) if fmt.shape == "array" else ():
            tree = make()
            if tree_is_typed(tree) and tree.type.indexes is not None:
                continue
            for name, body in fmt.slots.items():
                tree = make()
                tree.slots[name] = [Node(body) for _ in range(LISTED[-1] + 1)]
                for number in LISTED:
                    fill(tree, name, number)
                yield f"{name} slots around {WORD}", tree


def all_many(builder: Builder) -> list[Vector]:
    """All of these in both byte orders."""
    found = []
    for big in (False, True):
        for note, tree in beyond_a_word(builder.spec, Spots(builder.spec, big)):
            name = f"many/{tree.place_name()}/{slug(note)}"
            found.append(builder.judged(name, tree, note, [], ("index-shift",)))
    return [one for one in found if one is not None]
