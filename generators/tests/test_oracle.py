# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Tests of the oracle on files: typed by hand from spec/, each broken in one place. Numbers are
little-endian unless a name ends in _BIG."""
from __future__ import annotations

import pytest
from oracle_typed import ORACLE, add, broken, cut, good, label, put, typed

# ---- tlv ----

TLV = typed("""
    00696370 02000000 00000000                    #   0 "pci", version 2
    00000100 24000000 03000000                    #  12 DEVICE: RESET, IDENTITY
    09000000 05000000 86800000 0e100000           #  24 9 regions, 5 interrupts, 8086:100e
    00000200 00000000                             #  40 class, more
    01000000 58000000 01000000                    #  48 REGION: MMAP
    0000000000000000 0000020000000000             #  60 offset 0, size 0x20000
    06000000 10000000 00000000 00000000           #  76   PCI_BAR_INDEX 0
    01000100 10000000 00000000 00000000           #  92   INDEX 0
    06000100 1c000000 00000000                    # 108   AREAS
    0010000000000000 00f0010000000000             # 120     0x1000, 0x1f000
    01000000 38000000 00000000                    # 136 REGION
    0000000000070000 0001000000000000             # 148 offset 7 << 40, size 0x100
    05000000 0c000000 00000000                    # 164   PCI_CONFIG_SPACE
    01000100 10000000 00000000 07000000           # 176   INDEX 7
    04000000 20000000 07000000 00000000           # 192 INTERRUPT 0
    04000100 10000000 00000000 01000000           # 208   COUNT 1
    04000000 44000000 01000000 01000000           # 224 INTERRUPT 1
    02000000 10000000 00000000 2f250000           # 240   DTPATH "/%"
    03000000 14000000 00000000 03000000 02000000  # 256   DTINDEX INTERRUPTS 2
    04000100 10000000 00000000 00000000           # 276   COUNT 0
    20000000 10000000 05000000 deadbeef           # 292 unknown type 0x20
    07000100 24000000 00000000                    # 308 KEPT
    02000000 01000000 07000000 01000000           # 320 DEVICE_CAP, LITTLE, id 7, version 1
    03000000 c0ffee00                             # 336 3 bytes
    ffffffff 0c000000 00000000                    # 344 END
""")

# The draft's own records, as a big-endian producer writes them.
DRAFT_BIG = typed("""
    64740000 00000001 00000000                    #   0 "dt", version 1
    00000001 0000002c 00000001                    #  12 REGION: MMAP
    0000000000000000 0000000000001000             #  24
    00000006 00000010 00000000 00000003           #  40   PCI_BAR_INDEX 3
    00000001 00000028 00000000                    #  56 REGION
    0000000000002000 0000000000000100             #  68
    00000005 0000000c 00000000                    #  84   PCI_CONFIG_SPACE
    00000001 00000030 00000000                    #  96 REGION, next index
    0000000000004000 0000000000000000             # 108
    00000007 00000014 00000000 00000000fee00000   # 124   PHYS_ADDR
    00000004 00000010 00000000 00000002           # 144 INTERRUPT 2
    00000009 0000000c 00000007                    # 160 unknown type 9
""")

# A region that could not be read is neither readable nor writable: NO_READ, NO_WRITE.
UNREADABLE = typed("""
    6f696676 02000000 00000000                    #   0 no bus
    00000100 24000000 00000000                    #  12 DEVICE
    01000000 00000000 00000000 00000000           #  24
    00000000 00000000                             #  40
    01000000 3c000000 06000000                    #  48 REGION
    0000000000000000 0000000000000000             #  60
    01000100 10000000 00000000 00000000           #  76   INDEX 0
    02000100 10000000 00000000 16000000           #  92   ERROR 22
    ffffffff 0c000000 00000000                    # 108 END
