# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""`make conformance IMPL=...` finds out by itself how a command is to be attached."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import attach
import pytest

ROOT = Path(__file__).resolve().parents[2]
SKELETON = f"{sys.executable} {ROOT}/conformance/skeletons/skeleton.py"


@pytest.mark.parametrize("command, option", [
    (SKELETON, "--pipe"),
    ("/bin/cat", "--exec"),
    ("/bin/true", "--exec"),
    (f"{SKELETON} {{file}}", "--exec"),
    ("folder/reader.so", "--so"),
])  # fmt: skip
def test_how(command: str, option: str) -> None:
    assert attach.how(command) == option


def test_one_that_waits_is_no_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attach, "PATIENCE", 0.2)
    assert attach.how("sleep 5") == "--exec"


@pytest.mark.parametrize("command, said", [
    ("", "usage: make conformance"), ("no-such-program-here", "No such file"),
    ("a 'quote", "No closing quotation"),
])  # fmt: skip
def test_wrong_usage(command: str, said: str) -> None:
    done = subprocess.run([sys.executable, attach.__file__, command], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 2
    assert said in done.stderr and "Traceback" not in done.stderr


def run(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, attach.__file__, command, "--only",
                           "linux.region_info.size"], capture_output=True, text=True, check=False)


def test_verdicts_reach_the_exit_status() -> None:
    good = run(SKELETON)
    assert good.returncode == 0, good.stdout + good.stderr
    bad = run("/bin/true")  # accepts everything
    assert bad.returncode == 1, bad.stdout + bad.stderr
