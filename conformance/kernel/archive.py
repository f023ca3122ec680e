# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Packages of the Debian archive, of any architecture, fetched without installing anything.

apt runs on a state of its own in the cache: it takes the system's sources, keys and proxy, and
changes nothing of the system's apt or dpkg. So this works without root.
"""
from __future__ import annotations

import json
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from cache import Cache, KernelError, Progress

FRESH = 24 * 3600     # seconds for which package lists are good
RETRY = 600           # seconds until lists that could not be fetched are tried again

# The hooks of the system's configuration (docker-clean, for one) would change the system.
CONFIG = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Architectures;
APT::Architectures {{ {architectures} }};
APT::Sandbox::User "root";
APT::Get::List-Cleanup "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Dir::State "{home}/state";
Dir::State::status "{home}/status";
Dir::Cache "{home}/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
"""


class Unreachable(KernelError):
    """A package that is not known or that could not be fetched."""


@dataclass(frozen=True)
class Package:
    """One version of one package. arch is "" where the package is the same for all."""
    name: str
    arch: str
    version: str
    depends: str = ""

    @property
    def spec(self) -> str:
        """How apt is asked for it."""
        return f"{self.name}{':' if self.arch else ''}{self.arch}={self.version}"

    @property
    def upstream(self) -> str:
        """6.1.192 of 6.1.192-2."""
        return self.version.split(":")[-1].rpartition("-")[0] or self.version


def parse(text: str) -> dict[str, str]:
    """The fields of the first paragraph that apt-cache show prints."""
    paragraph = text.split("\n\n", 1)[0]
    return dict(re.findall(r"^([A-Za-z0-9-]+): (.*)$", paragraph, re.M))


def complaint(text: str) -> str:
    """The line of apt's output that says what was wrong."""
    said = re.search(r"^[EW]: (.*Failed to fetch.*)$", text, re.M) or \
        re.search(r"^[EW]: (.*)$", text, re.M)
    return " ".join(said[1].split()) if said else "apt did not say why"


class Archive:
    """The archive, as apt's configured sources have it."""

    def __init__(self, cache: Cache, progress: Progress) -> None:
        self.cache = cache
        self.home = cache.root / "apt"
        self.answers = self.home / "answers.json"     # apt-cache takes a second to start
        self.progress = progress
        self.trouble = ""     # why the lists could not be refreshed

    def apt(self, *command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """One of apt's commands, on the state of our own."""
        words = [command[0], "-c", str(self.home / "apt.conf"), *command[1:]]
        try:
            return subprocess.run(words, cwd=cwd, text=True, capture_output=True, check=False,
                                  stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"})
        except FileNotFoundError:
            raise Unreachable(f"{command[0]} is missing: kernels are fetched from Debian's archive "
                              "by apt; use KERNEL= and MODULES= with your own") from None

    def prepare(self) -> None:
        """Writes the state's folders and configuration."""
        for folder in ("state/lists/partial", "cache/archives/partial"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        (self.home / "status").touch()
        try:
            native = subprocess.run(["dpkg", "--print-architecture"], text=True, check=True,
                                    capture_output=True).stdout.strip()
        except (FileNotFoundError, subprocess.CalledProcessError):
            native = "amd64"
        architectures = " ".join(f'"{arch}";' for arch in dict.fromkeys([native, "amd64", "s390x"]))
        text = CONFIG.format(home=self.home, architectures=architectures)
        config = self.home / "apt.conf"
        if not config.exists() or config.read_text() != text:
            config.write_text(text)

    def refresh(self, force: bool = False) -> None:
        """Fetches the package lists, where those that are there have become old."""
        with self.cache.lock("apt", self.progress):
            self.prepare()
            due = self.home / "due"
            if not force and due.exists() and time.time() < float(due.read_text()):
                return
            self.progress("fetching package lists")
            result = self.apt("apt-get", "update", "-q")
            said = result.stdout + result.stderr
            failed = result.returncode != 0 or "Failed to fetch" in said
            self.trouble = complaint(said) if failed else ""
            self.answers.unlink(missing_ok=True)
            if failed:
                self.progress(f"the package lists could not be fetched: {self.trouble}; "
                              "using those of before, if any")
            due.write_text(str(int(time.time()) + (RETRY if failed else FRESH)))

    def newest(self, name: str, arch: str = "") -> Package:
        """The version of a package that the archive offers."""
        self.refresh()
        asked = f"{name}:{arch}" if arch else name
        try:
            known: dict[str, list[str]] = json.loads(self.answers.read_text())
        except FileNotFoundError:
            known = {}
        if asked in known:
            return Package(name, arch, *known[asked])
        result = self.apt("apt-cache", "show", "--no-all-versions", asked)
        fields = parse(result.stdout)
        if result.returncode or "Version" not in fields:
            why = self.trouble or ("none of the sources in /etc/apt has it; "
                                   "Debian 12 with its security archive does")
            raise Unreachable(f"the package {asked} could not be found: {why}")
        known[asked] = [fields["Version"], fields.get("Depends", "")]
        with self.cache.lock("apt", self.progress):
            half = self.answers.with_suffix(".half")
            half.write_text(json.dumps(known))
            os.replace(half, self.answers)
        return Package(name, arch, *known[asked])

    def fetch(self, package: Package, into: Path) -> Path:
        """Downloads a package and returns the file."""
        self.progress(f"fetching {package.name} {package.version}")
        result = self.apt("apt-get", "download", "-q", package.spec, cwd=into)
        found = list(into.glob("*.deb"))
        if result.returncode or len(found) != 1:
            self.refresh(force=True)     # a point release may have taken its place
            raise Unreachable(f"the package {package.spec} could not be fetched: "
                              f"{complaint(result.stdout + result.stderr)}")
        return found[0]


def unpack(deb: Path, into: Path) -> None:
    """Unpacks a package below a folder."""
    result = subprocess.run(["dpkg-deb", "-x", str(deb), str(into)], text=True, check=False,
                            capture_output=True)
    if result.returncode:
        raise KernelError(f"{deb.name} could not be unpacked: {result.stderr.strip()}")
