# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Tests of kernels.py on fabricated packages, images and modules: nothing is downloaded."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(HERE), str(HERE / "tests")]

import archive  # noqa: E402
import cache  # noqa: E402
import kernels  # noqa: E402
from archive import Package, Unreachable  # noqa: E402
from cache import Cache, KernelError  # noqa: E402
from fabricated import (ORDER_612, RELEASE, bzimage, config, module, names, quiet,  # noqa: E402
                        tree)

class Offered(archive.Archive):
    """An archive with versions of its own, and no apt."""

    def __init__(self, store: Cache, versions: dict[str, str], depends: str = "") -> None:
        super().__init__(store, quiet)
        self.versions = versions
        self.depends = depends
        self.fetched: list[str] = []

    def newest(self, name: str, arch: str = "") -> Package:
        if name not in self.versions:
            raise Unreachable(f"the package {name} could not be found: no network")
        return Package(name, arch, self.versions[name], self.depends)

    def fetch(self, package: Package, into: Path) -> Path:
        self.fetched.append(package.spec)
        raise Unreachable(f"the package {package.spec} could not be fetched: no network")


@pytest.fixture
def mine(tmp_path: Path) -> kernels.Kernels:
    """Kernels with a cache of their own that has a busybox in it; no package can be had."""
    made = kernels.Kernels(quiet, tmp_path / "cache")
    for arch in kernels.ARCHES:
        entry = cache.entry_name(f"busybox-{arch}", "1:1.35", cache.digest(kernels.RECIPE,
                                                                            "bin/busybox"))
        made.cache.make(entry, lambda half: fill_busybox(half), quiet)
    made.archive = Offered(made.cache, {})
    return made


def fill_busybox(half: Path) -> None:
    (half / "busybox").write_bytes(b"static")
    (half / "packages.json").write_text('{"busybox-static": "1:1.35"}')


def add_kernel(made: kernels.Kernels, name: str, version: str) -> Path:
    """Puts a kernel into the cache as building it would."""
    def fill(half: Path) -> None:
        source = made.cache.root.parent / f"made-{version}"
        made.finish(half, version, tree(source / "tree"), bzimage(source / "bzImage"),
                    config(source / "config", VFIO="m", VFIO_GROUP="y"))
        made.record(half, Package("linux-source-6.12", "", version))
    return made.cache.make(cache.entry_name(name, version, made.recipe(name)), fill, quiet)


def on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    """Commands that come before the system's."""
    folder.mkdir(exist_ok=True)
    for name, text in scripts.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


# -- the cache ------------------------------------------------------------------------------------


