# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Tests of kmods.py: what images and modules say, and the order in which modules are loaded."""
from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import kmods  # noqa: E402
from cache import KernelError  # noqa: E402
from fabricated import RELEASE, bzimage, module, tree  # noqa: E402


@pytest.mark.parametrize("arch, release, rest, version", [
    ("x86_64", "6.1.0-56-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-10-01)", "6.1.192"),
    ("x86_64", "6.14.0-rc3+", "#1 SMP", "6.14.0"),
    ("s390x", "6.12.117-devfd", "#1 SMP", "6.12.117")])
def test_an_image_tells_its_release(tmp_path, arch, release, rest, version):
    image = kmods.read_image(bzimage(tmp_path / "bzImage", release, arch, rest))
    assert (image.arch, image.release, image.version) == (arch, release, version)


def test_an_image_that_is_none_is_refused(tmp_path):
    (tmp_path / "vmlinux").write_bytes(b"\x7fELF" + bytes(0x20000))
    with pytest.raises(KernelError, match="is no bzImage for x86-64 or s390x; give arch/x86/boot"):
        kmods.read_image(tmp_path / "vmlinux")
    with pytest.raises(KernelError, match="none: No such file or directory"):
        kmods.read_image(tmp_path / "none")
    dumb = bzimage(tmp_path / "dumb")
    dumb.write_bytes(dumb.read_bytes()[:0x10100])
    with pytest.raises(KernelError, match="dumb does not tell its release"):
        kmods.read_image(dumb)


def test_61_has_a_module_more_and_no_iommufd(tmp_path):
    for name, depends in {"vfio_virqfd": "", "vfio": "", "vfio_iommu_type1": "vfio",
                          "irqbypass": "", "vfio-pci": "vfio-pci-core,vfio",
                          "vfio-pci-core": "vfio_virqfd,vfio,irqbypass", "mdev": "vfio"}.items():
        module(tmp_path / f"{name}.ko", depends)
    order = kmods.load_order(kmods.index(tmp_path, RELEASE), kmods.WANTED, set())
    assert [one.name for one in order] == ["irqbypass", "vfio_virqfd", "vfio", "vfio_iommu_type1",
                                           "vfio_pci_core", "vfio_pci", "mdev"]


def test_what_a_module_needs_goes_before_it_even_where_nobody_asked_for_it(tmp_path):
    module(tmp_path / "vfio.ko", "helper-two")
    module(tmp_path / "helper_two.ko", "helper_one")
    module(tmp_path / "helper-one.ko")
    order = kmods.load_order(kmods.index(tmp_path, RELEASE), kmods.WANTED, set())
    assert [one.name for one in order] == ["helper_one", "helper_two", "vfio"]


def test_a_needed_module_that_is_missing_is_named_unless_built_in(tmp_path):
    module(tmp_path / "vfio.ko", "iommufd")
    found = kmods.index(tmp_path, RELEASE)
    with pytest.raises(KernelError, match="vfio.ko needs the module iommufd, which is not among"):
        kmods.load_order(found, kmods.WANTED, set())
    assert [one.name for one in kmods.load_order(found, kmods.WANTED, {"iommufd"})] == ["vfio"]


def test_a_circle_of_needs_ends(tmp_path):
    module(tmp_path / "vfio.ko", "a")
    module(tmp_path / "a.ko", "vfio")
    found = kmods.index(tmp_path, RELEASE)
    assert sorted(one.name for one in kmods.load_order(found, kmods.WANTED, set())) == ["a", "vfio"]


def test_of_two_releases_below_a_folder_the_images_own_is_taken(tmp_path):
    tree(tmp_path / "lib/modules/6.1.0-1-amd64/kernel", release="6.1.0-1-amd64")
    tree(tmp_path / "lib/modules" / RELEASE / "kernel")
    assert all(RELEASE in one.path.parts for one in kmods.index(tmp_path, RELEASE).values())


def test_a_big_endian_module_is_read(tmp_path):
    one = kmods.Module(module(tmp_path / "vfio.ko", machine=22, order="big"))
    one.check(kmods.Image("s390x", RELEASE, "6.12.117"))
    with pytest.raises(KernelError, match="vfio.ko is not built for x86_64"):
        one.check(kmods.Image("x86_64", RELEASE, "6.12.117"))
