# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Numbers that differ in their upper 32 bits alone, for readers that cut one of them to 32 bits:
areas in regions of 4 GiB and more, ranges of addresses, and every other number of 64 bits."""

from __future__ import annotations

from typing import Iterator

from ... import model as m
from .. import Refused
from .build import Builder, Vector, slug
from .cases import Spots
from .tree import Tree

W = 1 << 32
P = 0x1000
WIDE = 8  # bytes of a number that can be cut
CATCHES = ("wrap32",)

Found = Iterator[tuple[str, Tree, bool | None]]  # note, tree, and whether it has to be good

# Size of a region, its areas, and whether they lie inside of it.
AREAS: list[tuple[int, list[tuple[int, int]], bool]] = [
    (P, [(0, P)], True),
    (P, [(W, P)], False),
    (P, [(W, 0)], False),
    (P, [(0, W)], False),
    (P, [(0, W + P)], False),
    (P, [(W + P, 0)], False),
    (P, [(W - P, P)], False),
    (P, [(W, W)], False),
    (P, [(W + P - 1, 1)], False),
    (P, [(0, W + 1)], False),
    (P, [(0, 1), (W, 1)], False),
    (P, [(0, 1), (1, W)], False),
    (W - P, [(0, W - P)], True),
    (W - P, [(P, W - P)], False),
    (W, [(0, P)], True),
    (W, [(0, W)], True),
    (W, [(W - P, P)], True),
    (W, [(W, 0)], True),
    (W, [(W, 1)], False),
    (W, [(W - P, P + 1)], False),
    (W, [(P, W)], False),
    (W, [(0, W + 1)], False),
    (W + P, [(0, W + P)], True),
    (W + P, [(W, P)], True),
    (W + P, [(P, W)], True),
    (W + P, [(P, P)], True),
    (W + P, [(W, P + 1)], False),
    (W + P, [(0, W + P + 1)], False),
    (W + P, [(2 * W, P)], False),
    (W + P, [(0, 2 * W)], False),
    (W + P, [(0, P), (W, P)], True),
    (W + P, [(0, P), (W + P, 1)], False),
    (3 * W, [(2 * W, W)], True),
    (3 * W, [(W, 2 * W)], True),
    (3 * W, [(2 * W, W + 1)], False),
    (3 * W, [(3 * W, 1)], False),
    (3 * W, [(W, W), (2 * W, 2 * W)], False),
]

RANGES = [
    [(0, W - 1)], [(W, 2 * W - 1)], [(P, W + P - 1)], [(0, P - 1), (W, W + P - 1)],
    [(P, W + P)], [(1 << 63, (1 << 64) - 1)], [(3 * P, 4 * P - 1), (3 * W, 3 * W + P - 1)],
]


def areas(spec: m.Spec, spots: Spots) -> Found:
    """Each row in every format whose regions have areas, wherever it has a place for the size."""
    for spot in spots.of_kind("region"):
        for size, some, good in AREAS:
            tree = spot.make()
            if not tree.settable("region", "areas"):
                continue
            if tree.put("region", "size", size) is None:
                continue
            tree.put("region", "areas", some)
            told = ", ".join(f"{offset:#x} and {length:#x} more" for offset, length in some)
            yield f"size {size:#x}, areas {told}", tree, good


def lists(spec: m.Spec, spots: Spots) -> Found:
    """Ranges, in lists of capabilities whose elements are two wide numbers and no rule holds."""
    for fmt in spec.formats.values():
        for body in (body for chain in fmt.chains.values() for body in chain.caps.values()):
            list_ = body.variable
            if list_ is None or list_.struct is None or list_.attr:
                continue
            if [field.width for field in list_.struct.fields] != [WIDE, WIDE]:
                continue
            for spot in spots.of_body(body):
                for some in RANGES:
                    tree = spot.make()
                    spot.node(tree).values[list_.name] = some
                    told = ", ".join(f"{start:#x} to {end:#x}" for start, end in some)
                    yield f"{body.name} {told}", tree, True


def numbers(spec: m.Spec, spots: Spots) -> Found:
    """Every other number of 64 bits: the lower half alone, the upper half alone, and both."""
    for fmt in spec.formats.values():
        for body in fmt.bodies():
            if body.kind == "head":
                continue
            wide = [field for field in body.fields if not field.variable and field.width == WIDE]
            for spot in spots.of_body(body) if wide else ():
                for field in wide:
                    for value in (P, W * P, W * P + 2 * P):
                        tree = spot.make()
                        spot.node(tree).values[field.name] = value
                        if spot.kind in ("region", "irq") and hasattr(tree, "slots"):
                            tree.list(tree.item(spot.kind))
                        yield f"{body.lname} {field.name} {value:#x}", tree, None


def all_wide(builder: Builder) -> list[Vector]:
    """All of these in both byte orders."""
    out: list[Vector] = []
    for big in (False, True):
        spots = Spots(builder.spec, big)
        for make in (areas, lists, numbers):
            for note, tree, good in make(builder.spec, spots):
                name = f"wide/{make.__name__}/{tree.place_name()}/{slug(note)}"
                vector = builder.judged(name, tree, note, [], CATCHES)
                if vector is None:
                    continue
                if good is not None and (vector.verdict.verdict == "accept") != good:
                    raise Refused(f"{name}: {vector.verdict}, where good is {good}")
                out.append(vector)
    return out
