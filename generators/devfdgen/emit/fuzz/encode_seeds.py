# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Seeds of the target of writing: for each layout a device with one region or interrupt, of each
flag that it can have, as fuzz/targets/encode.c reads items."""

from __future__ import annotations

from typing import Iterator

from ... import model as m
from .targets import Target

ITEMS = {"region": 0, "irq": 1}  # how encode.c tells the kinds
NOT_READ = ("index", "error", "kept")  # attributes that no number of the input gives
VALUES = {"bus": 1, "num_regions": 9, "num_irqs": 5}  # of the others 5
OTHER = 5
CAPACITY = 64
KEPT = bytes([1, 0, 1, 2, 3, 4])  # a word of content, flags, and the content
KEPT_ONE = 1 << 5
AREA_ONE = 1
PATH, PATH_SIZE = b"/so", 3 << 2


def number(value: int) -> bytes:
    """How many bytes follow, and these."""
    return bytes([1, value])


def attributes(spec: m.Spec, kind: str, flags: set[str]) -> Iterator[str]:
    """Those that an item of a kind with these flags has, in the order of C."""
    names: dict[str, None] = {}
    for item in spec.model.items.values():
        names.update(dict.fromkeys(item.attributes))
    known: dict[str, str] = {}
    for flag in spec.model.flags.values():
        known |= dict.fromkeys(flag.knows, flag.name)
    for name in names:
        one = spec.model.items[kind].attributes.get(name)
        if one is None or name in NOT_READ or one.element or one.type == "string":
            continue
        if name not in known or known[name] in flags:
            yield name


def item(spec: m.Spec, kind: str, flags: set[str]) -> bytes:
    word = sum(1 << spec.model.flags[name].bit for name in flags)
    out = word.to_bytes(4, "little")
    for name in attributes(spec, kind, flags):
        out += number(VALUES.get(name, OTHER))
    counts, content = KEPT_ONE, b""
    if "AREAS" in flags:
        counts, content = counts | AREA_ONE, content + b"\x00" + number(2)
    if "DT_PATH" in flags:
        counts, content = counts | PATH_SIZE, content + PATH
    return out + bytes([counts]) + content + KEPT


def all_encodings(spec: m.Spec, targets: list[Target]) -> Iterator[tuple[str, bytes]]:
    layouts = [target for target in targets if not target.is_reply]
    flags = {kind: {one.name for one in spec.model.flags.values() if kind in one.of}
             for kind in ("device", *ITEMS)}
    device = item(spec, "device", flags["device"])
    for place, layout in enumerate(layouts):
        for kind, told in ITEMS.items():
            chosen = {name: {name} for name in sorted(flags[kind])}
            # Configuration space is not behind a base address register.
            chosen |= {"none": set(), "all": flags[kind] - {"CONFIG_SPACE"}}
            for name, some in chosen.items():
                data = bytes([place << 1, CAPACITY]) + device + bytes([told])
                label = name.lower().replace("_", "-")
                yield f"{layout.name}-{kind}-{label}", data + item(spec, kind, some)
