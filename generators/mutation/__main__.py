# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""make mutation: builds the codec with all its mutants, runs the corpus alone against each, and
writes build/mutation.json. Exit status: 0 every mutant is killed or listed as equivalent, 1 not,
2 it could not be run."""
from __future__ import annotations

import argparse
import collections
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mutation import corpus, equivalent
from mutation.build import Failed, build
from mutation.model import Mutant, Scope

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHOWN = 40


class Progress:
    """One line on a terminal, and nothing elsewhere."""

    def __init__(self, total: int, subject: str) -> None:
        self.total = total
        self.subject = subject
        self.done = 0
        self.shown = 0.0
        self.lock = threading.Lock()

    def step(self) -> None:
        with self.lock:
            self.done += 1
            now = time.monotonic()
            if sys.stderr.isatty() and (now - self.shown > 0.2 or self.done == self.total):
                self.shown = now
                end = "\n" if self.done == self.total else ""
                print(f"\rmutation: {self.subject}: {self.done} of {self.total}", end=end,
                      file=sys.stderr, flush=True)


def check(driver: Path, inputs: Path, cases: list[corpus.Case]) -> None:
    """The code as it is answers as the corpus asks; otherwise a kill would mean nothing."""
    done = subprocess.run([driver, inputs, "answers"], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != len(cases):
        raise Failed(f"the code without a mutant ends with {done.returncode} at "
                     f"{cases[min(len(lines), len(cases) - 1)].id}: {done.stderr.strip()}")
    wrong = [(case, line) for case, line in zip(cases, lines) if not case.agrees(line)]
    for case, line in wrong[:5]:
        print(f"mutation: {case.id}: answers {line[:200]}, wanted {case.want['verdict']} "
              f"{case.want.get('rule')} {case.want.get('at')}", file=sys.stderr)
    if wrong:
        raise Failed(f"{len(wrong)} of {len(cases)} inputs are not answered as the corpus asks")


def run(driver: Path, inputs: Path, mutants: list[Mutant], jobs: int,
        subject: str) -> dict[int, tuple[str, int]]:
    """What came of each mutant, and the input that showed it."""
    found: dict[int, tuple[str, int]] = {}
    progress = Progress(len(mutants), subject)

    def part(mine: list[Mutant]) -> None:
        with subprocess.Popen([driver, inputs, "run"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as child:
            assert child.stdin and child.stdout
            text = "".join(f"{m.number} {m.base}\n" for m in mine)
            feeder = threading.Thread(target=lambda: (child.stdin.write(text),
                                                      child.stdin.close()))
            feeder.start()
            for line in child.stdout:
                number, what, by = line.split()
                found[int(number)] = what, int(by)
                progress.step()
            feeder.join()

    # Survivors take longest and stand side by side, so that each job takes every jobs-th mutant.
    threads = [threading.Thread(target=part, args=(mutants[i::jobs],)) for i in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(found) != len(mutants):
        raise Failed(f"the driver told of {len(found)} of {len(mutants)} mutants")
    return found


def shown(mutant: Mutant) -> dict[str, Any]:
    return {"place": mutant.place(), "function": mutant.function, "operator": mutant.operator,
            "statement": mutant.statement, "original": mutant.original, "mutant": mutant.mutation}


def counts(mutants: list[Mutant], what: dict[int, str]) -> dict[str, dict[str, int]]:
    out: dict[str, dict[str, int]] = {}
    for mutant in mutants:
        row = out.setdefault(mutant.operator,
                             {"mutants": 0, "killed": 0, "equivalent": 0, "survived": 0})
        row["mutants"] += 1
        row[what[id(mutant)]] += 1
    return dict(sorted(out.items()))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mutation", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder that has codec/")
    parser.add_argument("--corpus", type=Path, help="the folder of vectors.json")
    parser.add_argument("--scope", type=Path, default=HERE / "scope",
                        help="a folder of subjects")
    parser.add_argument("--equivalent", type=Path, default=HERE / "equivalent",
                        help="a folder of lists")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("only", nargs="*", help="sources to mutate; all of them if none is named")
    return parser.parse_args()


@dataclass
class Tried:
    """What came of the mutants of one subject. ways: how those that are dead were killed."""

    all: list[Mutant]
    killed: list[Mutant]
    survived: list[Mutant]
    ways: collections.Counter[str]


def try_subject(options: argparse.Namespace, scope: Scope, cases: list[corpus.Case]) -> Tried:
    out = options.build.resolve() / "mutation" / scope.name
    out.mkdir(parents=True, exist_ok=True)
    mutants, driver = build(options.root, scope, out, options.cc)
    inputs = out / "inputs.bin"
    corpus.write(cases, inputs)
    check(driver, inputs, cases)
    wanted = [m for m in mutants.all if not options.only or m.file in options.only]
    found = run(driver, inputs, wanted, options.jobs, scope.name)
    # Every mutant and what came of it, to look into.
    (out / "all.json").write_text(json.dumps([
        {**asdict(m), "result": found[m.number][0],
         "by": cases[found[m.number][1]].id if found[m.number][1] < len(cases) else None}
        for m in wanted], indent=0), encoding="ascii")
    # A patch that changes nothing is no mutant.
    wanted = [m for m in wanted if found[m.number][0] != "same"]
    killed = [m for m in wanted if found[m.number][0] != "survived"]
    return Tried(wanted, killed, [m for m in wanted if found[m.number][0] == "survived"],
                 collections.Counter(found[m.number][0] for m in killed))


def figures(tried: Tried, same: list[Mutant], left: list[Mutant]) -> dict[str, int]:
    """same, left: the equivalents and survivors of all subjects."""
    mine = {id(m) for m in tried.survived}
    return {"mutants": len(tried.all), "killed": len(tried.killed),
            "equivalent": sum(id(m) in mine for m in same),
            "survived": sum(id(m) in mine for m in left)}


def main() -> int:
    options = arguments()
    began = time.monotonic()
    scopes = [Scope.read(path) for path in sorted(options.scope.glob("*.json"))]
    sources = [name for scope in scopes for name in scope.sources]
    try:
        entries = equivalent.read_folder(options.equivalent)
    except equivalent.Wrong as wrong_entry:
        print(f"mutation: {wrong_entry}", file=sys.stderr)
        return 2
    unknown = [name for name in options.only if name not in sources]
    if unknown:
        print(f"mutation: {unknown[0]} is none of: {' '.join(sources)}", file=sys.stderr)
        return 2
    subjects: dict[str, Tried] = {}
    try:
        cases = list(corpus.cases(options.corpus or options.root / "conformance" / "corpus"))
        for scope in scopes:
            if not options.only or set(options.only) & set(scope.sources):
                subjects[scope.name] = try_subject(options, scope, cases)
    except Failed as failure:
        print(f"mutation: {failure}", file=sys.stderr)
        return 2

    every = [m for tried in subjects.values() for m in tried.all]
    killed = [m for tried in subjects.values() for m in tried.killed]
    survived = [m for tried in subjects.values() for m in tried.survived]
    same, left, wrong = equivalent.apply(entries, survived, killed, not options.only)
    what = {id(m): "killed" for m in killed}
    what |= {id(m): "equivalent" for m in same} | {id(m): "survived" for m in left}
    ways = sum((tried.ways for tried in subjects.values()), collections.Counter())
    result = {
        "schema": "devfd-mutation/1", "sources": options.only or sources,
        "inputs": len(cases), "mutants": len(every), "killed": len(killed),
        "equivalent": len(same), "survived": len(left),
        "seconds": round(time.monotonic() - began, 1),
        "subjects": {name: figures(tried, same, left) for name, tried in subjects.items()},
        "killed_by": dict(sorted(ways.items())),
        "operators": counts(every, what), "survivors": [shown(m) for m in left],
        "equivalents": [shown(m) for m in same],
    }
    path = options.build / "mutation.json"
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="ascii")
    for mutant in left[:SHOWN]:
        print(f"{mutant.place()}: survives: {mutant.original} -> {mutant.mutation}")
    if len(left) > SHOWN:
        print(f"... and {len(left) - SHOWN} more in {path}")
    for line in wrong:
        print(f"mutation: {line}", file=sys.stderr)
    each = ", ".join(f"{name} {len(tried.all)}" for name, tried in subjects.items())
    print(f"mutation: {len(every)} mutants ({each}), {len(killed)} killed, {len(same)} equivalent, "
          f"{len(left)} survived; {len(cases)} inputs, {result['seconds']} s; {path}")
    return 1 if left or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
