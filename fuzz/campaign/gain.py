# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What the mutator gains: the same target with and without it, from nothing, over several seeds.

Each run begins with one input of two zero bytes (a head without anything behind it) and the
generated dictionary, which helps most where there is no mutator. At each moment asked for, counted
in seconds that the processor spent on it, its corpus is copied; edges are then counted by one
program for both (that without the mutator), points by reach.c.
"""
from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

from .engines import LINE, SANITIZERS, START, flags
from .framing import make_spies
from .house import House, Problem, dictionary_of
from .minimise import files
from .reach import known_points, reach_of
from .state import read_whole, write_whole

SCHEMA = "devfd-fuzz-gain-1"
VARIANTS = {"plain": "without", "libfuzzer": "with"}
MEASURES = {"edges": "edges", "rules": "rules", "points": "points of the spec"}
PATIENCE = 10  # times as long by the clock as by the processor
STEP = 0.05


@dataclass(frozen=True)
class Run:
    """One process of libFuzzer."""

    target: str
    variant: str
    seed: int


def edges(program: Path, corpus: Path) -> int:
    """Edges that a corpus covers."""
    done = subprocess.run([program, *flags(program.name, []), "-runs=0", str(corpus)],
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


def processor_seconds(pid: int) -> float:
    """What a process has had of a processor: on a machine that does other things as well, a second
    of the clock is worth less to one run than to another."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def stopping(stopped: threading.Event) -> Iterator[None]:
    """Threads are told what ends the one that waits for them, as Ctrl-C does."""
    try:
        yield
    except BaseException:
        stopped.set()
        raise


def one_run(house: House, run: Run, moments: list[int],
            stopped: threading.Event) -> dict[str, Any]:
    """The figures at each moment. A broken promise ends a run early; its figures stay."""
    result: dict[str, Any] = {"target": run.target, "variant": run.variant, "seed": run.seed,
                              "at": {}}
    with tempfile.TemporaryDirectory(prefix="devfd-fuzz-") as name:
        folder = Path(name)
        corpus = folder / "corpus"
        corpus.mkdir()
        (corpus / "start").write_bytes(START)
        # An input that a smaller one of the same coverage replaces may have broken a rule.
        dictionary = dictionary_of(run.target)
        words = [f"-dict={dictionary}"] if dictionary else []
        command = [house.program(run.variant, run.target), *flags(run.target, []), *words,
                   "-reduce_inputs=0", f"-seed={run.seed}",
                   f"-max_total_time={PATIENCE * moments[-1]}",
                   f"-artifact_prefix={folder}/broken-", str(corpus)]
        with (folder / "log").open("wb") as out:
            child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT,
                                     stdin=subprocess.DEVNULL, start_new_session=True,
                                     env={**os.environ, **SANITIZERS})
        try:
            for moment in moments:
                while child.poll() is None and processor_seconds(child.pid) < moment:
                    if stopped.wait(STEP):
                        raise Problem("stopped; the same command goes on from here")
                copied(corpus, folder / str(moment))
        finally:
            # Asked to end by a softer signal, libFuzzer may wait for itself for ever.
            child.kill()
            child.wait()
        result["broken"] = sorted(path.name for path in folder.glob("broken-*"))
        for moment in moments:
            result["at"][str(moment)] = measure(house, run, folder / str(moment))
    return result


def gain(house: House, targets: list[str], seeds: list[int], moments: list[int], out: Path,
         jobs: int = 2) -> dict[str, Any]:
    """All runs, some at a time; those that a file of an earlier start has of the same programs are
    kept."""
    for variant in VARIANTS:
        house.make_variant(variant, targets)
    data: dict[str, Any] = {"schema": SCHEMA, "moments": moments, "runs": []}
    if out.exists():
        data = read_whole(out, "figures of a gain")
        alike = isinstance(data, dict) and data.get("schema") == SCHEMA
        if not alike or data.get("moments") != moments:
            raise Problem(f"{out} is of another schema or of other moments: remove it")
    programs = {f"{variant}/{target}": digest(house.program(variant, target))
                for variant in VARIANTS for target in targets}
    before = data.setdefault("programs", {})
    changed = {name for name, now in programs.items() if before.get(name, now) != now}
    data["runs"] = [one for one in data["runs"]
                    if f"{one['variant']}/{one['target']}" not in changed]
    before.update(programs)
    done = {Run(one["target"], one["variant"], one["seed"]) for one in data["runs"]}
    # Both variants side by side, so that what else the machine does falls on both.
    runs = [Run(target, variant, seed) for target in targets for seed in seeds
            for variant in VARIANTS]
    # Builds what counts points, before threads want it.
    known_points(house, ("tlv",))
    make_spies(house, targets)
    stopped = threading.Event()
    with ThreadPoolExecutor(jobs) as pool, stopping(stopped):
        for result in pool.map(lambda run: one_run(house, run, moments, stopped),
                               [run for run in runs if run not in done]):
            data["runs"].append(result)
            write_whole(out, json.dumps(data, indent=1) + "\n")
            last = result["at"][str(moments[-1])]
            print(f"{result['target']} {VARIANTS[result['variant']]} mutator, seed "
                  f"{result['seed']}: {last['edges']} edges, {last['rules']} rules, "
                  f"{last['points']} points"
                  + (f"; ended early: {result['broken'][0]}" if result["broken"] else ""),
                  flush=True)
    return data


def digest(program: Path) -> str:
    return hashlib.sha256(program.read_bytes()).hexdigest()[:16]


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
