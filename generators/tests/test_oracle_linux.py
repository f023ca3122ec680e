# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Tests of the oracle on replies: typed by hand from spec/linux.yaml, each broken in one place, and
those that kernels gave. Numbers are little-endian unless a name ends in _BIG."""
from __future__ import annotations

import json
from pathlib import Path

import pytest
from oracle_typed import ORACLE, ROOT, add, broken, good, label, put, typed

import oracle

DEVICE = typed("""
    18000000 03000000 09000000 05000000           #   0 argsz 24, RESET PCI, 9 regions, 5 interrupts
    00000000 00000000                             #  16 cap_offset, pad
""")

# All fields of ZPCI_BASE version 1, then a string of 3 bytes, then a capability nobody knows.
DEVICE_CAPS_BIG = typed("""
    00000050 00000089 00000001 00000002           #   0 argsz 80, RESET AMBA CAPS
    00000014                                      #  16 cap_offset 20
    0001 0001 00000034                            #  20 ZPCI_BASE v1, next 52
    0000000000000001 0000000000000002             #  28
    0003 0004 0005 06 07                          #  44
    0003 0001 00000044                            #  52 ZPCI_UTIL v1, next 68
    00000003 c1c2c3 aa                            #  60 3 bytes, and one that is not its own
    0099 0000 00000000                            #  68 unknown, version 0
    deadbeef                                      #  76
""")

REGION = typed("""
    58000000 0f000000 02000000 20000000           #   0 argsz 88, READ WRITE MMAP CAPS, index 2
    0020000000000000 0000000000020000             #  16 size 0x2000, offset 2 << 40
    0100 0100 40000000                            #  32 SPARSE_MMAP v1, next 64
    01000000 00000000                             #  40 1 area
    0000000000000000 0010000000000000             #  48
    0200 0100 50000000                            #  64 TYPE v1, next 80
    00000080 01000000                             #  72
    0300 0100 00000000                            #  80 MSIX_MAPPABLE v1
""")

IRQ = typed("10000000 09000000 01000000 20000000")

IOMMU = typed("""
    74000000 03000000 0010204000000000            #   0 argsz 116, PGSIZES CAPS
    18000000 aaaaaaaa                             #  16 cap_offset 24, pad not written
    0100 0100 48000000                            #  24 IOVA_RANGE v1, next 72
    02000000 00000000                             #  32
    0000000000000000 ffffdffe00000000             #  40
    0000f0fe00000000 ffffffffffff7f00             #  56
    0200 0100 68000000                            #  72 MIGRATION v1, next 104
    00000000 00000000                             #  80
    0010000000000000 0000001000000000             #  88
    0300 0100 00000000 ffff0000                   # 104 DMA_AVAIL v1
