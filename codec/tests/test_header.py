# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Compares the spec with Linux headers as a compiler sees them: codec/generated/header_check.c.

Two headers: the system's and that of Debian's linux-headers-6.12; each for 64 and 32 bits and for a
big-endian machine. `make check-header HEADER=.../vfio.h` takes another one, such as a kernel
developer's own. What a header lacks is printed and counted, never passed over.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECK = ROOT / "codec" / "generated" / "header_check.c"
CACHE = ROOT / "build" / "headers"
SERIES = "6.12"  # of the newer headers
FILES = ("vfio.h", "vfio_zdev.h")
COMPILERS = {
    "64-bit": "gcc",
    "32-bit": "i686-linux-gnu-gcc",
    "64-bit big-endian": "s390x-linux-gnu-gcc",
}
# What even Linux 6.12 lacks; anything else that it lacks is misnamed in the spec.
LATER = {
    "vfio_device_info_cap_zpci_base_ccdf_err_length": "version 3, newer than Linux 6.12",
    "VFIO_AP_CFG_CHG_IRQ_INDEX": "of vfio-ap, newer than Linux 6.12",
}

# Names that stand for nothing in a uapi header taken out of a kernel tree.
KERNEL_WORDS = ("-D__user=", "-D__bitwise=")


def run(*command: str | Path, **options) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, **options)


def probes() -> dict[str, str]:
    """Name that may be lacking -> a line of C that compiles where it is not."""
    forms = {
        "VALUE": '_Static_assert(({0}) == ({0}), "");',
        "SIZE": '_Static_assert(sizeof({0}) > 0, "");',
        "OFFSET": '_Static_assert(offsetof({0}, {1}) < 65536, "");',
    }
    found: dict[str, str] = {}
    first = r"^#ifndef LACKS_(\w+)\n(?:#if .*\n)?(VALUE|SIZE|OFFSET)\(([^,]+), (\w+)"
    text = CHECK.read_text(encoding="utf-8")
    for guard, form, what, member in re.findall(first, text, flags=re.M):
        # A count is there when the newest of what it counts is.
        found.setdefault(guard, forms[form].format(what, member))
    return found


class Header:
    """A vfio.h and its neighbour, alone in a folder in front of the system's."""

    def __init__(self, name: str, directory: Path, at: Path) -> None:
        self.name = name
        self.include = at
        (at / "linux").mkdir(parents=True, exist_ok=True)
        for file in FILES:
            source = directory / file
            if not source.exists():
                source = Path("/usr/include/linux") / file
            shutil.copy(source, at / "linux" / file)

    def compile(self, compiler: str, source: str, *options: str) -> subprocess.CompletedProcess:
        words = ("-std=gnu11", f"-I{self.include}", *KERNEL_WORDS, *options)
        return run(compiler, *words, "-x", "c", "-", input=source)

    def lacks(self, compiler: str) -> list[str]:
        lines = probes()
        head = ["#include <stddef.h>", "#include <linux/vfio.h>", "#include <linux/vfio_zdev.h>"]
        source = "\n".join(head + list(lines.values()))
        result = self.compile(compiler, source, "-fsyntax-only", "-fmax-errors=0")
        errors = re.findall(r"^<stdin>:(\d+):\d+: error", result.stderr, flags=re.M)
        wrong = {int(line) - len(head) - 1 for line in errors}
        if result.returncode and not wrong:
            pytest.fail(f"{self.name} does not compile:\n{result.stderr}")
        return [name for i, name in enumerate(lines) if i in wrong]

    def check(self, compiler: str, lacking: list[str], source: str) -> tuple[int, str]:
        """How many checks were made, and what the compiler has against them."""
        without = [f"-DLACKS_{name}" for name in lacking]
        seen = self.compile(compiler, source, "-E", "-P", *without)
        assert seen.returncode == 0, seen.stderr
        result = self.compile(compiler, source, "-fsyntax-only", *without)
        count = seen.stdout.count("_Static_assert(")
        return count, result.stderr if result.returncode else ""


def newest_package() -> str | None:
    """Debian's linux-headers-VERSION-common of the series, if apt knows one."""
    if not shutil.which("apt-cache"):
        return None
    wanted = rf"^linux-headers-{SERIES}\..*-common$"
    listed = run("apt-cache", "search", "--names-only", wanted).stdout
    names = [line.split()[0] for line in listed.splitlines()]
    return max(names, key=lambda name: [int(n) for n in re.findall(r"\d+", name)], default=None)


