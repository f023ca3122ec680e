#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Kernels to check: Debian's own, ones built from Debian's source, or anybody's.

All comes from Debian's archive through apt, without root and without installing anything, and
stays in a cache folder: $DEVFD_CACHE, else devfd in $XDG_CACHE_HOME or ~/.cache.
"""
from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from archive import Archive, Package, Unreachable, unpack
from cache import Cache, KernelError, Progress, default_root, digest, entry_name
from kmods import (SAMPLES, WANTED, Image, Module, builtin_names, index, load_order, module_name,
                   read_image)

CONFIGS = Path(__file__).resolve().parent / "config"
RECIPE = "1"     # another one makes every entry anew

# Fills a half-made entry from a package.
Filler = Callable[..., None]


@dataclass(frozen=True)
class Kernel:
    """A kernel that can be booted, and what a guest needs beside it."""
    name: str
    version: str                 # upstream's, 6.1.192
    release: str                 # uname -r
    arch: str                    # x86_64 or s390x
    image: str                   # bzImage
    modules: list[str]           # in the order in which they are to be loaded
    busybox: str                 # static, for arch
    config: str                  # its .config, or "" where nobody gave one
    features: list[str]          # see FEATURES
    packages: dict[str, str] = field(default_factory=dict)     # and their versions


@dataclass(frozen=True)
class Arch:
    """What building for an architecture, and its packages, are called."""
    debian: str
    make: str          # ARCH= of the kernel's makefiles
    boot: str          # folder of bzImage
    triplet: str


ARCHES = {
    "x86_64": Arch("amd64", "x86_64", "arch/x86/boot", "x86_64-linux-gnu"),
    "s390x": Arch("s390x", "s390", "arch/s390/boot", "s390x-linux-gnu"),
}


@dataclass(frozen=True)
class Source:
    """Where a named kernel comes from: a meta package with a kernel in it, or source to build."""
    arch: str
    package: str
    built: bool
    text: str


NAMES = {
    "debian-6.1": Source("x86_64", "linux-image-amd64", False, "Debian's 6.1 for x86-64"),
    "debian-6.12": Source("x86_64", "linux-image-6.12-amd64", False, "Debian's 6.12 for x86-64"),
    "own-6.12": Source("x86_64", "linux-source-6.12", True,
                       "6.12 for x86-64 with iommufd, cdev, KASAN, KMEMLEAK, mdev samples"),
    "s390x-6.1": Source("s390x", "linux-source-6.1", True, "6.1 for s390x with zPCI"),
    "s390x-6.12": Source("s390x", "linux-source-6.12", True,
                         "6.12 for s390x with zPCI, iommufd, cdev"),
}

# Feature: the options of which one has to be y or m.
FEATURES = {
    "cdev": ("VFIO_DEVICE_CDEV",),
    "iommufd": ("IOMMUFD",),
    "group": ("VFIO_GROUP",),
    "container": ("VFIO_CONTAINER",),
    "noiommu": ("VFIO_NOIOMMU",),
    "vga": ("VFIO_PCI_VGA",),
    "zdev": ("VFIO_PCI_ZDEV_KVM",),
    "mdev": tuple(f"SAMPLE_VFIO_MDEV_{name.upper()}" for name in SAMPLES),
    "kasan": ("KASAN",),
    "kmemleak": ("DEBUG_KMEMLEAK",),
    "ubsan": ("UBSAN",),
    "lockdep": ("PROVE_LOCKING",),
}
# Options that older kernels do not have, because what they give was always there.
IMPLIED = {"VFIO_GROUP": "VFIO", "VFIO_CONTAINER": "VFIO"}


def to_stderr(text: str) -> None:
    """Progress of a program that prints its result on stdout."""
    print(f"kernels: {text}", file=sys.stderr, flush=True)


def read_config(text: str) -> dict[str, str]:
    """The options of a .config: VFIO -> m; n for those that are not set."""
    options = dict(re.findall(r"^CONFIG_(\w+)=(.*)$", text, re.M))
    return {**dict.fromkeys(re.findall(r"^# CONFIG_(\w+) is not set$", text, re.M), "n"), **options}


def features(config: str, modules: list[str]) -> list[str]:
    """What a kernel can do, by its options and by the modules that will be loaded."""
    options = read_config(config)
    if config:
        options.update({new: options.get(old, "n") for new, old in IMPLIED.items()
                        if new not in options})
    loaded = {module_name(Path(path)) for path in modules}
    options.update({f"SAMPLE_VFIO_MDEV_{name.upper()}": "m" for name in loaded & set(SAMPLES)})
    return [feature for feature, names in FEATURES.items()
            if any(options.get(name) in ("y", "m") for name in names)]


def unmet(fragment: str, config: str) -> list[str]:
    """The lines of a fragment that are not so in a .config."""
    options = read_config(config)
    return [f"CONFIG_{name}={value}" for name, value in read_config(fragment).items()
            if options.get(name, "n") != value]


class Kernels:
    """The kernels of one cache."""

    def __init__(self, progress: Progress = to_stderr, root: Path | None = None) -> None:
        self.progress = progress
        self.cache = Cache(root)
        self.archive = Archive(self.cache, progress)

    # -- entries: the newest version where the archive answers, else what is there --

    def entry(self, name: str, package: str, arch: str, recipe: str, fill: Filler) -> Path:
        """The entry of the newest version of a package, filled where it is not there."""
        tried: Package | None = None
        while True:
            try:
                newest = self.archive.newest(package, arch)
                if newest == tried:
                    break
                tried = newest
                return self.cache.make(entry_name(name, newest.version, recipe),
                                       partial(fill, package=newest), self.progress)
            except Unreachable as error:     # once more, where a newer version has taken its place
                failure = error
                if not tried:
                    break
        there = self.cache.entries(name, recipe)
        if not there:
            raise failure
        self.progress(f"{failure}; using {there[0].name} of the cache")
        return there[0]

    def file(self, name: str, package: str, arch: str, inside: str) -> Path:
        """One file out of one package."""
        def fill(half: Path, package: Package) -> None:
            with self.unpacked(half, package) as root:
                os.replace(root / inside, half / Path(inside).name)
        return self.entry(name, package, arch, digest(RECIPE, inside), fill) / Path(inside).name

    @contextlib.contextmanager
    def unpacked(self, half: Path, package: Package) -> Iterator[Path]:
        """A package's files, for a while; and notes that the entry is made from it."""
        deb = self.archive.fetch(package, half)
        root = half / "root"
        unpack(deb, root)
        deb.unlink()
        yield root
        shutil.rmtree(root)
        self.record(half, package)

    @staticmethod
    def record(half: Path, package: Package) -> None:
        """Notes which package an entry is made from."""
        (half / "packages.json").write_text(json.dumps({package.name: package.version}) + "\n")

    @staticmethod
    def recorded(path: Path) -> dict[str, str]:
        """The packages that the entry with this file in it was made from."""
        versions: dict[str, str] = json.loads((path.parent / "packages.json").read_text())
        return versions

    def busybox(self, arch: str) -> Path:
        """A static busybox."""
        return self.file(f"busybox-{arch}", "busybox-static", ARCHES[arch].debian, "bin/busybox")

    def sysroot(self, arch: str) -> Path:
        """A folder with lib/libjansson.a and include/jansson.h."""
        known = ARCHES[arch]

        def fill(half: Path, package: Package) -> None:
            with self.unpacked(half, package) as root:
                (half / "lib").mkdir()
                os.replace(root / "usr/lib" / known.triplet / "libjansson.a",
                           half / "lib/libjansson.a")
                os.replace(root / "usr/include", half / "include")
        return self.entry(f"sysroot-{arch}", "libjansson-dev", known.debian, digest(RECIPE), fill)

    # -- named kernels --

    def recipe(self, name: str) -> str:
        """What an entry depends on beside the package."""
        source = NAMES[name]
        if not source.built:
            return digest(RECIPE, *WANTED)
        return digest(RECIPE, *WANTED, self.fragment(name))

    @staticmethod
    def fragment(name: str) -> str:
        """The options of a kernel that is built."""
        return (CONFIGS / f"{name}.config").read_text()

    def get(self, name: str) -> Kernel:
        """A named kernel, fetched or built where it is not in the cache."""
        if name not in NAMES:
            raise KernelError(f"there is no kernel {name}; there are: {', '.join(NAMES)}")
        source = NAMES[name]
        if source.built:
            folder = self.entry(name, source.package, "", self.recipe(name),
                                partial(self.build, name))
        else:
            folder = self.entry(name, source.package, ARCHES[source.arch].debian, self.recipe(name),
                                partial(self.stock, name))
        busybox = self.busybox(source.arch)
        made = json.loads((folder / "kernel.json").read_text())
        modules = [str(folder / "modules" / file) for file in made["modules"]]
        config = folder / "config"
        return Kernel(name, made["version"], made["release"], source.arch, str(folder / "bzImage"),
                      modules, str(busybox), str(config), features(config.read_text(), modules),
                      {**self.recorded(folder / "bzImage"), **self.recorded(busybox)})

    def finish(self, half: Path, version: str, tree: Path, image: Path, config: Path) -> None:
        """Copies what is kept of a kernel into its entry."""
        shutil.copyfile(image, half / "bzImage")
        shutil.copyfile(config, half / "config")
        said = read_image(half / "bzImage")
        (half / "modules").mkdir()
        order = load_order(index(tree, said.release), WANTED, builtin_names(tree))
        for module in order:
            module.check(said)
            (half / "modules" / f"{module.name}.ko").write_bytes(module.data)
        made = {"version": version, "release": said.release,
                "modules": [f"{module.name}.ko" for module in order]}
        (half / "kernel.json").write_text(json.dumps(made) + "\n")

    def stock(self, name: str, half: Path, package: Package) -> None:
        """Fetches the kernel that a meta package stands for."""
        depends = re.search(r"(linux-image-\S+) \(= ([^)]+)\)", package.depends)
        if not depends:
            raise KernelError(f"{name}: the package {package.name} names no kernel")
        real = Package(depends[1], package.arch, depends[2])
        with self.unpacked(half, real) as root:
            images = list((root / "boot").glob("vmlinuz-*"))
            if len(images) != 1:
                raise KernelError(f"{name}: the package {real.name} has {len(images)} kernels")
            release = images[0].name.removeprefix("vmlinuz-")
            self.finish(half, real.upstream, root / "lib/modules", images[0],
                        root / "boot" / f"config-{release}")

    def build(self, name: str, half: Path, package: Package) -> None:
        """Builds a kernel from Debian's source."""
        start = time.monotonic()
        arch = NAMES[name].arch
        command = self.make_command(name)
        archive = self.file(f"source-{package.name.removeprefix('linux-source-')}", package.name,
                            "", f"usr/src/{package.name}.tar.xz")
        if self.recorded(archive)[package.name] != package.version:
            raise Unreachable(f"{package.name} {package.version} could not be fetched")
        log = half / "build.log"
        tree = half / "tree"
        tree.mkdir()

        def run(what: str, *words: str) -> None:
            self.progress(f"{name}: {what}")
            if self.run_logged(name, words, tree, log, start):
                kept = self.cache.root / f"{name}.log"
                os.replace(log, kept)
                last = kept.read_text(errors="replace").splitlines()[-20:]
                raise KernelError("\n".join([f"{name}: {what} failed; the log is {kept} and ends:",
                                             *last]))

        run(f"unpacking {package.name} {package.version}", "tar", "-xf", str(archive),
            "--strip-components=1", "-C", str(tree))
        run("configuring", *command, "tinyconfig")
        fragment = self.fragment(name)
        config = tree / ".config"
        config.write_text(config.read_text() + fragment)
        run("configuring", *command, "olddefconfig")
        if missing := unmet(fragment, config.read_text()):
            raise KernelError(f"{name}: the kernel does not take {', '.join(missing)}; "
                              f"correct {CONFIGS.name}/{name}.config")
        self.progress(f"{name}: building takes some minutes, once")
        run("building", *command, "bzImage", "modules")
        self.finish(half, package.upstream, tree, tree / ARCHES[arch].boot / "bzImage", config)
        self.record(half, package)
        shutil.rmtree(tree)
        log.unlink()
        (self.cache.root / f"{name}.log").unlink(missing_ok=True)     # of a build that failed
        self.progress(f"{name}: built in {time.monotonic() - start:.0f} s")

    @staticmethod
    def make_command(name: str) -> list[str]:
        """How make is called, where all that it needs is there."""
        arch = ARCHES[NAMES[name].arch]
        cross = "" if os.uname().machine == NAMES[name].arch else f"{arch.triplet}-"
        tools = {f"{cross}gcc": f"gcc-{arch.triplet}" if cross else "gcc", "make": "make",
                 "flex": "flex", "bison": "bison", "bc": "bc", "xz": "xz-utils", "gcc": "gcc"}
        missing = [package for tool, package in tools.items() if not shutil.which(tool)]
        if missing:
            raise KernelError(f"{name} is built from source and wants packages that are not "
                              f"installed: apt-get install {' '.join(missing)}")
        return ["nice", "-n", "10", "make", f"-j{os.cpu_count() or 1}", f"ARCH={arch.make}",
                f"CROSS_COMPILE={cross}"]

    def run_logged(self, name: str, words: tuple[str, ...], tree: Path, log: Path,
                   start: float) -> int:
        """Runs a step of a build, telling each minute that it is still at work."""
        # Nothing of the caller's environment: a make above us has flags and variables of its own.
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
        built = {"LC_ALL": "C", "KBUILD_BUILD_USER": "devfd", "KBUILD_BUILD_HOST": "devfd",
                 "KBUILD_BUILD_TIMESTAMP": "Thu Jan  1 00:00:00 UTC 1970"}
        with open(log, "ab") as out, subprocess.Popen(
                words, cwd=tree, env={**kept, **built}, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT) as process:
            while True:
                try:
                    return process.wait(timeout=60)
                except subprocess.TimeoutExpired:
                    self.progress(f"{name}: {time.monotonic() - start:.0f} s so far")
                except BaseException:
                    process.terminate()
                    raise

    # -- anybody's kernel --

    def custom(self, image: Path, modules: Path | None = None, extra: list[Path] | None = None,
               config: Path | None = None) -> Kernel:
        """A kernel that the user gives."""
        said = read_image(image)
        there = index(modules, said.release) if modules else {}
        builtin = builtin_names(modules) if modules else set()
        added = [Module(path.resolve()) for path in extra or []]
        order = load_order(there, WANTED, builtin, added)
        for module in order:
            module.check(said)
        given = config or find_config(image, modules, said)
        if config and not config.is_file():
            raise KernelError(f"there is no file {config}")
        text = given.read_text(errors="replace") if given else ""
        names = {module.name for module in order} | builtin
        if modules and "vfio" not in names and read_config(text).get("VFIO") != "y":
            self.progress(f"there is no module vfio below {modules}: taken to be built in")
        paths = [str(self.plain(module)) for module in order]
        busybox = self.busybox(said.arch)
        return Kernel("custom", said.version, said.release, said.arch, str(image.resolve()), paths,
                      str(busybox), str(given.resolve()) if given else "", features(text, paths),
                      self.recorded(busybox))

    def plain(self, module: Module) -> Path:
        """A module's file, unpacked into the cache where it is compressed."""
        if module.path.suffix == ".ko":
            return module.path.resolve()
        file = f"{module.name}.ko"

        def fill(half: Path) -> None:
            (half / file).write_bytes(module.data)
        entry = entry_name("module", module.name.replace("_", "-"), digest(module.data))
        return self.cache.make(entry, fill, self.progress) / file

    # -- what is there --

    def prune(self) -> list[str]:
        """Removes what is not current: other versions, fragments that have changed."""
        keep: set[Path] = set()
        wanted = [(name, source.package, "" if source.built else ARCHES[source.arch].debian,
                   self.recipe(name)) for name, source in NAMES.items()]
        for arch, known in ARCHES.items():
            wanted += [(f"busybox-{arch}", "busybox-static", known.debian,
                        digest(RECIPE, "bin/busybox")),
                       (f"sysroot-{arch}", "libjansson-dev", known.debian, digest(RECIPE))]
        for package in {source.package for source in NAMES.values() if source.built}:
            wanted.append((f"source-{package.removeprefix('linux-source-')}", package, "",
                           digest(RECIPE, f"usr/src/{package}.tar.xz")))
        for name, package, arch, recipe in wanted:
            try:
                version = self.archive.newest(package, arch).version
                keep.add(self.cache.root / entry_name(name, version, recipe))
            except Unreachable:
                keep.update(self.cache.entries(name, recipe)[:1])
        return self.cache.prune(keep, self.progress)

    def listing(self) -> list[str]:
        """A line for each name; asks nobody."""
        lines = []
        for name, source in NAMES.items():
            there = self.cache.entries(name, self.recipe(name))
            state = f"cached {there[0].name.split('_')[1]}" if there else "not cached"
            lines.append(f"{name:<12} {state:<28} {source.text}")
        return lines


