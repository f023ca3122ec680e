# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Kernel images and module files: which release they are of, and which modules to load in what
order. Modules name what they need themselves, so no modules.dep is wanted."""
from __future__ import annotations

import gzip
import lzma
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from cache import KernelError

# What the check loads where it is there and not built in, in this order.
WANTED = ("irqbypass", "vfio_virqfd", "iommufd", "vfio", "vfio_iommu_type1", "vfio_pci_core",
          "vfio_pci", "mdev", "mtty", "mdpy", "mbochs")
SAMPLES = ("mtty", "mdpy", "mbochs")
SUFFIXES = (".ko", ".ko.xz", ".ko.gz", ".ko.zst")

# Machine numbers of ELF headers.
MACHINES = {62: "x86_64", 22: "s390x"}


@dataclass(frozen=True)
class Image:
    """What a kernel image says of itself."""
    arch: str
    release: str      # uname -r
    version: str      # upstream's


def read_image(path: Path) -> Image:
    """Reads the architecture and the release out of a bzImage."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KernelError(f"{path}: {error.strerror}; give a bzImage") from None
    if data[0x202:0x206] == b"HdrS":
        arch = "x86_64"
    elif data[0x10008:0x1000e] == b"S390EP":
        arch = "s390x"
    else:
        raise KernelError(f"{path} is no bzImage for x86-64 or s390x; "
                          "give arch/x86/boot/bzImage or arch/s390/boot/bzImage")
    banner = re.search(rb"(\d+\.\d+[^\s\0]*) \([^\0()]*@[^\0()]*\)([^\0]{0,200})", data)
    if not banner:
        raise KernelError(f"{path} does not tell its release")
    release, rest = (part.decode("ascii", "replace") for part in banner.groups())
    debian = re.search(r"Debian (\d+\.\d+(?:\.\d+)?)", rest)
    numbers = re.match(r"\d+\.\d+(?:\.\d+)?", release)
    assert numbers
    return Image(arch, release, debian.group(1) if debian else numbers.group())


def module_name(path: Path) -> str:
    """vfio_pci of vfio-pci.ko.xz."""
    return path.name.partition(".ko")[0].replace("-", "_")


@dataclass(frozen=True)
class Module:
    """A module file, perhaps compressed."""
    path: Path

    @property
    def name(self) -> str:
        """As lsmod prints it."""
        return module_name(self.path)

    @cached_property
    def data(self) -> bytes:
        """The module itself, unpacked."""
        try:
            packed = self.path.read_bytes()
            if self.path.suffix == ".xz":
                return lzma.decompress(packed)
            if self.path.suffix == ".gz":
                return gzip.decompress(packed)
            if self.path.suffix == ".zst":
                return subprocess.run(["zstd", "-dc"], input=packed, check=True,
                                      capture_output=True).stdout
        except FileNotFoundError as error:
            if error.filename == "zstd":
                raise KernelError(f"{self.path} wants zstd: install zstd") from None
            raise KernelError(f"there is no module {self.path}") from None
        except (OSError, EOFError, lzma.LZMAError, subprocess.CalledProcessError) as error:
            raise KernelError(f"{self.path} cannot be read: {error}") from None
        return packed

    @cached_property
    def info(self) -> dict[str, str]:
        """Its section .modinfo: strings name=value, each ended by a NUL."""
        found = re.findall(rb"(?:\A|\0)(depends|vermagic)=([^\0]*)(?=\0)", self.data)
        return {key.decode(): value.decode("ascii", "replace") for key, value in found}

    @property
    def depends(self) -> list[str]:
        """The modules that it needs."""
        return [name.replace("-", "_") for name in self.info.get("depends", "").split(",") if name]

    def check(self, image: Image) -> None:
        """Refuses a module that the kernel would refuse."""
        if self.data[:4] != b"\x7fELF" or "vermagic" not in self.info:
            raise KernelError(f"{self.path} is no kernel module")
        order: Literal["little", "big"] = "little" if self.data[5] == 1 else "big"
        machine = int.from_bytes(self.data[18:20], order)
        if MACHINES.get(machine) != image.arch:
            raise KernelError(f"{self.path} is not built for {image.arch}")
        magic = self.info["vermagic"]
        release = magic.split(" ", 1)[0]
        if release != image.release and "modversions" not in magic:
            raise KernelError(f"{self.path} is built for {release}, but the kernel is "
                              f"{image.release}; build it against the kernel's own tree")


def index(folder: Path, release: str) -> dict[str, Module]:
    """The modules below a folder by name: a module tree, the tree of a build, or just files. Where
    a name is there more than once, the one below a folder named after the release is taken."""
    if not folder.is_dir():
        raise KernelError(f"there is no folder {folder} with modules")
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*.ko*")):
        if path.name.endswith(SUFFIXES) and path.is_file():
            found.setdefault(module_name(path), []).append(path)
    return {name: Module(min(paths, key=lambda path: (release not in path.parts, len(path.parts))))
            for name, paths in found.items()}


def load_order(modules: dict[str, Module], wanted: Iterable[str], builtin: set[str],
               extra: Iterable[Module] = ()) -> list[Module]:
    """The wanted modules that are there, then the extra ones, each behind what it needs."""
    order: list[Module] = []

    def add(module: Module, needed_by: tuple[str, ...]) -> None:
        if module in order:
            return
        for name in module.depends:
            if name in needed_by or name in builtin or any(name == m.name for m in order):
                continue
            if name not in modules:
                raise KernelError(f"{module.path} needs the module {name}, which is not among the "
                                  "modules given")
            add(modules[name], (*needed_by, module.name))
        order.append(module)

    for name in wanted:
        if name in modules:
            add(modules[name], ())
    for module in extra:
        add(module, ())
    return order


def builtin_names(folder: Path) -> set[str]:
    """The modules that a module tree's modules.builtin lists."""
    names: set[str] = set()
    for path in folder.rglob("modules.builtin"):
        names.update(module_name(Path(line)) for line in path.read_text().split())
    return names
