# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Runs an engine on targets in turn, goes on where an earlier run stopped, and keeps the sums."""
from __future__ import annotations

import hashlib
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Callable

from .engines import ENGINES, AflPlusPlus, Job, LibFuzzer, Process, afl_broken
from .findings import Finder, kept_as, recheck
from .house import House, Problem, dictionary_of, given_inputs, shown
from .minimise import files, minimise, recover
from .pack import unpack_committed
from .reach import reach_of, smallest
from .state import State

POLL = 0.2
SAVE = 5.0  # seconds between two states on disk
# A target that breaks this often in one run has shown what it has to show.
MOST_CRASHES = 20


class Stop:
    """Ctrl-C, SIGTERM and a terminal that goes: the first ends the campaign in order, a second one
    at once, with all its processes."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> Stop:
        self.before = {sign: signal.signal(sign, self.ask)
                       for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        return self

    def ask(self, _sign: int, _frame: FrameType | None) -> None:
        self.asked = True
        for sign in self.before:
            signal.signal(sign, signal.default_int_handler)

    def __exit__(self, *_rest: object) -> None:
        for sign, handler in self.before.items():
            signal.signal(sign, handler)

    def __call__(self) -> bool:
        return self.asked


@dataclass
class Plan:
    """What a campaign is asked for."""

    house: House
    out: Path
    engine: str
    seconds: int
    jobs: int
    options: list[str]
    minimise_seconds: int = 20
    spec: bool = True  # look at what the corpus reaches of the spec

    def state(self) -> State:
        return State(self.out / "state.json")

    def corpus(self, target: str) -> Path:
        return self.out / "corpus" / target


class Session:
    """One engine on one target for a time."""

    def __init__(self, plan: Plan, state: State, target: str) -> None:
        self.plan = plan
        self.state = state
        self.target = target
        self.kind = ENGINES[plan.engine]
        self.program = plan.house.program(self.kind.variant, target)
        # Every second process of libFuzzer changes bytes only: what it does at twice the speed is
        # what a mutator that knows the format would not think of.
        fast = plan.house.program("fast", target)
        mixed = self.kind is LibFuzzer and fast.is_file()
        self.programs = [self.program, fast] if mixed else [self.program]
        self.figures = state.engine(target, plan.engine)
        self.base = dict(self.figures)
        self.work = plan.out / plan.engine / target
        self.artifacts = self.work / "artifacts"
        self.running: list[Process] = []
        self.ended: list[Process] = []
        self.mute: list[str] = []  # processes that ended and left no input
        self.number = 0

    # ---- Processes ----

    def job(self, seconds: float, number: int) -> Job:
        mutator = self.plan.house.mutator()
        program = self.programs[number % len(self.programs)]
        return Job(program.resolve(), self.target, self.plan.corpus(self.target).resolve(),
                   given_inputs(self.target), self.artifacts.resolve(), self.work.resolve(),
                   max(1, int(seconds)), number, dictionary_of(self.target),
                   mutator if mutator.is_file() else None, self.plan.options)

    def start(self, seconds: float, number: int) -> None:
        self.running.append(self.kind(self.job(seconds, number)))

    def run(self, stop: Stop) -> None:
        self.clear_logs()
        self.note_program()
        deadline = time.monotonic() + self.plan.seconds
        self.number = self.plan.jobs
        saved = 0.0
        try:
            for number in range(self.plan.jobs):
                self.start(self.plan.seconds, number)
            while self.running and not stop() and time.monotonic() < deadline + 2:
                time.sleep(POLL)
                self.replace_ended(deadline)
                if time.monotonic() - saved > SAVE:
                    self.add_up()
                    self.state.save()
                    self.show()
                    saved = time.monotonic()
        finally:
            self.end_all()
            self.figures["runs"] = self.base["runs"] + 1
            self.add_up()
            self.state.save()

    def end_all(self) -> None:
        """Ends what runs; none is left where it is not to be waited for any longer."""
        try:
            for process in self.running:
                process.stop()
        except BaseException:
            for process in self.running:
                process.kill()
            raise
        self.ended += self.running
        self.running = []

    def clear_logs(self) -> None:
        for path in self.work.glob("*.log"):
            path.unlink()

    def note_program(self) -> None:
        """Edges are counted by one program; another one begins to count anew."""
        digest = hashlib.sha256(self.program.read_bytes()).hexdigest()[:16]
        if self.figures.get("program") != digest:
            self.figures["program"] = digest
            self.figures["edges"] = 0
            self.figures["features"] = 0

    def replace_ended(self, deadline: float) -> None:
        """A process that broke something has ended: another one takes its place."""
        for process in [one for one in self.running if one.ended()]:
            self.running.remove(process)
            process.read()
            self.ended.append(process)
            if process.child.returncode == 0:
                continue
            if process.executions == 0 and not self.broken():
                raise Problem(f"{self.program} did not start: see {process.log}")
            if not process.kept_an_input():
                self.mute.append(f"status {process.child.returncode}, see {shown(process.log)}")
            left = deadline - time.monotonic()
            if left < 1 or len(self.broken()) + len(self.mute) >= MOST_CRASHES:
                continue
            number = process.job.number if self.plan.engine == "afl" else self.number
            self.number += 1
            self.start(left, number)

    # ---- Figures ----

    def add_up(self) -> None:
        processes = self.ended + self.running
        for process in self.running:
            process.read()
        figures, base = self.figures, self.base
        figures["executions"] = base["executions"] + sum(one.executions for one in processes)
        figures["seconds"] = round(base["seconds"] + sum(one.seconds() for one in processes), 1)
        edges = max((one.edges for one in processes), default=0)
        figures["features"] = max([figures["features"], *(one.features for one in processes)])
        if edges > figures["edges"]:
            figures["edges"] = edges
            figures["last_new"] = {key: figures[key] for key in ("executions", "seconds")}

    def show(self) -> None:
        if not sys.stderr.isatty():
            return
        done = self.figures["executions"] - self.base["executions"]
        spent = max(self.figures["seconds"] - self.base["seconds"], 0.1)
        print(f"\r\033[K{self.target} {self.plan.engine}: {done} executions, {done / spent:.0f} a "
              f"second and process, {self.figures['edges']} edges, {len(self.broken())} broken",
              end="", file=sys.stderr, flush=True)

    def broken(self) -> list[Path]:
        """Inputs that broke something in this run or an earlier one that was not looked at."""
        found = [path for path in files(self.artifacts) if not path.name.startswith("slow-unit-")]
        return found + afl_broken(self.work)


def take_findings(plan: Plan, session: Session, stop: Stop) -> None:
    """Looks at each input that broke something, and clears it away once its finding is kept."""
    finder = Finder(plan.house, session.state, session.target)
    for path in session.broken():
        finder.seconds = 0 if stop() else plan.minimise_seconds
        name = finder.take(path)
        if not name:
            flaky = kept_as(plan.out / "not-again" / session.target / path.name, path.read_bytes())
            print(f"{session.target}: broken once, and not again: {shown(flaky)}")
        path.unlink()
        session.state.save()


def corpus_figures(corpus: Path) -> dict[str, int]:
    found = files(corpus)
    return {"files": len(found), "bytes": sum(path.stat().st_size for path in found)}


def look_at_spec(plan: Plan, state: State, target: str) -> None:
    """What the corpus reaches of the spec, and since when it is no more than before."""
    reached = reach_of(plan.house, target, [plan.corpus(target), *given_inputs(target)])
    entry = state.target(target)
    done = {key: sum(one[key] for one in entry["engines"].values())
            for key in ("executions", "seconds")}
    before: dict[str, Any] = entry.get("spec", {})
    entry["spec"] = {
        "points": len(reached.reached), "of": len(reached.known),
        "rules": reached.count("rule")[0], "rules_of": reached.count("rule")[1],
        "last_new": before.get("last_new", done),
    }
    if entry["spec"]["points"] > before.get("points", -1):
        entry["spec"]["last_new"] = done


def keep_points(house: House, target: str, corpus: Path, wanted: dict[str, bytes]) -> None:
    """Puts back what reaches a point of the spec that a corpus of the same code coverage does not:
    one piece of code judges many fields."""
    for name in sorted(set(wanted) - set(smallest(house, target, [corpus]))):
        data = wanted[name]
        (corpus / hashlib.sha1(data).hexdigest()).write_bytes(data)


def shrink(plan: Plan, target: str, more: list[Path], stop: Callable[[], bool]) -> tuple[int, int]:
    """A small corpus that reaches what the corpus and `more` do; inputs before and after."""
    corpus = plan.corpus(target)
    wanted = smallest(plan.house, target, [corpus, *more]) if plan.spec else {}
    program = plan.house.program("libfuzzer", target)
    before, _ = minimise(program, corpus, more, plan.options, stop)
    if plan.spec:
        keep_points(plan.house, target, corpus, wanted)
    return before, len(files(corpus))


def after(plan: Plan, state: State, target: str, session: Session, stop: Stop) -> None:
    """Findings, a small corpus, and what it reaches."""
    take_findings(plan, session, stop)
    corpus = plan.corpus(target)
    state.target(target)["corpus"] = corpus_figures(corpus)
    if stop():
        return
    more = given_inputs(target)
    more += [one.queue() for one in session.ended if isinstance(one, AflPlusPlus)]
    shrink(plan, target, more, stop)
    if plan.spec:
        look_at_spec(plan, state, target)
    state.target(target)["corpus"] = corpus_figures(corpus)


def line(state: State, target: str, engine: str, base: dict[str, Any]) -> str:
    """What one run brought."""
    now = state.engine(target, engine)
    done = now["executions"] - base["executions"]
    spent = max(now["seconds"] - base["seconds"], 0.1)
    size = state.target(target).get("corpus", {}).get("files", "?")
    return (f"{target}: {done} executions in {spent:.0f} s of {engine}, {done / spent:.0f} a "
            f"second and process; {now['edges']} edges, corpus of {size} inputs, "
            f"{len(state.findings(target))} findings")


def campaign(plan: Plan, targets: list[str]) -> int:
    """All targets in turn. 0; 1 with findings; 130 where it was stopped."""
    state = plan.state()
    plan.house.make_variant("libfuzzer", targets)
    plan.house.make_variant(ENGINES[plan.engine].variant, targets)
    if plan.engine == "libfuzzer" and plan.jobs > 1 and not plan.house.made:
        plan.house.make_variant("fast", targets)
    if plan.engine == "afl" and not plan.house.made:
        plan.house.make_tool(plan.house.mutator())
    with Stop() as stop:
        for target in targets:
            recover(plan.corpus(target))
            unpack_committed(target, plan.corpus(target))
            for gone in recheck(plan.house, state, target):
                print(f"{target}: {gone}")
            session = Session(plan, state, target)
            base = dict(session.figures)
            session.run(stop)
            try:
                after(plan, state, target, session, stop)
            except Problem:  # Ctrl-C reaches a make, too
                if not stop():
                    raise
            state.save()
            if sys.stderr.isatty():
                print("\r\033[K", end="", file=sys.stderr)
            print(line(state, target, plan.engine, base), flush=True)
            if session.mute:
                print(f"{target}: processes that died and left no input: {len(session.mute)}; "
                      f"the last: {session.mute[-1]}")
            if stop():
                print("stopped; the same command goes on from here")
                break
    return report(state, targets, 130 if stop() else 0)


def report(state: State, targets: list[str], status: int) -> int:
    """Each finding with the command that shows it."""
    for target in targets:
        for name, entry in sorted(state.findings(target).items()):
            print(f"{target}: {name}, seen {entry['count']} times: {entry['first']}\n"
                  f"  {entry['reproduce']}")
            status = 1
    return status
