# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What the tests of devfdgen share: the real spec, and copies of it with one edit."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "generators"))

from devfdgen import lint, load, model  # noqa: E402


@pytest.fixture(scope="session")
def spec() -> model.Spec:
    """The spec of this repository."""
    return model.load_spec(ROOT / "spec")


@pytest.fixture
def spec_dir(tmp_path: Path) -> Path:
    """A copy of spec/ to edit."""
    directory = tmp_path / "spec"
    shutil.copytree(ROOT / "spec", directory)
    return directory


def edit(path: Path, old: str, new: str) -> str:
    """Replaces a text that stands once in a file; the file as it then is."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return text


def refusals(directory: Path) -> list[str]:
    """Everything that load or lint has against a spec, with file names for paths."""
    try:
        found = lint.lint(model.load_spec(directory))
    except load.SpecError as error:
        found = [error]
    return [str(error).replace(f"{directory}/", "") for error in found]
