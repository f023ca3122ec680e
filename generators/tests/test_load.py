# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The loader: values as they are meant, and the position of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import ROOT, edit
from devfdgen import load


def test_values() -> None:
    data = load.load_text("a: 0x10\nb: 16\nc: true\nd: '010'\ne: -1\nf:\ng: text", "x")
    assert data == {"a": 16, "b": 16, "c": True, "d": "010", "e": -1, "f": None, "g": "text"}


@pytest.mark.parametrize("text", ["010", "1_000", "0b11", "1.5", "1e3", "1:30", "2011-09-09", "<<"])
def test_implicit_types_of_yaml_1_1_are_texts(text: str) -> None:
    assert load.load_text(f"a: {text}", "x") == {"a": text}


def test_quoted_words_are_texts() -> None:
    assert load.load_text("a: 'off'\nb: \"no\"", "x") == {"a": "off", "b": "no"}


def test_positions() -> None:
    data = load.load_text("one: 1\nmore:\n  - [a, {b: 2}]\n  - c\n", "x.yaml")
    assert str(data.key_pos["more"]) == "x.yaml:2:1"
    assert str(data["more"].value_pos[1]) == "x.yaml:4:5"
    assert str(load.where(data, ["more", 0, 1, "b"])) == "x.yaml:3:13"
    assert str(load.where(data, ["more", 0, 1, "b"], prefer_key=True)) == "x.yaml:3:10"


def test_error_has_its_place() -> None:
    with pytest.raises(load.SpecError) as caught:
        load.load_text("a: 1\nb: off\n", "x.yaml")
    error = caught.value
    assert (error.file, error.line, error.col) == ("x.yaml", 2, 4)
    assert str(error) == f"x.yaml:2:4: {error.message}"


def test_empty_file() -> None:
    with pytest.raises(load.SpecError, match="^x.yaml:1:1: the file is empty$"):
        load.load_text("# nothing\n", "x.yaml")


def test_file_that_is_a_list(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("- 1\n")
    with pytest.raises(load.SpecError, match="a.yaml:1:1: the file must be a mapping$"):
        load.load_file(tmp_path / "a.yaml")


def test_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: \xff\n")
    with pytest.raises(load.SpecError, match="a.yaml:1:1: byte 3 is not UTF-8$"):
        load.load_file(tmp_path / "a.yaml")


def test_spec_without_model(spec_dir: Path) -> None:
    (spec_dir / "model.yaml").unlink()
    with pytest.raises(load.SpecError, match="model.yaml:1:1: there is no model.yaml$"):
        load.load_dir(spec_dir)


def test_model_and_formats_come_in_the_order_of_their_shapes() -> None:
    assert list(load.load_dir(ROOT / "spec")) == ["model", "tlv", "array", "fixed", "linux"]


def test_first_violation_of_the_schema_is_reported(spec_dir: Path) -> None:
    edit(spec_dir / "tlv.yaml", "    tag: 2\n", "    tag: 0\n")
    edit(spec_dir / "tlv.yaml", "shape: records", "shape: tree")
    with pytest.raises(load.SpecError, match=r"tlv.yaml:5:8: "):
        load.load_dir(spec_dir)


def test_schema_says_what_it_wants_everywhere() -> None:
    """Messages are made of descriptions, so each definition of a scalar or list has one."""
    schema = json.loads((ROOT / "spec" / "schema.json").read_text(encoding="utf-8"))
    for name, part in schema["$defs"].items():
        if part.get("type") != "object" and "allOf" not in part:
            assert "description" in part, name