""")


def test_tlv_dump() -> None:
    assert good(TLV) == {
        "schema": "devfd/1",
        "device": {
            "bus": "PCI", "flags": ["RESET", "IDENTITY"], "num_regions": 9, "num_irqs": 5,
            "vendor": 0x8086, "device": 0x100e, "class": 0x20000,
            "kept": [
                {"origin": "RECORD", "order": "LITTLE", "id": 0x20, "version": 5,
                 "data": "deadbeef"},
                {"origin": "DEVICE_CAP", "order": "LITTLE", "id": 7, "version": 1,
                 "data": "c0ffee"},
            ],
        },
        "regions": [
            {"index": 0, "state": "PRESENT", "flags": ["READ", "WRITE", "MMAP", "BAR", "AREAS"],
             "offset": "0x0", "size": "0x20000", "bar": 0,
             "areas": [{"offset": "0x1000", "size": "0x1f000"}]},
            {"index": 7, "state": "PRESENT", "flags": ["READ", "WRITE", "CONFIG_SPACE"],
             "offset": "0x70000000000", "size": "0x100"},
        ],
        "irqs": [
            {"index": 0, "state": "PRESENT", "flags": ["EVENTFD", "MASKABLE", "AUTOMASKED"],
             "count": 1},
            {"index": 1, "state": "EMPTY", "flags": ["DT_PATH", "DT_INDEX", "EVENTFD"],
             "count": 0, "prop_type": "INTERRUPTS", "prop_index": 2, "dt_path": "/%25"},
        ],
    }


def test_draft_dump() -> None:
    dump = good(DRAFT_BIG)
    assert dump["device"] == {
        "bus": "DT", "flags": [], "num_regions": 9, "num_irqs": 3,
        "kept": [{"origin": "RECORD", "order": "BIG", "id": 9, "version": 7, "data": ""}]}
    assert [region["index"] for region in dump["regions"]] == [3, 7, 8]
    assert dump["regions"][2] == {
        "index": 8, "state": "EMPTY", "flags": ["READ", "WRITE", "PHYS_ADDR"],
        "offset": "0x4000", "size": "0x0", "phys_addr": "0xfee00000"}
    assert dump["irqs"] == [{"index": 2, "state": "PRESENT", "flags": [], "count": 1}]


def test_draft_without_records() -> None:
    assert good(DRAFT_BIG[:12]) == {
        "schema": "devfd/1", "regions": [], "irqs": [],
        "device": {"bus": "DT", "flags": [], "num_regions": 0, "num_irqs": 0}}


def test_draft_is_read_and_not_written() -> None:
    broken(DRAFT_BIG, "tlv.version.write", 4, role="producer")
    good(TLV, role="producer")


def test_unreadable_dump() -> None:
    assert good(UNREADABLE)["regions"] == [
        {"index": 0, "state": "UNREADABLE", "flags": [], "offset": "0x0", "size": "0x0",
         "error": 22}]


TLV_BROKEN = [
    # section 1: the format is told by the magic
    (b"", "model.input.magic", 0),
    (TLV[:3], "model.input.magic", 0),
    (put(TLV, 0, "01"), "model.input.magic", 0),
    # the header
    (TLV[:11], "tlv.header.size", 0),
    (put(TLV, 4, "00"), "tlv.header.version.in", 4),
    (put(TLV, 4, "03"), "tlv.header.version.in", 4),
    (put(TLV, 8, "01"), "tlv.header.flags.is", 8),
    # length
    (TLV[:20], "tlv.record.size", 12),
    (TLV + b"\0" * 4, "tlv.end.last", 356),
    (put(TLV, 16, "0b"), "tlv.record.rec_len.min", 16),
    (put(TLV, 16, "25"), "tlv.record.rec_len.multiple", 16),
    (TLV[:44], "tlv.record.rec_len.fits", 16),
    (put(TLV, 112, "20"), "tlv.record.rec_len.fits", 112),
    (put(TLV, 16, "fcffffff"), "tlv.record.rec_len.fits", 16),
    (put(add(TLV, 136, "00000000"), 52, "5c"), "tlv.record.size", 136),
    # place
    (put(TLV, 292, "00"), "tlv.record.type.range", 292),
    (put(TLV, 48, "06"), "tlv.record.type.parent", 48),
    (put(TLV, 240, "06"), "tlv.record.type.parent", 240),
    (put(TLV, 76, "01"), "tlv.record.type.parent", 76),
    (TLV[:12], "tlv.device.first", 12),
    (cut(TLV, 12, 36), "tlv.device.first", 12),
    (TLV[:48] + TLV[12:], "tlv.device.first", 48),
    (TLV[:12] + TLV[292:], "tlv.device.first", 12),
    (TLV[:48] + TLV[192:224] + TLV[48:], "tlv.record.type.order", 80),
    (put(TLV, 292, "02"), "tlv.record.type.parent", 292),
    (put(TLV, 92, "05000000"), "tlv.record.type.order", 92),
    (put(TLV, 92, "06000000"), "tlv.record.type.twice", 92),
    (put(DRAFT_BIG, 160, "00010007"), "tlv.record.type.since", 160),
    (put(DRAFT_BIG, 40, "0001"), "tlv.record.type.since", 40),
    # size
    (TLV[:12] + typed("00000100 20000000") + TLV[20:44] + TLV[48:], "tlv.device.size", 12),
    (put(add(TLV, 48, "00000000"), 16, "28"), "tlv.device.exact", 12),
    (put(put(add(TLV, 108, "00000000"), 52, "5c"), 96, "14"), "tlv.index.exact", 92),
    (TLV[:48] + typed("01000000 18000000 00000000") + bytes(12) + TLV[344:],
     "tlv.region.size", 48),
    (put(add(TLV, 356, "00000000"), 348, "10"), "tlv.end.exact", 344),
    (put(add(DRAFT_BIG, 160, "00000009"), 148, "00000014"), "tlv.record.size", 160),
    # fields: is, not, in, mask
    (put(TLV, 84, "01"), "tlv.pci_bar_index.flags.is", 84),
    (put(TLV, 352, "01"), "tlv.end.flags.is", 352),
    (put(TLV, 20, "07"), "tlv.device.flags.mask", 20),
    (put(TLV, 56, "10"), "tlv.region.flags.mask", 56),
    (put(TLV, 200, "10"), "tlv.interrupt.flags.mask", 200),
    (put(DRAFT_BIG, 20, "00000003"), "tlv.region.flags.mask", 20),
    (put(DRAFT_BIG, 152, "00000001"), "tlv.interrupt.flags.mask", 152),
    (put(UNREADABLE, 104, "00"), "tlv.error.error.not", 104),
    (put(put(UNREADABLE, 92, "03"), 104, "00"), "tlv.more.more.not", 104),
    (put(TLV, 268, "00"), "tlv.dtindex.prop_type.in", 268),
    (put(TLV, 268, "05"), "tlv.dtindex.prop_type.in", 268),
    (put(TLV, 320, "05"), "tlv.kept.origin.in", 320),
    (put(TLV, 324, "03"), "tlv.kept.order.in", 324),
    # fields: multiple, length, nul, pad
    (put(put(add(TLV, 136, "00000000"), 52, "5c"), 112, "20"), "tlv.areas.areas.multiple", 120),
    (put(TLV, 336, "05"), "tlv.kept.data.length", 336),
    (put(TLV, 336, "00"), "tlv.kept.data.length", 336),
    (put(TLV, 336, "ffffffff"), "tlv.kept.data.length", 336),
    (put(TLV, 343, "01"), "tlv.kept.data.pad", 343),
    (put(TLV, 336, "01"), "tlv.kept.data.pad", 341),
    (put(TLV, 252, "2f616263"), "tlv.dtpath.path.nul", 252),
    (put(TLV, 252, "2f00"), None, None),
    (put(TLV, 252, "2f000001"), "tlv.dtpath.path.pad", 255),
    (put(TLV, 252, "00610000"), "tlv.dtpath.path.pad", 253),
    (put(put(add(TLV, 252, "2f000000"), 244, "14"), 228, "48"), "tlv.dtpath.path.pad", 253),
    (put(put(cut(TLV, 252, 4), 244, "0c"), 228, "40"), "tlv.dtpath.path.nul", 252),
    # rules of a body
    (put(TLV, 20, "01"), "tlv.device.identity", 32),
    (put(put(TLV, 20, "01"), 32, "00000000"), "tlv.device.identity", 36),
    (put(put(TLV, 20, "01"), 32, "0000000000000000"), "tlv.device.identity", 40),
    (put(TLV, 320, "01"), "tlv.kept.native", 320),
    (put(TLV, 320, "0100000002"), None, None),
    # rules of an attribute
    (put(TLV, 34, "01"), "model.device.vendor", 32),
    (put(TLV, 38, "01"), "model.device.device", 36),
    (put(TLV, 43, "01"), "model.device.class", 40),
    (put(TLV, 67, "80"), "model.region.end", 68),
    (put(TLV, 60, "ffffffffffffffff"), "model.region.end", 68),
    (put(TLV, 60, "fffffdffffffff7f"), None, None),
    (put(TLV, 60, "0000feffffffff7f"), "model.region.end", 68),
    (put(TLV, 88, "06"), "model.region.bar", 88),
    (put(TLV, 188, "09"), "model.region.index", 188),
    (put(TLV, 236, "05"), "model.irq.index", 236),
    (put(TLV, 28, "01"), "model.irq.index", 236),
    (put(TLV, 120, "0110"), "model.area.inside", 120),
    (put(TLV, 120, "ffffffffffffffff"), "model.area.inside", 120),
    (put(UNREADABLE, 104, "00100000"), "model.region.error", 104),
    (put(DRAFT_BIG, 156, "ffffffff"), "model.irq.index", 156),
    # the finished item
    (put(cut(TLV, 176, 16), 140, "28"), "tlv.region.index.needed", 136),
    (put(cut(TLV, 208, 16), 196, "10"), "tlv.interrupt.count.needed", 192),
    (put(TLV, 188, "00"), "tlv.region.ascending", 136),
    (put(TLV, 236, "00"), "tlv.interrupt.ascending", 224),
    (DRAFT_BIG[:56] + DRAFT_BIG[12:], "tlv.region.ascending", 56),
    # rules of an item
    (put(UNREADABLE, 56, "04"), "model.region.unreadable", 48),
    (put(UNREADABLE, 60, "01"), "model.region.unreadable", 48),
    (put(UNREADABLE, 68, "01"), "model.region.unreadable", 48),
    (put(put(add(TLV, 92, "05000000 0c000000 00000000"), 52, "64"), 76,
         "05000000 0c000000 00000000 06000000 10000000 00000000 00000000"),
     "model.region.config", 48),
    # the end
    (TLV[:344], "tlv.end.needed", 344),
    (TLV[:48], "tlv.end.needed", 48),
    (TLV + TLV[344:], "tlv.end.last", 356),
]


@pytest.mark.parametrize("data, rule, at", TLV_BROKEN, ids=label)
def test_tlv_rule(data: bytes, rule: str | None, at: int | None) -> None:
    if rule is None:
        good(data)
    else:
        broken(data, rule, at)


def test_given_format_is_not_told_by_magic() -> None:
    broken(put(TLV, 0, "01"), "tlv.header.magic.in", 0, "tlv")
    broken(TLV[:3], "tlv.header.size", 0, "tlv")


def test_second_area_is_reported_at_itself() -> None:
    two = put(put(add(TLV, 136, "00ff01000000000000020000000000 00"), 52, "68"), 112, "2c")
    broken(two, "model.area.inside", 136)


def test_prefix_of_a_file_is_never_accepted() -> None:
    for data in (TLV, UNREADABLE, ARRAY, FIXED_AP, FIXED_PCI):
        for size in range(len(data)):
            assert ORACLE.judge(data[:size]).verdict == "reject"


# ---- array ----

ARRAY = typed("""
    72646676 01000000 2c010000 02000000           #   0 magic, version 1, 300 bytes, IDENTITY
    01000000 02000000 01000000                    #  16 PCI, 2 regions, 1 interrupt
    f41a0000 05100000 00ff0000 00020000           #  28 1af4:1005, class, more 0x200
    00000000 00000000 00000000 0000000000000000   #  44 no tail of its own, reserved
    5f000000 00000000                             #  64 LISTED READ WRITE MMAP MSIX_MAPPABLE BAR
    0000000000000000 0040000000000000             #  72 offset, size
    0000000000000000 04000000                     #  88 phys_addr, bar 4
    00000000 00000000 00000000                    # 100 type, subtype, more
    00010000 1c000000 0000000000000000            # 112 tail at 256, 28 bytes
    00000000000000000000000000000000              # 128 not listed
    00000000000000000000000000000000
    00000000000000000000000000000000
    00000000000000000000000000000000
    03000000 00000000 02000000 00000000           # 192 LISTED EVENTFD, 2 vectors
    1c010000 10000000                             # 208 tail at 284, 16 bytes
    0000000000000000 0000000000000000             # 216
    0000000000000000 0000000000000000
    0000000000000000
    06000100 1c000000 00000000                    # 256 AREAS
    0000000000000000 0020000000000000             # 268
    02000000 10000000 00000000 2f610000           # 284 DTPATH "/a"
