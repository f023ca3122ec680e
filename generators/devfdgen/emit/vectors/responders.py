# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Scripts for responders: each request of spec/calls/ byte for byte, and the answer owed to it."""

from __future__ import annotations

import errno
from typing import Any

from ... import calls
from ... import model as m

ORDER = "little"


def all_responders(spec: m.Spec) -> list[dict[str, Any]]:
    """A script for each answer."""
    return [script(found, request, answer) for found in calls.load(spec)
            for request in found.requests for answer in request.answers]


def script(found: calls.Calls, request: calls.Request, answer: calls.Answer) -> dict[str, Any]:
    name = f"{found.name}.{request.reply}" if request.reply else found.name
    out = {
        "id": f"responder/{answer.id}", "role": "responder", "format": name,
        "level": answer.level, "rule": answer.id, "rules": [answer.id], "text": answer.text,
        "given": {"order": ORDER}, "class": "script", "catches": [],
        "steps": [{"request": asked(request, answer), "reply": owed(answer)}],
        "verdict": "accept", "dump": None, "calls": 1,
    }
    if answer.applies:
        out["applies"] = {found.name: answer.applies}
    return out


def asked(request: calls.Request, answer: calls.Answer) -> dict[str, Any]:
    """The request. What only the one who asks knows stands in `put`, by name, and is 0 in bytes."""
    data = bytearray(answer.size if answer.argument == "struct" else 0)
    put = []
    for store in answer.stores:
        if answer.argument != "struct":
            continue
        if store.term == "number":
            value = store.plus & (1 << 8 * store.width) - 1
        elif store.term == "min":
            value = request.min + store.plus
        else:
            put.append({"at": store.at, "width": store.width, "name": store.term,
                        "plus": store.plus})
            continue
        data[store.at:store.at + store.width] = value.to_bytes(store.width, ORDER)
    out = {"call": request.call, "number": request.number, "fd": request.fd, "way": request.way,
           "state": answer.state, "argument": answer.argument}
    if answer.argument == "number":
        out["value"] = answer.stores[0].plus
    if answer.argument == "struct":
        out |= {"bytes": bytes(data).hex(), "put": put}
    return out


def owed(answer: calls.Answer) -> dict[str, Any]:
    """The answer: one of the errnos, or none and the result; whether the request stays as it is."""
    return {"errno": [getattr(errno, name) for name in answer.errnos] or 0,
            "result": answer.result, "untouched": answer.untouched}