""")


def test_device_dump() -> None:
    for size in (16, 20, 24):
        assert good(put(DEVICE[:size], 0, f"{size:02x}"), "linux.device_info") == {
            "schema": "devfd/1", "reply": "device_info",
            "item": {"bus": "PCI", "flags": ["RESET"], "num_regions": 9, "num_irqs": 5}}


def test_first_bus_decides_and_the_rest_is_kept() -> None:
    item = good(put(DEVICE, 4, "0e020000"), "linux.device_info")["item"]
    assert (item["bus"], item["more"]) == ("PCI", 0x20c)
    item = good(put(DEVICE, 4, "00"), "linux.device_info")["item"]
    assert (item["bus"], item["flags"]) == ("NONE", [])


def test_device_keeps_capabilities() -> None:
    assert good(DEVICE_CAPS_BIG, "linux.device_info", order="big")["item"] == {
        "bus": "AMBA", "flags": ["RESET"], "num_regions": 1, "num_irqs": 2,
        "kept": [
            {"origin": "DEVICE_CAP", "order": "BIG", "id": 1, "version": 1,
             "data": "00000000000000010000000000000002" "0003000400050607"},
            {"origin": "DEVICE_CAP", "order": "BIG", "id": 3, "version": 1,
             "data": "00000003c1c2c3"},
            {"origin": "DEVICE_CAP", "order": "BIG", "id": 0x99, "version": 0,
             "data": "deadbeef"},
        ]}


def test_region_dump() -> None:
    assert good(REGION, "linux.region_info", index=2) == {
        "schema": "devfd/1", "reply": "region_info",
        "item": {
            "index": 2, "state": "PRESENT",
            "flags": ["READ", "WRITE", "MMAP", "MSIX_MAPPABLE", "TYPE", "AREAS"],
            "offset": "0x20000000000", "size": "0x2000", "type": 0x80000000, "subtype": 1,
            "areas": [{"offset": "0x0", "size": "0x1000"}]}}


def test_region_without_caps_has_no_chain() -> None:
    item = good(put(put(REGION, 4, "17"), 12, "aaaaaaaa"), "linux.region_info", index=2)["item"]
    assert (item["flags"], item["more"]) == (["READ", "WRITE", "MMAP"], 0x10)


def test_higher_version_is_read_and_kept() -> None:
    item = good(put(REGION, 66, "02"), "linux.region_info", index=2)["item"]
    assert item["type"] == 0x80000000
    assert item["kept"] == [{"origin": "REGION_CAP", "order": "LITTLE", "id": 2, "version": 2,
                             "data": "0000008001000000"}]


def test_irq_dump() -> None:
    assert good(IRQ, "linux.irq_info", index=1) == {
        "schema": "devfd/1", "reply": "irq_info",
        "item": {"index": 1, "state": "PRESENT", "flags": ["EVENTFD", "NORESIZE"], "count": 32}}


def test_iommu_dump() -> None:
    item = good(IOMMU, "linux.iommu_info")["item"]
    assert (item["flags"], item["pgsizes"]) == (["PGSIZES"], "0x40201000")
    assert [(kept["id"], len(kept["data"]) // 2) for kept in item["kept"]] == [
        (1, 40), (2, 24), (3, 4)]
    item = good(put(IOMMU, 4, "02"), "linux.iommu_info")["item"]
    assert (item["flags"], "pgsizes" in item) == ([], False)


RESET = typed("""
    1c000000 03000000 02000000                    # argsz 28, DEV_ID and DEV_ID_OWNED, 2 of them
    01000000 0000 01 00                           # 12 devid 1, 0000:01:00.0
    ffffffff 3412 01 09                           # 20 not owned, 1234:01:01.1
    """)


def test_hot_reset_dump() -> None:
    assert good(RESET, "linux.hot_reset_info") == {
        "schema": "devfd/1", "reply": "hot_reset_info",
        "item": {"flags": ["DEV_ID", "DEV_ID_OWNED"],
                 "dependents": [{"id": 1, "segment": 0, "bus": 1, "devfn": 0},
                                {"id": 0xffffffff, "segment": 0x1234, "bus": 1, "devfn": 9}]}}
    item = good(put(put(RESET, 4, "05"), 8, "00"), "linux.hot_reset_info")["item"]
    assert item == {"flags": ["DEV_ID"], "dependents": [], "more": 4}
    broken(put(RESET, 4, "02"), "model.hot_reset.owned", 0, "linux.hot_reset_info")


@pytest.mark.parametrize("data, need", [
    (put(RESET, 8, "03"), 36),
    (put(RESET[:20], 0, "0c"), 28),
    (put(put(RESET, 0, "1b"), 4, "02"), 28),
    (put(RESET, 8, "feffff1f"), 0xfffffffc),
    (put(RESET, 8, "00000020"), 0xffffffff),
    (put(RESET, 8, "ffffffff"), 0xffffffff),
], ids=label)
def test_hot_reset_count_needs_more(data: bytes, need: int) -> None:
    verdict = ORACLE.judge(data, "linux.hot_reset_info")
    assert verdict.as_dict() == {
        "verdict": "need-more", "rule": "linux.hot_reset_info.devices.counts", "at": 8,
        "need": need}


@pytest.mark.parametrize("data, kind, rule, need", [
    (RESET[:11], "hot_reset_info", "size", 12),
    (RESET[:12], "hot_reset_info", "argsz.more", 28),
    (b"", "device_info", "size", 16),
    (DEVICE[:15], "device_info", "size", 16),
    (DEVICE[:16], "device_info", "argsz.more", 24),
    (put(DEVICE, 0, "ffffffff"), "device_info", "argsz.more", 0xffffffff),
    (REGION[:31], "region_info", "size", 32),
    (REGION[:87], "region_info", "argsz.more", 88),
    (IRQ[:15], "irq_info", "size", 16),
    (put(IRQ, 0, "11"), "irq_info", "argsz.more", 17),
    (IOMMU[:20], "iommu_info", "argsz.more", 116),
], ids=label)
def test_linux_need_more(data: bytes, kind: str, rule: str, need: int) -> None:
    verdict = ORACLE.judge(data, f"linux.{kind}")
    assert verdict.as_dict() == {"verdict": "need-more", "rule": f"linux.{kind}.{rule}", "at": 0,
                                 "need": need}


CROWD = typed("14080000 80000000 00000000 00000000 14000000") + b"".join(
    typed("63000100") + (28 + 8 * number).to_bytes(4, "little") for number in range(255)
) + typed("63000100 00000000")


@pytest.mark.parametrize("data, kind, rule, at", [
    (put(DEVICE, 0, "0f"), "device_info", "linux.device_info.argsz.min", 0),
    (put(REGION, 0, "1f"), "region_info", "linux.region_info.argsz.min", 0),
    (put(IRQ, 0, "00"), "irq_info", "linux.irq_info.argsz.min", 0),
    (put(RESET, 0, "0b"), "hot_reset_info", "linux.hot_reset_info.argsz.min", 0),
    (put(REGION, 8, "03"), "region_info", "linux.region_info.index", 8),
    (put(IRQ, 8, "03"), "irq_info", "linux.irq_info.index", 8),
    (put(REGION, 23, "80"), "region_info", "model.region.end", 16),
    (put(REGION, 31, "80"), "region_info", "model.region.end", 16),
    (put(put(DEVICE, 0, "10"), 4, "83"), "device_info", "linux.device_info.cap_offset.size", 4),
    (put(put(DEVICE, 0, "13"), 4, "83"), "device_info", "linux.device_info.cap_offset.size", 4),
    (put(DEVICE, 4, "83"), "device_info", "linux.device_cap.first", 16),
    (put(REGION, 12, "00"), "region_info", "linux.region_cap.first", 12),
    (put(REGION, 12, "1f"), "region_info", "linux.region_cap.floor", 12),
    (put(IOMMU, 16, "13"), "iommu_info", "linux.iommu_cap.floor", 16),
    (put(REGION, 68, "08"), "region_info", "linux.region_cap.floor", 68),
    (put(REGION, 12, "51"), "region_info", "linux.region_cap.fits", 12),
    (put(REGION, 12, "ffffffff"), "region_info", "linux.region_cap.fits", 12),
    (put(REGION, 84, "58"), "region_info", "linux.region_cap.fits", 84),
    (put(REGION, 36, "20"), "region_info", "linux.region_cap.cycle", 36),
    (put(REGION, 84, "20"), "region_info", "linux.region_cap.cycle", 84),
    (put(REGION, 84, "28"), "region_info", "linux.region_cap.backward", 84),
    (put(REGION, 68, "47"), "region_info", "linux.region_cap.apart", 68),
    (CROWD, "device_info", "linux.device_cap.max", 20 + 63 * 8 + 4),
    (put(REGION, 34, "00"), "region_info", "linux.region_cap.version", 34),
    (put(REGION, 64, "03"), "region_info", "linux.region_cap.twice", 80),
    (put(put(REGION[:76], 0, "4c"), 68, "00"), "region_info", "linux.type.size", 64),
    (put(REGION, 80, "02"), "region_info", "linux.region_cap.twice", 80),
    (put(REGION, 80, "04"), "region_info", "linux.nvlink2_ssatgt.size", 80),
    (put(REGION, 40, "03"), "region_info", "linux.sparse_mmap.areas.counts", 40),
    (put(REGION, 40, "01000010"), "region_info", "linux.sparse_mmap.areas.counts", 40),
    (put(REGION, 40, "02"), "region_info", "model.area.inside", 64),
    (put(REGION, 49, "11"), "region_info", "model.area.inside", 48),
    (put(REGION, 68, "48"), "region_info", "linux.region_cap.overlap", 64),
    (put(IOMMU, 32, "03"), "iommu_info", "linux.iommu_cap.overlap", 24),
    (put(IOMMU, 32, "05"), "iommu_info", "linux.iova_range.iovas.counts", 32),
    (put(IOMMU[:115], 0, "73"), "iommu_info", "linux.dma_avail.size", 104),
], ids=label)
def test_linux_rule(data: bytes, kind: str, rule: str, at: int) -> None:
    broken(data, rule, at, f"linux.{kind}", index=2)


@pytest.mark.parametrize("data, rule, at", [
    (put(DEVICE_CAPS_BIG, 23, "02"), "linux.device_cap.overlap", 20),
    (put(DEVICE_CAPS_BIG, 60, "00000011"), "linux.zpci_util.util_str.length", 60),
    (put(DEVICE_CAPS_BIG, 60, "00000005"), "linux.device_cap.overlap", 52),
], ids=label)
def test_device_capability(data: bytes, rule: str, at: int) -> None:
    broken(data, rule, at, "linux.device_info", order="big")


def test_as_many_capabilities_as_may_be() -> None:
    last = 20 + 63 * 8
    item = good(put(CROWD, last + 4, "00000000"), "linux.device_info")["item"]
    assert len(item["kept"]) == 64


def test_region_index_is_below_the_number_of_regions() -> None:
    data = put(REGION, 8, "ffffffff")
    broken(data, "model.region.index", 8, "linux.region_info", index=0xffffffff)


def test_alignment_binds_the_producer() -> None:
    shifted = put(put(add(REGION, 80, "00000000"), 0, "5c"), 68, "54")
    assert "MSIX_MAPPABLE" in good(shifted, "linux.region_info", index=2)["item"]["flags"]
    broken(shifted, "linux.region_cap.align", 68, "linux.region_info", index=2, role="producer")


CALLS = {
    "VFIO_DEVICE_GET_INFO": "linux.device_info",
    "VFIO_DEVICE_GET_REGION_INFO": "linux.region_info",
    "VFIO_DEVICE_GET_IRQ_INFO": "linux.irq_info",
    "VFIO_IOMMU_GET_INFO": "linux.iommu_info",
    "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO": "linux.hot_reset_info",
}
CAPTURES = sorted((ROOT / "conformance" / "captures").glob("[0-9]*.json"))


def replies(path: Path) -> list[tuple[dict, oracle.Verdict]]:
    """The replies of a capture that succeeded, and what the oracle says of each."""
    capture = json.loads(path.read_text())
    judged = []
    for reply in capture["replies"]:
        if reply["ret"] != 0 or reply["call"] not in CALLS:
            continue
        received = bytes.fromhex(reply["bytes"])[:min(reply["recorded"], reply["argsz_in"])]
        judged.append((reply, ORACLE.judge(received, CALLS[reply["call"]],
                                           index=reply["index"] or 0,
                                           order=capture["byte_order"])))
    return judged


def test_captures_are_there() -> None:
    assert len(CAPTURES) == 114


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_capture(path: Path) -> None:
    assert replies(path)
    for reply, verdict in replies(path):
        assert verdict.verdict in ("accept", "need-more"), (reply, verdict)
        if verdict.verdict == "need-more":
            assert verdict.need > min(reply["recorded"], reply["argsz_in"])


@pytest.mark.parametrize("kernel, need", [("6.1.192", 116), ("7.2.13", 120)])
def test_capture_of_a_container(kernel: str, need: int) -> None:
    path = ROOT / "conformance" / "captures" / f"{kernel}-1b36-0010.json"
    *short, (whole, verdict) = [pair for pair in replies(path)
                                if pair[0]["call"] == "VFIO_IOMMU_GET_INFO"]
    assert len(short) == 3 and {verdict.need for _, verdict in short} == {need}
    assert verdict.verdict == "accept"
    # As much room, of which the record has a part.
    received = bytes.fromhex(whole["bytes"])[:48]
    cut = ORACLE.judge(received, "linux.iommu_info", order="little")
    assert (cut.verdict, cut.need) == ("need-more", need)


def test_capture_of_a_big_endian_kernel() -> None:
    path = ROOT / "conformance" / "captures" / "6.1.192-s390x-1af4-1000.json"
    *parts, whole = [verdict for reply, verdict in replies(path)
                     if reply["call"] == "VFIO_DEVICE_GET_INFO"]
    item = whole.dump["item"]
    assert (item["bus"], item["num_regions"], item["num_irqs"]) == ("PCI", 9, 5)
    assert [(kept["id"], kept["version"]) for kept in item["kept"]] == [(1, 2), (2, 2), (4, 1)]
    assert [len(kept["data"]) // 2 for kept in item["kept"]] == [28, 34, 8]
    assert [(part.verdict, part.need) for part in parts] == [("need-more", 124)] * 4


@pytest.mark.parametrize("data, format", [
    (REGION, "linux.region_info"), (IOMMU, "linux.iommu_info"), (RESET, "linux.hot_reset_info"),
    (put(DEVICE_CAPS_BIG, 0, "50000000"), "linux.device_info")], ids=label)
def test_every_change_of_a_byte_has_a_verdict(data: bytes, format: str) -> None:
    for at in range(len(data)):
        for value in (0x00, 0x01, 0x7f, 0xff):
            changed = data[:at] + bytes([value]) + data[at + 1:]
            verdict = ORACLE.judge(changed, format, index=2)
            assert verdict.verdict == "accept" or 0 <= verdict.at <= len(data)
