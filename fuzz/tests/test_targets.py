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


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    names = sorted(set(BROKEN.values()))
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
