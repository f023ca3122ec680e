# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The cache of kernels: entries that appear whole or not at all, one maker at a time."""
from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

Progress = Callable[[str], None]


class KernelError(Exception):
    """Why a kernel cannot be had. One line, fit for stderr."""


def default_root() -> Path:
    """$DEVFD_CACHE, else devfd in the user's cache folder."""
    if given := os.environ.get("DEVFD_CACHE"):
        return Path(given).resolve()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).resolve() / "devfd"


def digest(*parts: str | bytes) -> str:
    """A short hash of what an entry is made from."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()[:12]


def entry_name(name: str, version: str, recipe: str) -> str:
    """The folder of an entry: what it is, of which version, made how."""
    return f"{name}_{re.sub(r'[^A-Za-z0-9.+~-]', '-', version)}_{recipe}"


class Cache:
    """A folder of entries."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or default_root()
        try:
            (self.root / "locks").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise KernelError(f"the cache folder {self.root} cannot be made: {error.strerror}; "
                              "name another one in DEVFD_CACHE") from None

    @contextlib.contextmanager
    def lock(self, name: str, progress: Progress, wait: bool = True) -> Iterator[bool]:
        """Holds a lock; the kernel drops it with the process. Yields False where wait is False
        and somebody else holds it."""
        with open(self.root / "locks" / name, "w", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not wait:
                    yield False
                    return
                progress(f"waiting for another run that makes {name}")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield True

    def make(self, entry: str, fill: Callable[[Path], None], progress: Progress) -> Path:
        """The folder of an entry, filled where it is not there yet."""
        final = self.root / entry
        if final.is_dir():
            return final
        with self.lock(entry, progress):
            if final.is_dir():
                return final
            half = self.root / f".half-{entry}"
            shutil.rmtree(half, ignore_errors=True)     # of a run that was killed
            half.mkdir()
            try:
                fill(half)
                os.replace(half, final)
            except OSError as error:
                raise KernelError(f"{entry} could not be made in the cache: {error}") from None
            finally:
                shutil.rmtree(half, ignore_errors=True)
        return final

    def entries(self, name: str, recipe: str) -> list[Path]:
        """The entries of a name that were made alike, newest first."""
        found = [path for path in self.root.glob(f"{name}_*_{recipe}") if path.is_dir()]
        return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)

    def prune(self, keep: set[Path], progress: Progress) -> list[str]:
        """Removes every entry but those to keep and those being made. Returns their names."""
        removed = []
        for path in sorted(self.root.iterdir()):
            entry = path.name.removeprefix(".half-")
            if not path.is_dir() or path in keep or entry.count("_") != 2:
                continue
            with self.lock(entry, progress, wait=False) as held:
                if held:
                    half = self.root / f".half-{entry}"
                    if path != half:
                        shutil.rmtree(half, ignore_errors=True)
                        os.replace(path, half)     # gone for others at once
                    shutil.rmtree(half)
                    removed.append(path.name)
        return removed