def find_config(image: Path, modules: Path | None, said: Image) -> Path | None:
    """The .config in a module tree, beside an image or in the tree that it was built in."""
    trees = [modules, modules / said.release, modules / "lib/modules" / said.release] \
        if modules else []
    folders = [*trees, image.parent, *image.resolve().parents[3:4]]     # TREE/arch/x86/boot/bzImage
    names = (f"config-{said.release}", "config", ".config")
    found = (folder / name for folder in folders for name in names)
    return next((path for path in found if path.is_file()), None)


def get(name: str, progress: Progress = to_stderr) -> Kernel:
    """A named kernel, fetched or built where it is not in the cache."""
    return Kernels(progress).get(name)


def custom(image: Path, modules: Path | None = None, extra: list[Path] | None = None,
           config: Path | None = None, progress: Progress = to_stderr) -> Kernel:
    """A kernel that the user gives."""
    return Kernels(progress).custom(image, modules, extra, config)


def sysroot(arch: str, progress: Progress = to_stderr) -> Path:
    """A folder with lib/libjansson.a and include/jansson.h for an architecture."""
    return Kernels(progress).sysroot(arch)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="kernels.py", description="Fetches and builds the kernels that the check boots.",
        epilog=f"Cache folder: {default_root()} (DEVFD_CACHE names another one). "
               "Exit status: 0 good; 2 wrong usage, or a kernel cannot be had.")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    one = verbs.add_parser("get", help="make sure of kernels, print one JSON object each")
    one.add_argument("names", nargs="+", metavar="NAME", choices=list(NAMES),
                     help=", ".join(NAMES))
    verbs.add_parser("list", help="list the names, cached or not")
    own = verbs.add_parser("custom", help="the same for a kernel of your own")
    own.add_argument("--image", required=True, type=Path, metavar="BZIMAGE")
    own.add_argument("--modules", type=Path, metavar="DIR", help="with its modules somewhere below")
    own.add_argument("--config", type=Path, metavar="FILE", help="its .config")
    own.add_argument("--extra", nargs="+", default=[], type=Path, metavar="FILE.ko",
                     help="modules to load behind VFIO's, in this order")
    root = verbs.add_parser("sysroot", help="print a folder with lib/libjansson.a and include/")
    root.add_argument("arch", choices=list(ARCHES))
    image = verbs.add_parser("arch", help="print the architecture of a kernel image")
    image.add_argument("image", type=Path, metavar="BZIMAGE")
    verbs.add_parser("prune", help="remove what is not current from the cache")
    return top


def main(words: list[str]) -> int:
    """Runs one command."""
    given = parser().parse_args(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))     # ends a build too
    try:
        kernels = Kernels()
        if given.verb == "get":
            for name in given.names:
                print(json.dumps(asdict(kernels.get(name))), flush=True)
        elif given.verb == "custom":
            print(json.dumps(asdict(kernels.custom(given.image, given.modules, given.extra,
                                                   given.config))))
        elif given.verb == "arch":
            print(read_image(given.image).arch)
        elif given.verb == "sysroot":
            print(kernels.sysroot(given.arch))
        else:
            for line in kernels.prune() if given.verb == "prune" else kernels.listing():
                print(line)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except KernelError as error:
        print(f"kernels: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
