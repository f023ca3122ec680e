# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The C of the codec core: model.h (names and the item), places.h, and the leaves of each format."""

from __future__ import annotations

from ...model import Spec
from .. import MARK, environment
from . import decode, encode, names, rows


def render(spec: Spec) -> dict[str, str]:
    env = environment(__file__)
    env.globals.update(mark=MARK, names=names, rows=rows, decode=decode, encode=encode)
    out = {
        "codec/generated/model.h": env.get_template("model.h.j2").render(spec=spec),
        "codec/generated/places.h": env.get_template("places.h.j2").render(spec=spec),
        "codec/generated/items.c": env.get_template("items.c.j2").render(spec=spec),
        "codec/generated/layouts.c": env.get_template("layouts.c.j2").render(spec=spec),
        "codec/proof/bodies.h": env.get_template("bodies.h.j2").render(spec=spec),
        "codec/generated/caps.c": env.get_template("caps.c.j2").render(spec=spec),
    }
    for fmt in spec.formats.values():
        path = f"codec/generated/{fmt.name}.c"
        out[path] = env.get_template("leaves.c.j2").render(spec=spec, fmt=fmt)
    return out
