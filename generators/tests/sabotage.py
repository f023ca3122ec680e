#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Breaks a copy of the repository in one place after another: each watcher named for it must notice.

The list is sabotage.yaml, whose head explains it, or another one of its form. The copy takes what was built along, so that only
the touched object is built anew. Exit status: 0 every watcher noticed, and gave the reason that the list
has for it; 1 one did not; 2 wrong usage, or the list or the repository is broken without any sabotage.
"""
from __future__ import annotations

import argparse
import fnmatch
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_suffix(".yaml")
# Of what was built, this is taken along; anything else there is not what the watchers are made of.
BUILT = {"obj", "tests", "san", "devfd", "libdevfd.a"}
SECONDS = 300  # for one command
PYTHON = f"{shlex.quote(sys.executable)} -B"
SHORT = {"{python}": PYTHON, "{pytest}": f"{PYTHON} -m pytest -vv -p no:cacheprovider"}
# A make that runs this has settings of its own, which are not to reach the ones started here; nor
# is a watcher to be led to anything outside the copy.
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if not name.startswith("MAKE") and name not in ("DEVFD", "HEADER")}
ENVIRONMENT["PYTHONPATH"] = "generators"


class Broken(Exception):
    """Nothing can be said of the watchers."""


class Watcher(NamedTuple):
    """A test that looks on."""

    name: str
    run: str
    make: str = ""
    san: bool = False
    slow: bool = False


class Sabotage(NamedTuple):
    """One edit, and who must notice it with which words."""

    name: str
    does: str
    file: str
    old: str
    new: str
    noticed: dict[str, str]
    generate: bool = False
    without: str = ""
    times: int = 1
    quick: bool = False


class Result(NamedTuple):
    """What one watcher did about one sabotage; without a fault it noticed."""

    sabotage: str
    watcher: str
    fault: str
    output: str


def read_list(path: Path = LIST) -> tuple[dict[str, Watcher], list[Sabotage]]:
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    watchers = {name: Watcher(name, **entry) for name, entry in tree["watchers"].items()}
    sabotages = [Sabotage(name, **entry) for name, entry in tree["sabotages"].items()]
    for one in sabotages:
        unknown = set(one.noticed) - set(watchers)
        if unknown or not one.noticed:
            raise Broken(f"{one.name}: no such watcher: {', '.join(sorted(unknown)) or 'none'}")
    return watchers, sabotages


def edited(one: Sabotage, root: Path = ROOT) -> str:
    """The file as the sabotage leaves it."""
    text = (root / one.file).read_text(encoding="utf-8")
    if text.count(one.old) != one.times:
        raise Broken(f"{one.name}: its text stands {text.count(one.old)} times in {one.file}")
    return text.replace(one.old, one.new)


def run(command: str, where: Path) -> tuple[int, str]:
    """Status and output; a command that does not end is stopped with all that it started."""
    for short, long in SHORT.items():
        command = command.replace(short, long)
    words = shlex.split(command)
    with subprocess.Popen(words, cwd=where, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", start_new_session=True) as process:
        try:
            output, _ = process.communicate(timeout=SECONDS)
        except BaseException as reason:
            os.killpg(process.pid, signal.SIGKILL)
            if not isinstance(reason, subprocess.TimeoutExpired):
                raise
            return -signal.SIGKILL, f"{process.communicate()[0]}\ndid not end in {SECONDS} s"
    return process.returncode, output


def must(command: str, where: Path) -> None:
    status, output = run(command, where)
    if status:
        raise Broken(f"{command}: status {status}\n{output}")


def copy_of_the_repository(at: Path, built: set[str]) -> None:
    """Everything but the history, and of the build only what is asked for."""
    def ignored(directory: str, names: list[str]) -> set[str]:
        here = Path(directory)
        if here == ROOT:
            return {".git"} & set(names)
        if here == ROOT / "build":
            return set(names) - built
        return {"__pycache__"} & set(names)
    shutil.copytree(ROOT, at, symlinks=True, ignore=ignored)


def watch(watcher: Watcher, where: Path) -> tuple[int, str]:
    if watcher.make:
        variant = "BUILD=build/san 'EXTRA=$(SAN)' OPT=-O1 " if watcher.san else ""
        must(f"make -s {variant}{watcher.make}", where)
    return run(watcher.run, where)


def prepare(base: Path, watchers: list[Watcher]) -> None:
    """The copy that every sabotage begins with, on which nobody may notice anything."""
    sanitized = any(each.san for each in watchers)
    copy_of_the_repository(base, BUILT if sanitized else BUILT - {"san"})
    for watcher in watchers:
        status, output = watch(watcher, base)
        if status:
            raise Broken(f"{watcher.name} notices something where nothing was done:\n{output}")


def commit(one: Sabotage, base: Path, watchers: list[Watcher]) -> list[Result]:
    """Does it, in a copy of its own, and asks each watcher."""
    scratch = base.with_name(one.name)
    results = []
    shutil.copytree(base, scratch, symlinks=True)
    try:
        (scratch / one.file).write_text(edited(one, scratch), encoding="utf-8")
        if one.generate:
            less = f" --without {one.without}" if one.without else ""
            must(f"{{python}} -m devfdgen generate{less}", scratch)
        for watcher in watchers:
            status, output = watch(watcher, scratch)
            fault = ""
            if not status:
                fault = "it ended well"
            elif one.noticed[watcher.name] not in output:
                fault = f"it failed without a word of '{one.noticed[watcher.name]}'"
            results.append(Result(one.name, watcher.name, fault, output))
    except Broken as error:
        results.append(Result(one.name, "-", "it cannot be built", str(error)))
    finally:
        shutil.rmtree(scratch)
    return results


def plan(watchers: dict[str, Watcher], sabotages: list[Sabotage],
         quick: bool) -> list[tuple[Sabotage, list[Watcher]]]:
    """Who looks at what; quick leaves out slow watchers, and sabotages that are slow to do."""
    found = []
    for one in sabotages:
        if quick and not one.quick:
            continue
        chosen = [watchers[name] for name in one.noticed]
        found.append((one, [each for each in chosen if not (quick and each.slow)]))
    return found


def carry_out(tasks: list[tuple[Sabotage, list[Watcher]]], jobs: int) -> Iterator[Result]:
    everyone = {each.name: each for _, chosen in tasks for each in chosen}
    with tempfile.TemporaryDirectory(prefix="sabotage-") as folder:
        base = Path(folder) / "base"
        prepare(base, list(everyone.values()))
        with ThreadPoolExecutor(jobs) as pool:
            for results in pool.map(lambda task: commit(task[0], base, task[1]), tasks):
                yield from results


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sabotage", description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="*", default=["*"], metavar="GLOB",
                        help="sabotages of these names (default: all)")
    parser.add_argument("--from", type=Path, default=LIST, metavar="FILE", dest="file",
                        help="another list than sabotage.yaml")
    parser.add_argument("--quick", action="store_true", help="those that take little time")
    parser.add_argument("--list", action="store_true", help="say what would be done")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    return parser.parse_args()


def main() -> int:
    args = arguments()
    began = time.monotonic()
    try:
        watchers, sabotages = read_list(args.file)
        sabotages = [one for one in sabotages
                     if any(fnmatch.fnmatch(one.name, glob) for glob in args.name)]
        tasks = plan(watchers, sabotages, args.quick)
        if not tasks:
            raise Broken(f"no sabotage is called {' or '.join(args.name)}")
        if args.list:
            for one, chosen in tasks:
                print(f"{one.name}: {one.does}\n    {', '.join(each.name for each in chosen)}")
            return 0
        results = []
        for result in carry_out(tasks, args.jobs):
            said = f"MISSED: {result.fault}" if result.fault else "noticed"
            print(f"{result.sabotage:16} {result.watcher:16} {said}", flush=True)
            results.append(result)
    except (Broken, OSError, TypeError, yaml.YAMLError) as error:
        print(f"sabotage: {error}", file=sys.stderr)
        return 2
    missed = [result for result in results if result.fault]
    for result in missed:
        tail = "\n".join(result.output.splitlines()[-30:])
        print(f"\n{result.sabotage}, {result.watcher}: {result.fault}\n{tail}", file=sys.stderr)
    noticed = f"{len(missed)} MISSED" if missed else "each noticed"
    print(f"{len(tasks)} planted faults, {len(results)} watchers: {noticed}, "
          f"{time.monotonic() - began:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
