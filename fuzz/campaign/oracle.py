# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Puts a corpus to the Python oracle and to the judge of the C codec: what differs is a finding."""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Sequence

from .framing import Frame, frames_of
from .house import ROOT, House, Problem, shown
from .reach import inputs_in
from .state import write_whole

sys.path.insert(0, str(ROOT / "generators"))

import oracle as reading  # noqa: E402

from judge import Crashed, ask, differences, oracle_line  # noqa: E402

BATCH = 2000


def by_oracle(spec: Any, frame: Frame) -> str:
    return oracle_line(spec, frame)


def compare(spec: Any, program: Path, frames: Sequence[Frame]) -> list[str]:
    """What differs, in words, each with the bytes."""
    bad: list[str] = []
    for start in range(0, len(frames), BATCH):
        batch = frames[start:start + BATCH]
        wanted = [by_oracle(spec, frame) for frame in batch]
        try:
            lines = ask(batch, program)
        except Crashed as crash:
            frame = batch[min(crash.answered, len(batch) - 1)]
            bad.append(f"{crash}\nnear {frame.format} {frame.order} index {frame.index} "
                       f"{frame.data.hex()}")
            continue
        bad += differences(batch, lines, wanted, most=len(batch))
    return bad


def oracle(house: House, inputs: dict[str, list[Path]]) -> int:
    """All inputs of these targets, each frame once. 0; 1 with differences, which are kept."""
    program = house.make_tool(house.build / "tests" / "judge")
    spec = reading.load(ROOT / "spec")
    status = 0
    seen: set[Frame] = set()
    for target, paths in inputs.items():
        frames = [one for one in dict.fromkeys(frames_of(house, target, inputs_in(paths)))
                  if one not in seen]
        seen.update(frames)
        bad = compare(spec, program, frames)
        print(f"{target}: {len(frames)} inputs, {len(bad)} judged otherwise by the oracle",
              flush=True)
        if not bad:
            continue
        path = house.findings / target / "oracle-differs.txt"
        write_whole(path, "\n".join(bad) + "\n")
        print(f"{bad[0]}\n  all of them: {shown(path)}")
        status = 1
    if not seen:
        raise Problem("there is no input to compare")
    return status
