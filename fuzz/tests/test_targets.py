# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Every promise that fuzz/targets/promise.h lists is noticed when it is broken, by its name.

The broken core is broken.c; make builds it as build/san/fuzz/broken/TARGET.
"""
from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "san" / "fuzz"
PRODUCER = 2

# Promise, and the target that is to notice it.
BROKEN = {
    "same-twice": "tlv",
    "tables-agree": "linux-region-info",
    "open-alike": "array",
    "error-told": "fixed",
    "prefix": "linux-region-info",
    "fixed-point": "convert",
    "exact-size": "tlv",
    "read-once": "linux-iommu-info",
    "work-bounded": "array",
    "nothing-written": "linux-device-info",
    "item": "linux-irq-info",
    "access": "tlv",
    "look-up": "fixed",
    "producer": "array",
    "room": "convert",
    "loss": "convert",
    "calls": "dance",
    "text": "differential",
}

# Made here: a device that is asked for, with room, and says nothing; a tlv file without a magic.
MADE = {
    "calls": bytes([0, 0, 0, 1]),
    "text": bytes(2 + 12),
}

# What a function gives that it may not, as broken.c takes it, by the target that is to notice it;
# and how that is told. A promise is held in many places, and each is to be able to fail.
GIVEN = {
    "tlv": [
        ("leaves_next 0 more 1", "tables-agree: item 0 .* is another one with tables"),
        ("leaves_next 1 result -1", "tables-agree: item 1: result -1, tables 1"),
        ("leaves_open_as 0 result -7", "error-told: open gives -7"),
        ("open_as -1 need 1", "error-told: open: result -1, need 1"),
        ("open_as 0 at 1", "error-told: open: accepted, but rule 0 at 1"),
        ("open_as -1 at 0x7fffffff", "error-told: open: .* at 2147483647 of"),
        ("tables_open_as 0 version 99", "tables-agree: tables give another description"),
        ("producer_open_as 0 version 99", "producer: the roles see different descriptions"),
        ("next 0 kind 3", "item: item 0 has kind 3"),
        ("next 0 index 5", "item: region 5 of"),
        ("next 1 result -1", "item: the walk ends with -1"),
        ("next 0 flags 0x80000000", "item: flags 0x80000000 have a bit without a name"),
        ("next 0 state 9", "item: state 9 of"),
        ("next 0 count 1", "item: kind 1 has a count"),
        ("next 0 areas 1", "item: 1 areas without their flag"),
        ("next 0 path 1", "item: a path is not in the input"),
        ("next 0 dependents 1", "item: kind 1 has dependents"),
        ("next 0 kept.at 0x7fffffff", "item: kept things end before they begin"),
        ("next 0 kept.end 0x100000", "item: kept things are not all in the input"),
        ("get_kept 1 result -1", "item: kept things end with -1"),
        ("get_kept 0 size 0x7fffffff", "item: a kept thing is not in the input"),
        ("get_kept 0 cursor 0", "item: the cursor of kept things stays at 0"),
        ("tables_get_kept 1 result -1", "tables-agree: get_kept gives 1, tables -1"),
        ("tables_get_kept 0 id 0", "tables-agree: kept .*, tables 0 of"),
        ("get_area 1 result 0", "access: there is an area behind the last"),
        ("get_area 0 result -1", "access: area 0 of .* cannot be had"),
        ("get_area 0 offset 0x7fffffffffffffff", "access: area 0 ends outside its region"),
        ("begin 0 result -7", "fixed-point: devfd_begin gives -7"),
    ],
    "linux-region-info": [
        ("leaves_reply 0 result -7", "error-told: reply gives -7"),
        ("tables_reply 0 error 1", "tables-agree: tables give another item"),
        ("reply -2 need 0", "error-told: reply: result -2, need 0"),
        ("reply -2 need 1", "error-told: reply: 1 of .* bytes needed"),
        ("producer_reply 0 more 1", "producer: the roles see different items"),
    ],
    "linux-hot-reset-info": [
        ("reply 0 dependents 100000", "item: 100000 dependents are not all in the input"),
        ("get_dependent 0 result -1", "item: the last of .* dependents cannot be had"),
        ("get_dependent 1 result 0", "item: there is a dependent behind the last"),
    ],
    "fixed": [
        ("get_region 0 more 1", "look-up: .* is not what the walk gives"),
        ("get_region -3 result 0", "look-up: .* is no item, but result 0"),
    ],
    "convert": [
        ("open_as 0 order 0", "fixed-point: written in another byte order"),
        ("put 0 result -7", "loss: .*: put gives -7"),
        ("put 0 lost 1", "fixed-point: .* lost 0x1; at one go: "),
        ("put -6 lost 0", "loss: .*: refused, but nothing lost"),
        ("end 0 result -7", "room: end gives -7"),
        ("end -5 result 0", "room: end gives 0 for .* bytes in 0"),
        ("end 0 size 0", "fixed-point: what was written is refused"),
        ("convert 0 result -5", "fixed-point: result 0, .*; at one go: -5,"),
        ("convert 0 byte 0", "fixed-point: converted at one go it has other bytes"),
    ],
    "encode": [
        ("put 0 lost 1", "loss: .*: 0x1 is lost without leave"),
    ],
    "dance": [
        ("ask -4 error 77", "calls: unreadable with error 77: the item says more"),
        ("ask -4 rule 1", "error-told: a call that failed broke rule 1"),
        ("ask -4 result 0", "calls: a call failed with .*, but result 0"),
        ("ask -2 need 1", "calls: 1 bytes are needed of"),
        ("ask -1 need 1", "error-told: result -1, need 1"),
        ("ask -1 kind 1", "nothing-written: the item was written with result -1"),
        ("ask 0 more 1", "calls: devfd_reply gives another item"),
        ("ask 0 result -4", "calls: unreadable, but no call failed"),
    ],
    "differential": [
        ("leaves_judge -1 result 0", "tables-agree: devfd_judge gives another result"),
        ("explain 0 behind 0", "text: an explanation is longer than its buffer"),
    ],
}


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    names = sorted({*BROKEN.values(), *GIVEN})
    targets = " ".join(f"build/san/fuzz/broken/{name}" for name in names)
    flags = ("-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer")
    subprocess.run(f"make --no-print-directory -s BUILD=build/san EXTRA='{flags}' OPT=-O1 {targets}",
                   shell=True, cwd=ROOT, check=True)


def inputs(promise: str, folder: Path) -> list[Path]:
    target = BROKEN[promise]
    if promise in MADE:
        (folder / "made").write_bytes(MADE[promise])
        return [folder / "made"]
    seeds = sorted((ROOT / "fuzz" / "seeds" / target).iterdir())
    assert seeds
    if promise == "same-twice":
        return [seed for seed in seeds if seed.name.startswith("good-")]
    if promise != "producer":
        return seeds
    for seed in seeds:
        data = bytearray(seed.read_bytes())
        data[0] |= PRODUCER
        (folder / seed.name).write_bytes(data)
    return sorted(folder.iterdir())


def given_inputs(target: str, fault: str, folder: Path) -> list[Path]:
    if target == "differential":
        return inputs("text", folder)
    seeds = sorted((ROOT / "fuzz" / "seeds" / target).iterdir())
    # Judged by both roles only if the first is that of a reader.
    return [one for one in seeds
            if not (fault.startswith("producer_") and one.read_bytes()[0] & PRODUCER)]


def run(program: Path, files: list[Path], broken: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *files], env={**os.environ, "BROKEN": broken},
                          capture_output=True, text=True, check=False)


def test_every_promise_is_in_the_list() -> None:
    text = (ROOT / "fuzz" / "targets" / "promise.h").read_text()
    assert set(re.findall(r"^ \*\t([a-z-]+) {2,}", text, re.M)) == set(BROKEN)
    used = set()
    for source in (ROOT / "fuzz" / "targets").glob("*.c"):
        used |= set(re.findall(r'(?:PROMISE|promise_broken)\(\s*"([a-z-]+)"', source.read_text()))
    assert used <= set(BROKEN)


@pytest.mark.parametrize("promise", BROKEN)
def test_a_broken_promise_is_noticed(promise: str, tmp_path: Path) -> None:
    done = run(BUILD / "broken" / BROKEN[promise], inputs(promise, tmp_path), promise)
    assert f"promise broken: {promise}: " in done.stderr
    assert done.stderr.count("promise broken: ") == 1
    assert "died of input: " in done.stderr
    assert done.returncode != 0


@pytest.mark.parametrize("promise", BROKEN)
def test_nothing_is_noticed_where_nothing_is_broken(promise: str, tmp_path: Path) -> None:
    files = inputs(promise, tmp_path)
    done = run(BUILD / "broken" / BROKEN[promise], files, "")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{len(files)} inputs\n"


@pytest.mark.parametrize("target, fault, said", [(target, fault, said) for target in GIVEN
                                                 for fault, said in GIVEN[target]])
def test_what_may_not_be_given_is_noticed(target: str, fault: str, said: str,
                                          tmp_path: Path) -> None:
    done = run(BUILD / "broken" / target, given_inputs(target, fault, tmp_path), fault)
    assert re.search(f"^promise broken: {said}", done.stderr, re.M), done.stderr[-500:]
    assert done.returncode != 0
