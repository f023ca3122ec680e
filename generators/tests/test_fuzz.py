# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What fuzzing takes from the spec: targets, dictionaries, seeds and the rows of the mutator."""
from __future__ import annotations

import dataclasses
import json
import re

import pytest
from oracle_typed import ORACLE, ROOT

from devfdgen import emit, model
from devfdgen.emit import fuzz
from devfdgen.emit.fuzz import dictionaries, json_seeds, seeds, shapes, targets, texts
from devfdgen.emit.tables.rows import Rows

ENTRY = re.compile(r'[A-Za-z0-9_]+="((?:[ !#-\[\]-~]|\\\\|\\"|\\x[0-9a-f]{2})+)"')
SEEDS_MOST = 1 << 20  # bytes in all


@pytest.fixture(scope="module")
def files(spec: model.Spec) -> dict[str, str | bytes]:
    return fuzz.render(spec)


def test_targets_are_numbered_as_in_c(spec: model.Spec) -> None:
    found = targets.all_targets(spec)
    assert [f'"{one.format}"' for one in found] == Rows(spec).formats()
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    assert all(re.fullmatch(r"[a-z0-9-]+", one.name) for one in found)


def test_a_new_format_has_its_target(spec: model.Spec) -> None:
    extra = dataclasses.replace(spec.formats["array"], name="array2")
    grown = dataclasses.replace(spec, formats={**spec.formats, "array2": extra})
    assert "array2" in [one.name for one in targets.all_targets(grown)]
    assert "array2" not in [one.name for one in targets.all_targets(spec)]


def test_dictionaries_are_what_engines_read(files: dict[str, str | bytes]) -> None:
    names = [name for name in files if name.endswith(".dict")]
    assert "fuzz/generated/linux-region-info.dict" in names
    for name in names:
        lines = [line for line in files[name].splitlines() if line and not line.startswith("#")]
        assert len(lines) > 20, name
        for line in lines:
            assert ENTRY.fullmatch(line), f"{name}: {line}"
        assert len({line.partition("=")[0] for line in lines}) == len(lines), name


def test_a_dictionary_has_a_magic_in_both_orders(spec: model.Spec) -> None:
    words = dictionaries.all_dictionaries(spec, targets.all_targets(spec))["array"]
    assert words["magic_array_little"] == r"\x72\x64\x66\x76"
    assert words["magic_array_big"] == r"\x76\x66\x64\x72"


def test_a_seed_begins_with_what_it_is_judged_with() -> None:
    given = {"order": "big", "role": "producer", "index": 0xffffffff}
    assert seeds.head(given) == bytes([3, 255])
    assert seeds.head({"order": "little", "role": "reader", "index": 9}, 5) == bytes([5 << 2, 9])


def test_seeds_are_what_they_are_called(spec: model.Spec, files: dict[str, str | bytes]) -> None:
    ids = {seeds.slug(rule.id): rule.id for rule in spec.rules}
    count = 0
    for target in targets.all_targets(spec):
        folder = f"fuzz/seeds/{target.name}/"
        for name, data in files.items():
            if not name.startswith(folder):
                continue
            index = data[1] if data[1] != 255 else 0xffffffff
            verdict = ORACLE.judge(data[2:], target.format, index=index,
                                   order="big" if data[0] & 1 else "little",
                                   role="producer" if data[0] & 2 else "reader")
            kind, _, rest = name.removeprefix(folder).partition("-")
            if kind == "good":
                assert verdict.verdict == "accept", name
            elif kind == "broken":
                assert verdict.rule == ids[rest], name
            count += 1
    assert count > 300


def test_seeds_are_small(files: dict[str, str | bytes]) -> None:
    data = [text for name, text in files.items() if name.startswith("fuzz/seeds/")]
    assert sum(map(len, data)) < SEEDS_MOST


def test_json_seeds_are_json(files: dict[str, str | bytes]) -> None:
    names = [name for name in files if name.startswith("fuzz/seeds/json/")]
    schemas = {json.loads(files[name])["schema"] for name in names}
    assert schemas == {"devfd/1", "vfio-capture/1"}


def test_a_capture_is_cut_to_the_best_replies() -> None:
    def reply(index: int, size: int, ret: int) -> dict[str, object]:
        return {"call": "C", "index": index, "argsz_in": size, "ret": ret}

    capture = {"replies": [reply(0, 16, 0), reply(0, 32, 0), reply(0, 64, -1), reply(9, 8, 0)],
               "description": {}, "arch": "x"}
    assert json_seeds.cut(capture, 3) == {"arch": "x", "replies": [reply(0, 32, 0)]}


def test_good_bodies_come_from_every_place(spec: model.Spec) -> None:
    rows = fuzz.vectors.tables_of(spec)["vectors"]
    found = {one.name: shapes.samples(spec, one, rows) for one in targets.all_targets(spec)}
    bodies = {one.body for one in found["tlv"]}
    wanted = {shapes.number(body) for body in spec.formats["tlv"].records.values()}
    assert wanted <= bodies
    assert any(one.parent == "DEVFD_BODY_ARRAY_REGION" for one in found["array"])
    assert {one.body for one in found["linux-region-info"]} >= {
        shapes.number(cap) for cap in spec.formats["linux"].chains["region_cap"].caps.values()}


def test_without_vectors_there_is_nothing_for_fuzzing() -> None:
    assert fuzz in emit.targets()
    assert fuzz not in emit.targets(without=["vectors"])


def test_no_seed_is_left_of_an_earlier_spec(files: dict[str, str | bytes]) -> None:
    """Generating writes files and deletes none."""
    wanted = {name for name in files if name.startswith("fuzz/seeds/")}
    folders = {ROOT / name.rpartition("/")[0] for name in wanted}
    held = {str(path.relative_to(ROOT)) for folder in folders for path in folder.iterdir()}
    assert held == wanted


def test_texts_hold_every_member(spec: model.Spec) -> None:
    all_targets = targets.all_targets(spec)
    rows = fuzz.vectors.tables_of(spec)["vectors"]
    layouts = [one for target in all_targets if not target.is_reply
               for one in seeds.good(spec, target, rows)]
    found = texts.all_texts(spec, all_targets, layouts)
    data = [json.loads(one) for one in found.samples]
    stand = {path for one in data for path in texts.paths(one)}
    assert {path for _, one in json_seeds.dumps(layouts)
            for path in texts.paths(json.loads(one))} <= stand
    assert {one["byte_order"] for one in data if "byte_order" in one} == {"little", "big"}
    for one in data:
        for reply in one.get("replies", ()):
            assert reply["recorded"] == len(reply["bytes"]) // 2 <= reply["argsz_in"]
    assert dict(found.calls)["VFIO_DEVICE_GET_INFO"] == 4
    assert json.loads(dict(found.flags)["TYPE"]) == {"type": 0, "subtype": 0}
