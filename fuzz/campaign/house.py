# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Where things are: targets and their programs, corpora, findings; and the make that builds."""
from __future__ import annotations

import configparser
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FUZZ = ROOT / "fuzz"
TARGETS_MK = FUZZ / "generated" / "targets.mk"


class Problem(Exception):
    """Something that ends the command with one line of text."""


class House:
    """Folders of one build. `made` is a folder of programs that are there already (for tests)."""

    def __init__(self, build: Path = ROOT / "build", made: Path | None = None) -> None:
        self.build = build
        self.made = made
        self.findings = build / "fuzz" / "findings"

    def targets(self) -> list[str]:
        """All targets, in the order in which the Makefile lists them."""
        if self.made:
            return sorted({path.name for path in self.made.glob("*/*") if is_program(path)})
        return make("print-fuzz-targets").split()

    def choose(self, wanted: str) -> list[str]:
        """The targets that a comma-separated list or `all` names."""
        known = self.targets()
        if wanted == "all":
            return known
        chosen = [name for name in wanted.replace(",", " ").split() if name]
        for name in chosen:
            if name not in known:
                raise Problem(f"there is no target {name}; there are {' '.join(known)}")
        if not chosen:
            raise Problem("no target is named")
        return chosen

    def program(self, variant: str, target: str) -> Path:
        folder = self.made or self.build / "fuzz"
        return folder / variant / target

    def make_variant(self, variant: str, targets: list[str]) -> None:
        """Builds the programs of one variant."""
        if not self.made:
            make("fuzz-targets", f"VARIANT={variant}", f"TARGETS={' '.join(targets)}",
                 f"BUILD={shown(self.build)}")
        for target in targets:
            if not self.program(variant, target).is_file():
                raise Problem(f"there is no {self.program(variant, target)}")

    def make_replay(self, target: str) -> Path | None:
        """Builds the program that checks everything of every input, under sanitizers; None where
        programs are made elsewhere, and not this one."""
        if self.made:
            program = self.made / "replay" / target
            return program if program.is_file() else None
        make("fuzz-replay", f"TARGETS={target}")
        return ROOT / "build" / "san" / "fuzz" / "replay" / target

    def mutator(self) -> Path:
        """What AFL++ loads to mutate as libFuzzer's targets do by themselves."""
        return self.build / "fuzz" / "mutator-afl.so"

    def make_tool(self, path: Path) -> Path:
        """Builds one program of ours."""
        # Named as make names it by itself: its lists of headers know a file by one name only.
        make(shown(path), f"BUILD={shown(self.build)}")
        return path


def is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK) and "." not in path.name


def make(*words: str) -> str:
    """What make prints; its errors are shown as they are."""
    command = ["make", "-s", "--no-print-directory", *words]
    # A make above this one hands on its job server and options, which are not for this one.
    environment = {key: value for key, value in os.environ.items()
                   if key not in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL")}
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False,
                          env=environment)
    if done.returncode:
        raise Problem(f"{' '.join(command)}: exit {done.returncode}")
    return done.stdout


def format_numbers(text: str | None = None) -> dict[str, int]:
    """By per-format target the number of its format, as the generator wrote it."""
    if text is None:
        text = TARGETS_MK.read_text(encoding="ascii")
    found = re.findall(r"^FUZZ_FORMAT_([a-z0-9-]+) := ([0-9]+)$", text, re.MULTILINE)
    return {name: int(number) for name, number in found}


def flags_of(target: str) -> dict[str, int]:
    """The options of libFuzzer that the repository has for a target."""
    path = FUZZ / "targets" / f"{target}.options"
    if not path.is_file():
        path = FUZZ / "targets" / "default.options"
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(path.read_text(encoding="ascii"), shown(path))
    return {name: int(value) for name, value in parser["libfuzzer"].items()}


def dictionary_of(target: str) -> Path | None:
    """The generated dictionary of a target, if it has one."""
    path = FUZZ / "generated" / f"{target}.dict"
    return path if path.is_file() else None


def given_inputs(target: str, fuzz: Path = FUZZ) -> list[Path]:
    """Folders of inputs that the repository has for a target: seeds and regressions."""
    folders = [fuzz / kind / target for kind in ("seeds", "regressions")]
    return [folder for folder in folders if folder.is_dir()]


def shown(path: Path) -> str:
    """A path as a reader types it: below the top of the repository without its place."""
    try:
        return str(path.resolve().relative_to(ROOT))
    except ValueError:
        return str(path)
