# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Packs a guest's initramfs: a cpio archive in the "newc" form, which Linux unpacks at boot."""

from __future__ import annotations

import stat
from pathlib import Path


class Archive:
    """A cpio archive that grows by one entry a call; parent folders come by themselves."""

    def __init__(self) -> None:
        self._out = bytearray()
        self._names: set[str] = set()

    def _entry(self, name: str, mode: int, data: bytes = b"") -> None:
        if name in self._names:
            return
        self._names.add(name)
        path = name.encode() + b"\0"
        # Fields: inode, mode, uid, gid, links, mtime, size, device and rdev (major, minor each),
        # length of the name, checksum. Nothing depends on an inode, but no two may be equal.
        fields = (len(self._names), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        self._out += b"070701" + b"".join(b"%08X" % one for one in fields)
        self._out += path + b"\0" * (-(110 + len(path)) % 4)
        self._out += data + b"\0" * (-len(data) % 4)

    def folder(self, name: str) -> None:
        for parent in [*reversed(Path(name).parents), Path(name)]:
            if str(parent) != ".":
                self._entry(str(parent), stat.S_IFDIR | 0o755)

    def file(self, name: str, data: bytes, mode: int = 0o644) -> None:
        self.folder(str(Path(name).parent))
        self._entry(name, stat.S_IFREG | mode, data)

    def link(self, name: str, target: str) -> None:
        self.folder(str(Path(name).parent))
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def finish(self) -> bytes:
        self._entry("TRAILER!!!", 0)
        return bytes(self._out)
