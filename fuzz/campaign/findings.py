# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What inputs broke: reproduced, told apart by their signature, minimised, written down."""
from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .engines import SANITIZERS, flags
from .house import ROOT, House, flags_of, shown
from .state import State, write_whole

PROMISE = re.compile(r"^promise broken: ([a-z][a-z0-9-]*): (.*)$", re.MULTILINE)
# The kind, before what differs from run to run.
KIND = re.compile(r"^SUMMARY: (\w+): ([a-zA-Z0-9_-]+)", re.MULTILINE)
UBSAN = re.compile(r"^\S+:[0-9]+:[0-9]+: runtime error: (.*)$", re.MULTILINE)
FRAME = re.compile(r"^\s*#[0-9]+ 0x[0-9a-f]+ in (\S+) (\S*?)(?::[0-9]+)*$", re.MULTILINE)
ENGINE = re.compile(r"libFuzzer: (timeout|out-of-memory|deadly signal|fuzz target exited)")
OURS = ("/codec/", "/fuzz/targets/")
FRAMES = 3


@dataclass
class Finding:
    """One input that broke something, and what it broke."""

    signature: str
    data: bytes
    output: str
    program: Path  # that shows it


def frames(output: str) -> list[str]:
    """The innermost functions of ours in the first stack that is told."""
    names = [name for name, path in FRAME.findall(output) if any(one in path for one in OURS)]
    return names[:FRAMES]


def words(text: str, most: int) -> str:
    """Text as part of a file name; numbers, which differ from input to input, are left out."""
    return "-".join(re.findall(r"[a-z]+", re.sub(r"0x[0-9a-f]+", "", text.lower()))[:most])


def signature(status: int, output: str) -> str | None:
    """A name for what was broken; None where nothing was. status: as subprocess gives it."""
    promise = PROMISE.search(output)
    if promise:
        # What it says tells apart what breaks one promise: in other words, or at another rule.
        return "-".join(["promise", promise[1], *filter(None, [words(promise[2], 9)])])
    if status == 0:
        return None
    ubsan = UBSAN.search(output)
    summary = KIND.search(output)
    engine = ENGINE.search(output)
    if ubsan:
        kind = "ub-" + words(ubsan[1], 6)
    elif engine and engine[1] in ("timeout", "out-of-memory"):
        kind = engine[1]
    elif summary and summary[1] != "libFuzzer":
        kind = summary[2]
    else:
        kind = f"signal-{-status}" if status < 0 else f"status-{status}"
        if engine:
            kind = engine[1].replace(" ", "-")
    return "-".join([kind, *frames(output)])


