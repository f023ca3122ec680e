# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The bugs of planted.json, and copies of the sources in which one of them is planted."""
from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("planted.json")
# Folders with what targets are made of; of all others the Makefile reads rules alone.
SOURCES = ("codec", "fuzz")
SUFFIXES = {".c", ".h", ".mk"}
RULES = {".mk"}
# Never looked into.
SKIPPED = {".git", "build", "__pycache__"}


class Broken(Exception):
    """Nothing can be said of the targets."""


class Bug(NamedTuple):
    """One edit, and what a finding of it says."""

    name: str
    what: str
    file: str
    find: str
    replace: str
    target: str
    says: list[str]


def lines(of: list[str]) -> str:
    return "".join(f"{line}\n" for line in of)


def read(path: Path = LIST) -> list[Bug]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["bugs"]
        bugs = [Bug(each["name"], each["is"], each["file"], lines(each["find"]),
                    lines(each["replace"]), each["target"], each["says"])
                for each in entries]
    except (OSError, ValueError, KeyError, TypeError) as reason:
        raise Broken(f"{path}: {reason!r}") from reason
    twice = {bug.name for bug in bugs if [each.name for each in bugs].count(bug.name) > 1}
    if twice:
        raise Broken(f"{path}: {', '.join(sorted(twice))}: a name stands for one bug")
    return bugs


def edited(bug: Bug, root: Path = ROOT) -> str:
    """The file with the bug in it."""
    try:
        text = (root / bug.file).read_text(encoding="utf-8")
    except OSError as reason:
        raise Broken(f"{bug.name}: {reason}") from reason
    count = text.count(bug.find)
    if count != 1:
        first = bug.find.split("\n", 1)[0].strip()
        raise Broken(f"{bug.name}: {bug.file}: what begins with \"{first}\" is there {count} times,"
                     " not once")
    return text.replace(bug.find, bug.replace)


def sources(root: Path = ROOT) -> Iterator[Path]:
    """What make needs to build the targets, as paths below the root."""
    yield Path("Makefile")
    for folder, names, files in os.walk(root):
        names[:] = sorted(set(names) - SKIPPED)
        here = Path(folder).relative_to(root)
        wanted = SUFFIXES if here.parts and here.parts[0] in SOURCES else RULES
        for name in sorted(files):
            if Path(name).suffix in wanted:
                yield here / name


def copy_sources(to: Path, root: Path = ROOT) -> None:
    """A copy whose files keep their times, so that what was built of it before stays good."""
    kept = set(sources(root))
    for path in sources(to) if to.is_dir() else ():
        if path not in kept:
            (to / path).unlink(missing_ok=True)
    for path in kept:
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / path, to / path)


def plant(bug: Bug, base: Path, to: Path) -> None:
    """A copy of the base and of what was built there, with the bug in it."""
    text = edited(bug, base)
    if to.exists():
        shutil.rmtree(to)
    shutil.copytree(base, to)
    (to / bug.file).write_text(text, encoding="utf-8")
