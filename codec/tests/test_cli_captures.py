# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Tests of the tool devfd on captures: what is refused in them, and what they add up to."""
from __future__ import annotations

import json
import re
import struct

import pytest

from devfd_tool import (CAPTURES, DEVICES, IOMMU, NVME, ZPCI, bad, capture_of, good, info, part,
                        run)

# A platform device with two regions and one interrupt.
DEVICE = struct.pack("<IIII", 16, 4, 2, 1)
REGION = {"call": "DEVICE_GET_REGION_INFO", "index": 0}


def region(flags=3, index=0, size=0x1000, offset=0, argsz=32, caps=b"") -> bytes:
    cap_offset = 32 if caps else 0
    return struct.pack("<IIIIQQ", argsz, flags | (8 if caps else 0), index, cap_offset, size,
                       offset) + caps


# -- real ones ------------------------------------------------------------------------------------


def test_show_of_a_capture_shows_every_reply():
    shown = good("show", ZPCI)
    assert "reply 21: VFIO_DEVICE_GET_INFO argsz 64: need-more 124" in shown
    assert "reply 22: VFIO_DEVICE_GET_INFO argsz 124: ok" in shown
    assert re.search(r"^ +36 +8 +end_dma +0x11fffffff", shown, re.M)
    shown = good("show", NVME)
    assert "VFIO_DEVICE_GET_REGION_INFO index 8 argsz 40: errno 22" in shown
    assert re.search(r"^ +32 +\d+ +MSIX_MAPPABLE", shown, re.M)


def test_json_of_a_capture_is_the_dump_of_what_it_describes():
    dump = json.loads(good("show", "--json", NVME))
    assert list(dump) == ["schema", "device", "regions", "irqs"]
    assert dump["device"] == {"bus": "PCI", "flags": ["RESET", "IDENTITY"], "num_regions": 9,
                              "num_irqs": 5, "vendor": 0x1b36, "device": 0x10, "class": 0x10802}
    assert [one["index"] for one in dump["regions"]] == list(range(9))
    assert dump["regions"][0] == {
        "index": 0, "state": "PRESENT", "flags": ["READ", "WRITE", "MMAP", "MSIX_MAPPABLE", "BAR"],
        "offset": "0x0", "size": "0x10000", "bar": 0}
    assert "CONFIG_SPACE" in dump["regions"][7]["flags"]
    assert dump["regions"][8] == {"index": 8, "state": "UNREADABLE", "flags": [], "offset": "0x0",
                                  "size": "0x0", "error": 22}
    alone = part(ZPCI, "DEVICE_GET_INFO")
    replies = json.loads(good("show", "--json", "-", stdin=alone))
    assert [one["reply"] for one in replies] == ["device_info"]
    assert len(replies[0]["item"]["kept"]) == 3


def test_check_of_captures():
    assert len(DEVICES) == 114
    assert good("check", *DEVICES) == "".join(f"{path}: ok\n" for path in DEVICES)


def test_check_of_cut_captures(tmp_path):
    """What no larger reply completes is a fault; no loss of a smaller one."""
    for name, need in IOMMU.items():
        (tmp_path / name).write_bytes(part(CAPTURES / name, "IOMMU_GET_INFO", 48))
    paths = [tmp_path / name for name in IOMMU]
    done = run("check", NVME, *paths)
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 1 and b"2 of 3 inputs break a rule" in done.stderr
    assert len(lines) == 3 and lines[0] == f"{NVME}: ok"
    for line, path in zip(lines[1:], paths):
        assert line.startswith(f"{path}[reply 4]:0: linux.iommu_info.argsz.more: "
                               f"need-more {IOMMU[path.name]}: ")
    for name in IOMMU:
        whole = part(CAPTURES / name, "IOMMU_GET_INFO")
        assert good("check", "-", stdin=whole) == "standard input: ok\n"


# -- reading --------------------------------------------------------------------------------------


def test_captures_that_are_not_well_formed_are_refused():
    reply = info("DEVICE_GET_INFO", struct.pack("<IIII", 16, 4, 1, 1))
    assert good("check", "-", stdin=capture_of(reply)) == "standard input: ok\n"
    for key, value in (("bytes", "0g"), ("bytes", "000"), ("bytes", None), ("recorded", 15),
                       ("argsz_in", -1), ("index", "0"), ("ret", None), ("errno", 1 << 32),
                       ("call", 7), ("ret", -1)):
        message = bad(1, "show", "-", stdin=capture_of({**reply, key: value}))
        assert "$.replies[0]." in message
    assert "$.byte_order" in bad(1, "show", "-", stdin=capture_of(reply, byte_order="vax"))
    assert "$.replies" in bad(1, "show", "-", stdin=b'{"schema": "vfio-capture/1", '
                                                    b'"byte_order": "big", "replies": 1}')
    other = {**reply, "call": "VFIO_\033[31m"}
    assert "\033" not in good("show", "-", stdin=capture_of(other, reply))