""")

ARRAY_EMPTY_BIG = typed("""
    76666472 00000001 00000040 00000000           #   0
    00000000 00000000 00000000                    #  16
    00000000 00000000 00000000 00000000           #  28
    00000000 00000000 00000000 0000000000000000   #  44
""")


def test_array_dump() -> None:
    assert good(ARRAY) == {
        "schema": "devfd/1",
        "device": {"bus": "PCI", "flags": ["IDENTITY"], "num_regions": 2, "num_irqs": 1,
                   "vendor": 0x1af4, "device": 0x1005, "class": 0xff00, "more": 0x200},
        "regions": [
            {"index": 0, "state": "PRESENT",
             "flags": ["READ", "WRITE", "MMAP", "MSIX_MAPPABLE", "BAR", "AREAS"],
             "offset": "0x0", "size": "0x4000", "bar": 4,
             "areas": [{"offset": "0x0", "size": "0x2000"}]}],
        "irqs": [{"index": 0, "state": "PRESENT", "flags": ["DT_PATH", "EVENTFD"], "count": 2,
                  "dt_path": "/a"}],
    }


def test_array_without_slots() -> None:
    assert good(ARRAY_EMPTY_BIG) == {
        "schema": "devfd/1", "regions": [], "irqs": [],
        "device": {"bus": "NONE", "flags": [], "num_regions": 0, "num_irqs": 0}}


def test_device_keeps_what_stands_in_its_tail() -> None:
    data = put(ARRAY_EMPTY_BIG + typed("00000040 00000010 00000002 01020304"), 8, "00000050")
    data = put(data, 44, "00000040 00000010")
    assert good(data)["device"]["kept"] == [
        {"origin": "RECORD", "order": "BIG", "id": 0x40, "version": 2, "data": "01020304"}]
    broken(put(data, 64, "00000006"), "tlv.record.type.parent", 64)
    broken(put(data, 64, "00000002"), "tlv.record.type.parent", 64)


@pytest.mark.parametrize("data, rule, at", [
    (ARRAY[:63], "array.header.size", 0),
    (put(ARRAY, 4, "02"), "array.header.version.is", 4),
    (ARRAY[:-1], "array.header.total.is", 8),
    (ARRAY + b"\0", "array.header.total.is", 8),
    (put(ARRAY, 12, "06"), "array.header.flags.mask", 12),
    (put(ARRAY, 16, "09"), "array.header.bus.in", 16),
    (put(ARRAY, 52, "01"), "array.header.reserved0.is", 52),
    (put(ARRAY, 63, "01"), "array.header.reserved1.is", 56),
    (put(ARRAY, 12, "00"), "array.header.identity", 28),
    (put(ARRAY, 31, "01"), "model.device.vendor", 28),
    (put(ARRAY, 20, "04"), "array.region.counts", 20),
    (put(ARRAY, 20, "ffffffff"), "array.region.counts", 20),
    (put(ARRAY, 24, "02"), "array.irq.counts", 24),
    (put(ARRAY, 24, "00"), "array.region.tail.next", 112),
    (put(ARRAY, 44, "00010000"), "array.header.tail.next", 44),
    (put(ARRAY, 48, "10000000"), "array.header.tail.next", 44),
    (put(ARRAY, 112, "04"), "array.region.tail.next", 112),
    (put(ARRAY, 116, "00"), "array.region.tail.next", 112),
    (put(ARRAY, 116, "2d"), "array.region.tail_size.fits", 116),
    (put(ARRAY, 116, "18"), "tlv.record.rec_len.fits", 260),
    (put(ARRAY, 116, "20"), "tlv.record.size", 284),
    (put(ARRAY, 212, "14"), "array.irq.tail_size.fits", 212),
    (put(ARRAY + bytes(4), 8, "30"), "array.tail.end", 300),
    (put(ARRAY, 256, "05000100"), "tlv.record.type.parent", 256),
    (put(ARRAY, 284, "06000100"), "tlv.record.type.parent", 284),
    (put(ARRAY, 256, "00000000"), "tlv.record.type.range", 256),
    (put(ARRAY, 264, "01"), "tlv.areas.flags.is", 264),
    (put(ARRAY, 276, "0140"), "model.area.inside", 268),
    (put(ARRAY, 131, "01"), "array.region.absent", 131),
    (put(ARRAY, 64, "5e"), "array.region.absent", 64),
    (put(ARRAY, 192, "00"), "array.irq.absent", 200),
    (put(ARRAY, 65, "02"), "array.region.flags.mask", 64),
    (put(ARRAY, 120, "01"), "array.region.reserved.is", 120),
    (put(ARRAY, 255, "01"), "array.irq.reserved4.is", 248),
    (put(ARRAY, 88, "01"), "array.region.phys_addr", 88),
    (put(ARRAY, 64, "1f"), "array.region.bar", 96),
    (put(ARRAY, 104, "01"), "array.region.type", 104),
    (put(ARRAY, 79, "80"), "model.region.end", 80),
    (put(ARRAY, 96, "06"), "model.region.bar", 96),
    (put(ARRAY, 69, "10"), "model.region.error", 68),
    (put(ARRAY, 68, "05"), "model.region.unreadable", 64),
    (put(ARRAY, 196, "05"), "model.irq.unreadable", 192),
    (put(ARRAY, 64, "7f"), "model.region.config", 64),
], ids=label)
def test_array_rule(data: bytes, rule: str, at: int) -> None:
    broken(data, rule, at)


# ---- fixed ----

FIXED_AP = typed("""
    78646676 01000000 50000000 06000000           #   0 magic, version 1, 80 bytes, AP
    01000000 06000000 00000000 02000000           #  16 RESET, bus AP, 0 regions, 2 interrupts
    00000000 00000000 00000000 00000000           #  32
    01000000 03000000 00000000 00000000           #  48 1 vector, LISTED EVENTFD
    00000000 00000000 00000000 00000000           #  64 not listed
