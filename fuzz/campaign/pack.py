# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Puts minimised corpora into the repository, one zip a target, the same bytes for the same
inputs."""
from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from pathlib import Path

from .house import FUZZ, Problem, shown
from .minimise import files

MOST = 4 << 20
# The earliest date that a zip can hold.
DATE = (1980, 1, 1, 0, 0, 0)


def packed(inputs: list[bytes]) -> bytes:
    """A zip of inputs, each once, named by its hash as libFuzzer does, in the order of names."""
    out = io.BytesIO()
    named = {hashlib.sha1(data).hexdigest(): data for data in inputs}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(named):
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, named[name])
    return out.getvalue()


def pack(corpora: dict[str, Path], folder: Path = FUZZ / "corpus") -> str:
    """Writes all or, if they would be too much, none; what was written, a line a target."""
    zips = {}
    lines = []
    for target, corpus in corpora.items():
        inputs = [path.read_bytes() for path in files(corpus)] if corpus.is_dir() else []
        if inputs:
            zips[target] = packed(inputs)
            lines.append(f"{target}.zip: {len(inputs)} inputs, {len(zips[target])} bytes")
    total = sum(map(len, zips.values()))
    if not zips:
        raise Problem("there is no corpus to pack: run a campaign first")
    if total > MOST:
        raise Problem(f"the corpora take {total} bytes, allowed are {MOST}")
    folder.mkdir(parents=True, exist_ok=True)
    for target, data in zips.items():
        (folder / f"{target}.zip").write_bytes(data)
    return "\n".join([*lines, f"{len(zips)} corpora, {total} bytes"])


def unpack(archive: Path, folder: Path) -> int:
    """Adds what a zip has to a folder; how many inputs were new."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(archive) as zipped:
            inputs = {Path(name).name: zipped.read(name) for name in zipped.namelist()}
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise Problem(f"{shown(archive)}: {error}") from error
    new = {name: data for name, data in inputs.items() if not (folder / name).exists()}
    for name, data in new.items():
        try:
            (folder / name).write_bytes(data)
        except OSError:
            (folder / name).unlink(missing_ok=True)  # rather none than half of it
            raise
    return len(new)


def unpack_committed(target: str, folder: Path, archives: Path = FUZZ / "corpus") -> int:
    """Adds the corpus that the repository has of a target; how many inputs were new."""
    archive = archives / f"{target}.zip"
    return unpack(archive, folder) if archive.is_file() else 0
