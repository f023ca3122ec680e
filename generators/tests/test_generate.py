# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What generating promises: the same bytes whatever the hash seed, little memory, all or nothing."""
from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import edit
from oracle_typed import ROOT

from devfdgen.__main__ import main
from devfdgen.emit.vectors import build

MEMORY = 1 << 30
PROGRAM = """
import hashlib, sys
from devfdgen import emit, model
spec = model.load_spec(sys.argv[1])
for target in emit.targets():
    for name, text in sorted(target.render(spec).items()):
        print(hashlib.sha256(emit.bytes_of(text)).hexdigest(), name)
"""


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def rendered(seed: int) -> str:
    """The hash of every generated text, made in a process that may not take much memory."""
    env = dict(os.environ, PYTHONHASHSEED=str(seed), PYTHONPATH=str(ROOT / "generators"))
    done = subprocess.run([sys.executable, "-B", "-c", PROGRAM, str(ROOT / "spec")], env=env,
                          capture_output=True, text=True, check=False, preexec_fn=limit)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_generating_is_deterministic_and_takes_little_memory() -> None:
    first = rendered(1)
    assert "conformance/corpus/vectors.json" in first
    assert rendered(2) == first


def test_nothing_is_written_before_everything_is_made(
    spec_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str]
) -> None:
    """A new rule that no vector breaks: no file of any target, and no number in ids.lock."""
    rule = 'tlv.index.small: {range: [index, 0, 9], text: "A small index."}'
    field = '      - [index, u32, "region index", {is: region.index}]\n'
    edit(spec_dir / "tlv.yaml", field, f"{field}    rules:\n      {rule}\n")
    lock = (spec_dir / "ids.lock").read_text()
    monkeypatch.setattr(build, "row_of", lambda spec, rule: None)
    out = tmp_path / "out"
    assert main(["generate", "--spec", str(spec_dir), "--out", str(out)]) == 1
    said = "devfdgen: model.input.magic: no row breaks it; nothing was written\n"
    assert capsys.readouterr().err == said
    assert (spec_dir / "ids.lock").read_text() == lock
    assert not out.exists()


def test_without_clang_format_nothing_is_written(
    spec_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    out = tmp_path / "out"
    assert main(["generate", "--spec", str(spec_dir), "--out", str(out)]) == 1
    assert capsys.readouterr().err.startswith("devfdgen: clang-format cannot be run: ")
    assert not out.exists()
