# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The command line: `python3 -m devfdgen lint` and `python3 -m devfdgen generate`.

Exit status: 0 good; 1 the spec is refused, or --check found something out of date; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from . import calls, lint
from .load import SpecError
from .model import Spec, load_spec

ROOT = Path(__file__).resolve().parents[2]


def shown(path: Path) -> Path:
    """A path as people name it: from the working directory where it lies below."""
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path


def read(directory: Path) -> Spec | None:
    """A spec that lint has nothing against; what it has goes to stderr."""
    try:
        spec = load_spec(shown(directory))
        found = lint.lint(spec)
        calls.load(spec)
    except SpecError as error:
        found = [error]
    for error in found:
        print(error, file=sys.stderr)
    return None if found else spec


def generate(spec: Spec, out: Path, check: bool, without: list[str]) -> int:
    try:
        emit = importlib.import_module(".emit", __package__)
    except ModuleNotFoundError as error:
        if error.name != f"{__package__}.emit":
            raise
        print("devfdgen: there is no devfdgen.emit, nothing can be generated", file=sys.stderr)
        return 1
    try:
        files = emit.render(spec, out, without)
    except emit.Refused as error:
        print(f"devfdgen: {error}; nothing was written", file=sys.stderr)
        return 1
    stale = emit.stale(files)
    for path in stale:
        if not check:
            emit.write(path, files[path])
        what = "out of date, run make generate" if check else "written"
        print(f"{shown(path)}: {what}", file=sys.stderr)
    return 1 if check and stale else 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="devfdgen", description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, purpose in (
        ("lint", "say what is wrong with the spec"),
        ("generate", "write everything that is derived from the spec"),
    ):
        verb = verbs.add_parser(name, help=purpose, description=purpose)
        verb.add_argument("--spec", type=Path, default=ROOT / "spec", metavar="DIR")
        if name == "generate":
            verb.add_argument("--out", type=Path, default=ROOT, metavar="DIR")
            verb.add_argument("--check", action="store_true", help="only say what is out of date")
            verb.add_argument("--without", action="append", default=[], metavar="TARGET",
                              help="leave a folder of emit/ out, such as vectors; repeatable")
    options = parser.parse_args(arguments)
    if not options.spec.is_dir():
        parser.error(f"{options.spec} is no directory")
    spec = read(options.spec)
    if spec is None:
        return 1
    if options.verb == "lint":
        print(lint.summary(spec))
        print(calls.summary(calls.load(spec)))
        return 0
    return generate(spec, options.out, options.check, options.without)


if __name__ == "__main__":
    sys.exit(main())
