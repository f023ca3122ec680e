# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""A short run of the differential test; `make check-differential` is the long one."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import differential
import pytest
from judge import NUMBERS, PROGRAM
from mutate import OF_SHAPE

PROGRAM_UNDER_TEST = Path(__file__).with_name("differential.py")


def run(*args: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-B", PROGRAM_UNDER_TEST, *args], capture_output=True,
                          text=True, check=False)


@pytest.mark.skipif(not PROGRAM.exists(), reason="make build/tests/judge comes first")
def test_leaves_tables_and_oracle_agree() -> None:
    done = run("--count", "1000", "--seed", "7")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_judge_that_answers_something_else_is_seen(tmp_path: Path) -> None:
    judge = tmp_path / "judge"
    judge.write_text("#!/bin/sh\ncat >/dev/null\nfor i in $(seq 20); do echo reject x 0; done\n")
    judge.chmod(0o755)
    done = run("--count", "20", "--format", "tlv", "--judge", str(judge))
    assert done.returncode == 1
    assert "wanted:" in done.stderr


def test_a_judge_that_ends_is_seen(tmp_path: Path) -> None:
    judge = tmp_path / "judge"
    judge.write_text("#!/bin/sh\ncat >/dev/null\necho overflow >&2\nexit 3\n")
    judge.chmod(0o755)
    done = run("--count", "20", "--format", "array", "--judge", str(judge))
    assert done.returncode == 1
    assert "status 3" in done.stderr and "overflow" in done.stderr


def test_a_process_that_cannot_start_ends_the_run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def start() -> None:
        raise OSError("no corpus")

    monkeypatch.setattr(differential, "start", start)
    monkeypatch.setattr(sys, "argv", ["differential", "--judge", sys.executable])
    assert differential.main() == 2
    assert "a process ended" in capfd.readouterr().err


def test_wrong_usage() -> None:
    assert run("--count", "0").returncode == 2
    assert run("--judge", "/nonexistent").returncode == 2


def test_every_format_has_mutations_of_its_own() -> None:
    names = {name for name in NUMBERS if name}
    shapes = {name.partition(".")[0] for name in names}
    assert shapes <= set(OF_SHAPE) <= shapes | names
