# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The oracle: a second reading of spec/, which judges an input exactly as spec/language.md says.

It interprets the YAML by itself and shares no code with the generator, so that where both
agree, the specification alone was enough to write a codec.
"""
from __future__ import annotations

from pathlib import Path

from .array import ArrayFormat
from .predicates import Rule, Scope
from .records import RecordsFormat
from .replies import RepliesFormat
from .spec import SpecError, load_formats
from .state import Broken, Input, NeedMore, Verdict

__all__ = ["Oracle", "SpecError", "Verdict", "load"]

SHAPES = {"records": RecordsFormat, "array": ArrayFormat, "replies": RepliesFormat}


class Oracle:
    """All formats of one spec/ folder, compiled once."""

    def __init__(self, spec_dir: str | Path) -> None:
        model, formats = load_formats(spec_dir)
        self._orders = model.enum("order")
        scope = Scope(model, None)
        self._rules: list[Rule] = []
        self._told_by: str | None = None
        for name, tree in model.rules.items():
            if tree.get("in") == ["magic"]:
                self._told_by = name
            else:
                self._rules.append(Rule(name, tree, scope))
        self._shapes: dict[str, object] = {}
        if self._told_by is None:
            raise SpecError("model: no rule says how a format is told")
        # A tail is made of another format's records, so those are compiled first.
        for fmt in sorted(formats, key=lambda one: (one.shape != "records", one.name)):
            if fmt.shape not in SHAPES:
                raise SpecError(f"{fmt.name}: unknown shape {fmt.shape!r}")
            self._shapes[fmt.name] = SHAPES[fmt.shape](fmt, self._shapes)
        self._judges = {}
        self._magics: dict[bytes, str] = {}
        for name, shape in self._shapes.items():
            if isinstance(shape, RepliesFormat):
                for reply in shape.replies:
                    self._judges[f"{name}.{reply}"] = shape.replies[reply].judge
                continue
            self._judges[name] = shape.judge
            for magic in shape.magics:
                self._magics[magic.to_bytes(4, "little")] = name
                self._magics[magic.to_bytes(4, "big")] = name

    @property
    def formats(self) -> list[str]:
        """The names that judge() takes as format."""
        return sorted(self._judges)

    def recognise(self, data: bytes) -> str | None:
        """The format of a file by its magic."""
        return self._magics.get(bytes(data[:4]))

    def judge(self, data: bytes, format: str | None = None, *, index: int = 0,
              order: str = "little", role: str = "reader") -> Verdict:
        """Judge one input; language.md section 1 says what a verdict depends on."""
        if order not in ("little", "big"):
            raise ValueError(f"order is little or big, not {order!r}")
        if role not in ("reader", "producer"):
            raise ValueError(f"role is reader or producer, not {role!r}")
        if format is not None and format not in self._judges:
            raise ValueError(f"unknown format {format!r}, known are {', '.join(self.formats)}")
        inp = Input(data, index, self._orders, order == "big", role == "producer")
        try:
            for rule in self._rules:
                if not rule.holds(inp, inp.device, ()):
                    raise Broken(rule.id, 0)
            name = self.recognise(data) if format is None else format
            if name is None:
                raise Broken(self._told_by, 0)
            return Verdict("accept", dump=self._judges[name](inp))
        except NeedMore as more:
            return Verdict("need-more", rule=more.rule, at=more.at, need=more.need)
        except Broken as broken:
            return Verdict("reject", rule=broken.rule, at=broken.at)


def load(spec_dir: str | Path) -> Oracle:
    """Read and compile all of spec_dir."""
    return Oracle(spec_dir)
