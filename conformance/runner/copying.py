# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Exports the corpus for vendoring: data, schema, protocol and skeletons, all CC0-1.0."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

LICENSE = "LICENSES/CC0-1.0.txt"


def copy(home: Path, corpus: Path, folder: Path) -> int:
    """Makes the folder, which appears whole or not at all. Returns how many files it has."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder}: exists and is not an empty folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    whole = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for path in sorted(corpus.iterdir()):
            if path.is_file():
                shutil.copyfile(path, whole / path.name)
        shutil.copyfile(home / "PROTOCOL.md", whole / "PROTOCOL.md")
        for name, below in ((home / "testees" / "testee.h", "testee.h"),
                            (home.parent / LICENSE, "LICENSE")):
            if name.is_file():
                shutil.copyfile(name, whole / below)
        skeletons = home / "testees" / "skeletons"
        if skeletons.is_dir():
            shutil.copytree(skeletons, whole / "skeletons", ignore=shutil.ignore_patterns(
                "__pycache__", "*.o", "*.mk", "target"))
        number = sum(path.is_file() for path in whole.rglob("*"))
        whole.chmod(0o755)
        whole.replace(folder)
        return number
    except BaseException:
        shutil.rmtree(whole, ignore_errors=True)
        raise
