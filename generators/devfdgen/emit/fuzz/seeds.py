# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Seeds: a choice of the corpus as inputs of the targets, each file named for what it is."""

from __future__ import annotations

import re
from typing import Any, Iterator

from ... import model as m
from .dance_seeds import all_dances
from .encode_seeds import all_encodings
from .json_seeds import captures, dumps
from .shapes import split
from .targets import Target

SIZE_MAX = 1022  # bytes behind the head
INDEX_ALL = 255  # the second byte, for an index of 0xffffffff
CUTS = 12  # of the families of one format
BIG, PRODUCER, FORMAT_SHIFT = 1, 2, 2


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:80]


def head(given: dict[str, Any], number: int = 0) -> bytes:
    """The two bytes in front of what is judged."""
    flags = BIG if given["order"] == "big" else 0
    flags |= PRODUCER if given["role"] == "producer" else 0
    return bytes([flags | number << FORMAT_SHIFT, min(given["index"], INDEX_ALL)])


def can_ask(given: dict[str, Any]) -> bool:
    """Whether one byte can say the index that is asked for."""
    return given["index"] < INDEX_ALL or given["index"] == 0xffffffff


def fitting(target: Target, vectors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in vectors if one["format"] == target.format
            and len(one["hex"]) // 2 <= SIZE_MAX and can_ask(one["given"])]


def good(spec: m.Spec, target: Target, vectors: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Accepted inputs with a body that none before had, or of which something new is said, and
    each byte order."""
    seen: set[Any] = set()
    for one in fitting(target, vectors):
        if one["verdict"] != "accept" or one["class"] not in ("valid", "must-ignore"):
            continue
        data = bytes.fromhex(one["hex"])
        signs: set[Any] = {(one["given"]["order"], one["given"]["role"])}
        if one["given"]["order"] == "little":
            signs |= {(sample.body, sample.parent) for sample in split(spec, target, data)}
            dump = str(one["dump"])
            signs |= set(re.findall(r"'[A-Z_]{2,}'", dump)) | set(re.findall(r"'[a-z_]+':", dump))
        if not signs <= seen:
            seen |= signs
            yield one


def broken(target: Target, vectors: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """For each rule the smallest input that breaks it."""
    best: dict[str, dict[str, Any]] = {}
    for one in fitting(target, vectors):
        if one["rule"] is None:
            continue
        held = best.get(one["rule"])
        if held is None or len(one["hex"]) < len(held["hex"]):
            best[one["rule"]] = one
    yield from best.values()


def cut(target: Target, families: list[dict[str, Any]],
        vectors: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any], bytes]]:
    """Inputs that are cut: of each outcome that a cut has, one."""
    by_id = {one["id"]: one for one in vectors}
    seen: set[Any] = set()
    for family in families:
        whole = by_id.get(family["of"])
        if family["format"] != target.format or whole is None:
            continue
        for _, last, outcome in family["lengths"]:
            sign = (outcome["verdict"], outcome["rule"])
            if sign in seen or len(seen) >= CUTS or last > SIZE_MAX:
                continue
            seen.add(sign)
            name = f"cut-{slug(family['of'].partition('/')[2])}-{last}"
            yield name, family["given"], bytes.fromhex(whole["hex"])[:last]


def of_format(
    spec: m.Spec, target: Target, tables: dict[str, list[dict[str, Any]]]
) -> Iterator[tuple[str, dict[str, Any], bytes]]:
    """Every seed of a format: its name, what it is judged with, and its bytes."""
    vectors = tables["vectors"]
    for one in good(spec, target, vectors):
        name = slug(one["id"].partition("/")[2]).removeprefix("good-")
        yield f"good-{name}", one["given"], bytes.fromhex(one["hex"])
    for one in broken(target, vectors):
        yield f"broken-{slug(one['rule'])}", one["given"], bytes.fromhex(one["hex"])
    yield from cut(target, tables["families"], vectors)


def all_seeds(spec: m.Spec, targets: list[Target],
              tables: dict[str, list[dict[str, Any]]]) -> dict[str, bytes]:
    """Every seed by its path below fuzz/seeds/."""
    files: dict[str, bytes] = {}
    for target in targets:
        for name, given, data in of_format(spec, target, tables):
            files[f"{target.name}/{name}"] = head(given) + data
            which = f"{target.name}-{name}"
            if name.startswith("good"):
                files[f"differential/{which}"] = head(given, target.number - 1) + data
                if not target.is_reply:
                    layout = len(files) % 4
                    files[f"convert/{which}"] = bytes([len(files) % 2 | layout << 1]) + data
    layouts = [one for target in targets if not target.is_reply
               for one in good(spec, target, tables["vectors"])]
    for name, data in (*dumps(layouts), *captures()):
        files[f"json/{name}.json"] = data
    for name, data in all_dances(targets, tables["scripts"]):
        files[f"dance/{slug(name)}"] = data
    for name, data in all_encodings(spec, targets):
        files[f"encode/{name}"] = data
    return files