def kept_as(path: Path, data: bytes) -> Path:
    """Writes an input under this name, or beside another one that has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_bytes() != data:
        path = path.with_name(f"{path.name}-{hashlib.sha256(data).hexdigest()[:8]}")
    path.write_bytes(data)
    return path


class Finder:
    """Keeps the findings of one target."""

    def __init__(self, house: House, state: State, target: str, variant: str = "libfuzzer",
                 seconds: int = 20) -> None:
        self.house = house
        self.state = state
        self.target = target
        self.program = house.program(variant, target)
        self.folder = house.findings / target
        self.seconds = seconds  # for minimising one
        self.timeout = flags_of(target)["timeout"]

    def run(self, program: Path, path: Path) -> tuple[int, str]:
        """One execution of the target with this file; a Ctrl-C is not for it, nor a finding."""
        command = [str(program), str(path)]
        if program == self.program:
            command[1:1] = [*flags(self.target, []), f"-artifact_prefix={self.folder}/.again-"]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  check=False, timeout=4 * self.timeout, stdin=subprocess.DEVNULL,
                                  start_new_session=True, env={**os.environ, **SANITIZERS})
        except subprocess.TimeoutExpired as late:
            return -9, (late.stdout or b"").decode("utf-8", "replace") + "\nlibFuzzer: timeout\n"
        finally:
            for rest in self.folder.glob(".again-*"):
                rest.unlink()
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def judge(self, path: Path) -> Finding | None:
        """What it breaks, in the program of a campaign or in that which checks everything of every
        input, as AFL++ does; libFuzzer checks some things of some inputs only."""
        found = self.judge_by(self.program, path)
        if found:
            return found
        replay = self.house.make_replay(self.target)
        return self.judge_by(replay, path) if replay else None

    def judge_by(self, program: Path, path: Path) -> Finding | None:
        status, output = self.run(program, path)
        name = signature(status, output)
        return Finding(name, path.read_bytes(), output, program) if name else None

    def minimised(self, path: Path, found: Finding) -> Finding:
        """A smaller input that breaks the same; the same one where there is none in time."""
        if found.signature.startswith(("timeout", "out-of-memory")):
            return found
        if found.program != self.program:
            return found
        with tempfile.TemporaryDirectory(prefix="devfd-fuzz-") as folder:
            small = Path(folder) / "small"
            command = [str(self.program), *flags(self.target, []), "-minimize_crash=1",
                       f"-max_total_time={self.seconds}", f"-exact_artifact_path={small}",
                       f"-artifact_prefix={folder}/", str(path)]
            try:
                subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               check=False, timeout=3 * self.seconds + 2 * self.timeout,
                               stdin=subprocess.DEVNULL, env={**os.environ, **SANITIZERS})
            except subprocess.TimeoutExpired:
                pass
            if not small.is_file() or small.stat().st_size >= len(found.data):
                return found
            again = self.judge_by(self.program, small)
        # On its way to less an input may come to break something else.
        return again if again and again.signature == found.signature else found

    def take(self, path: Path) -> str | None:
        """Keeps what this input breaks; the signature, or None where it breaks nothing here."""
        self.folder.mkdir(parents=True, exist_ok=True)
        found = self.judge(path)
        if not found:
            return None
        known = self.state.findings(self.target)
        entry = known.get(found.signature)
        if entry:
            entry["count"] += 1
            return found.signature
        found = self.minimised(path, found)
        self.keep(found)
        return found.signature

    def keep(self, found: Finding) -> None:
        file = kept_as(self.folder / found.signature[:80], found.data)
        command = self.reproducer(found.program, file)
        write_whole(file.with_name(file.name + ".txt"),
                    f"{self.target}: {found.signature}\nreproduce: {command}\n"
                    f"input: {len(found.data)} bytes: {found.data[:512].hex()}\n\n{found.output}")
        self.state.findings(self.target)[found.signature] = {
            "count": 1, "file": shown(file), "size": len(found.data), "reproduce": command,
            "first": first_line(found.output),
        }

    def reproducer(self, program: Path, file: Path) -> str:
        what = "fuzz-replay"
        if program == self.program:
            what = f"fuzz-targets VARIANT={program.parent.name}"
        built = "" if self.house.made else f"make -s {what} TARGETS={self.target} && "
        return f"{built}{shown(program)} {shown(file)}"


def first_line(output: str) -> str:
    """The line that says what is wrong."""
    for line in output.splitlines():
        if "promise broken:" in line or "runtime error:" in line or "ERROR:" in line:
            return line.strip()[:200]
    return "it ended without a word that is known"


def recheck(house: House, state: State, target: str) -> list[str]:
    """Takes findings that the target of today passes from the list; what to say of each. Their
    inputs stay: they are the regressions to be."""
    finder = Finder(house, state, target)
    known = state.findings(target)
    gone = []
    for name, entry in list(known.items()):
        path = ROOT / entry["file"]
        there = path.is_file()
        if there and finder.judge(path):
            continue
        del known[name]
        if not there:
            gone.append(f"{name}: its input {entry['file']} is gone")
            continue
        mended = kept_as(finder.folder / "mended" / path.name, path.read_bytes())
        path.unlink()
        path.with_name(path.name + ".txt").unlink(missing_ok=True)
        gone.append(f"{name}: no longer broken; its input is now {shown(mended)}")
    return gone
