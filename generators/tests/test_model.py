# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The model of the real spec: what names resolve to, which rules are implied, and their numbers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT, edit
from devfdgen import model, rules


def body(spec: model.Spec, path: str) -> model.Body:
    name, _, rest = path.partition(".")
    return next(one for one in spec.formats[name].bodies() if one.name == rest)


# -- names -----------------------------------------------------------------------------------------


def test_formats(spec) -> None:
    assert list(spec.formats) == ["tlv", "array", "fixed", "linux"]


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("tlv.header", 12), ("tlv.record", 12), ("tlv.REGION", 16), ("tlv.DTPATH", 0),
        ("tlv.KEPT", 20), ("array.header", 64), ("array.region", 64), ("array.irq", 64),
        ("fixed.header", 48), ("fixed.region", 20), ("fixed.irq", 16), ("linux.device_info", 16),
        ("linux.region_info", 32), ("linux.SPARSE_MMAP", 8), ("linux.MSIX_MAPPABLE", 0),
    ],
)
def test_fixed_size(spec, path: str, size: int) -> None:
    assert body(spec, path).fixed_size == size


def test_growth_by_version(spec) -> None:
    base = body(spec, "linux.ZPCI_BASE")
    assert base.sizes_by_version == {1: 24, 2: 28, 3: 32}
    assert [base.size_in(version) for version in (0, 1, 2, 3, 9)] == [24, 24, 28, 32, 32]


def test_growth_by_size(spec) -> None:
    info = body(spec, "linux.device_info")
    assert (info.fixed_size, info.full_size) == (16, 24)
    assert [one.name for one in info.fields if one.late] == ["cap_offset", "pad"]


def test_offsets_do_not_count_the_head(spec) -> None:
    region = body(spec, "tlv.REGION")
    assert [one.offset for one in region.fields] == [0, 8]
    kept = body(spec, "tlv.KEPT")
    assert kept.variable.name == "data"
    assert (kept.variable.offset, kept.variable.length.name) == (20, "size")


def test_kinds_of_fields(spec) -> None:
    kinds = {one.name: one.kind for one in body(spec, "tlv.KEPT").fields}
    assert kinds["origin"] == "enum"
    assert kinds["size"] == "scalar"
    assert kinds["data"] == "bytes"
    areas = body(spec, "linux.SPARSE_MMAP").field("areas")
    assert (areas.kind, areas.width, areas.count.name) == ("array", 16, "nr_areas")
    assert body(spec, "tlv.AREAS").field("areas").count == "rest"
    assert body(spec, "fixed.header").field("device_type").enum.member("AP").value == 6
    assert body(spec, "array.header").field("bus").enum is spec.model.enums["bus"]


def test_attributes(spec) -> None:
    assert body(spec, "tlv.REGION").field("size").attr == ("region", "size")
    assert body(spec, "tlv.DTPATH").field("path").attr == (None, "dt_path")
    assert body(spec, "tlv.KEPT").field("id").attr is None


def test_flags_set_model_flags(spec) -> None:
    bits = {bit.name: bit for bit in spec.formats["tlv"].flags["region_flags"].members}
    assert bits["MMAP"].sets is spec.model.flags["MMAP"]
    assert bits["NO_READ"].sets is None
    assert bits["NO_READ"].clears is spec.model.flags["READ"]
    linux = spec.formats["linux"].flags
    assert all(bit.sets is None for bit in linux["atomic_flags"].members)
    assert {bit.bus for bit in linux["device_flags"].members if bit.bus} >= {"PCI", "CDX"}
    assert linux["region_flags"].rest == ("region", "more")
    assert linux["region_flags"].of == "region"


def test_flags_grow_by_version(spec) -> None:
    flags = spec.formats["tlv"].flags["region_flags"]
    assert (flags.mask(1), flags.mask(2), flags.mask()) == (0x1, 0xF, 0xF)


def test_names_of_c(spec) -> None:
    assert body(spec, "linux.ZPCI_GROUP").field("version").cname == "pci_version"
    assert body(spec, "linux.MIGRATION").field("hole").c_member is None
    assert body(spec, "linux.NVLINK2_LNKSPD").field("pad").c_member == "__pad"


def test_records(spec) -> None:
    records = spec.formats["tlv"].records
    assert records["REGION"].open_ and records["REGION"].many
    assert records["REGION"].key.attribute == "index"
    flag = spec.model.flags["CONFIG_SPACE"]
    assert records["REGION"].key.without == [("attr", "bar"), ("flag", flag, 7), ("next",)]
    assert records["AREAS"].knows is spec.model.flags["AREAS"]
    assert records["KEPT"].parents == ["top", "REGION", "INTERRUPT"]
    assert (records["DEVICE"].place, records["END"].place) == ("first", "last")


