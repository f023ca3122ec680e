# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The fuzz targets that there are because the spec has their format."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ... import model as m


@dataclass(frozen=True)
class Target:
    """A format as a target: `name` is that of a program, `format` the one that a user types."""

    name: str
    format: str
    number: int  # of enum devfd_format

    @property
    def is_reply(self) -> bool:
        return "." in self.format


def all_targets(spec: m.Spec) -> list[Target]:
    """One a format that holds a whole description, then one a reply; numbered as C numbers them."""
    names = []
    for fmt in spec.formats.values():
        names += [f"{fmt.name}.{reply}" for reply in fmt.replies] or [fmt.name]
    names.sort(key=lambda name: "." in name)
    return [Target(re.sub(r"[^a-z0-9]+", "-", name), name, number)
            for number, name in enumerate(names, 1)]
