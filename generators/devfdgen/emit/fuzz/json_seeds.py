# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Seeds that are text: dumps of the corpus, and captures cut to what a description is made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator

CAPTURES = Path(__file__).resolve().parents[4] / "conformance" / "captures"
FEW = 3  # highest index in the shorter one of a capture
LEFT_OUT = ("description", "config_space")
DUMP_MAX = 2048  # bytes


def packed(data: Any) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode() + b"\n"


def best_replies(capture: dict[str, Any], last: int) -> list[dict[str, Any]]:
    """Of each call and index the answer to the largest request, up to an index."""
    best: dict[tuple[str, int | None], dict[str, Any]] = {}
    for reply in capture["replies"]:
        if (reply["index"] or 0) > last:
            continue
        key = (reply["call"], reply["index"])
        held = best.get(key)
        if held is None or (reply["ret"], reply["argsz_in"]) >= (held["ret"], held["argsz_in"]):
            best[key] = reply
    return list(best.values())


def cut(capture: dict[str, Any], last: int) -> dict[str, Any]:
    rest = {name: value for name, value in capture.items() if name not in LEFT_OUT}
    return {**rest, "replies": best_replies(capture, last)}


def captures() -> Iterator[tuple[str, bytes]]:
    """One of each driver, machine and way to open the device: whole in its replies, and short."""
    seen: set[Any] = set()
    for path in sorted(CAPTURES.glob("[0-9]*.json")):
        capture = json.loads(path.read_text(encoding="utf-8"))
        device = capture["device"] or {}
        sign = (device.get("driver"), capture["arch"], capture.get("path"))
        if sign in seen:
            continue
        seen.add(sign)
        name = path.stem.replace(".", "-")
        yield f"capture-{name}", packed(cut(capture, 1 << 32))
        yield f"capture-{name}-few", packed(cut(capture, FEW))


def dumps(chosen: list[dict[str, Any]]) -> Iterator[tuple[str, bytes]]:
    """What good inputs of a layout say."""
    seen: set[bytes] = set()
    for one in chosen:
        data = packed(one["dump"]) if one["dump"] else b""
        if not data or data in seen or len(data) > DUMP_MAX:
            continue
        seen.add(data)
        yield f"dump-{one['id'].replace('/', '-').replace('.', '-')}", data
