# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What the tests of devfdgen share: the real spec, and copies of it with one edit."""

from __future__ import annotations

import functools
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


# Most files are the same in every test, and parsing them is most of the time that a test takes.
load.load_text = functools.lru_cache(maxsize=16)(load.load_text)


@pytest.fixture(scope="session")
def shared_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("edited") / "spec"


@pytest.fixture
def spec_dir(shared_dir: Path) -> Path:
    """A fresh copy of spec/ to edit."""
    shutil.rmtree(shared_dir, ignore_errors=True)
    shutil.copytree(ROOT / "spec", shared_dir)
    return shared_dir


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
