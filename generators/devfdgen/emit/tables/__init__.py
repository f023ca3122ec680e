# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""C tables: rules, bodies and fields as rows, for the engine and for everything with a name.

The types of the rows are written by hand in codec/tables/rows.h.
"""

from __future__ import annotations

from ... import model as m
from .. import MARK, Refused, environment
from .rows import Rows, wrap

BODIES_MAX = 255  # a body's number is kept in a byte


def render(spec: m.Spec) -> dict[str, str]:
    rows = Rows(spec)
    if len(rows.bodies) > BODIES_MAX:
        raise Refused(f"{len(rows.bodies)} bodies do not fit a byte")
    templates = environment(__file__)
    templates.filters["wrap"] = wrap
    return {
        f"codec/generated/{name}": templates.get_template(f"{name}.j2").render(mark=MARK, rows=rows)
        for name in ("tables.h", "tables.c")
    }
