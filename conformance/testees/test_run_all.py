# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The run over all testees: faults are told one by one, and one that gets through fails the run."""
from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import run_all

ROOT = Path(__file__).resolve().parents[2]
BUILD = os.environ.get("BUILD", str(ROOT / "build"))
NAIVE = f"{BUILD}/testees/naive"
SHAM = """#!/bin/sh
case $1 in
--list)
	printf 'none\\tbinding\\t\\t\\tnothing\\n'
	printf 'sham\\tbinding\\tcount\\tlinux.*\\tdoes no wrong\\n'
	;;
*) exec {naive} --fault none ;;
esac
"""


def test_every_fault_is_a_testee() -> None:
    listed = subprocess.run([NAIVE, "--list"], check=True, capture_output=True, text=True).stdout
    names = [f"naive-{line.split()[0]}" for line in listed.splitlines()]
    testees = run_all.load(BUILD)
    assert [one["name"] for one in testees if "fault" in one] == names[1:]
    assert len({one["name"] for one in testees}) == len(testees)


def test_what_gets_through_fails_the_run(tmp_path: Path,
                                         capsys: pytest.CaptureFixture[str]) -> None:
    sham = tmp_path / "sham"
    sham.write_text(SHAM.format(naive=NAIVE), encoding="utf-8")
    sham.chmod(0o755)
    known = next(one for one in run_all.load(BUILD) if one["name"] == "naive-wrap64")
    fault = run_all.faults.rows(str(sham))[1]
    other = {**known, "name": "naive-sham", "program": str(sham), "fault": fault}
    files, good = run_all.run_faults([known, other], tmp_path / "out")
    said = capsys.readouterr().out
    assert not good and "1 of 2 are told" in said
    assert "sham: unexpected pass: no case fails" in said
    runs = [run_all.report_jsonl.read(Path(one)) for one in files]
    assert [run.testee["untold"] for run in runs] == [
        [], ["sham: unexpected pass: no case fails"]]
    assert all(run.testee["package"].startswith("devfd ") for run in runs)


def test_a_program_that_is_not_built_is_named() -> None:
    with pytest.raises(SystemExit, match="make testees"):
        run_all.load("no-such-build")
