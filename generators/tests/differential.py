#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Differential test: leaves, tables and oracle judge mutated inputs of every format alike.

Compared are verdict, rule, offset, size needed and the whole canonical dump. The n-th input
of a seed is always the same one. Exit status: 0 all agree; 1 they do not, with the first inputs in
hex; 2 wrong usage, or it could not run.
"""
from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import mutate  # noqa: E402
from judge import (  # noqa: E402
    NUMBERS, PROGRAM, Crashed, Frame, ask, capture_frames, differences, oracle_line, vector_frame,
    vectors)

import oracle  # noqa: E402

SPEC = Path(__file__).resolve().parents[2] / "spec"
BATCH = 2000  # inputs of one process of the judge
LONGEST = 700  # of a seed
FORMATS = [name for name in NUMBERS if name is not None]


class Batch(NamedTuple):
    """Which inputs one task makes."""

    format: str
    seed: int
    number: int
    count: int
    judge: str


class Result(NamedTuple):
    """What came of a batch."""

    format: str
    verdicts: Counter
    rules: Counter
    disagreements: list[str]


SEEDS: dict[str, list[Frame]] = {}
ORACLE: list[Any] = []


def seeds() -> dict[str, list[Frame]]:
    """By format: vectors, good and broken, and captured replies, each once."""
    found: dict[str, dict[Frame, None]] = {name: {} for name in FORMATS}
    for frame in [vector_frame(vector) for vector in vectors()] + capture_frames():
        if frame.format is not None and len(frame.data) <= LONGEST:
            found[frame.format][frame._replace(producer=False)] = None
    return {name: list(frames) for name, frames in found.items()}


def start() -> None:
    """In each process once: the seeds and the oracle."""
    SEEDS.update(seeds())
    ORACLE.append(oracle.load(SPEC))


def run(batch: Batch) -> Result:
    rng = random.Random(f"{batch.seed} {batch.format} {batch.number}")
    frames = [mutate.mutated(rng, SEEDS[batch.format]) for _ in range(batch.count)]
    wanted = [oracle_line(ORACLE[0], frame) for frame in frames]
    try:
        lines = ask(frames, batch.judge)
    except Crashed as crash:
        frame = frames[min(crash.answered, len(frames) - 1)]
        note = f"{crash}\nnear {frame.format} {frame.order} index {frame.index} {frame.data.hex()}"
        return Result(batch.format, Counter(), Counter(), [note])
    verdicts: Counter = Counter()
    rules: Counter = Counter()
    for line in wanted:
        verdict, _, rest = line.partition(" ")
        verdicts[verdict] += 1
        if verdict != "accept":
            rules[rest.partition(" ")[0]] += 1
    bad = [] if lines == wanted else differences(frames, lines, wanted)
    return Result(batch.format, verdicts, rules, bad)


def rule_ids() -> list[str]:
    """Every id that was ever given a number."""
    lines = (SPEC / "ids.lock").read_text(encoding="ascii").splitlines()
    return [line.split()[1] for line in lines if line and not line.startswith("#")]


def batches(args: argparse.Namespace) -> list[Batch]:
    """Formats take turns, so that an early stop has seen something of each."""
    return [Batch(name, args.seed, number, min(BATCH, args.count - number * BATCH), args.judge)
            for number in range((args.count + BATCH - 1) // BATCH) for name in args.format]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="differential", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10000, metavar="N",
                        help="inputs of each format (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--format", action="append", choices=FORMATS,
                        help="only this one; may be repeated")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    parser.add_argument("--judge", default=str(PROGRAM), metavar="PROGRAM")
    args = parser.parse_args()
    args.format = args.format or FORMATS
    if args.count < 1 or args.jobs < 1:
        parser.error("--count and --jobs are at least 1")
    if not Path(args.judge).exists():
        parser.error(f"there is no {args.judge}; make build/tests/judge")
    return args


def report(verdicts: dict[str, Counter], rules: Counter, seconds: float) -> None:
    total = sum(sum(one.values()) for one in verdicts.values())
    for name, counted in verdicts.items():
        said = ", ".join(f"{counted[key]} {key}" for key in ("accept", "reject", "need-more"))
        print(f"{name:20} {said}")
    known = rule_ids()
    never = [one for one in known if one not in rules]
    print(f"{total} inputs in {seconds:.0f} s, {total / max(seconds, 1e-9):.0f} a second; "
          f"{len(known) - len(never)} of {len(known)} rules reached")
    if never:
        print("never reached: " + " ".join(never))


def main() -> int:
    args = arguments()
    began = time.monotonic()
    verdicts: dict[str, Counter] = {name: Counter() for name in args.format}
    rules: Counter = Counter()
    bad: list[str] = []
    # Unlike multiprocessing.Pool, it ends where a process does, in start or later.
    with ProcessPoolExecutor(args.jobs, initializer=start) as pool:
        try:
            tasks = [pool.submit(run, batch) for batch in batches(args)]
            for task in as_completed(tasks):
                result = task.result()
                verdicts[result.format] += result.verdicts
                rules += result.rules
                bad += result.disagreements
                if bad:
                    break
        except BrokenProcessPool:
            print("differential: a process ended before its inputs were judged", file=sys.stderr)
            return 2
        finally:
            pool.shutdown(cancel_futures=True)
    report(verdicts, rules, time.monotonic() - began)
    for one in bad[:20]:
        print(one, file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