def test_operands(spec) -> None:
    native = spec.rule("tlv.kept.native")
    assert [str(one) for one in native.operands] == ["origin = RECORD", "order = given.order"]
    inside = spec.rule("model.area.inside")
    assert [one.kind for one in inside.operands] == ["element", "element", "attr"]
    unreadable = spec.rule("model.region.unreadable")
    assert [one.kind for one in unreadable.operands] == ["attr", "attr", "attr", "flags", "attr"]
    assert [one.kind for one in spec.rule("tlv.device.identity").operands][-1] == "flag"


# -- implied rules ---------------------------------------------------------------------------------


def ids(spec: model.Spec, prefix: str) -> list[str]:
    return [rule.id[len(prefix) :] for rule in spec.rules if rule.id.startswith(prefix)]


@pytest.mark.parametrize(
    ("prefix", "wanted"),
    [
        ("tlv.header.", "size magic.in version.in flags.is"),
        ("tlv.record.", "size rec_len.min rec_len.multiple rec_len.fits type.range type.since "
         "type.parent type.order type.twice"),
        ("tlv.region.", "size flags.mask index.needed ascending"),
        ("tlv.interrupt.", "size flags.mask count.needed ascending"),
        ("tlv.dtpath.", "flags.is path.nul path.pad"),
        ("tlv.dtindex.", "size exact flags.is prop_type.in"),
        ("tlv.pci_config_space.", "exact flags.is"),
        ("tlv.error.", "size exact flags.is error.not"),
        ("tlv.areas.", "flags.is areas.multiple"),
        ("tlv.device.", "first size exact flags.mask identity"),
        ("tlv.kept.", "size flags.is origin.in order.in data.length data.pad native"),
        ("tlv.end.", "exact flags.is last needed"),
        ("array.header.", "size magic.in version.is total.is flags.mask bus.in reserved0.is "
         "reserved1.is identity tail.next tail_size.fits"),
        ("array.region.", "counts absent flags.mask reserved.is phys_addr bar type tail.next "
         "tail_size.fits"),
        ("array.tail.", "end"),
        ("fixed.header.", "size magic.in version.is total.is device_type.in flags.mask bus.in "
         "identity exact"),
        ("fixed.type.", "bus num_regions num_irqs config"),
        ("fixed.irq.", "counts absent flags.mask"),
        ("linux.device_info.", "size argsz.min argsz.more cap_offset.size"),
        ("linux.region_info.", "size argsz.min argsz.more index"),
        ("linux.irq_info.", "size argsz.min argsz.more index"),
        ("linux.region_cap.", "first floor fits cycle backward apart max align version twice "
         "overlap"),
        ("linux.sparse_mmap.", "size areas.counts"),
        ("linux.zpci_util.", "size util_str.length"),
        ("linux.msix_mappable.", ""),
    ],
)
def test_implied_rules(spec, prefix: str, wanted: str) -> None:
    assert ids(spec, prefix) == wanted.split()


@pytest.mark.parametrize(
    ("rule_id", "level", "verdict", "roles"),
    [
        ("tlv.region.size", "ours", "reject", ("producer", "reader")),
        ("linux.region_info.size", "robust", "need-more", ("producer", "reader")),
        ("linux.region_info.argsz.min", "robust", "reject", ("producer", "reader")),
        ("linux.region_info.argsz.more", "abi", "need-more", ("producer", "reader")),
        ("linux.region_cap.cycle", "robust", "reject", ("producer", "reader")),
        ("linux.region_cap.backward", "ours", "reject", ("producer", "reader")),
        ("linux.region_cap.align", "abi", "reject", ("producer",)),
        ("linux.sparse_mmap.areas.counts", "robust", "reject", ("producer", "reader")),
        ("tlv.version.write", "ours", "reject", ("producer",)),
    ],
)
def test_level_verdict_roles(spec, rule_id: str, level: str, verdict: str, roles: tuple) -> None:
    rule = spec.rule(rule_id)
    assert (rule.level, rule.verdict, rule.roles) == (level, verdict, roles)


