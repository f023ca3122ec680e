# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Tests of the oracle's command line, and that it refuses a spec that it does not understand."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from oracle_typed import ROOT, typed

import oracle

AP = typed("""
    78646676 01000000 50000000 06000000 01000000 06000000 00000000 02000000
    00000000 00000000 00000000 00000000
    01000000 03000000 00000000 00000000 00000000 00000000 00000000 00000000
""")
DRAFT = typed("64740000 00000001 00000000")
IOMMU = typed("74000000 03000000 0010204000000000 18000000") + bytes(20)
IRQ_BIG = typed("00000010 00000009 00000001 00000020")


def run(*args: str, stdin: bytes = b"") -> tuple[int, str, str]:
    """Exit status, stdout and stderr of the command line."""
    done = subprocess.run([sys.executable, "-m", "oracle", *args], input=stdin,
                          capture_output=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(ROOT / "generators")})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_command_accepts_and_refuses(tmp_path: Path) -> None:
    path = tmp_path / "description"
    path.write_bytes(AP)
    status, out, _ = run(str(path))
    assert (status, json.loads(out)["dump"]["device"]["bus"]) == (0, "AP")
    assert out.count("\n") == 1
    status, out, _ = run("-", stdin=AP[:-1])
    assert (status, json.loads(out)) == (
        1, {"verdict": "reject", "rule": "fixed.header.total.is", "at": 8})
    status, out, _ = run("-", "--format", "linux.iommu_info", stdin=IOMMU)
    assert (status, json.loads(out)["need"]) == (1, 116)
    status, out, _ = run("-", "--format", "linux.irq_info", "--order", "big", "--index", "1",
                         stdin=IRQ_BIG)
    assert (status, json.loads(out)["dump"]["item"]["count"]) == (0, 32)
    status, out, _ = run("-", "--role", "producer", stdin=DRAFT)
    assert (status, json.loads(out)["rule"]) == (1, "tlv.version.write")


def test_command_says_what_is_wrong_with_its_use(tmp_path: Path) -> None:
    for args in ((), (str(tmp_path / "nothing"),), ("-", "--format", "linux"),
                 ("-", "--order", "middle"), ("-", "--spec", str(tmp_path))):
        status, out, err = run(*args)
        assert (status, out) == (2, "")
        assert err and "Traceback" not in err


@pytest.mark.parametrize("name, old, new", [
    ("tlv.yaml", "shape: records", "shape: graph"),
    ("tlv.yaml", "first_unknown: 8", "first_unknown: 8\n  colour: red"),
    ("tlv.yaml", "{must: 0}", "{shall: 0}"),
    ("array.yaml", "{needs: [[bar], BAR]", "{wants: [[bar], BAR]"),
    ("linux.yaml", "rest: ignore", "rest: guess"),
    ("model.yaml", "device.num_regions]", "device.num_rooms]"),
])
def test_unknown_construct_is_refused(tmp_path: Path, name: str, old: str, new: str) -> None:
    spec = tmp_path / "spec"
    shutil.copytree(ROOT / "spec", spec)
    text = (spec / name).read_text()
    assert old in text
    (spec / name).write_text(text.replace(old, new))
    with pytest.raises(oracle.SpecError):
        oracle.load(spec)