def test_an_index_where_a_call_has_none_is_refused_and_none_where_it_has_one():
    for call, index in (("DEVICE_GET_INFO", 0), ("IOMMU_GET_INFO", 3),
                        ("DEVICE_GET_REGION_INFO", None), ("DEVICE_GET_IRQ_INFO", None)):
        source = capture_of(info("DEVICE_GET_INFO", DEVICE), info(call, bytes(32), index=index))
        for verb in (["show"], ["show", "--json"], ["convert", "--to", "tlv", "-o", "-"]):
            assert "$.replies[1].index: wanted " in bad(1, *verb, "-", stdin=source)


@pytest.mark.parametrize("errno", [0, 4096, 0xffffffff])
def test_a_failed_call_without_a_real_errno_is_refused(errno):
    failed = info("DEVICE_GET_REGION_INFO", b"", index=0, argsz=32, ret=-1, errno=errno)
    source = capture_of(info("DEVICE_GET_INFO", DEVICE), failed)
    assert "$.replies[1].errno: wanted a number from 1 to 4095" in bad(1, "show", "-", stdin=source)
    last = capture_of(info("DEVICE_GET_INFO", DEVICE), {**failed, "errno": 4095})
    assert json.loads(good("show", "--json", "-", stdin=last))["regions"][0]["error"] == 4095


@pytest.mark.parametrize("key, value", [
    ("vendor", 0x10000), ("vendor", "0x10000"), ("vendor", "intel"), ("vendor", ""),
    ("vendor", []), ("vendor", 1.5), ("device", -1), ("device", True), ("class", "0x1000000")])
def test_an_identity_of_a_wrong_type_or_size_is_refused(key, value):
    device = {"vendor": "0x1b36", "device": 16, "class": "0xffffff"}
    reply = info("DEVICE_GET_INFO", struct.pack("<IIII", 16, 2, 0, 0))
    source = capture_of(reply, device={**device, key: value})
    assert f"$.device.{key}: wanted a number from 0 to 0x" in bad(1, "show", "-", stdin=source)
    assert "$.device: wanted" in bad(1, "show", "-", stdin=capture_of(reply, device="0x1b36"))
    for unknown in (None, {}, {**device, key: None}):
        good("show", "-", stdin=capture_of(reply, device=unknown))


def test_a_capture_is_refused_where_the_kernel_was_wrong():
    device = info("DEVICE_GET_INFO", struct.pack("<IIII", 16, 4, 2, 1))
    bent = info("DEVICE_GET_REGION_INFO", struct.pack("<IIIIQQ", 32, 3, 7, 0, 1, 1), index=0)
    source = capture_of(device, bent)
    assert "[reply 1]:8: linux.region_info.index" in bad(1, "show", "--json", "-", stdin=source)
    # What was asked beyond the counts is a probe, and failure is never taken for emptiness.
    probe = {**bent, "index": 2, "ret": -1, "errno": 22, "bytes": "", "recorded": 0}
    failed = {**probe, "index": 1, "errno": 5}
    dump = json.loads(good("show", "--json", "-", stdin=capture_of(device, probe, failed)))
    assert [(one["index"], one["state"], one["error"]) for one in dump["regions"]] == [
        (1, "UNREADABLE", 5)]
    assert dump["device"]["bus"] == "PLATFORM"


# -- replies that are broken, or disagree ---------------------------------------------------------


@pytest.mark.parametrize("good_one_too", [False, True])
def test_show_of_a_capture_with_a_broken_reply_is_status_1(good_one_too):
    replies = [info("DEVICE_GET_INFO", DEVICE), info(**REGION, data=region(argsz=15))]
    if good_one_too:
        replies.append(info(**REGION, data=region()))
    shown = run("show", "-", stdin=capture_of(*replies))
    message = shown.stderr.decode()
    assert (shown.returncode, message.count("\n")) == (1, 1)
    assert message.startswith("devfd: standard input[reply 1]:0: linux.region_info.argsz.min: ")
    assert shown.stdout.count(b"reply ") == len(replies)
    # As check has it.
    assert run("check", "-", stdin=capture_of(*replies)).returncode == 1