def test_rules_are_found_from_their_owners(spec) -> None:
    kept = body(spec, "tlv.KEPT")
    assert kept.field("origin").rules["in"].id == "tlv.kept.origin.in"
    assert kept.implied["data.length"] is kept.field("data").rules["length"]
    assert kept.rules[-1] is kept.explicit[0]
    chain = spec.formats["linux"].chains["region_cap"]
    assert chain.implied["floor"].id == "linux.region_cap.floor"
    assert spec.formats["array"].implied["tail.end"].id == "array.tail.end"


def test_a_record_is_judged_in_the_order_of_the_language(spec) -> None:
    region = [rule.id.partition(".region.")[2] for rule in body(spec, "array.region").rules]
    assert region == ids(spec, "array.region.")


@pytest.mark.parametrize("what", ["text", "source", "source_text", "level"])
def test_no_rule_lacks(spec, what: str) -> None:
    assert [rule.id for rule in spec.rules if not getattr(rule, what)] == []


def test_texts_are_sentences(spec) -> None:
    for rule in spec.rules:
        assert rule.text[0].isupper() and rule.text.endswith("."), rule.id
        assert len(rule.text) < 160, rule.id


# -- numbers ---------------------------------------------------------------------------------------


def test_lock_is_up_to_date(spec) -> None:
    assert rules.lock_text(spec) == (ROOT / "spec" / "ids.lock").read_text()
    assert sorted(spec.lock.values()) == list(range(1, len(spec.lock) + 1))
    assert all(rule.number == spec.lock[rule.id] for rule in spec.rules)


def test_new_rule_takes_the_next_number_and_moves_no_other(spec, spec_dir: Path) -> None:
    rule = 'tlv.index.small: {range: [index, 0, 9], text: "A small index."}'
    field = '      - [index, u32, "region index", {is: region.index}]\n'
    edit(spec_dir / "tlv.yaml", field, f"{field}    rules:\n      {rule}\n")
    new = model.load_spec(spec_dir)
    lock = spec_dir / "ids.lock"
    before = lock.read_text()
    text = rules.lock_text(new)
    assert text == f"{before}{max(spec.lock.values()) + 1} tlv.index.small\n"
    lock.write_text(text)
    assert rules.lock_text(model.load_spec(spec_dir)) == text


def test_without_a_lock_numbers_begin_at_1(spec, spec_dir: Path) -> None:
    (spec_dir / "ids.lock").unlink()
    numbers = [rule.number for rule in model.load_spec(spec_dir).rules]
    assert numbers == list(range(1, len(spec.rules) + 1))


# -- command line ----------------------------------------------------------------------------------


def run(*arguments: str, generators: Path = ROOT / "generators") -> subprocess.CompletedProcess:
    command = [sys.executable, "-B", "-m", "devfdgen", *arguments]
    environment = {"PYTHONPATH": str(generators), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)


def test_lint_of_the_spec() -> None:
    result = run("lint")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("spec: 4 formats, ") and result.stdout.endswith(": ok\n")


def test_lint_of_a_refused_spec_says_all(spec_dir: Path) -> None:
    edit(spec_dir / "tlv.yaml", "    tag: 3\n", "    tag: 2\n")
    edit(spec_dir / "fixed.yaml", "num_regions: 9", "num_regions: 8")
    result = run("lint", "--spec", str(spec_dir))
    assert (result.returncode, result.stdout) == (1, "")
    files = [line.partition(".yaml:")[0] for line in result.stderr.splitlines()]
    assert {Path(file).name for file in files} == {"fixed", "tlv"}
    assert files == sorted(files)


def test_generate_lints_first(spec_dir: Path, tmp_path: Path) -> None:
    edit(spec_dir / "tlv.yaml", "    tag: 3\n", "    tag: 2\n")
    result = run("generate", "--spec", str(spec_dir), "--out", str(tmp_path / "out"))
    assert result.returncode == 1
    assert "tag 2 of DTINDEX" in result.stderr
    assert not (tmp_path / "out").exists()


def test_generate_without_emitters(tmp_path: Path) -> None:
    package = tmp_path / "devfdgen"
    package.mkdir()
    for path in (ROOT / "generators" / "devfdgen").glob("*.py"):
        shutil.copy(path, package)
    spec = str(ROOT / "spec")
    result = run("generate", "--spec", spec, "--out", str(tmp_path), generators=tmp_path)
    assert result.returncode == 1
    assert "there is no devfdgen.emit" in result.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["nothing"], ["lint", "--out", "x"], ["lint", "--spec", "/nowhere"]]
)
def test_wrong_usage(arguments: list[str]) -> None:
    assert run(*arguments).returncode == 2
