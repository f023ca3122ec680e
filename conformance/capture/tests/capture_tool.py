# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""How the tests run devfd-capture, and machines made of folders for it to look at."""
from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("BUILD", ROOT / "build"))
DEVFD = BUILD / "devfd"
CAPTURES = ROOT / "conformance" / "captures"
SCHEMA = json.loads((CAPTURES / "schema.json").read_text())
# Where every stray byte is seen.
SAN = Path(os.environ.get("SAN_BUILD", ROOT / "build" / "san"))
CAPTURE = SAN / "devfd-capture"
RECORD = SAN / "tests" / "record"
DEVICE = "0000:01:00.0"


def run(program: Path, *args, **more) -> subprocess.CompletedProcess:
    return subprocess.run([program, *map(str, args)], capture_output=True, text=True, timeout=60,
                          check=False, **more)


def good(program: Path, *args, **more) -> str:
    """Runs a program, which has to end well and in silence; returns what it printed."""
    done = run(program, *args, **more)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def bad(status: int, program: Path, *args, **more) -> str:
    """Runs a program, which has to fail with this status, a message and no output."""
    done = run(program, *args, **more)
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert done.stderr.startswith("devfd capture: ")
    return done.stderr


class Machine:
    """A root folder with the parts of /sys, /dev and /lib that devfd-capture looks at."""

    def __init__(self, root: Path):
        self.root = root
        (root / "sys" / "bus" / "pci" / "devices").mkdir(parents=True)
        (root / "dev").mkdir()

    def folder(self, bus: str, name: str) -> Path:
        return self.root / "sys" / "bus" / bus / "devices" / name

    def add_pci(self, name: str = DEVICE, ids=(0x1AF4, 0x1041, 0x020000), driver: str = "",
                group: str = "") -> Path:
        folder = self.folder("pci", name)
        folder.mkdir()
        for key, value, width in zip(("vendor", "device", "class"), ids, (4, 4, 6)):
            (folder / key).write_text(f"0x{value:0{width}x}\n")
        return self.link(folder, "pci", driver, group)

    def add_mdev(self, name: str, driver: str = "", group: str = "") -> Path:
        folder = self.folder("mdev", name)
        folder.mkdir(parents=True)
        return self.link(folder, "mdev", driver, group)

    def link(self, folder: Path, bus: str, driver: str, group: str) -> Path:
        if driver:
            to = self.root / "sys" / "bus" / bus / "drivers" / driver
            to.mkdir(parents=True, exist_ok=True)
            (folder / "driver").symlink_to(to)
        if group:
            to = self.root / "sys" / "kernel" / "iommu_groups" / group
            (to / "devices").mkdir(parents=True, exist_ok=True)
            (folder / "iommu_group").symlink_to(to)
            (to / "devices" / folder.name).symlink_to(folder)
        return folder

    def add_vfio(self) -> None:
        (self.root / "sys" / "class" / "vfio").mkdir(parents=True)
        (self.root / "dev" / "vfio").mkdir()

    def add_node(self, name: str, mode: int = 0o600) -> Path:
        node = self.root / "dev" / name
        node.parent.mkdir(parents=True, exist_ok=True)
        node.write_bytes(b"")
        node.chmod(mode)
        return node

    def add_modules(self, **files: str) -> None:
        folder = self.root / "lib" / "modules" / os.uname().release
        folder.mkdir(parents=True)
        for name, text in files.items():
            (folder / f"modules.{name}").write_text(text)

    def capture(self, *args) -> subprocess.CompletedProcess:
        return run(CAPTURE, "--root", self.root, *args)

    def refuses(self, *args) -> str:
        """The one line that devfd-capture says when it cannot do this."""
        message = bad(2, CAPTURE, "--root", self.root, *args)
        assert message.count("\n") == 1
        return message

    def listed(self) -> list[dict]:
        return json.loads(good(CAPTURE, "--root", self.root, "--list", "--json"))["devices"]