@pytest.mark.parametrize("environment, folder", [
    ({"DEVFD_CACHE": "/a/b", "XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/a/b"),
    ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/devfd"),
    ({"HOME": "/h"}, "/h/.cache/devfd")])
def test_the_cache_is_where_the_environment_says(monkeypatch, environment, folder):
    for name in ("DEVFD_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache.default_root() == Path(folder)


def test_a_changed_fragment_or_version_is_another_entry(mine, monkeypatch, tmp_path):
    monkeypatch.setattr(kernels, "CONFIGS", tmp_path)
    fragment = tmp_path / "own-6.12.config"
    fragment.write_text("CONFIG_VFIO=m\n")
    before = mine.recipe("own-6.12")
    assert mine.recipe("own-6.12") == before
    fragment.write_text("CONFIG_VFIO=y\n")
    assert mine.recipe("own-6.12") != before
    assert mine.recipe("debian-6.1") != before
    of = {cache.entry_name("own-6.12", version, before) for version in ("6.12.1-1", "6.12.1-2")}
    assert len(of) == 2


def test_parts_of_a_digest_do_not_run_together():
    assert cache.digest("ab", "c") != cache.digest("a", "bc")


def test_a_version_becomes_one_part_of_a_file_name():
    assert cache.entry_name("busybox-s390x", "1:1.35.0-4+deb12u1_b/1", "abc") == \
        "busybox-s390x_1-1.35.0-4+deb12u1-b-1_abc"


def test_an_entry_whose_filling_fails_is_not_there(tmp_path):
    store = Cache(tmp_path)

    def fill(half: Path) -> None:
        (half / "big").write_bytes(b"x")
        raise KernelError("no")
    with pytest.raises(KernelError, match="^no$"):
        store.make("a_1_2", fill, quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["locks"]


def test_what_a_killed_run_left_is_cleared_away(tmp_path):
    store = Cache(tmp_path)
    (tmp_path / ".half-a_1_2").mkdir()
    (tmp_path / ".half-a_1_2" / "rest").touch()
    folder = store.make("a_1_2", lambda half: (half / "new").touch(), quiet)
    assert [path.name for path in folder.iterdir()] == ["new"]


def test_an_error_of_the_file_system_is_one_line(tmp_path):
    def fill(half: Path) -> None:
        (half / "missing" / "file").touch()
    with pytest.raises(KernelError, match="a_1_2 could not be made in the cache: .*No such file"):
        Cache(tmp_path).make("a_1_2", fill, quiet)


def test_a_cache_that_cannot_be_made_says_how_to_name_another(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(KernelError, match="cannot be made: Not a directory; .*DEVFD_CACHE"):
        Cache(tmp_path / "file")


def test_two_at_once_make_an_entry_once(tmp_path):
    store = Cache(tmp_path)
    made: list[int] = []
    said: list[str] = []

    def fill(half: Path) -> None:
        made.append(1)
        time.sleep(0.3)
        (half / "file").touch()
    found: list[Path] = []
    runs = [threading.Thread(target=lambda: found.append(store.make("a_1_2", fill, said.append)))
            for _ in range(3)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert made == [1]
    assert [(path / "file").exists() for path in found] == [True] * 3
    assert set(said) == {"waiting for another run that makes a_1_2"}


def test_prune_removes_what_is_not_current_and_nothing_else(mine):
    old = add_kernel(mine, "own-6.12", "6.12.1-1")
    new = add_kernel(mine, "own-6.12", "6.12.2-1")
    changed = mine.cache.root / cache.entry_name("own-6.12", "6.12.2-1", "abcabcabcabc")
    half = mine.cache.root / ".half-own-6.12_6.12.0-1_abc"
    other = mine.cache.root / "apt"
    for folder in (changed, half, other):
        folder.mkdir()
    mine.archive = Offered(mine.cache, {"linux-source-6.12": "6.12.2-1"})
    assert sorted(mine.prune()) == sorted(path.name for path in (old, changed, half))
    assert new.is_dir() and other.is_dir()
    assert mine.busybox("x86_64").read_bytes() == b"static"


def test_prune_leaves_what_another_run_is_making(mine):
    half = mine.cache.root / ".half-own-6.12_6.12.0-1_abc"
    half.mkdir()
    with mine.cache.lock("own-6.12_6.12.0-1_abc", quiet):
        assert mine.prune() == []
    assert half.is_dir()


# -- where the archive does not answer ------------------------------------------------------------


def test_the_cache_serves_where_the_archive_cannot_be_reached(mine):
    said: list[str] = []
    mine.progress = said.append
    add_kernel(mine, "own-6.12", "6.12.1-1")
    newer = add_kernel(mine, "own-6.12", "6.12.2-1")
    os.utime(newer, (time.time() + 9, time.time() + 9))
    got = mine.get("own-6.12")
    assert (got.version, got.release, got.arch) == ("6.12.2-1", RELEASE, "x86_64")
    assert names(got.modules) == ORDER_612
    assert got.features == ["group", "container", "mdev"]
    assert got.packages == {"linux-source-6.12": "6.12.2-1", "busybox-static": "1:1.35"}
    assert all(Path(path).is_file() for path in (got.image, got.busybox, got.config, *got.modules))
    assert said[0] == ("the package linux-source-6.12 could not be found: no network; "
                       f"using {newer.name} of the cache")


def test_a_package_that_cannot_be_fetched_is_asked_for_once_and_the_cache_serves(mine):
    add_kernel(mine, "s390x-6.12", "6.12.1-1")
    offered = Offered(mine.cache, {"linux-source-6.12": "6.12.2-1"})
    mine.archive = offered
    got = mine.entry("s390x-6.12", "linux-source-6.12", "", mine.recipe("s390x-6.12"),
                     lambda half, package: offered.fetch(package, half))
    assert got.name.startswith("s390x-6.12_6.12.1-1_")
    assert offered.fetched == ["linux-source-6.12=6.12.2-1"]


def test_a_newer_version_is_fetched_where_one_has_vanished(mine):
    offered = Offered(mine.cache, {"linux-source-6.12": "6.12.1-1"})
    mine.archive = offered

    def fill(half: Path, package: Package) -> None:
        if package.version == "6.12.1-1":
            offered.versions["linux-source-6.12"] = "6.12.2-1"
            offered.fetch(package, half)
        (half / "file").touch()
    got = mine.entry("source-6.12", "linux-source-6.12", "", "abc", fill)
    assert got.name == "source-6.12_6.12.2-1_abc"
    assert (got / "file").exists()


def test_an_entry_with_another_fragment_does_not_serve(mine, monkeypatch, tmp_path):
    add_kernel(mine, "own-6.12", "6.12.1-1")
    monkeypatch.setattr(kernels, "CONFIGS", tmp_path)
    (tmp_path / "own-6.12.config").write_text("CONFIG_OTHER=y\n")
    with pytest.raises(Unreachable, match="^the package linux-source-6.12 could not be found"):
        mine.get("own-6.12")


def test_apt_is_told_of_a_state_of_its_own_and_asked_for_an_exact_version(tmp_path, monkeypatch):
    log = tmp_path / "log"
    on_path(tmp_path / "bin", monkeypatch, apt_get=f"""echo "$@" >> {log}
case "$*" in *download*) echo "E: Failed to fetch http://x/y.deb  404  Not Found" >&2; exit 100;;
esac""")
    apt = archive.Archive(Cache(tmp_path / "cache"), quiet)
    apt.refresh()
    apt.refresh()
    with pytest.raises(Unreachable) as raised:
        apt.fetch(Package("busybox-static", "s390x", "1:1-1"), tmp_path)
    assert str(raised.value) == ("the package busybox-static:s390x=1:1-1 could not be fetched: "
                                 "Failed to fetch http://x/y.deb 404 Not Found")
    conf = tmp_path / "cache/apt/apt.conf"
    assert log.read_text().splitlines() == [
        f"-c {conf} update -q", f"-c {conf} download -q busybox-static:s390x=1:1-1",
        f"-c {conf} update -q"]
    text = conf.read_text()
    for line in (f'Dir::State "{tmp_path}/cache/apt/state";', '"s390x";',
                 f'Dir::State::status "{tmp_path}/cache/apt/status";',
                 f'Dir::Cache "{tmp_path}/cache/apt/cache";', "#clear APT::Update::Post-Invoke;"):
        assert line in text


def test_apt_is_asked_once_for_a_version_until_the_lists_are_fetched_again(tmp_path, monkeypatch):
    log = tmp_path / "log"
    on_path(tmp_path / "bin", monkeypatch, apt_get="exit 0", apt_cache=f"""echo "$@" >> {log}
echo "Version: 1.$(wc -l < {log})"; echo "Depends: x (= 2)" """)
    for _ in range(2):
        apt = archive.Archive(Cache(tmp_path / "cache"), quiet)
        assert apt.newest("meta", "amd64") == Package("meta", "amd64", "1.1", "x (= 2)")
    apt.refresh(force=True)
    assert apt.newest("meta", "amd64").version == "1.2"
    assert len(log.read_text().splitlines()) == 2


def test_without_apt_a_kernel_of_ones_own_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unreachable, match="^apt-get is missing: .*KERNEL= and MODULES="):
        archive.Archive(Cache(tmp_path / "cache"), quiet).newest("busybox-static", "amd64")


def test_lists_that_cannot_be_fetched_are_said_to_be_so(tmp_path, monkeypatch):
    on_path(tmp_path / "bin", monkeypatch, apt_cache="exit 100",
            apt_get="echo 'W: Failed to fetch http://x/InRelease  Could not resolve'")
    with pytest.raises(Unreachable) as raised:
        archive.Archive(Cache(tmp_path / "cache"), quiet).newest("linux-image-amd64", "amd64")
    assert str(raised.value) == ("the package linux-image-amd64:amd64 could not be found: "
                                 "Failed to fetch http://x/InRelease Could not resolve")


# -- anybody's kernel -----------------------------------------------------------------------------


@pytest.mark.parametrize("below", ["", "kernel", f"lib/modules/{RELEASE}/kernel"])
@pytest.mark.parametrize("suffix", ["", ".xz", ".gz"])
def test_a_folder_of_modules_may_be_of_any_shape(mine, tmp_path, below, suffix):
    tree(tmp_path / "mods" / below, suffix)
    got = mine.custom(bzimage(tmp_path / "bzImage"), tmp_path / "mods")
    assert names(got.modules) == ORDER_612
    assert all(Path(path).read_bytes()[:4] == b"\x7fELF" for path in got.modules)
    assert (got.name, got.config, got.features) == ("custom", "", ["mdev"])


def test_a_flat_folder_does_as_well(mine, tmp_path):
    for path in tree(tmp_path / "tree").rglob("*.ko"):
        (tmp_path / "flat").mkdir(exist_ok=True)
        path.rename(tmp_path / "flat" / path.name)
    got = mine.custom(bzimage(tmp_path / "bzImage"), tmp_path / "flat")
    assert names(got.modules) == ORDER_612


def test_extra_modules_come_last_in_the_order_given(mine, tmp_path):
    tree(tmp_path / "mods")
    extra = [module(tmp_path / "b.ko", "e1000"), module(tmp_path / "a.ko", "vfio-pci-core")]
    got = mine.custom(bzimage(tmp_path / "bzImage"), tmp_path / "mods", extra)
    assert names(got.modules) == [*ORDER_612, "e1000", "b", "a"]


def test_a_kernel_without_modules_needs_no_folder(mine, tmp_path):
    got = mine.custom(bzimage(tmp_path / "bzImage", arch="s390x"))
    assert (got.arch, got.modules) == ("s390x", [])
    assert got.busybox.startswith(str(mine.cache.root / "busybox-s390x_"))


@pytest.mark.parametrize("where", ["bzImage-folder", "build", "given", "tree"])
def test_the_config_is_found_by_the_names_in_use(mine, tmp_path, where):
    image = bzimage(tmp_path / "src/arch/x86/boot/bzImage")
    mods = tree(tmp_path / "mods/lib/modules" / RELEASE)
    path = {"bzImage-folder": image.parent / f"config-{RELEASE}", "build": tmp_path / "src/.config",
            "given": tmp_path / "mine", "tree": mods / "config"}[where]
    config(path, VFIO="m", VFIO_DEVICE_CDEV="y", KASAN="y", VFIO_GROUP="n", IOMMUFD="m")
    got = mine.custom(image, tmp_path / "mods", config=path if where == "given" else None)
    assert got.config == str(path)
    assert got.features == ["cdev", "iommufd", "container", "mdev", "kasan"]


def test_a_config_that_was_given_and_is_not_there_is_refused(mine, tmp_path):
    with pytest.raises(KernelError, match="there is no file .*/none"):
        mine.custom(bzimage(tmp_path / "bzImage"), config=tmp_path / "none")


def test_modules_of_another_kernel_are_refused(mine, tmp_path):
    tree(tmp_path / "mods", release="6.12.1")
    with pytest.raises(KernelError, match=f"is built for 6.12.1, but the kernel is {RELEASE}"):
        mine.custom(bzimage(tmp_path / "bzImage"), tmp_path / "mods")


def test_a_module_with_versioned_symbols_may_be_of_another_release(mine, tmp_path):
    extra = [module(tmp_path / "a.ko", release="6.12.1", flags="SMP modversions")]
    assert names(mine.custom(bzimage(tmp_path / "bzImage"), extra=extra).modules) == ["a"]


@pytest.mark.parametrize("content, says", [(None, "there is no module .*a.ko$"),
                                           (b"text", "a.ko is no kernel module$")])
def test_an_extra_module_that_is_none_is_refused(mine, tmp_path, content, says):
    if content:
        (tmp_path / "a.ko").write_bytes(content)
    with pytest.raises(KernelError, match=says):
        mine.custom(bzimage(tmp_path / "bzImage"), extra=[tmp_path / "a.ko"])


def test_a_folder_that_is_not_there_is_named(mine, tmp_path):
    with pytest.raises(KernelError, match="there is no folder .*/none with modules"):
        mine.custom(bzimage(tmp_path / "bzImage"), tmp_path / "none")


def test_vfio_that_is_nowhere_is_taken_to_be_built_in_and_said(mine, tmp_path):
    said: list[str] = []
    mine.progress = said.append
    (tmp_path / "mods").mkdir()
    image = bzimage(tmp_path / "bzImage")
    mine.custom(image, tmp_path / "mods")
    assert any("there is no module vfio below" in text for text in said)
    said.clear()
    (tmp_path / "mods/modules.builtin").write_text("kernel/drivers/vfio/vfio.ko\n")
    mine.custom(image, tmp_path / "mods")
    assert not any("there is no module vfio below" in text for text in said)


# -- options --------------------------------------------------------------------------------------


@pytest.mark.parametrize("options, found", [
    ({"VFIO": "m"}, ["group", "container"]),                      # before there were options for it
    ({"VFIO": "m", "VFIO_GROUP": "n", "VFIO_CONTAINER": "n"}, []),
    ({"VFIO": "n"}, []),
    ({"VFIO": "y", "VFIO_DEVICE_CDEV": "y", "IOMMUFD": "m", "PROVE_LOCKING": "y"},
     ["cdev", "iommufd", "group", "container", "lockdep"]),
    ({"SAMPLE_VFIO_MDEV_MDPY": "y"}, ["mdev"])])
def test_features_follow_from_options(tmp_path, options, found):
    assert kernels.features(config(tmp_path / "config", **options).read_text(), []) == found


def test_a_line_that_a_kernel_did_not_take_is_found():
    fragment = "# a comment\nCONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=m\n# CONFIG_D is not set\n"
    assert kernels.unmet(fragment, "CONFIG_A=y\nCONFIG_B=y\n# CONFIG_C is not set\n") == \
        ["CONFIG_B=n", "CONFIG_C=m"]


@pytest.mark.parametrize("name", [name for name, source in kernels.NAMES.items() if source.built])
def test_each_fragment_has_what_the_check_relies_on(name):
    options = kernels.read_config(kernels.Kernels.fragment(name))
    assert {"VFIO", "VFIO_PCI", "DEVTMPFS", "BLK_DEV_INITRD", "PCI_MSI"} <= set(options)
    assert ("VFIO_DEVICE_CDEV" in options) == name.endswith("6.12")
    assert ("VFIO_PCI_ZDEV_KVM" in options) == name.startswith("s390x")


# -- building -------------------------------------------------------------------------------------


def source_of(mine: kernels.Kernels, folder: Path) -> None:
    """Puts a source package with an empty tree into the cache."""
    (folder / "linux-source-6.12").mkdir(parents=True)
    (folder / "linux-source-6.12" / "Makefile").write_text("all:\n")

    def fill(half: Path) -> None:
        subprocess.run(["tar", "-cJf", str(half / "linux-source-6.12.tar.xz"), "-C", str(folder),
                        "linux-source-6.12"], check=True)
        mine.record(half, Package("linux-source-6.12", "", "6.12.1-1"))
    recipe = cache.digest(kernels.RECIPE, "usr/src/linux-source-6.12.tar.xz")
    mine.cache.make(cache.entry_name("source-6.12", "6.12.1-1", recipe), fill, quiet)
    mine.archive = Offered(mine.cache, {"linux-source-6.12": "6.12.1-1"})


TOOLS = dict.fromkeys(("s390x_linux_gnu_gcc", "gcc", "flex", "bison", "bc"), "exit 0")


def test_a_build_that_fails_shows_the_end_of_its_log_and_keeps_it(mine, tmp_path, monkeypatch):
    source_of(mine, tmp_path / "source")
    on_path(tmp_path / "bin", monkeypatch, **TOOLS, make="""case "$*" in
*tinyconfig) : > .config;; *bzImage*) seq 1 50; echo broken; exit 2;; esac""")
    with pytest.raises(KernelError) as raised:
        mine.get("s390x-6.12")
    lines = str(raised.value).splitlines()
    log = mine.cache.root / "s390x-6.12.log"
    assert lines[0] == ("s390x-6.12: building failed; "
                        f"the log is {log} and ends:")
    assert lines[1:] == [*map(str, range(32, 51)), "broken"]
    assert log.read_text().startswith("1\n2\n")
    assert not list(mine.cache.root.glob("*s390x-6.12_*_*"))


def test_a_build_ends_with_the_program_that_started_it(mine, tmp_path, monkeypatch):
    source_of(mine, tmp_path / "source")
    on_path(tmp_path / "bin", monkeypatch, **TOOLS, apt_get="exit 0",
            apt_cache="echo Version: 6.12.1-1", make=f"""case "$*" in
*tinyconfig) echo $$ > {tmp_path}/pid; exec sleep 60;; esac""")
    with subprocess.Popen([sys.executable, "-B", str(HERE / "kernels.py"), "get", "s390x-6.12"],
                          env={**os.environ, "DEVFD_CACHE": str(mine.cache.root)}) as process:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            assert process.poll() is None
            time.sleep(0.05)
        process.terminate()
        assert process.wait(timeout=30) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert not list(mine.cache.root.glob("*s390x-6.12_*_*"))


def test_an_option_that_does_not_stay_ends_the_build(mine, tmp_path, monkeypatch):
    source_of(mine, tmp_path / "source")
    on_path(tmp_path / "bin", monkeypatch, **TOOLS, make="""case "$*" in
*tinyconfig) : > .config;; *olddefconfig) sed -i /VFIO_PCI_ZDEV_KVM/d .config;; esac""")
    with pytest.raises(KernelError) as raised:
        mine.get("s390x-6.12")
    assert str(raised.value) == ("s390x-6.12: the kernel does not take CONFIG_VFIO_PCI_ZDEV_KVM=y; "
                                 "correct config/s390x-6.12.config")


def test_an_older_source_is_not_built_under_the_name_of_a_newer(mine, tmp_path, monkeypatch):
    source_of(mine, tmp_path / "source")
    mine.archive = Offered(mine.cache, {"linux-source-6.12": "6.12.2-1"})
    on_path(tmp_path / "bin", monkeypatch, **TOOLS, make="exit 0")
    with pytest.raises(Unreachable, match="^linux-source-6.12 6.12.2-1 could not be fetched$"):
        mine.get("s390x-6.12")


def test_a_build_knows_nothing_of_the_make_above_it(mine, tmp_path, monkeypatch):
    source_of(mine, tmp_path / "source")
    bzimage(tmp_path / "bzImage", arch="s390x")
    on_path(tmp_path / "bin", monkeypatch, **TOOLS, make=f"""case "$*" in
*tinyconfig) : > .config;;
*bzImage*) env > {tmp_path}/env; echo "$*" > {tmp_path}/args
mkdir -p arch/s390/boot; cp {tmp_path}/bzImage arch/s390/boot;; esac""")
    for name in ("MAKEFLAGS", "KERNEL", "MODULES", "O", "ARCH", "CC"):
        monkeypatch.setenv(name, "from-above")
    got = mine.get("s390x-6.12")
    assert "from-above" not in (tmp_path / "env").read_text()
    assert (tmp_path / "args").read_text().endswith(
        "ARCH=s390 CROSS_COMPILE=s390x-linux-gnu- bzImage modules\n")
    assert (got.arch, got.version, got.modules) == ("s390x", "6.12.1", [])
    assert sorted(path.name for path in Path(got.image).parent.iterdir()) == [
        "bzImage", "config", "kernel.json", "modules", "packages.json"]


def test_what_a_build_needs_is_named(mine, tmp_path, monkeypatch):
    source_of(mine, tmp_path / "source")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KernelError, match="packages that are not installed: apt-get install "
                                          "gcc-s390x-linux-gnu make flex bison bc xz-utils gcc$"):
        mine.get("s390x-6.12")


# -- the command ----------------------------------------------------------------------------------


Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Runs kernels.py as a program, with a cache of its own and without apt."""
    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-B", str(HERE / "kernels.py"), *map(str, words)], text=True,
            capture_output=True, check=False, env={"PATH": str(tmp_path / "none"),
                                                   "DEVFD_CACHE": str(tmp_path / "cache")})
    return run


def test_list_asks_nobody(command, mine):
    add_kernel(mine, "own-6.12", "6.12.1-1")
    done = command("list")
    assert (done.returncode, done.stderr) == (0, "")
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert list(lines) == list(kernels.NAMES)
    assert "cached 6.12.1-1 " in lines["own-6.12"]
    assert " not cached " in lines["s390x-6.1"]


def test_get_prints_an_object_a_line(command, mine):
    add_kernel(mine, "own-6.12", "6.12.1-1")
    add_kernel(mine, "debian-6.12", "6.12.1-1")
    done = command("get", "own-6.12", "debian-6.12")
    assert done.returncode == 0
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["name"] for one in objects] == ["own-6.12", "debian-6.12"]
    assert set(objects[0]) == {"name", "version", "release", "arch", "image", "modules", "busybox",
                               "config", "features", "packages"}
    assert "apt-get is missing" in done.stderr and "; using own-6.12_6.12.1-1_" in done.stderr


def test_a_kernel_that_cannot_be_had_is_status_2_and_one_line(command):
    done = command("get", "debian-6.1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "kernels: fetching package lists",
        "kernels: apt-get is missing: kernels are fetched from Debian's archive by apt; "
        "use KERNEL= and MODULES= with your own"]


@pytest.mark.parametrize("words", [(), ("get",), ("get", "debian-5"), ("custom",),
                                   ("sysroot", "x")])
def test_wrong_usage_is_status_2(command, words):
    done = command(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: kernels.py")


def test_custom_on_the_command_line(command, mine, tmp_path):
    tree(tmp_path / "mods")
    image = bzimage(tmp_path / "bzImage")
    done = command("custom", "--image", image, "--modules", tmp_path / "mods", "--extra",
                   module(tmp_path / "b.ko"), module(tmp_path / "a.ko"))
    assert done.returncode == 0
    assert names(json.loads(done.stdout)["modules"]) == [*ORDER_612, "b", "a"]
    lost = tmp_path / "none.ko"
    done = command("custom", "--image", image, "--extra", lost)
    assert (done.returncode, done.stderr) == (2, f"kernels: there is no module {lost}\n")
