# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Images, modules and options for the tests of kernels: files that say of themselves what real
ones do."""
from __future__ import annotations

import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import kmods

RELEASE = "6.12.117-devfd"


def quiet(_: str) -> None:
    """Progress that nobody reads."""


def bzimage(path: Path, release: str = RELEASE, arch: str = "x86_64", rest: str = "#1 SMP") -> Path:
    """A file that says of itself what a bzImage does."""
    data = bytearray(0x10100)
    if arch == "x86_64":
        data[0x202:0x206] = b"HdrS"
    else:
        data[0x10008:0x1000e] = b"S390EP"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data + f"{release} (me@here) {rest}".encode() + b"\0")
    return path


def module(path: Path, depends: str = "", release: str = RELEASE, flags: str = "SMP mod_unload",
           machine: int = 62, order: str = "little") -> Path:
    """A file that has of a module what is looked at."""
    data = bytearray(64)
    data[:6] = b"\x7fELF\x02" + (b"\1" if order == "little" else b"\2")
    data[18:20] = machine.to_bytes(2, "little" if order == "little" else "big")
    data += f"license=GPL\0depends={depends}\0name=x\0vermagic={release} {flags} \0".encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    packers: dict[str, Callable[[bytes], bytes]] = {
        ".xz": lzma.compress, ".gz": gzip.compress, ".ko": bytes}
    path.write_bytes(packers[path.suffix](bytes(data)))
    return path


def tree(folder: Path, suffix: str = "", release: str = RELEASE) -> Path:
    """The modules of a kernel 6.12 with the samples, under the folders that it has."""
    for path, depends in {
            "virt/lib/irqbypass.ko": "", "drivers/iommu/iommufd/iommufd.ko": "",
            "drivers/vfio/vfio.ko": "iommufd", "drivers/vfio/vfio_iommu_type1.ko": "vfio",
            "drivers/vfio/pci/vfio-pci-core.ko": "vfio,irqbypass",
            "drivers/vfio/pci/vfio-pci.ko": "vfio-pci-core", "drivers/vfio/mdev/mdev.ko": "",
            "samples/vfio-mdev/mbochs.ko": "mdev,vfio", "samples/vfio-mdev/mtty.ko": "mdev,vfio",
            "drivers/net/e1000.ko": ""}.items():
        module(folder / (path + suffix), depends, release)
    return folder


ORDER_612 = ["irqbypass", "iommufd", "vfio", "vfio_iommu_type1", "vfio_pci_core", "vfio_pci",
             "mdev", "mtty", "mbochs"]


def names(modules: list[str]) -> list[str]:
    """Names of the files of modules."""
    return [kmods.module_name(Path(path)) for path in modules]


def config(path: Path, **options: str) -> Path:
    """A .config."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"# CONFIG_{name} is not set\n" if value == "n" else
                            f"CONFIG_{name}={value}\n" for name, value in options.items()))
    return path
