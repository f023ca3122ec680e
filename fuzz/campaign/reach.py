# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Spec coverage: which rules, bodies, members, flags and boundaries a corpus reaches. Counting is
reach.c's; what can be reached in a format is what the conformance corpus reaches in it."""
from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Iterable

from .framing import Frame, formats_of, frame_of, frames_of, has_head
from .house import House, Problem
from .minimise import files

from judge import vector_frame, vectors  # noqa: E402  framing.py says where it is

KINDS = {
    "rule": "rules broken",
    "body": "bodies, records and capabilities",
    "member": "members of enums",
    "set": "flags set",
    "clear": "flags clear",
    "edge": "boundaries of rules",
    "list": "lists of none and of some",
}


@dataclass
class Reached:
    """Points by their names, `KIND WHAT`; known: those that some input is known to reach."""

    inputs: int
    accepted: int
    points: set[str]
    known: set[str]
    reached: set[str]

    def count(self, kind: str) -> tuple[int, int]:
        begins = kind + " "
        return (sum(1 for one in self.reached if one.startswith(begins)),
                sum(1 for one in self.known if one.startswith(begins)))

    def missing(self) -> list[str]:
        return sorted(self.known - self.reached)

    def as_json(self) -> dict:
        return {
            "inputs": self.inputs, "accepted": self.accepted,
            "kinds": {kind: dict(zip(("reached", "of"), self.count(kind))) for kind in KINDS},
            "reached": sorted(self.reached), "missing": self.missing(),
            "unknown": sorted(self.points - self.known),
        }


def counted(house: House, frames: Iterable[Frame]) -> dict:
    """What reach.c says of frames: points by how many reached them, and first by which did."""
    program = tool(house)
    # A Ctrl-C is for the campaign, which has a corpus in its hands meanwhile.
    done = subprocess.run([program], input=b"".join(frame.packed() for frame in frames),
                          stdout=subprocess.PIPE, check=False, start_new_session=True)
    if done.returncode:
        raise Problem(f"{program}: status {done.returncode}")
    answer = json.loads(done.stdout)
    answer["first"] = {name: first for name, (inputs, first) in answer["points"].items() if inputs}
    answer["points"] = {name: inputs for name, (inputs, _) in answer["points"].items()}
    return answer


@lru_cache(maxsize=None)
def tool(house: House) -> Path:
    return house.make_tool(house.build / "fuzz" / "reach")


@lru_cache(maxsize=None)
def known_points(house: House, formats: tuple[str | None, ...]) -> frozenset[str]:
    """What the conformance corpus reaches in these formats."""
    frames = [vector_frame(one) for one in vectors() if one["format"] in formats]
    points = counted(house, frames)["points"]
    return frozenset(name for name, inputs in points.items() if inputs)


def inputs_in(paths: Iterable[Path]) -> list[Path]:
    """Files, and those below folders; files that only the campaign itself writes are left out."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise Problem(f"there is no {path}")
        found += files(path) if path.is_dir() else [path]
    return found


def reach_of(house: House, target: str, paths: Iterable[Path]) -> Reached:
    """What the files and folders reach as inputs of a target."""
    answer = counted(house, frames_of(house, target, inputs_in(paths)))
    reached = {name for name, inputs in answer["points"].items() if inputs}
    known = set(known_points(house, formats_of(target))) | reached
    return Reached(answer["inputs"], answer["accept"], set(answer["points"]), known, reached)


def smallest(house: House, target: str, paths: Iterable[Path]) -> dict[str, bytes]:
    """By point the smallest input that reaches it. Nothing of targets whose inputs have no head:
    there one input judges many things."""
    if not has_head(target):
        return {}
    found = sorted({path.read_bytes() for path in inputs_in(paths)},
                   key=lambda one: (len(one), one))
    framed = [(data, frame) for data in found if (frame := frame_of(target, data))]
    first = counted(house, [frame for _, frame in framed])["first"]
    return {name: framed[number - 1][0] for name, number in first.items()}


def together(parts: Iterable[Reached]) -> Reached:
    """Over several targets."""
    total = Reached(0, 0, set(), set(), set())
    for one in parts:
        total.inputs += one.inputs
        total.accepted += one.accepted
        total.points |= one.points
        total.known |= one.known
        total.reached |= one.reached
    return total


def table(by_target: dict[str, Reached]) -> str:
    """A Markdown table: reached of what can be."""
    rows = ["| target | inputs | " + " | ".join(KINDS.values()) + " |",
            "|---|--:|" + "--:|" * len(KINDS)]
    lines = dict(by_target)
    if len(lines) > 1:
        lines["all"] = together(by_target.values())
    for target, one in lines.items():
        cells = [f"{a} of {b}" if b else "-" for a, b in map(one.count, KINDS)]
        rows.append(f"| {target} | {one.inputs} | {' | '.join(cells)} |")
    return "\n".join(rows)
