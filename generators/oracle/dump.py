# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The canonical dump: the meaning of an input as JSON, the same for every layout (language.md
section 8)."""
from __future__ import annotations

from typing import Any, Callable, Sequence

from .spec import Field, Model, SpecError
from .state import Item, Kept

SCHEMA = "devfd/1"
WITH_INDEX = {"region", "irq"}
MEASURE = {"region": "size", "irq": "count"}
ALWAYS = {"offset", "size", "count", "num_regions", "num_irqs", "dependents"}
IF_NOT_ZERO = {"error", "more"}
NOT_IN_ORDER = {"index", "bus", "kept"}


def percent(text: bytes) -> str:
    """A path as text, in which no byte is lost."""
    return "".join(chr(one) if 0x20 <= one <= 0x7e and one != 0x25 else f"%{one:02X}"
                   for one in text)


class Dump:
    """Makes dumps with the names of one model."""

    def __init__(self, model: Model) -> None:
        self._buses = _names(model, "bus")
        self._origins = _names(model, "origin")
        self._orders = _names(model, "order")
        by_bit = sorted((bit, name) for name, bit in model.bits.items())
        self._flags = [(1 << bit, name) for bit, name in by_bit]
        self._attributes: dict[str, list[tuple[str, int, Callable[[Any], Any]]]] = {}
        self._zero: dict[str, list[str]] = {}
        for kind, attributes in model.attributes.items():
            rows = []
            for name, attribute in attributes.items():
                if name in NOT_IN_ORDER:
                    continue
                bit = model.known_by[kind].get(name)
                if bit is None and name not in ALWAYS | IF_NOT_ZERO:
                    raise SpecError(f"model: nothing says when {kind}.{name} is dumped")
                rows.append((name, 0 if bit is None else 1 << bit,
                             self._form(model, kind, name, attribute["type"])))
            self._attributes[kind] = rows

    def _form(self, model: Model, kind: str, name: str, type_: str) -> Callable[[Any], Any]:
        if type_ == "u32":
            return int
        if type_ == "u64":
            return hex
        if type_ == "string":
            return percent
        if type_.endswith("s") and model.struct(type_[:-1]) is not None:
            return _elements(model.struct(type_[:-1]))
        if model.enum(type_) is not None:
            return _names(model, type_).__getitem__
        raise SpecError(f"model: unknown type {type_!r} of {kind}.{name}")

    def item(self, item: Item) -> dict[str, Any]:
        """One item."""
        attrs = item.attrs
        out: dict[str, Any] = {}
        if item.kind in WITH_INDEX:
            out["index"] = attrs["index"]
        if item.kind in MEASURE:
            if attrs.get("error", 0):
                out["state"] = "UNREADABLE"
            elif attrs.get(MEASURE[item.kind], 0) == 0:
                out["state"] = "EMPTY"
            else:
                out["state"] = "PRESENT"
        if item.kind == "device":
            out["bus"] = self._buses[attrs.get("bus", 0)]
        flags = item.flags
        out["flags"] = [name for bit, name in self._flags if flags & bit]
        for name, bit, form in self._attributes[item.kind]:
            if bit:
                if flags & bit:
                    out[name] = form(attrs[name])
            elif name in ALWAYS:
                out[name] = form(attrs.get(name, 0))
            elif attrs.get(name, 0):
                out[name] = form(attrs[name])
        if item.kept:
            out["kept"] = [self._kept(kept) for kept in item.kept]
        return out

    def _kept(self, kept: Kept) -> dict[str, Any]:
        return {"origin": self._origins[kept.origin], "order": self._orders[kept.order],
                "id": kept.id, "version": kept.version, "data": kept.data.hex()}

    def description(self, device: Item, regions: Sequence[Item],
                    irqs: Sequence[Item]) -> dict[str, Any]:
        """A whole device."""
        return {"schema": SCHEMA, "device": self.item(device),
                "regions": [self.item(one) for one in regions],
                "irqs": [self.item(one) for one in irqs]}

    def reply(self, name: str, item: Item) -> dict[str, Any]:
        """One reply."""
        return {"schema": SCHEMA, "reply": name, "item": self.item(item)}


def _names(model: Model, enum: str) -> dict[int, str]:
    return {value: name for name, value in (model.enum(enum) or {}).items()}


def _elements(fields: Sequence[Field]) -> Callable[[Any], list[dict[str, Any]]]:
    """The form of a list: its elements by the names of their members."""
    forms = [(field.name, hex if field.type == "u64" else int) for field in fields]
    return lambda elements: [
        {name: form(value) for (name, form), value in zip(forms, element)} for element in elements]
