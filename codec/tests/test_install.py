# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Uses devfd as somebody else would: installed, by pkg-config and meson, or as one file."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = ROOT / "codec" / "tests" / "foreign"
OPEN = ROOT / "codec" / "examples" / "open.c"
CAPTURE = ROOT / "conformance" / "captures" / "7.2.13-1af4-1110.json"
BAR_2 = "BAR 2: offset 0x20000000000 size 0x100000000\n"  # of that capture
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wpedantic", "-Werror")
LAYOUTS = [(layout, order) for layout in ("tlv", "array", "fixed") for order in ("little", "big")]
INSTALLED = {
    "bin/devfd", "bin/devfd-capture",
    "include/devfd/codec.h",
    "include/devfd/generated/model.h",
    "lib/libdevfd.a",
    "lib/pkgconfig/devfd.pc",
    "share/man/man1/devfd.1",
}

# A make that runs this test has settings of its own, which are not to reach the ones started here.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}


def good(*command: str | Path, cwd: Path = ROOT, **options) -> str:
    words = [str(word) for word in command]
    options = {"env": ENVIRONMENT, "capture_output": True, "text": True} | options
    result = subprocess.run(words, cwd=cwd, **options)
    assert result.returncode == 0, f"{' '.join(words)}\n{result.stdout}{result.stderr}"
    return result.stdout


def need(tool: str) -> str:
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    return tool


def files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("prefix")
    good("make", "-s", "-j2", "install", f"PREFIX={at}")
    return at


