# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Tests of the recorder with kernels played by tests/kernels.c, honest and hostile."""
from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from capture_tool import DEVFD, DEVICE, RECORD, SCHEMA, Machine, good, run

GUARD = 16
ENDING = ("honest", "cdev", "swinging", "alternating", "growing", "doubling", "greedy",
          "writes-beyond", "endless-regions", "says-nothing", "refuses-all", "one-unreadable",
          "chain-cycles", "exact-alone", "takes-back", "breaks-late")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    machine = Machine(tmp_path / "root")
    machine.add_vfio()
    machine.add_pci(driver="vfio-pci", group="7")
    return machine.root


def record(root: Path, kernel: str, *more, status: int = 0) -> dict:
    """The capture of a device on this kernel."""
    out = root / "out.json"
    done = run(RECORD, kernel, root, out, *more)
    assert done.returncode == status, done.stderr
    return json.loads(out.read_text())


def sizes(capture: dict, call: str, index=None) -> list[int]:
    return [r["argsz_in"] for r in capture["replies"] if (r["call"], r["index"]) == (call, index)]


def find(capture: dict, call: str, argsz: int, index=None) -> dict:
    found = [r for r in capture["replies"]
             if (r["call"], r["index"], r["argsz_in"]) == (call, index, argsz)]
    assert len(found) == 1
    return found[0]


def test_every_call_is_made_at_every_size(root):
    capture = record(root, "honest")
    assert sizes(capture, "VFIO_DEVICE_GET_INFO") == [12, 15, 16, 20, 24, 64]
    assert sizes(capture, "VFIO_DEVICE_GET_REGION_INFO", 0) == [31, 32, 40]
    for index in range(1, 10):
        assert sizes(capture, "VFIO_DEVICE_GET_REGION_INFO", index) == [32, 40]
    assert sizes(capture, "VFIO_DEVICE_GET_REGION_INFO", 10) == []
    for index in range(6):
        assert sizes(capture, "VFIO_DEVICE_GET_IRQ_INFO", index) == [15, 16, 24]
    assert sizes(capture, "VFIO_DEVICE_GET_IRQ_INFO", 6) == []
    assert sizes(capture, "VFIO_IOMMU_GET_INFO") == [8, 16, 20, 24, 56]
    assert sizes(capture, "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO") == [11, 12, 28]
    extensions = [(r["index"], r["ret"]) for r in capture["replies"]
                  if r["call"] == "VFIO_CHECK_EXTENSION"]
    assert extensions == [(i, int(i in (1, 3))) for i in range(1, 11)]


def test_a_reply_has_the_bytes_that_the_kernel_left(root):
    capture = record(root, "honest")
    reply = find(capture, "VFIO_DEVICE_GET_INFO", 16)
    assert reply["bytes"] == "10000000" "02000000" "09000000" "05000000" + "aa" * GUARD
    assert (reply["ret"], reply["errno"], reply["recorded"]) == (0, 0, 16 + GUARD)
    reply = find(capture, "VFIO_DEVICE_GET_INFO", 12)
    assert reply["bytes"] == "0c000000" + "aa" * (8 + GUARD)
    assert (reply["ret"], reply["errno"]) == (-1, 22)
    # Without capabilities a kernel leaves the caller's bytes in cap_offset.
    assert find(capture, "VFIO_DEVICE_GET_REGION_INFO", 32, 1)["bytes"][24:32] == "aa" * 4


def test_no_chain_is_cut(root):
    capture = record(root, "honest")
    region = bytes.fromhex(find(capture, "VFIO_DEVICE_GET_REGION_INFO", 40, 0)["bytes"])
    assert region[32:40] == bytes.fromhex("0300010000000000")
    iommu = bytes.fromhex(find(capture, "VFIO_IOMMU_GET_INFO", 56)["bytes"])
    assert iommu[48:56] == bytes.fromhex("ffffdffe00000000")


def test_through_the_cdev_there_is_no_container(root):
    capture = record(root, "cdev")
    assert capture["path"] == "cdev"
    calls = {reply["call"] for reply in capture["replies"]}
    assert not calls & {"VFIO_GET_API_VERSION", "VFIO_CHECK_EXTENSION", "VFIO_IOMMU_GET_INFO"}


def test_serial_numbers_are_blanked_and_nothing_else(root):
    capture = record(root, "honest")
    config = bytes.fromhex(capture["config_space"])
    assert capture["redacted"] is True
    assert len(config) == 4096
    assert config[:4] == bytes.fromhex("f41a4110")
    assert config[0x40:0x48] == b"\x03\x48" + bytes(6)
    assert config[0x48:0x4c] == b"\x11\x40\x04\x80"
    assert config[0x140:0x14c] == b"\x03\x00\x01\x10" + bytes(8)


