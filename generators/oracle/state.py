# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What is known while one input is judged, and the verdict (language.md section 1)."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(slots=True)
class Verdict:
    """accept with a dump, reject with rule and offset, or need-more with the size beside them."""

    verdict: str
    rule: str | None = None
    at: int | None = None
    need: int | None = None
    dump: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """What is said, without what is not."""
        names = ("verdict", "rule", "at", "need", "dump")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


class Broken(Exception):
    """The first rule that does not hold."""

    def __init__(self, rule: str, at: int) -> None:
        super().__init__(rule, at)
        self.rule = rule
        self.at = at


class NeedMore(Broken):
    """More was said to be there than was received."""

    def __init__(self, rule: str, at: int, need: int) -> None:
        super().__init__(rule, at)
        self.need = need


class Kept(NamedTuple):
    """Bytes of unknown meaning; origin and order are values of the model's enums."""

    origin: int
    order: int
    id: int
    version: int
    data: bytes


class Item:
    """A device, region, interrupt, iommu or hot reset as far as it is known."""

    __slots__ = ("kind", "at", "flags", "attrs", "kept")

    def __init__(self, kind: str, at: int = 0) -> None:
        self.kind = kind
        self.at = at
        self.flags = 0
        self.attrs: dict[str, Any] = {}
        self.kept: list[Kept] = []


class Input:
    """The bytes judged, and the given beside them."""

    __slots__ = ("data", "n", "index", "orders", "big", "order", "producer", "device")

    def __init__(self, data: bytes, index: int, orders: dict[str, int], big: bool,
                 producer: bool) -> None:
        self.data = data
        self.n = len(data)
        self.index = index
        self.orders = orders
        self.producer = producer
        self.device = Item("device")
        self.set_order(big)

    def set_order(self, big: bool) -> None:
        """The byte order, once the magic or the caller has told it."""
        self.big = big
        self.order = self.orders["BIG" if big else "LITTLE"]
