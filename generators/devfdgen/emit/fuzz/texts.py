# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What the mutator knows of text: words, names of calls, what a flag makes known, and short texts
that it takes parts of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Iterator

from ... import model as m
from .dictionaries import json_words
from .json_seeds import best_replies, captures, dumps, packed
from .targets import Target

# Members of a capture that the mutator has to know to change a reply, and of a dump to count items.
KEYS = {"order": "byte_order", "index": "index", "offered": "argsz_in", "bytes": "bytes",
        "recorded": "recorded", "flags": "flags"}
COUNTED = {"regions": "num_regions", "irqs": "num_irqs"}
READ = ("schema", "byte_order", "device", "replies")  # of a capture, by whoever reads one


@dataclass(frozen=True)
class Texts:
    words: list[str]
    calls: list[tuple[str, int]]  # name and number of the format
    flags: list[tuple[str, str]]  # name and an object of what it makes known
    samples: list[str]


def quoted(text: str) -> str:
    """As a string of C."""
    return json.dumps(text)


def least(capture: dict[str, Any], calls: set[str]) -> dict[str, Any]:
    """Of each call the reply about the first index, without what was offered beyond it."""
    replies = []
    for one in best_replies(capture, 0):
        if one["call"] in calls:
            data = one["bytes"][:2 * one["argsz_in"]]
            replies.append({**one, "bytes": data, "recorded": len(data) // 2})
    rest = {name: capture[name] for name in READ if name in capture}
    return {**rest, "device": None, "replies": replies}


def paths(data: Any, path: str = "") -> Iterator[str]:
    """Where members stand, and the words that stand there."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from paths(value, f"{path}.{name}")
    elif isinstance(data, list):
        for value in data:
            yield from paths(value, f"{path}[]")
    else:
        yield path
        if isinstance(data, str) and data.isupper():
            yield f"{path}={data}"


def chosen(texts: list[Any]) -> Iterator[Any]:
    """The shortest in which each member stands."""
    seen: set[str] = set()
    for one in sorted(texts, key=lambda one: (len(packed(one)), packed(one))):
        found = set(paths(one))
        if not found <= seen:
            seen |= found
            yield one


def known_by(flag: Any, items: list[dict[str, Any]]) -> dict[str, Any]:
    """The members that a flag makes known, with values of an item that has it."""
    for item in items:
        if flag.name in item.get("flags", ()):
            return {name: item[name] for name in flag.knows if name in item}
    return {}


def all_texts(spec: m.Spec, targets: list[Target], layouts: list[dict[str, Any]]) -> Texts:
    calls = {reply.call: next(one.number for one in targets
                              if one.format == f"{fmt.name}.{reply.name}")
             for fmt in spec.formats.values() for reply in fmt.replies.values() if reply.call}
    told = [json.loads(data) for _, data in dumps(layouts)]
    items = [item for one in told for item in (one["device"], *one["regions"], *one["irqs"])]
    flags = {flag.name: known_by(flag, items) for flag in spec.model.flags.values()}
    shorts = {}
    for _, data in captures():
        capture = json.loads(data)
        short = least(capture, set(calls))
        shorts.setdefault(capture["byte_order"], short)
        if len(packed(short)) < len(packed(shorts[capture["byte_order"]])):
            shorts[capture["byte_order"]] = short
    samples = [*chosen(told), *shorts.values()]
    return Texts(json_words(spec), list(calls.items()),
                 [(name, packed(known).decode().strip()) for name, known in flags.items()],
                 [packed(one).decode().strip() for one in samples])