def test_serial_numbers_are_kept_on_demand(root):
    capture = record(root, "with-serials")
    assert capture["redacted"] is False
    config = bytes.fromhex(capture["config_space"])
    assert config[0x40:0x48] == b"\x03\x48\x12\x80VPD!"
    assert config[0x144:0x14c] == b"SERIALNO"


def test_the_device_is_named(root):
    assert record(root, "honest")["device"] == {
        "name": DEVICE, "bdf": DEVICE, "bus": "pci", "vendor": "0x1af4", "device": "0x1041",
        "class": "0x020000", "driver": "vfio-pci", "group": "7", "note": "played by a test"}


@pytest.mark.parametrize("kernel", ENDING)
def test_it_ends_and_keeps_bounds_whatever_the_kernel_says(root, kernel):
    done = run(RECORD, kernel, root, root / "out.json")
    assert done.returncode in (0, 1), done.stderr
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr
    capture = json.loads((root / "out.json").read_text())
    jsonschema.validate(capture, SCHEMA)
    for reply in capture["replies"]:
        assert reply["recorded"] == len(reply["bytes"]) // 2
        assert reply["recorded"] in (0, reply["argsz_in"] + GUARD)


@pytest.mark.parametrize(("kernel", "asked", "status"), [
    ("growing", [64, 65, 66, 67], 1), ("doubling", [64, 6400, 640000], 1), ("greedy", [64], 1),
    ("swinging", [64, 72, 80], 0), ("exact-alone", [64, 36], 0)])
def test_a_wish_for_more_is_followed_a_few_times(root, kernel, asked, status):
    capture = record(root, kernel, status=status)
    assert sizes(capture, "VFIO_DEVICE_GET_INFO")[5:] == asked


def test_nothing_is_asked_twice(root):
    for kernel in ("takes-back", "swinging", "honest"):
        asked = [(r["call"], r["index"], r["argsz_in"])
                 for r in record(root, kernel, status=int(kernel == "takes-back"))["replies"]]
        assert len(asked) == len(set(asked)), kernel


def test_what_stands_behind_argsz_is_recorded(root):
    capture = record(root, "writes-beyond")
    replies = [r for r in capture["replies"] if r["recorded"]]
    assert replies and all(r["bytes"].endswith("55" * GUARD) for r in replies)


def test_indexes_are_bounded(root):
    capture = record(root, "endless-regions")
    asked = {r["index"] for r in capture["replies"]
             if r["call"] == "VFIO_DEVICE_GET_REGION_INFO"}
    assert asked == {*range(1024), 0xFFFFFFFF}


def test_an_error_is_recorded_and_described(root):
    capture = record(root, "one-unreadable")
    assert find(capture, "VFIO_DEVICE_GET_REGION_INFO", 40, 2)["errno"] == 5
    region = capture["description"]["regions"][2]
    assert (region["state"], region["error"]) == ("UNREADABLE", 5)


@pytest.mark.parametrize("kernel", ["chain-cycles", "refuses-all"])
def test_broken_replies_are_kept_without_a_description(root, kernel):
    capture = record(root, kernel, status=1)
    assert capture["description"] is None
    assert capture["replies"]


def test_a_device_that_goes_away_leaves_no_file(root):
    """Whichever call is the first that it does not answer."""
    whole = len(record(root, "honest")["replies"])
    (root / "out.json").unlink()
    for calls in range(11, whole):
        done = run(RECORD, "honest", root, root / "out.json", calls)
        assert done.returncode == 2
        assert f"{DEVICE} went away" in done.stderr
        assert not (root / "out.json").exists()


def test_the_description_is_what_devfd_makes_of_the_file(root):
    for kernel in ("honest", "cdev", "one-unreadable", "exact-alone", "writes-beyond"):
        capture = record(root, kernel)
        shown = json.loads(good(DEVFD, "show", "--json", root / "out.json"))
        assert capture["description"] == shown, kernel
        assert shown["device"]["vendor"] == 0x1AF4
        assert shown["device"]["class"] == 0x020000


def test_a_good_reply_is_described_where_a_larger_one_is_broken(root):
    capture = record(root, "breaks-late")
    done = run(DEVFD, "show", "--json", root / "out.json")
    assert capture["description"] == json.loads(done.stdout)
    assert "warning: passed over" in done.stderr


def test_devfd_takes_the_file(root):
    record(root, "honest")
    good(DEVFD, "check", root / "out.json")
    shown = good(DEVFD, "show", root / "out.json")
    for call in ("VFIO_GET_API_VERSION", "VFIO_CHECK_EXTENSION", "VFIO_IOMMU_GET_INFO",
                 "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO"):
        assert call in shown
