# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Replies of real kernels, from conformance/captures: every one with a chain, and of the others
every one that no capture before it had."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Iterator

from . import about
from .build import Builder, Vector

FOLDER = Path(__file__).resolve().parents[4] / "conformance" / "captures"


def replies(builder: Builder) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Format, capture and reply of each call that a kernel answered."""
    formats = {reply.call: f"{fmt.name}.{reply.name}" for fmt in builder.spec.formats.values()
               for reply in fmt.replies.values()}
    for path in sorted(FOLDER.glob("[0-9]*.json")):
        capture = json.loads(path.read_text(encoding="utf-8"))
        for reply in capture["replies"]:
            if reply["call"] in formats and reply["ret"] == 0:
                yield formats[reply["call"]], capture, reply


def all_captured(builder: Builder) -> list[Vector]:
    """A vector for each reply that differs from all others. What was offered and not written by the
    kernel is what the recorder had put there."""
    found = []
    for name, capture, reply in replies(builder):
        data = bytes.fromhex(reply["bytes"])[:reply["argsz_in"]]
        given = {"index": reply["index"] or 0, "order": capture["byte_order"], "role": "reader"}
        device = capture["device"]
        key = (name, data, *given.values())
        if key in builder.seen:
            continue
        builder.seen.add(key)
        verdict = builder.oracle.judge(data, name, **given)
        rule = builder.rules[verdict.rule] if verdict.rule else None
        mark = hashlib.sha256(data).hexdigest()[:8]
        which = " ".join(device[key] for key in ("bus", "vendor", "device") if device.get(key))
        note = (f"Linux {capture['kernel']} on {capture['arch']}, {which or device['name']}, "
                f"index {given['index']}, argsz {reply['argsz_in']}")
        features = {"big"} if given["order"] == "big" else set()
        cls = about.of_broken(builder.spec, rule) if rule else "valid"
        found.append(Vector(
            f"captured/{name}/{given['index']}.{len(data)}.{mark}", name, rule, given, data,
            verdict, note, cls, about.catches(builder.spec, rule, rule is not None, "", features),
            [rule] if rule else []))
    return found
