# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The reference says everything that the spec says, and the picture follows the spec."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conftest import edit
from devfdgen.emit import MARK, docs
from devfdgen.emit.docs import picture
from devfdgen.model import Spec, load_spec

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def out(spec: Spec) -> dict[str, str]:
    return docs.render(spec)


@pytest.fixture(scope="module")
def svg(out: dict[str, str]) -> ElementTree.Element:
    return ElementTree.fromstring(out["spec/layouts.svg"])


def texts(svg: ElementTree.Element) -> list[str]:
    return ["".join(one.itertext()) for one in svg.iter(f"{SVG}text")]


def test_each_is_marked_in_line_1(out: dict[str, str]) -> None:
    assert sorted(out) == ["spec/layouts.svg", "spec/reference.md"]
    for text in out.values():
        assert MARK in text.splitlines()[0]
        assert "SPDX-License-Identifier" in text.splitlines()[0]


# -- the reference ---------------------------------------------------------------------------------


def test_each_rule_stands_once(spec: Spec, out: dict[str, str]) -> None:
    lines = out["spec/reference.md"].splitlines()
    for rule in spec.rules:
        assert sum(line.startswith(f"| `{rule.id}` |") for line in lines) == 1, rule.id


def test_each_field_decision_and_source_stands(spec: Spec, out: dict[str, str]) -> None:
    text = out["spec/reference.md"]
    for fmt in spec.formats.values():
        for body in fmt.bodies():
            for field in body.fields:
                assert f"| `{field.name}` |" in text
                assert field.doc.replace("|", "\\|") in text
        for name, said in (*fmt.decisions.items(), *fmt.sources.items()):
            assert f"- **{name}**: {said}" in text


def test_tables_have_as_many_cells_as_their_head(out: dict[str, str]) -> None:
    columns = 0
    for line in out["spec/reference.md"].splitlines():
        if not line.startswith("|"):
            columns = 0
            continue
        cells = line.replace("\\|", "").count("|")
        assert cells == (columns or cells), line
        columns = cells


def test_every_table_stands_free(out: dict[str, str]) -> None:
    lines = out["spec/reference.md"].splitlines()
    for before, line in zip(lines, lines[1:]):
        if line.startswith("|") and not before.startswith("|"):
            assert before == "", line


# -- the picture -----------------------------------------------------------------------------------


def test_picture_names_the_fields_and_says_what_it_is(svg: ElementTree.Element) -> None:
    shown = texts(svg)
    for name in ("magic", "rec_len", "num_regions", "tail_size", "cap_offset", "next"):
        assert name in shown
    assert svg.find(f"{SVG}title").text
    assert "SPARSE_MMAP" in svg.find(f"{SVG}desc").text


def test_labels_fit_their_cells_and_all_is_on_the_page(spec: Spec) -> None:
    sheet = picture.draw(spec)
    for cell in sheet.cells:
        assert len(cell.label) * cell.font * picture.MONO <= cell.width, cell
        assert 0 <= cell.x and cell.x + cell.width <= sheet.width
        assert cell.y + cell.height <= sheet.height
    for text in sheet.texts:
        assert 0 <= text.x <= sheet.width and text.y <= sheet.height


def test_picture_follows_the_spec(spec_dir: Path, svg: ElementTree.Element) -> None:
    edit(spec_dir / "linux.yaml", "- [nr_areas, u32,", "- [how_many, u64,")
    edit(spec_dir / "linux.yaml", "{count: nr_areas,", "{count: how_many,")
    edit(spec_dir / "fixed.yaml", "[size,  u64,", "[bytes, u64,")
    changed = texts(ElementTree.fromstring(docs.render(load_spec(spec_dir))["spec/layouts.svg"]))
    assert "how_many" in changed and "bytes" in changed
    assert "how_many" not in texts(svg)


def test_the_tlv_example_ends_where_its_file_would(spec: Spec, svg: ElementTree.Element) -> None:
    """The offsets in the picture are those of the same file, written out."""
    fmt = spec.formats["tlv"]
    inside = [name for names in picture.TLV_EXAMPLE.values() for name in names]
    names = [*picture.TLV_EXAMPLE, *inside]
    size = fmt.header.fixed_size + sum(
        fmt.record.fixed_size + fmt.records[name].fixed_size for name in names
    )
    assert str(size) in texts(svg)


@pytest.mark.skipif(shutil.which("rsvg-convert") is None, reason="needs rsvg-convert")
def test_picture_can_be_rendered(out: dict[str, str], tmp_path: Path) -> None:
    source, image = tmp_path / "layouts.svg", tmp_path / "layouts.png"
    source.write_text(out["spec/layouts.svg"], encoding="utf-8")
    subprocess.run(["rsvg-convert", "-o", image, source], check=True)
    assert image.stat().st_size > 10000