@pytest.fixture(scope="module")
def descriptions(prefix: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One device in every layout and byte order, made by the installed tool."""
    at = tmp_path_factory.mktemp("descriptions")
    made = []
    for layout, order in LAYOUTS:
        out = at / f"{layout}-{order}"
        words = ("--to", layout, "--byte-order", order, CAPTURE, "-o", out)
        good(prefix / "bin" / "devfd", "convert", *words)
        made.append(out)
    return made


def installed(prefix: Path) -> dict[str, str]:
    return ENVIRONMENT | {"PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig")}


def test_what_is_installed(prefix: Path, tmp_path: Path) -> None:
    assert files(prefix) == INSTALLED
    good("make", "-s", "install", f"DESTDIR={tmp_path}", "PREFIX=/opt/devfd")
    assert files(tmp_path / "opt" / "devfd") == INSTALLED
    # A package is built in one place and used in another.
    config = (tmp_path / "opt/devfd/lib/pkgconfig/devfd.pc").read_text(encoding="utf-8")
    assert "prefix=/opt/devfd\n" in config
    assert str(tmp_path) not in config


def test_pkg_config(prefix: Path, descriptions: list[Path], tmp_path: Path) -> None:
    need("pkg-config")
    words = good("pkg-config", "--cflags", "--libs", "devfd", env=installed(prefix)).split()
    shutil.copy(OPEN, tmp_path)
    good("cc", "-std=gnu11", *WARNINGS, "-o", "open", "open.c", *words, cwd=tmp_path)
    for one in descriptions:
        assert good(tmp_path / "open", one) == BAR_2


def test_meson(prefix: Path, descriptions: list[Path], tmp_path: Path) -> None:
    need("meson")
    project = tmp_path / "foreign"
    shutil.copytree(FOREIGN, project)
    shutil.copy(OPEN, project)
    good("meson", "setup", "build", cwd=project, env=installed(prefix))
    good("meson", "compile", "-C", "build", cwd=project, env=installed(prefix))
    assert good(project / "build" / "open", descriptions[0]) == BAR_2
    assert good(project / "build" / "reply") == "irq 2: 65 vectors\nlinux.irq_info.index\n"


def test_example_says_what_is_wrong(prefix: Path, descriptions: list[Path], tmp_path: Path) -> None:
    words = (f"-I{prefix}/include", OPEN, f"-L{prefix}/lib", "-ldevfd")
    good("cc", "-std=gnu11", "-o", tmp_path / "open", *words)
    cut = tmp_path / "cut"
    cut.write_bytes(descriptions[0].read_bytes()[:-12])
    result = subprocess.run([tmp_path / "open", cut], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (1, "")
    assert "tlv.end.needed" in result.stderr
    missing = subprocess.run([tmp_path / "open", tmp_path / "none"], capture_output=True)
    assert missing.returncode == 2


# -- one file --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def amalgamation() -> Path:
    good("make", "-s", "amalgamation")
    return ROOT / "build" / "amalgamation"


@pytest.mark.parametrize("compiler", ["gcc", "clang", "i686-linux-gnu-gcc"])
@pytest.mark.parametrize("part", ["devfd", "devfd-linux"])
def test_amalgamation(part: str, compiler: str, amalgamation: Path, tmp_path: Path) -> None:
    target = tmp_path / "one.o"
    words = ("-std=c11", "-O2", *WARNINGS, "-ffreestanding", "-nostdlib")
    good(need(compiler), *words, "-c", "-o", target, amalgamation / f"{part}.c")
    undefined = set(good("nm", "-u", "--format=just-symbols", target).split())
    assert undefined - {"_GLOBAL_OFFSET_TABLE_"} <= {"memcpy", "memset", "memmove", "memcmp"}
    for suffix in "ch":
        text = (amalgamation / f"{part}.{suffix}").read_text(encoding="utf-8")
        assert text.startswith("/* Generated by generators/amalgamate.py ")
        assert text.count("SPDX-License-Identifier") == 1


def test_all_in_one_file(amalgamation: Path, descriptions: list[Path], tmp_path: Path) -> None:
    for name in ("devfd.c", "devfd.h"):
        shutil.copy(amalgamation / name, tmp_path)
    source = OPEN.read_text(encoding="utf-8").replace("<devfd/codec.h>", '"devfd.h"')
    (tmp_path / "open.c").write_text(source, encoding="utf-8")
    good("cc", "-std=gnu11", *WARNINGS, "-o", "open", "open.c", "devfd.c", cwd=tmp_path)
    for one in descriptions:
        assert good(tmp_path / "open", one) == BAR_2


def test_replies_in_one_file(amalgamation: Path, tmp_path: Path) -> None:
    for name in ("devfd-linux.c", "devfd-linux.h"):
        shutil.copy(amalgamation / name, tmp_path)
    text = (FOREIGN / "reply.cpp").read_text(encoding="utf-8")
    text = text.replace("<devfd/codec.h>", '"devfd-linux.h"')
    (tmp_path / "reply.cpp").write_text(text, encoding="utf-8")
    good("cc", "-std=c11", *WARNINGS, "-c", "devfd-linux.c", cwd=tmp_path)
    good("c++", "-std=c++11", *WARNINGS, "-o", "reply", "reply.cpp", "devfd-linux.o", cwd=tmp_path)
    assert good(tmp_path / "reply") == "irq 2: 65 vectors\nlinux.irq_info.index\n"
    # The live example needs nothing else either.
    live = (ROOT / "codec/examples/live.c").read_text(encoding="utf-8")
    (tmp_path / "live.c").write_text(live.replace("<devfd/codec.h>", '"devfd-linux.h"'))
    good("cc", "-std=gnu11", *WARNINGS, "-o", "live", "live.c", "devfd-linux.c", cwd=tmp_path)


# -- tarballs --------------------------------------------------------------------------------------


def test_dist(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("tarballs are made from a git checkout")
    commit = good("git", "rev-parse", "HEAD").strip()
    first, second = tmp_path / "first", tmp_path / "second"
    for at in (first, second):
        good("make", "-s", "dist", f"DIST={at}", f"COMMIT={commit}")
    assert files(first) == files(second)
    for name in files(first):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    kinds = {name.removeprefix("devfd-").split("-")[0] for name in files(first)}
    assert {"amalgamation", "corpus"} < kinds
    for name in files(first):
        with tarfile.open(first / name) as tar:
            top = {member.name.split("/")[0] for member in tar.getmembers()}
        # Unpacking puts everything into one folder, called like the tarball.
        assert top == {name.removesuffix(".tar.gz")}
