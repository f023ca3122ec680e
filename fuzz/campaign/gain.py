# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What the mutator gains: the same target with and without it, from nothing, over several seeds.

Each run begins with an empty corpus and no dictionary. At each moment asked for its corpus is
copied; edges are then counted by one program for both (that without the mutator), points by
reach.c.
"""
from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .engines import DONE, LINE, MAX_LEN, SANITIZERS
from .house import House, Problem
from .minimise import files
from .reach import known_points, reach_of
from .state import write_whole

SCHEMA = "devfd-fuzz-gain-1"
VARIANTS = {"plain": "without", "libfuzzer": "with"}
MEASURES = {"edges": "edges", "rules": "rules", "points": "points of the spec"}
GRACE = 5  # seconds that a run may take to end


@dataclass(frozen=True)
class Run:
    """One process of libFuzzer."""

    target: str
    variant: str
    seed: int


def edges(program: Path, corpus: Path) -> int:
    """Edges that a corpus covers."""
    done = subprocess.run([program, "-runs=0", f"-max_len={MAX_LEN}", str(corpus)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          stdin=subprocess.DEVNULL, env={**os.environ, **SANITIZERS})
    found = [int(one[3]) for one in LINE.finditer(done.stdout.decode("utf-8", "replace"))]
    if done.returncode or not found:
        raise Problem(f"{program} -runs=0 {corpus}: status {done.returncode}")
    return max(found)


def copied(corpus: Path, to: Path) -> None:
    to.mkdir()
    for path in files(corpus):
        try:
            shutil.copy(path, to / path.name)
        except FileNotFoundError:  # a smaller input has just taken its place
            continue


def measure(house: House, run: Run, corpus: Path) -> dict[str, int]:
    reached = reach_of(house, run.target, [corpus])
    return {"edges": edges(house.program("plain", run.target), corpus),
            "rules": reached.count("rule")[0], "points": len(reached.reached),
            "inputs": len(files(corpus))}


def one_run(house: House, run: Run, moments: list[int]) -> dict[str, Any]:
    """The figures at each moment. A broken promise ends a run early; its figures stay."""
    result: dict[str, Any] = {"target": run.target, "variant": run.variant, "seed": run.seed,
                              "at": {}}
    with tempfile.TemporaryDirectory(prefix="devfd-fuzz-") as name:
        folder = Path(name)
        corpus = folder / "corpus"
        corpus.mkdir()
        log = folder / "log"
        command = [house.program(run.variant, run.target), f"-seed={run.seed}",
                   f"-max_total_time={moments[-1]}", f"-max_len={MAX_LEN}",
                   "-print_final_stats=1", f"-artifact_prefix={folder}/broken-", str(corpus)]
        began = time.monotonic()
        with log.open("wb") as out:
            child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT,
                                     stdin=subprocess.DEVNULL, start_new_session=True,
                                     env={**os.environ, **SANITIZERS})
        try:
            for moment in moments:
                time.sleep(max(0.0, began + moment - time.monotonic()))
                copied(corpus, folder / str(moment))
            # Asked to end, libFuzzer may wait for itself for ever; it ends by its own time.
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            pass
        finally:
            child.kill()
            child.wait()
        said = log.read_text(encoding="utf-8", errors="replace")
        result["executions"] = max((int(one[1]) for kind in (LINE, DONE)
                                    for one in kind.finditer(said)), default=0)
        result["broken"] = sorted(path.name for path in folder.glob("broken-*"))
        for moment in moments:
            result["at"][str(moment)] = measure(house, run, folder / str(moment))
    return result


def gain(house: House, targets: list[str], seeds: list[int], moments: list[int], out: Path,
         jobs: int = 2) -> dict[str, Any]:
    """All runs, some at a time; those that a file of an earlier start has are kept."""
    for variant in VARIANTS:
        house.make_variant(variant, targets)
    data: dict[str, Any] = {"schema": SCHEMA, "moments": moments, "runs": []}
    if out.exists():
        data = json.loads(out.read_text(encoding="utf-8"))
        if data.get("schema") != SCHEMA or data.get("moments") != moments:
            raise Problem(f"{out} is of another schema or of other moments: remove it")
    done = {Run(one["target"], one["variant"], one["seed"]) for one in data["runs"]}
    # Both variants side by side, so that what else the machine does falls on both.
    runs = [Run(target, variant, seed) for target in targets for seed in seeds
            for variant in VARIANTS]
    for target in targets:
        known_points(house, ("tlv",))  # builds reach once, before threads want it
        reach_of(house, target, [])
    with ThreadPoolExecutor(jobs) as pool:
        for result in pool.map(lambda run: one_run(house, run, moments),
                               [run for run in runs if run not in done]):
            data["runs"].append(result)
            write_whole(out, json.dumps(data, indent=1) + "\n")
            last = result["at"][str(moments[-1])]
            print(f"{result['target']} {VARIANTS[result['variant']]} mutator, seed "
                  f"{result['seed']}: {last['edges']} edges, {last['rules']} rules, "
                  f"{last['points']} points", flush=True)
    return data


def values(data: dict[str, Any], target: str, variant: str, moment: int, what: str) -> list[int]:
    return [one["at"][str(moment)][what] for one in data["runs"]
            if one["target"] == target and one["variant"] == variant]


def spread(numbers: list[int]) -> str:
    """Median and range."""
    if not numbers:
        return "-"
    median = statistics.median(numbers)
    text = f"{median:g}"
    if min(numbers) != max(numbers):
        text += f" ({min(numbers)} to {max(numbers)})"
    return text


def targets_of(data: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(one["target"] for one in data["runs"]))


def table(data: dict[str, Any]) -> str:
    """Median and range over the seeds, in Markdown."""
    head = "| target | after |"
    for title in MEASURES.values():
        head += "".join(f" {title}, {how} |" for how in VARIANTS.values())
    rows = [head, "|---|--:|" + "--:|" * (len(MEASURES) * len(VARIANTS))]
    for target in targets_of(data):
        for moment in data["moments"]:
            cells = [spread(values(data, target, variant, moment, what))
                     for what in MEASURES for variant in VARIANTS]
            rows.append(f"| {target} | {moment} s | {' | '.join(cells)} |")
    return "\n".join(rows)


def numbers(text: str) -> list[int]:
    """`1..5`, `1,2,7` or `3`."""
    span = re.fullmatch(r"([0-9]+)\.\.([0-9]+)", text)
    found = list(range(int(span[1]), int(span[2]) + 1)) if span else [
        int(one) for one in text.split(",") if one.isdecimal()]
    if not found or min(found) < 1:
        raise Problem(f"{text}: expected numbers as in 1..5 or 10,60")
    return found
