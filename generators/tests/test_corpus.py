# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The corpus as a whole: each rule in each role, schema, manifest, prefixes and scripts."""
from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from typing import Any

import jsonschema
import pytest
from judge import PROGRAM, Frame, ask, differences, vector_line
from oracle_typed import ORACLE, ROOT
from repair import repaired

from devfdgen import calls, model
from devfdgen.emit import Refused
from devfdgen.emit.vectors import about, boundaries, dances, files, pairs
from devfdgen.emit.vectors.alone import NOT_ALONE, NOT_PRODUCED
from devfdgen.emit.vectors.build import WITHOUT, Builder
from devfdgen.emit.vectors.cases import Spots

FOLDER = ROOT / "conformance" / "corpus"
FILES = {kind: json.loads((FOLDER / f"{kind}.json").read_text(encoding="utf-8"))
         for kind in ("vectors", "families", "scripts", "manifest")}
VECTORS, FAMILIES, SCRIPTS = (FILES[kind][kind] for kind in ("vectors", "families", "scripts"))
BY_ID = {vector["id"]: vector for vector in VECTORS}
TRIES = 12  # of the vectors that break a rule, the smallest first
needs_judge = pytest.mark.skipif(not PROGRAM.exists(), reason="make build/tests/judge comes first")


def missing(spec: model.Spec, vectors: list[dict[str, Any]],
            scripts: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Rule and role of all that nothing shows broken (or, of a responder, asked for)."""
    wanted = {(rule.id, role) for rule in spec.rules for role in rule.roles}
    wanted -= {(rule, role) for rule in WITHOUT for role in model.ROLES}
    wanted -= {(rule, "producer") for rule in NOT_PRODUCED}
    for found in calls.load(spec):
        wanted |= {(answer.id, "responder") for request in found.requests
                   for answer in request.answers}
    there = {(vector["rule"], vector["given"]["role"]) for vector in vectors}
    there |= {(script["rule"], script["role"]) for script in scripts}
    return wanted - there


def test_every_rule_has_vectors_for_every_role_that_it_binds(spec: model.Spec) -> None:
    assert missing(spec, VECTORS, SCRIPTS) == set()


@pytest.mark.parametrize(("rule", "role"), [
    ("linux.region_cap.cycle", "reader"), ("linux.region_cap.cycle", "producer"),
    ("tlv.version.write", "producer"), ("call.get_region_info.index.num", "responder"),
])
def test_a_rule_without_is_seen(spec: model.Spec, rule: str, role: str) -> None:
    vectors = [one for one in VECTORS if (one["rule"], one["given"]["role"]) != (rule, role)]
    scripts = [one for one in SCRIPTS if (one["rule"], one["role"]) != (rule, role)]
    assert missing(spec, vectors, scripts) == {(rule, role)}


def test_no_exception_is_for_nothing(spec: model.Spec) -> None:
    broken = {(vector["rule"], vector["given"]["role"]) for vector in VECTORS}
    for rule in NOT_PRODUCED:
        assert "producer" in spec.rule(rule).roles and (rule, "producer") not in broken
    assert all(spec.rule(rule) for rule in NOT_ALONE)


@pytest.mark.parametrize("kind", FILES)
def test_schema(kind: str) -> None:
    schema = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
    narrowed = {**schema, "oneOf": [{"$ref": f"#/$defs/{kind}"}]}
    jsonschema.Draft202012Validator(narrowed).validate(FILES[kind])


def test_manifest_describes_the_files(spec: model.Spec) -> None:
    manifest = FILES["manifest"]
    for entry in manifest["files"]:
        assert hashlib.sha256((FOLDER / entry["name"]).read_bytes()).hexdigest() == entry["sha256"]
        kind = entry["name"].removesuffix(".json")
        if "count" in entry:
            assert entry["count"] == len(FILES[kind][kind])
    assert {rule.id for rule in spec.rules} <= {rule["id"] for rule in manifest["rules"]}
    none = {rule["id"] for rule in manifest["rules"] if not rule["vectors"]}
    observed = {rule.id for found in calls.load(spec) for rule in found.observations}
    assert none == set(WITHOUT) | observed
    assert (FOLDER / "VERSION").read_text(encoding="ascii") == manifest["version"] + "\n"


def test_ids_are_unique_over_all_files() -> None:
    ids = [one["id"] for one in (*VECTORS, *FAMILIES, *SCRIPTS)]
    assert len(ids) == len(set(ids))


def test_each_rule_is_broken_alone() -> None:
    goods, broken = defaultdict(list), defaultdict(list)
    for vector in VECTORS:
        if vector["verdict"] == "accept":
            goods[vector["format"]].append(bytes.fromhex(vector["hex"]))
        elif vector["id"].startswith(vector["rule"] + "/"):
            broken[vector["rule"]].append(vector)
    for rule, vectors in broken.items():
        vectors.sort(key=lambda one: len(one["hex"]))
        found = any(
            repaired(ORACLE, vector, goods[vector["format"]]) for vector in vectors[:TRIES])
        if not found and {one["given"]["role"] for one in vectors} == {"producer"}:
            # A reader, whom the rule does not bind, has nothing against it.
            given = {**vectors[0]["given"], "role": "reader"}
            data = bytes.fromhex(vectors[0]["hex"])
            found = ORACLE.judge(data, vectors[0]["format"], **given).verdict == "accept"
        assert found == (rule not in NOT_ALONE), rule


def test_every_word_of_the_closed_list_is_caught() -> None:
    said = {word for one in (*VECTORS, *FAMILIES, *SCRIPTS) for word in one["catches"]}
    assert said == set(about.CATCHES)


def test_class_follows_from_the_verdict() -> None:
    for vector in VECTORS:
        good = vector["verdict"] == "accept"
        if not good and vector["rule"].endswith(".argsz.more"):
            assert (vector["verdict"], vector["class"]) == ("need-more", "valid"), vector["id"]
            continue
        assert vector["class"] in (about.CLASSES[2:] if good else about.CLASSES[:2]), vector["id"]
        assert good or vector["rules"][0] == vector["rule"]


def prefixes() -> tuple[list[Frame], list[str]]:
    """Every input of the families, and the answer that it has to get."""
    frames, lines = [], []
    for family in FAMILIES:
        given, data = family["given"], bytes.fromhex(BY_ID[family["of"]]["hex"])
        assert [run[0] for run in family["lengths"]] == [
            0, *(run[1] + 1 for run in family["lengths"][:-1])]
        assert family["lengths"][-1][1] == len(data) - 1
        for first, last, outcome in family["lengths"]:
            for size in range(first, last + 1):
                frames.append(Frame(family["format"], given["order"], False, given["index"],
                                    data[:size]))
                lines.append(vector_line(outcome))
    return frames, lines


@needs_judge
def test_codec_says_what_the_families_say() -> None:
    frames, lines = prefixes()
    assert not differences(frames, ask(frames), lines)


def test_pairs_cover_every_pair(spec: model.Spec) -> None:
    reply = spec.formats["linux"].replies["region_info"]
    make = Spots(spec, False).reply(reply)
    factors, forbidden = pairs.of_reply(spec, reply, make), pairs.no_go(spec, reply)
    rows = pairs.rows(factors, forbidden)
    for one in range(len(factors)):
        for other in range(one):
            there = {(row[one], row[other]) for row in rows}
            assert len(there) == len(factors[one].levels) * len(factors[other].levels)


def test_boundaries_are_those_of_type_and_rule(spec: model.Spec) -> None:
    body = spec.formats["tlv"].records["PCI_BAR_INDEX"]
    field = next(one for one in body.fields if one.attr == (None, "bar") or one.attr == (
        "region", "bar"))
    found = boundaries.around(boundaries.limits(spec, body, field), field.width)
    assert found == [0, 1, 4, 5, 6, 0xFFFFFFFF]


def test_a_dance_that_no_right_reader_dances_is_refused(
    spec: model.Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lie(kernel: dances.Kernel):
        plain = kernel.tree().bytes()
        yield dances.Dance("lie", "", [dances.Step(plain, argsz=0)], "accept", ())

    monkeypatch.setattr(dances, "common", lie)
    with pytest.raises(Refused, match="ends with reject, not accept"):
        dances.all_dances(Builder(spec))


def test_an_id_of_an_earlier_version_stays(tmp_path) -> None:
    folder = tmp_path / files.FOLDER
    folder.mkdir(parents=True)
    rows = [{"id": "a", "added": "0.9"}, {"id": "b", "added": files.VERSION}]
    (folder / "vectors.json").write_text(json.dumps({"vectors": rows}))
    history = files.History(tmp_path)
    assert history.dated("vectors", [{"id": "a"}, {"id": "c"}]) == [
        {"id": "a", "added": "0.9"}, {"id": "c", "added": files.VERSION}]
    with pytest.raises(Refused, match="a was in version 0.9"):
        history.dated("vectors", [{"id": "b"}])
