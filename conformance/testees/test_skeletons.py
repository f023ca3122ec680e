# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Each skeleton is short, free to copy, keeps to the protocol and is right in what it dares to say."""
from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKELETONS = ROOT / "conformance" / "skeletons"
RUN = ROOT / "conformance" / "run"
MOST_LINES = 60
C_FLAGS = "-std=c11 -O1 -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror".split()
C_FLAGS += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def debian(program: str) -> str:
    """Debian's own, where the machine has another one on PATH too."""
    return shutil.which(program, path="/usr/bin") or shutil.which(program) or program


def build(name: str, folder: Path) -> list[str]:
    """The command that a skeleton is run with."""
    source = SKELETONS / f"skeleton.{name}"
    program = str(folder / "adapter")
    if name == "py":
        return [sys.executable, "-I", str(source)]
    if name == "js":
        return [debian("node"), str(source)]
    compilers = {"c": ["cc", *C_FLAGS, "-o", program],
                 "rs": [debian("rustc"), "--edition", "2021", "-D", "warnings", "-o", program]}
    subprocess.run([*compilers[name], str(source)], check=True, cwd=folder)
    return [program]


def runner(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(RUN), *words], capture_output=True, text=True,
                          check=False)


@pytest.mark.parametrize("path", sorted(SKELETONS.glob("skeleton.*")), ids=lambda path: path.name)
def test_short_and_free(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES
    assert any("SPDX-License-Identifier: CC0-1.0" in line for line in lines[:2])
    assert "judge(" in "\n".join(lines)


def test_all_languages_are_there() -> None:
    assert {path.suffix for path in SKELETONS.glob("skeleton.*")} == {
        ".c", ".py", ".rs", ".go", ".js"}


@pytest.mark.parametrize("name", ["c", "py", "rs", "js"])
def test_keeps_to_the_protocol(name: str, tmp_path: Path) -> None:
    command = " ".join(build(name, tmp_path))
    done = runner("adapter-check", "--pipe", command)
    assert done.returncode == 0, done.stdout + done.stderr
    other = subprocess.run(command.split(), input=b"\x05\0\0\0H\x02\0\0\0", capture_output=True,
                           check=False)
    assert other.returncode != 0 and other.stdout == b""  # of another version than it speaks
    # What it says of short replies is right, and all else is not run: neither pass nor fail. That
    # it has read nothing yet is the one thing that is wrong.
    out = tmp_path / "out.jsonl"
    done = runner("run", "--pipe", command, "--only", "linux.region_info", "--timeout", "10",
                  "--report", f"jsonl={out}")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "accepted not one good input and refused not one broken input" in done.stdout
    assert done.stdout.endswith("\n1 not as expected\n")
    results = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    outcomes = [one["outcome"] for one in results if "outcome" in one]
    assert outcomes.count("pass") > 100
    assert set(outcomes) == {"pass", "skip"}


def test_go_is_formatted() -> None:
    gofmt = shutil.which("gofmt")
    if not gofmt:
        pytest.skip("there is no gofmt here")
    done = subprocess.run([gofmt, "-l", str(SKELETONS / "skeleton.go")], capture_output=True,
                          text=True, check=True)
    assert done.stdout == ""