""")

FIXED_PCI = typed("""
    78646676 01000000 34010000 01000000           #   0 magic, version 1, 308 bytes, VFIO_PCI
    00000000 01000000 09000000 05000000           #  16 bus PCI, 9 regions, 5 interrupts
    00000000 00000000 00000000 00000000           #  32
    0040000000000000 1f000000 00000000 00000000   #  48 region 0: all access, MSIX_MAPPABLE
    0000000000000000 01000000 00000000 00000000   #  68 region 1: not implemented
    0000000000000000 00000000 00000000 00000000   #  88 region 2: not listed
    0000000000000000 00000000 00000000 00000000   # 108
    0000000000000000 00000000 00000000 00000000   # 128
    0000000000000000 00000000 00000000 00000000   # 148
    0000000000000000 00000000 00000000 00000000   # 168
    0001000000000000 07000000 00000000 10000000   # 188 region 7: configuration space, more 0x10
    0000000000000000 01000000 16000000 00000000   # 208 region 8: EINVAL
    01000000 0f000000 00000000 00000000           # 228 interrupt 0
    00000000 13000000 00000000 00000000           # 244 interrupt 1: EVENTFD NORESIZE
    00000000 01000000 16000000 00000000           # 260 interrupt 2: EINVAL
    00000000 00000000 00000000 00000000           # 276
    00000000 00000000 00000000 00000000           # 292
