# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Tests of devfd convert: nothing is lost unsaid, and a canonical dump is read back exactly."""
from __future__ import annotations

import json
import re
import struct

import pytest
import yaml

from devfd_tool import (CAPTURES, DEVICES, IOMMU, LAYOUTS, NVME, ORDERS, ROOT, ZPCI, bad, convert,
                        good, part, rich_dump, run, text)

# -- conversions ----------------------------------------------------------------------------------


def what_fixed_cannot_carry(dump: dict) -> str | None:
    """The first thing, in the words of the refusal."""
    device, regions = dump["device"], dump["regions"]
    if device["num_regions"] > 9:
        return "device cannot be carried by fixed"
    if "kept" in device:
        return "device: KEPT cannot be carried by fixed"
    if any(one["state"] != "UNREADABLE" and int(one["offset"], 16) != one["index"] << 40
           for one in regions):
        return "OFFSET cannot be carried by fixed"
    return None


@pytest.mark.parametrize("capture", DEVICES, ids=lambda path: path.stem)
def test_conversions_of_captures_lose_nothing(capture):
    """Each layout and order is one file, from wherever one comes to it: so is every longer path."""
    source = capture.read_bytes()
    loss = what_fixed_cannot_carry(json.loads(convert(source, "json")))
    layouts = LAYOUTS
    if loss:
        assert loss in bad(1, "convert", "--to", "fixed", capture, "-o", "-")
        layouts = ("tlv", "array")
    nodes = [(layout, order) for layout in layouts for order in ORDERS]
    first = {node: convert(source, *node) for node in nodes}
    assert len(set(first.values())) == len(nodes)
    for blob in first.values():
        assert {node: convert(blob, *node) for node in nodes} == first
    dumps = {convert(blob, "json") for blob in [source, *first.values()]}
    assert len(dumps) == 1
    dump = dumps.pop()
    assert {node: convert(dump, *node) for node in nodes} == first


def test_three_conversions_give_back_the_bytes():
    """The same by the long way, for one device: all paths of three steps, and diff along them."""
    nodes = [(layout, order) for layout in LAYOUTS for order in ORDERS]
    start = convert(NVME.read_bytes(), "tlv")
    paths = {(): start}
    for _ in range(3):
        paths = {(*path, node): convert(blob, *node)
                 for path, blob in paths.items() for node in nodes if path[-1:] != (node,)}
    for path, blob in paths.items():
        if path[-1] == ("tlv", "little"):
            assert blob == start
    for blob in set(paths.values()):
        assert good("diff", NVME, "-", stdin=blob) == ""


