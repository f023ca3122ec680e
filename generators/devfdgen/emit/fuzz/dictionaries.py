# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Dictionaries: the words of each format as an engine may put them in, in both byte orders."""

from __future__ import annotations

import re
from typing import Iterator

from ... import model as m
from .targets import Target

EDGES = {"zero": 0, "one": 1, "most": -1, "sign": 1 << 31, "below_sign": (1 << 31) - 1}
MODEL = "model"
JSON_WORDS = ("schema", "devfd/1", "vfio-capture/1", "device", "regions", "irqs", "index", "state",
              "flags", "offset", "size", "error", "bar", "kept", "dt_path", "areas", "more",
              "true", "false", "null", "{}", "[]", "0x0", "0xffffffffffffffff", "-1", "1e9")


def word(value: int, width: int, order: str) -> str:
    """A number as a quoted string of a dictionary."""
    data = (value & (1 << 8 * width) - 1).to_bytes(width, order)
    return "".join(f"\\x{byte:02x}" for byte in data)


def key(*parts: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", "_".join(parts).lower()).strip("_")


def numbers(spec: m.Spec, fmt: m.Format, bodies: list[m.Body]) -> Iterator[tuple[str, int, int]]:
    """Name, value and width of everything that a body of a format is compared with."""
    for body in bodies:
        if body.tag is not None:
            wide = 2 if body.kind == "capability" else 4
            yield key("tag", body.name), body.tag, wide
        for field in body.fields:
            for one in field.enum.members if field.enum else ():
                yield key(field.name, one.name), one.value, field.width
            for bit in field.flagset.members if field.flagset else ():
                yield key(field.name, bit.name), 1 << bit.bit, field.width
        for bit in body.flags.members if body.flags else ():
            yield key(body.name, "flag", bit.name), 1 << bit.bit, 4
        yield key(body.name, "size"), body.full_size, 4
    for kind in fmt.types.values():
        yield key("type", kind.name), kind.id, 4
    for rule in spec.rules:
        if rule.format != fmt.name and rule.format != MODEL:
            continue
        if rule.body is not None and rule.body not in bodies:
            continue
        for operand in rule.operands:
            if operand.kind == "number" and operand.value > 1:
                wide = 8 if operand.value >> 32 else 4
                yield key(rule.id, "limit"), operand.value, wide
                yield key(rule.id, "beyond"), operand.value + 1, wide


def heads(bodies: list[m.Body]) -> Iterator[tuple[str, str]]:
    """Heads of capabilities (id and version) and of records (type, length, flags), as a whole."""
    for body in bodies:
        for order in ("little", "big"):
            if body.kind == "capability":
                text = word(body.tag, 2, order) + word(1, 2, order) + word(0, 4, order)
                yield key("head", body.name, order), text
            elif body.kind == "record":
                length = 12 + body.full_size
                text = word(body.tag, 4, order) + word(length, 4, order) + word(0, 4, order)
                yield key("head", body.name, order), text


def entries(spec: m.Spec, target: Target) -> dict[str, str]:
    name, _, reply = target.format.partition(".")
    fmt = spec.formats[name]
    bodies = list(fmt.bodies())
    if reply:
        body = fmt.replies[reply]
        caps = fmt.chains[body.chain].caps.values() if body.chain else ()
        bodies = [body, *caps]
    elif fmt.tail:
        records = spec.formats[fmt.tail.records].records
        bodies += [records[one] for one in fmt.tail.carries]
    found: dict[str, str] = {}
    for label, value, width in numbers(spec, fmt, bodies):
        for order in ("little", "big"):
            found.setdefault(f"{label}_{order}", word(value, width, order))
    for label, value in EDGES.items():
        for width in (4, 8):
            for order in ("little", "big"):
                found[f"edge_{label}_{8 * width}_{order}"] = word(value, width, order)
    found.update(heads(bodies))
    return unique(found)


def unique(found: dict[str, str]) -> dict[str, str]:
    """Each word under the first of its names."""
    words: dict[str, str] = {}
    for label, text in found.items():
        words.setdefault(text, label)
    return {label: text for text, label in words.items()}


def json_words(spec: m.Spec) -> list[str]:
    """Keys and values of captures and dumps; what does not begin with a letter is no string."""
    words = dict.fromkeys(JSON_WORDS)
    for item in spec.model.items.values():
        words.update(dict.fromkeys(item.attributes))
    for enum in spec.model.enums.values():
        words.update(dict.fromkeys(one.name for one in enum.members))
    words.update(dict.fromkeys(spec.model.flags))
    return list(words)


def json_entries(spec: m.Spec) -> dict[str, str]:
    return {f"word_{number}": f'\\"{text}\\"' if text[0].isalpha() else text
            for number, text in enumerate(json_words(spec))}


def all_dictionaries(spec: m.Spec, targets: list[Target]) -> dict[str, dict[str, str]]:
    found = {target.name: entries(spec, target) for target in targets}
    together: dict[str, str] = {}
    for name, words in found.items():
        together.update({f"{key(name)}_{label}": text for label, text in words.items()})
    layouts = {f"{key(one.name)}_{label}": text for one in targets if not one.is_reply
               for label, text in found[one.name].items()}
    several = {"convert": unique(layouts)}
    several |= dict.fromkeys(("differential", "encode", "dance"), unique(together))
    return {**found, **several, "json": json_entries(spec)}
