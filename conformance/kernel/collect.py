#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Takes what guests captured into conformance/captures/, under names that follow from what is in
the files, and lists all that is there in its README.

Exit status: 0 done; 1 a file is no good capture, or would be overwritten, and nothing was written;
2 cannot run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
CAPTURES = TOP / "conformance/captures"
BEGIN = "<!-- collect.py writes the table from here -->\n"
END = "<!-- to here -->\n"


class Refused(Exception):
    """Why a file is not taken; one line."""


def identity(capture: dict) -> str:
    """Vendor and device; of a mediated device, which has neither, the driver."""
    device = capture["device"]
    if device["vendor"] is None:
        return device["driver"]
    return f"{device['vendor']}-{device['device']}".replace("0x", "")


def base_name(capture: dict) -> str:
    arch = "" if capture["arch"] == "x86_64" else f"-{capture['arch']}"
    way = "-cdev" if capture["path"] == "cdev" else ""
    return f"{capture['kernel']}{arch}-{identity(capture)}{way}"


def names(captures: dict[Path, dict]) -> dict[Path, str]:
    """A name for each; the second of what is otherwise named alike ends in -2, and so on."""

    def place(path: Path) -> tuple[str, str]:
        return captures[path]["kernel_release"], captures[path]["device"]["name"]

    alike: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(captures, key=place):
        alike[base_name(captures[path])].append(path)
    return {
        path: f"{base}{f'-{number}' if number > 1 else ''}.json"
        for base, paths in alike.items()
        for number, path in enumerate(paths, 1)
    }


def ask(devfd: Path, verb: list[str], path: Path) -> str:
    done = subprocess.run([devfd, *verb, path], capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        # Faults are what check is asked for; of the others they are complaints.
        faults = done.stdout if verb == ["check"] else ""
        said = (faults or done.stderr).strip().splitlines() or ["it says nothing"]
        raise Refused(f"{path}: devfd {verb[0]} ends with {done.returncode}: {said[0]}")
    return done.stdout


def read(path: Path, devfd: Path) -> dict:
    """A capture that meets the schema and breaks no rule, and describes what its replies say."""
    from jsonschema import Draft202012Validator  # pylint: disable=import-outside-toplevel

    schema = json.loads((CAPTURES / "schema.json").read_text(encoding="utf-8"))
    try:
        capture = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Refused(f"{path}: no JSON: {error}") from None
    for fault in Draft202012Validator(schema).iter_errors(capture):
        raise Refused(f"{path}: {fault.json_path}: {fault.message[:100]}")
    if any(len(one["bytes"]) != 2 * one["recorded"] for one in capture["replies"]):
        raise Refused(f"{path}: a reply has another number of bytes than it says")
    if not capture["device"] or "path" not in capture:
        raise Refused(f"{path}: no capture of a device by devfd capture")
    ask(devfd, ["check"], path)
    ask(devfd, ["show"], path)
    if json.loads(ask(devfd, ["show", "--json"], path)) != capture["description"]:
        raise Refused(f"{path}: its description is not what its replies add up to")
    return capture


def find(folders: Iterable[Path]) -> list[Path]:
    found = []
    for folder in folders:
        files = [path for way in ("captures", "cdev") for path in folder.rglob(f"{way}/*.json")]
        if not files:
            raise Refused(f"{folder}: no captures/*.json in it; conformance/kernel/run --captures")
        found += files
    return sorted(found)


def collect(folders: list[Path], to: Path, devfd: Path, replace: bool) -> list[str]:
    """All or nothing; returns the names written."""
    captures = {path: read(path, devfd) for path in find(folders)}
    named = names(captures)
    for path, name in named.items():
        there = to / name
        if not replace and there.exists() and there.read_bytes() != path.read_bytes():
            raise Refused(f"{there} is another capture; --replace overwrites it")
    for path, name in named.items():
        (to / name).write_bytes(path.read_bytes())
    return sorted(named.values())


def table(folder: Path) -> str:
    """The files by kernel, and by how the device was opened."""
    rows: dict[tuple, list[str]] = defaultdict(list)
    for path in folder.glob("[0-9]*.json"):
        capture = json.loads(path.read_text(encoding="utf-8"))
        version = capture["kernel"]
        parts = tuple(map(int, version.split(".")))
        way = capture.get("path", "cut")
        key = (parts, version, capture["kernel_release"], capture["arch"], way)
        rows[key].append(path.stem.removeprefix(f"{version}-"))
    lines = ["| version | `uname -r` | arch | opened by | files | names, behind the version |",
             "|---|---|---|---|---|---|"]
    for key, stems in sorted(rows.items()):
        row = [*key[1:], str(len(stems)), ", ".join(f"`{one}`" for one in sorted(stems))]
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join([*lines, ""])


def with_table(text: str, folder: Path) -> str:
    """A README with the table of what is in the folder."""
    head, _, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not end:
        raise Refused(f"{folder / 'README.md'}: the lines around the table are missing")
    return f"{head}{BEGIN}\n{table(folder)}\n{END}{tail}"


def main(words: list[str]) -> int:
    out = argparse.ArgumentParser(
        prog="conformance/kernel/collect.py", description=(__doc__ or "").split("\n\n")[0]
    )
    out.add_argument("folders", type=Path, nargs="*", metavar="DIR",
                     help="what conformance/kernel/run --captures wrote; none: the table alone")
    out.add_argument("--replace", action="store_true", help="overwrite captures of these names")
    out.add_argument("--to", type=Path, default=CAPTURES, metavar="DIR")
    out.add_argument("--devfd", type=Path, default=TOP / "build/devfd", metavar="PROGRAM")
    options = out.parse_args(words)
    try:
        written = collect(options.folders, options.to, options.devfd, options.replace)
        readme = options.to / "README.md"
        if readme.exists():
            text = with_table(readme.read_text(encoding="utf-8"), options.to)
            readme.write_text(text, encoding="utf-8")
    except Refused as error:
        print(f"conformance/kernel/collect.py: {error}", file=sys.stderr)
        return 1
    except (OSError, ImportError) as error:
        print(f"conformance/kernel/collect.py: {error}", file=sys.stderr)
        return 2
    print(f"{len(written)} captures written to {options.to}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