def test_capabilities_are_carried_as_they_came():
    source = ZPCI.read_bytes()
    first = {(layout, order): convert(source, layout, order)
             for layout in ("tlv", "array") for order in ORDERS}
    for blob in first.values():
        assert {node: convert(blob, *node) for node in first} == first
    kept = json.loads(convert(source, "json"))["device"]["kept"]
    assert [(one["id"], one["version"], one["order"]) for one in kept] == [
        (1, 2, "BIG"), (2, 2, "BIG"), (4, 1, "BIG")]
    # Byte for byte: up to the next capability, less the padding that no field takes.
    reply = json.loads(part(ZPCI, "DEVICE_GET_INFO"))["replies"][-1]["bytes"]
    assert [reply.find(one["data"]) // 2 for one in kept] == [28, 68, 116]


def test_the_default_byte_order_is_that_of_the_input(tmp_path):
    for source, head in ((NVME, b"\0icp"), (ZPCI, b"pci\0")):
        out = tmp_path / "x.tlv"
        good("convert", source, "-o", out)
        assert out.read_bytes()[:4] == head
        good("convert", out, "-o", tmp_path / "x.array")
        order = "little" if head[0] == 0 else "big"
        assert (tmp_path / "x.array").read_bytes() == convert(out.read_bytes(), "array", order)


def test_losses_are_listed_and_refused(tmp_path):
    out = tmp_path / "x.fixed"
    dump = json.loads(convert(NVME.read_bytes(), "json"))
    dump["regions"][0]["flags"].append("AREAS")
    dump["regions"][0]["areas"] = [{"offset": "0x0", "size": "0x1000"}]
    dump["regions"][1]["offset"] = "0x1000"
    message = bad(1, "convert", "-", "-o", out, stdin=text(dump))
    assert "region 0: AREAS cannot be carried by fixed" in message
    assert "region 1: OFFSET cannot be carried by fixed" in message
    assert "nothing was written" in message and not out.exists()


def test_what_is_lost_opens_nothing(tmp_path):
    out = tmp_path / "x.fixed"
    dump = json.loads(convert(NVME.read_bytes(), "json"))
    dump["regions"][0]["flags"].append("AREAS")
    dump["regions"][0]["areas"] = [{"offset": "0x0", "size": "0x1000"}]
    dump["regions"][1]["offset"] = "0x1000"
    done = run("convert", "--lossy", "-", "-o", out, stdin=text(dump))
    assert done.returncode == 0
    assert b"warning: region 0: AREAS cannot be carried by fixed" in done.stderr
    assert b"warning: region 1: OFFSET cannot be carried by fixed" in done.stderr
    regions = {one["index"]: one for one in json.loads(good("show", "--json", out))["regions"]}
    assert "MMAP" not in regions[0]["flags"] and "READ" in regions[0]["flags"]
    assert 1 not in regions and regions[8]["state"] == "UNREADABLE"
    # A layout that has no place for a tenth region.
    ten = CAPTURES / "6.12.117-mbochs.json"
    message = bad(1, "convert", "--lossy", ten, "-o", tmp_path / "y.fixed")
    assert "not even with --lossy" in message and not (tmp_path / "y.fixed").exists()


def test_what_is_no_whole_device_is_not_converted(tmp_path):
    for name in IOMMU:
        source = part(CAPTURES / name, "IOMMU_GET_INFO")
        assert "whole device" in bad(1, "convert", "-", "--to", "tlv", "-o", "-", stdin=source)
    reply = tmp_path / "reply"
    reply.write_bytes(struct.pack("<IIII", 16, 1, 0, 1))
    assert "whole device" in bad(1, "convert", "--format", "linux.irq_info", reply, "--to", "tlv",
                                 "-o", "-")


# -- the canonical dump ---------------------------------------------------------------------------


def test_a_dump_is_read_back_exactly():
    dump = rich_dump()
    for order in ORDERS:
        for layout in ("tlv", "array"):
            blob = convert(text(dump), layout, order)
            assert json.loads(good("show", "--json", "-", stdin=blob)) == dump
    assert json.loads(good("show", "--json", "-", stdin=text(dump))) == dump
    assert good("check", "-", stdin=text(dump)) == "standard input: ok\n"
    assert "as tlv" in good("show", "-", stdin=text(dump))


def test_every_attribute_of_the_model_has_a_row_in_the_dump():
    """The rows are typed by hand, in the order of the model, each with the flag that knows it."""
    model = yaml.safe_load((ROOT / "spec" / "model.yaml").read_text())
    source = " ".join((ROOT / "codec" / "cli" / "dump.c").read_text().split())
    rows = re.findall(r'{"(\w+)", ([A-Z_ |]+), ATTRIBUTE_(\w+), PLACE\(\w+\), (\w+), \w+}', source)
    known = {attribute: f"DEVFD_{name}" for name, flag in model["flags"].items()
             for attribute in flag.get("knows", [])}
    for kind, item in model["items"].items():
        ours = [(name, type_.lower(), flag) for name, kinds, type_, flag in rows
                if f"OF_{kind.upper()}" in kinds.replace("OF_BOTH", "OF_REGION | OF_IRQ")]
        wanted = [(name, {"string": "path"}.get(row["type"], row["type"]), known.get(name, "0"))
                  for name, row in item["attributes"].items()
                  if name not in ("index", "bus", "kept")]
        assert ours == wanted, kind


def change(dump: dict, path: str, value) -> dict:
    """Sets what the path names; None takes it away."""
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    at = dump
    for step in way:
        at = at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return dump


@pytest.mark.parametrize("path, value, where", [
    ("schema", "devfd/2", "$.schema"),
    ("surplus", 1, "$.surplus: unknown key"),
    ("irqs", None, "$.irqs: missing"),
    ("device.surplus", 1, "$.device.surplus: unknown key"),
    ("device.index", 1, "$.device.index: unknown key"),
    ("device.bus", "ISA", "$.device.bus"),
    ("device.bus", None, "$.device.bus"),
    ("device.num_irqs", "3", "$.device.num_irqs"),
    ("device.num_irqs", -1, "$.device.num_irqs"),
    ("device.num_irqs", 1 << 32, "$.device.num_irqs"),
    ("device.num_irqs", 2, "$.irqs[2].index: wanted less"),
    ("device.vendor", 1, "$.device.vendor: there"),
    ("device.flags", ["READ"], "device"),
    ("device.flags", ["RESET", "RESET"], "device.flags"),
    ("device.flags", "RESET", "$.device.flags"),
    ("device.more", 0, "device.more"),
    ("device.kept", [], "$.device.kept"),
    ("device.kept.0.id", 1.5, "$.device.kept[0].id"),
    ("device.kept.0.data", "0", "$.device.kept[0].data"),
    ("device.kept.0.data", "AA", "device.kept[0].data"),
    ("device.kept.0.origin", "SKY", "$.device.kept[0].origin"),
    ("device.kept.1.data", None, "$.device.kept[1].data: missing"),
    ("regions.0.index", 1, "$.regions[1].index: wanted more"),
    ("regions.0.state", "EMPTY", "$.regions[0].state: wanted PRESENT"),
    ("regions.2.state", "EMPTY", "$.regions[2].state: wanted UNREADABLE"),
    ("regions.2.error", 5000, "model.region.error"),
    ("regions.2.size", "0x1", "model.region.unreadable"),
    ("regions.0.offset", "4096", "$.regions[0].offset"),
    ("regions.0.offset", "0x01000", "$.regions[0].offset"),
    ("regions.0.offset", "0x10000000000000000", "$.regions[0].offset"),
    ("regions.0.offset", "0x7ffffffffffffff0", "model.region.end"),
    ("regions.0.offset", None, "$.regions[0].offset: missing"),
    ("regions.0.phys_addr", None, "$.regions[0].phys_addr: missing"),
    ("regions.0.prop_type", "NAME", "$.regions[0].prop_type"),
    ("regions.0.dt_path", "/%zz", "$.regions[0].dt_path"),
    ("regions.0.dt_path", "/%61", "region 0.dt_path"),
    ("regions.0.dt_path", "/\u00e9", "region 0.dt_path"),
    ("regions.0.dt_path", "/%00", "dt_path"),
    ("regions.0.areas", {}, "$.regions[0].areas"),
    ("regions.0.areas.1.size", "0x9000", "model.area.inside"),
    ("regions.0.areas.1.surplus", 0, "$.regions[0].areas[1].surplus"),
    ("irqs.0.flags", ["MMAP"], "irq"),
    ("irqs.0.count", None, "$.irqs[0].count: missing"),
])
def test_a_dump_that_is_not_canonical_is_refused(path, value, where):
    dump = text(change(rich_dump(), path, value))
    message = bad(1, "convert", "-", "--to", "tlv", "-o", "-", stdin=dump)
    assert where in message
    done = run("check", "-", stdin=dump)
    assert done.returncode == 1 and where.encode() in done.stdout


def test_records_that_only_an_envelope_can_hold_keep_to_the_other_byte_order():
    for key, value in (("id", 1), ("data", "00")):
        dump = rich_dump()
        dump["device"]["kept"][1][key] = value
        blob = convert(text(dump), "tlv", "big")
        assert json.loads(convert(blob, "json")) == dump
        for layout in ("tlv", "array"):
            message = bad(1, "convert", "--byte-order", "little", "--to", layout, "-", "-o", "-",
                          stdin=blob)
            assert f"device: KEPT cannot be carried by {layout}" in message


def test_broken_json_is_told_with_line_and_column():
    assert "standard input:2:" in bad(1, "show", "-", stdin=b'{"schema": "devfd/1",\n oops}')
    assert "\033" not in bad(1, "show", "-", stdin=b'{"schema": \033[31m}')
    assert "uplicate" in bad(1, "show", "-", stdin=b'{"schema": "devfd/1", "schema": "devfd/1"}')
    assert "$.schema" in bad(1, "show", "-", stdin=b"{}")
    assert "one reply" in bad(1, "convert", "-", "--to", "tlv", "-o", "-",
                              stdin=b'{"schema": "devfd/1", "reply": "irq_info", "item": {}}')
    assert "is not that of --format" in bad(1, "show", "--format", "json", NVME)