def test_json_of_replies_of_which_one_is_broken_is_status_1():
    broken = info("DEVICE_GET_INFO", struct.pack("<IIII", 15, 4, 2, 1))
    done = run("show", "--json", "-", stdin=capture_of(broken))
    assert (done.returncode, json.loads(done.stdout)) == (1, [])
    assert b"[reply 0]:0: linux.device_info.argsz.min: " in done.stderr
    done = run("show", "--json", "-", stdin=capture_of(broken, info("DEVICE_GET_INFO", DEVICE)))
    assert (done.returncode, len(json.loads(done.stdout))) == (0, 1)
    assert b"warning: passed over [reply 0]:0: linux.device_info.argsz.min: " in done.stderr


@pytest.mark.parametrize("verb", [["show", "--json", "-"], ["region", "-", "0"],
                                  ["convert", "--to", "tlv", "-", "-o", "-"]])
def test_a_refused_reply_that_was_passed_over_is_warned_of(verb):
    source = capture_of(info("DEVICE_GET_INFO", DEVICE), info(**REGION, data=region(index=7)),
                        info(**REGION, data=region()))
    done = run(*verb, stdin=source)
    assert done.returncode == 0 and done.stdout
    assert done.stderr.decode().splitlines() == [
        "devfd: standard input: warning: passed over [reply 1]:8: linux.region_info.index: "
        "region_info.index: found 7, allowed 0"]


DISAGREEING = [
    ("DEVICE_GET_INFO", None, DEVICE, struct.pack("<IIII", 16, 2, 2, 1), "bus: PLATFORM and PCI"),
    ("DEVICE_GET_INFO", None, DEVICE, struct.pack("<IIII", 16, 4, 3, 1), "num_regions: 2 and 3"),
    ("DEVICE_GET_INFO", None, DEVICE, struct.pack("<IIII", 16, 4, 2, 0), "num_irqs: 1 and 0"),
    ("DEVICE_GET_INFO", None, DEVICE, struct.pack("<IIII", 16, 5, 2, 1), "flags: none and RESET"),
    ("DEVICE_GET_INFO", None, DEVICE, struct.pack("<IIII", 16, 0x8004, 2, 1),
     "more: absent and 32768"),
    ("DEVICE_GET_REGION_INFO", 1, region(index=1), region(index=1, size=1), "size: 0x1000 and 0x1"),
    ("DEVICE_GET_REGION_INFO", 1, region(index=1), region(index=1, flags=7),
     "flags: READ|WRITE and READ|WRITE|MMAP"),
    ("DEVICE_GET_IRQ_INFO", 0, struct.pack("<IIII", 16, 1, 0, 1), struct.pack("<IIII", 16, 1, 0, 2),
     "count: 1 and 2")]


@pytest.mark.parametrize("call, index, one, other, where", DISAGREEING,
                         ids=[row[-1] for row in DISAGREEING])
def test_replies_that_disagree_in_meaning_are_refused(call, index, one, other, where):
    # Room makes no difference to what is not behind a link.
    for room in (0, 8):
        source = capture_of(info("DEVICE_GET_INFO", DEVICE), info(call, one, index),
                            info(call, other + bytes(room), index))
        message = f"] and [reply 2] to the same VFIO_{call} disagree: {where}\n"
        for verb in (["show"], ["show", "--json"], ["convert", "--to", "tlv", "-o", "-"]):
            assert message in bad(1, *verb, "-", stdin=source)
        done = run("check", "-", stdin=source)
        assert done.returncode == 1 and message in done.stdout.decode()


def test_replies_may_differ_in_capabilities_that_were_cut_off():
    msix = struct.pack("<HHI", 3, 1, 0)
    unknown = struct.pack("<HHII", 99, 1, 0, 5)
    for caps, has in ((msix, "flags"), (unknown, "kept")):
        size = 32 + len(caps)
        short = info(**REGION, data=region(argsz=32))
        whole = info(**REGION, data=region(argsz=size, caps=caps))
        for pair in ((short, whole), (whole, short)):
            source = capture_of(info("DEVICE_GET_INFO", DEVICE), *pair)
            one = json.loads(good("show", "--json", "-", stdin=source))["regions"][0]
            assert has == "flags" and "MSIX_MAPPABLE" in one["flags"] or has in one
            good("check", "-", stdin=source)
        # With as much room nothing is cut off.
        short = {**short, "argsz_in": size, "bytes": (region() + bytes(len(caps))).hex(),
                 "recorded": size}
        source = capture_of(info("DEVICE_GET_INFO", DEVICE), short, whole)
        assert f"disagree: {has}" in bad(1, "show", "--json", "-", stdin=source)
    # Nor does more room take anything away.
    longer = info(**REGION, data=region(argsz=32) + bytes(32))
    source = capture_of(info("DEVICE_GET_INFO", DEVICE), longer,
                        info(**REGION, data=region(argsz=40, caps=msix)))
    assert "disagree: flags" in bad(1, "show", "--json", "-", stdin=source)
