# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The files of the corpus as text, and since when each id has been there.

An id that an earlier version of the corpus had stays, as those of ids.lock do; what is new in the
version of today may still be renamed. What is known of earlier versions is what the files say that
are there.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ... import calls
from ... import model as m
from .. import MARK, Refused
from . import about
from .alone import NOT_ALONE, NOT_PRODUCED
from .build import WITHOUT, Vector

FOLDER = "conformance/corpus"
VERSION = "1.0"  # of the corpus
OBSERVED = "is about more than one call, or about bytes that were not to be written: a function" \
           " of the kernel check judges it"
LICENSE = "CC0-1.0"


def packed(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"))


def applies_of(rules: list[m.Rule]) -> dict[str, str]:
    """The kernels that the first rule, or the body that it stands in, is about."""
    if not rules:
        return {}
    return rules[0].applies or (rules[0].body.applies if rules[0].body else {})


def row(vector: Vector) -> dict[str, Any]:
    """A vector as the file has it."""
    rule, verdict = vector.rule, vector.verdict
    out = {
        "id": vector.id,
        "format": vector.format,
        "rule": rule.id if rule else None,
        "role": ",".join(rule.roles) if rule else "producer,reader",
        "level": about.level_of(rule, vector.given["order"], vector.data),
        "given": vector.given,
        "hex": vector.data.hex(),
        "verdict": verdict.verdict,
        "at": verdict.at,
        "need": verdict.need,
        "dump": verdict.dump,
        "note": vector.note,
        "class": vector.cls,
        "catches": vector.catches,
        "rules": [one.id for one in vector.rules],
    }
    if applies := applies_of(vector.rules):
        out["applies"] = applies
    return out


class History:
    """The ids of the files that are there, with the version that each came with."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def held(self, kind: str) -> dict[str, str]:
        path = self.root / FOLDER / f"{kind}.json"
        if not path.exists():
            return {}
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))[kind]
            return {one["id"]: one["added"] for one in rows if "added" in one}
        except (ValueError, KeyError, TypeError):
            return {}

    def dated(self, kind: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows with `added`; Refused where one of an earlier version is missing."""
        held = {name: added for name, added in self.held(kind).items() if added != VERSION}
        gone = set(held) - {one["id"] for one in rows}
        if gone:
            raise Refused(f"{min(gone)} was in version {held[min(gone)]} of the corpus and is gone")
        return [{**one, "added": held.get(one["id"], VERSION)} for one in rows]


def lines(kind: str, schema: str, rows: list[dict[str, Any]]) -> str:
    """A whole file, a row a line."""
    head = json.dumps({"license": LICENSE, "schema": schema, "version": VERSION, "generated": MARK})
    body = ",\n".join(packed(one) for one in rows)
    return f'{head[:-1]}, "{kind}": [\n{body}\n]}}\n'


def skippable(rule: m.Rule) -> bool:
    """Whether a right reader may do without what a rule is about: it takes a capability or an
    optional record in another for unknown, or reads no more than the fixed part of a reply."""
    body = rule.body
    if body is None:
        return False
    if body.kind == "reply":
        return rule.id.endswith(".argsz.more")
    if body.kind == "record":
        return not body.needed and body.place is None and body.parents != ["top"]
    return body.kind == "capability"


def rules(spec: m.Spec, tables: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Every rule of every format and call, and how many vectors break it or stand beside it."""
    counts: dict[str, int] = {}
    for one in tables["vectors"] + tables["scripts"]:
        for name in dict.fromkeys([*one["rules"], one["rule"]]):
            counts[name] = counts.get(name, 0) + 1
    out = []
    for rule in spec.rules:
        why = WITHOUT.get(rule.id) or NOT_ALONE.get(rule.id)
        out.append({
            "id": rule.id, "format": rule.format, "text": rule.text, "level": rule.level,
            "roles": list(rule.roles), "source": rule.source_text, "applies": applies_of([rule]),
            "vectors": counts.get(rule.id, 0), "alone": why or True,
            "without": {"producer": NOT_PRODUCED[rule.id]} if rule.id in NOT_PRODUCED else {},
            "skippable": skippable(rule),
        })
    for found in calls.load(spec):
        for answer in (one for request in found.requests for one in request.answers):
            out.append({
                "id": answer.id, "format": found.name, "text": answer.text, "level": answer.level,
                "roles": ["responder"], "source": answer.source,
                "applies": {found.name: answer.applies} if answer.applies else {},
                "vectors": counts.get(answer.id, 0), "alone": True, "without": {},
                "skippable": False,
            })
        for rule in found.observations:
            out.append({
                "id": rule.id, "format": found.name, "text": rule.text, "level": rule.level,
                "roles": ["responder"], "source": rule.source,
                "applies": {found.name: rule.applies} if rule.applies else {},
                "vectors": counts.get(rule.id, 0), "alone": True,
                "without": {"responder": OBSERVED}, "skippable": False,
            })
    return out


def manifest(spec: m.Spec, tables: dict[str, list[dict[str, Any]]], texts: dict[str, str]) -> str:
    """What there is: the files, the formats and the rules, a rule a line."""
    files = []
    for name, text in texts.items():
        entry = {"name": name, "sha256": hashlib.sha256(text.encode()).hexdigest()}
        kind = name.removesuffix(".json")
        if kind in tables:
            entry["count"] = len(tables[kind])
        if kind == "families":
            entry["inputs"] = sum(one["lengths"][-1][1] + 1 for one in tables[kind])
        files.append(entry)
    formats = sorted({one["format"] for one in tables["vectors"] if one["format"]})
    head = {"license": LICENSE, "schema": "devfd-corpus/1", "version": VERSION, "generated": MARK,
            "formats": formats}
    body = ",\n".join(packed(one) for one in rules(spec, tables))
    listed = ",\n".join(packed(one) for one in files)
    return f'{json.dumps(head)[:-1]}, "files": [\n{listed}\n], "rules": [\n{body}\n]}}\n'