def newer() -> Path | None:
    """Folder with the newer header: installed, unpacked before, or unpacked now."""
    pattern = f"linux-headers-{SERIES}*-common/include/uapi/linux/vfio.h"
    for place in (Path("/usr/src"), CACHE / "usr" / "src"):
        found = sorted(place.glob(pattern))
        if found:
            return found[-1].parent
    package = newest_package()
    if not package:
        return None
    CACHE.mkdir(parents=True, exist_ok=True)
    if run("apt-get", "download", package, cwd=CACHE).returncode:
        return None
    for archive in CACHE.glob("*.deb"):
        unpacked = subprocess.run(["dpkg-deb", "--fsys-tarfile", archive], capture_output=True)
        members = [f"./usr/src/{package}/include/uapi/linux/{file}" for file in FILES]
        subprocess.run(["tar", "-x", *members], input=unpacked.stdout, cwd=CACHE, check=True)
        archive.unlink()
    return next((CACHE / "usr" / "src").glob(pattern)).parent


def header(which: str, at: Path) -> Header:
    if which == "system":
        directory: Path | None = Path("/usr/include/linux")
    elif which == "newer":
        directory = newer()
        if directory is None:
            pytest.skip(f"no Linux {SERIES} headers here, and none to be had from apt")
    else:
        directory = Path(which) if Path(which).is_dir() else Path(which).parent
    if not (directory / "vfio.h").exists():
        pytest.fail(f"there is no vfio.h in {directory}")
    return Header(which if which != "newer" else f"Linux {SERIES}", directory, at)


WHICH = [os.environ["HEADER"]] if os.environ.get("HEADER") else ["system", "newer"]


@pytest.mark.parametrize("machine", COMPILERS)
@pytest.mark.parametrize("which", WHICH)
def test_header(which: str, machine: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    compiler = COMPILERS[machine]
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed: {machine} not compared")
    one = header(which, tmp_path)
    lacking = one.lacks(compiler)
    count, wrong = one.check(compiler, lacking, CHECK.read_text(encoding="utf-8"))
    with capsys.disabled():
        named = f": {', '.join(lacking)}" if lacking else ""
        print(f"\nheader {one.name}, {machine}: {count} checked, {len(lacking)} lacking{named}")
    assert not wrong, wrong
    if which == "newer":
        assert set(lacking) <= set(LATER), "no header has these names"


@pytest.mark.parametrize(
    "right, changed",
    [
        ("VALUE(VFIO_REGION_INFO_FLAG_MMAP, 0x4)", "VALUE(VFIO_REGION_INFO_FLAG_MMAP, 0x8)"),
        ("SIZE(struct vfio_irq_info, 16)", "SIZE(struct vfio_irq_info, 20)"),
        ("OFFSET(struct vfio_region_info, size, 16)", "OFFSET(struct vfio_region_info, size, 12)"),
        ("WIDTH(struct vfio_region_info, size, 8)", "WIDTH(struct vfio_region_info, size, 4)"),
    ],
)
def test_a_difference_is_seen(right: str, changed: str, tmp_path: Path) -> None:
    one = header("system", tmp_path)
    source = CHECK.read_text(encoding="utf-8")
    assert right in source
    _, wrong = one.check("gcc", one.lacks("gcc"), source.replace(right, changed))
    assert "static assertion failed" in wrong


# What no number stands for: strings, and macros with an argument.
WORDS = r"VFIO_DEVICE_API_\w+_STRING|VFIO_DEVICE_STATE_(VALID|IS_ERROR|SET_ERROR)|VFIO_H"


@pytest.mark.parametrize("which", WHICH)
def test_no_name_of_a_header_is_passed_over(which: str, tmp_path: Path) -> None:
    one = header(which, tmp_path)
    text = (one.include / "linux/vfio.h").read_text(encoding="utf-8")
    names = re.findall(r"^#define\s+(VFIO_\w+)|^struct (vfio_\w+)", text, flags=re.M)
    compared = set(re.findall(r"\w+", CHECK.read_text(encoding="utf-8")))
    missed = {macro or struct for macro, struct in names} - compared
    assert {name for name in missed if not re.fullmatch(WORDS, name)} == set()