""")

FIXED_RESOURCES_BIG = typed("""
    76666478 00000001 00000054 00000004           #   0 magic, version 1, 84 bytes, RESOURCES
    00000000 00000003 00000001 00000001           #  16 bus PLATFORM, 1 region, 1 interrupt
    00000000 00000000 00000000 00000000           #  32
    0000000000001000 0000000f 00000000 00000000   #  48
    00000001 00000001 00000000 00000000           #  68
""")


def test_fixed_ap_dump() -> None:
    assert good(FIXED_AP) == {
        "schema": "devfd/1",
        "device": {"bus": "AP", "flags": ["RESET"], "num_regions": 0, "num_irqs": 2},
        "regions": [],
        "irqs": [{"index": 0, "state": "PRESENT", "flags": ["EVENTFD"], "count": 1}]}


def test_fixed_pci_dump() -> None:
    dump = good(FIXED_PCI)
    assert dump["regions"] == [
        {"index": 0, "state": "PRESENT",
         "flags": ["READ", "WRITE", "MMAP", "MSIX_MAPPABLE", "BAR"],
         "offset": "0x0", "size": "0x4000", "bar": 0},
        {"index": 1, "state": "EMPTY", "flags": ["BAR"], "offset": "0x10000000000",
         "size": "0x0", "bar": 1},
        {"index": 7, "state": "PRESENT", "flags": ["READ", "WRITE", "CONFIG_SPACE"],
         "offset": "0x70000000000", "size": "0x100", "more": 16},
        {"index": 8, "state": "UNREADABLE", "flags": [], "offset": "0x0", "size": "0x0",
         "error": 22},
    ]
    assert [irq["state"] for irq in dump["irqs"]] == ["PRESENT", "EMPTY", "UNREADABLE"]


def test_fixed_resources_dump() -> None:
    assert good(FIXED_RESOURCES_BIG)["regions"] == [
        {"index": 0, "state": "PRESENT", "flags": ["READ", "WRITE", "MMAP"], "offset": "0x0",
         "size": "0x1000"}]


def test_fixed_slots_have_the_indexes_of_the_type() -> None:
    """The eighth slot of the 2010 form is index 15."""
    config = typed("0001000000000000 07000000 00000000 00000000")
    header = typed("78646676 01000000 00010000 02000000 00000000 01000000 10000000 03000000")
    assert good(header + bytes(16) + bytes(7 * 20) + config + bytes(3 * 16))["regions"] == [
        {"index": 15, "state": "PRESENT", "flags": ["READ", "WRITE", "CONFIG_SPACE"],
         "offset": hex(15 << 48), "size": "0x100"}]


@pytest.mark.parametrize("data, rule, at", [
    (FIXED_AP[:47], "fixed.header.size", 0),
    (put(FIXED_AP, 4, "00"), "fixed.header.version.is", 4),
    (FIXED_AP[:-4], "fixed.header.total.is", 8),
    (put(FIXED_AP, 12, "00"), "fixed.header.device_type.in", 12),
    (put(FIXED_AP, 12, "07"), "fixed.header.device_type.in", 12),
    (put(FIXED_AP, 16, "04"), "fixed.header.flags.mask", 16),
    (put(FIXED_AP, 20, "09"), "fixed.header.bus.in", 20),
    (put(FIXED_AP, 40, "01"), "fixed.header.identity", 40),
    (put(FIXED_AP, 20, "01"), "fixed.type.bus", 20),
    (put(FIXED_AP, 24, "01"), "fixed.type.num_regions", 24),
    (put(FIXED_AP, 28, "01"), "fixed.type.num_irqs", 28),
    (put(FIXED_RESOURCES_BIG, 24, "00800000"), "fixed.type.num_regions", 24),
    (put(FIXED_RESOURCES_BIG, 24, "007fffff"), "fixed.region.counts", 24),
    (put(FIXED_RESOURCES_BIG, 24, "00000002"), "fixed.region.counts", 24),
    (put(FIXED_RESOURCES_BIG, 28, "00000002"), "fixed.irq.counts", 28),
    (put(FIXED_RESOURCES_BIG, 28, "00000000"), "fixed.header.exact", 68),
    (put(FIXED_AP[:64], 8, "40"), "fixed.irq.counts", 28),
    (put(FIXED_AP + b"\0", 8, "51"), "fixed.header.exact", 80),
    (put(FIXED_PCI[:200], 8, "c8000000"), "fixed.region.counts", 24),
    (put(FIXED_AP, 64, "01"), "fixed.irq.absent", 64),
    (put(FIXED_AP, 79, "01"), "fixed.irq.absent", 79),
    (put(FIXED_PCI, 100, "01"), "fixed.region.absent", 100),
    (put(FIXED_PCI, 56, "3f"), "fixed.region.flags.mask", 56),
    (put(FIXED_AP, 52, "23"), "fixed.irq.flags.mask", 52),
    (put(FIXED_PCI, 55, "80"), "model.region.end", 48),
    (put(FIXED_PCI, 188, "fffffffffff8ff7f"), None, None),
    (put(FIXED_PCI, 188, "00000000 00f9ff7f"), "model.region.end", 188),
    (put(FIXED_PCI, 188, "ffffffffffffff7f"), "model.region.end", 188),
    (put(FIXED_PCI, 217, "02"), "fixed.region.flags.mask", 216),
    (put(FIXED_PCI, 220, "0010"), "model.region.error", 220),
    (put(FIXED_PCI, 188, "00" * 20), "fixed.type.config", 188),
    (put(FIXED_PCI, 200, "05"), "fixed.type.config", 188),
    (put(FIXED_PCI, 216, "03"), "model.region.unreadable", 208),
    (put(FIXED_PCI, 224, "01"), "model.region.unreadable", 208),
    (put(FIXED_PCI, 260, "01"), "model.irq.unreadable", 260),
], ids=label)
def test_fixed_rule(data: bytes, rule: str | None, at: int | None) -> None:
    if rule is None:
        good(data)
    else:
        broken(data, rule, at)

@pytest.mark.parametrize("data", [TLV, DRAFT_BIG, UNREADABLE, ARRAY, FIXED_AP, FIXED_PCI],
                         ids=label)
def test_every_change_of_a_byte_has_a_verdict(data: bytes) -> None:
    for at in range(len(data)):
        for value in (0x00, 0x01, 0x7f, 0xff):
            verdict = ORACLE.judge(data[:at] + bytes([value]) + data[at + 1:])
            assert verdict.verdict == "accept" or 0 <= verdict.at <= len(data)
