# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""One process of an engine: its command, and what its output says of how far it is."""
from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable

from .house import flags_of

# A head without anything behind it: of less, no target reads anything, and libFuzzer gives up.
START = bytes(2)

# "#4194304 NEW    cov: 312 ft: 1201 corp: 190/9Kb lim: 512 exec/s: 699050 rss: 371Mb ..."
LINE = re.compile(r"^#([0-9]+)\s+([A-Z]+|pulse)\s+cov: ([0-9]+) ft: ([0-9]+)", re.MULTILINE)
DONE = re.compile(r"^stat::number_of_executed_units:\s*([0-9]+)", re.MULTILINE)

SANITIZERS = {
    "ASAN_OPTIONS": "abort_on_error=0:detect_leaks=1:symbolize=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:symbolize=1",
}
AFL = {
    "AFL_NO_UI": "1",
    "AFL_SKIP_CPUFREQ": "1",
    "AFL_NO_AFFINITY": "1",
    "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1",
    # afl-fuzz wants these of a build with sanitizers.
    "ASAN_OPTIONS": "abort_on_error=1:detect_leaks=0:symbolize=0",
    "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:symbolize=0",
}


def longest(target: str, given: Iterable[Path]) -> int:
    """How long inputs may become: short ones are fast, but what is given is not to be cut."""
    sizes = (path.stat().st_size for folder in given for path in folder.rglob("*")
             if path.is_file())
    return max(flags_of(target)["max_len"], *sizes, 0)


def flags(target: str, given: Iterable[Path]) -> list[str]:
    """The options of libFuzzer for a target, with inputs as long as what is given."""
    asked = {**flags_of(target), "max_len": longest(target, given)}
    return [f"-{name}={value}" for name, value in asked.items()]


@dataclass
class Job:
    """What one process is given."""

    program: Path
    target: str
    corpus: Path
    given: list[Path]  # folders that are read and never written
    artifacts: Path
    work: Path  # logs, and all that AFL++ keeps
    seconds: int
    number: int
    dictionary: Path | None = None
    mutator: Path | None = None  # of AFL++
    options: list[str] = field(default_factory=list)


class Process:
    """A running engine. It is in a session of its own, so that a Ctrl-C goes to the campaign alone,
    which then ends it as the engine wants it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.executions = 0
        self.edges = 0
        self.features = 0
        self.began = time.monotonic()
        self.lasted: float | None = None
        self.log = job.work / f"{job.number}.log"
        job.work.mkdir(parents=True, exist_ok=True)
        job.corpus.mkdir(parents=True, exist_ok=True)
        job.artifacts.mkdir(parents=True, exist_ok=True)
        if not any(job.corpus.iterdir()):
            (job.corpus / "start").write_bytes(START)
        self.child = self.start()

    def start(self) -> subprocess.Popen:
        with self.log.open("wb") as log:
            return subprocess.Popen(self.command(), stdout=log, stderr=subprocess.STDOUT,
                                    stdin=subprocess.DEVNULL, start_new_session=True,
                                    env=self.environment(), cwd=self.job.work)

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        raise NotImplementedError

    def read(self) -> None:
        """Takes what the engine has said up to now."""
        raise NotImplementedError

    def ended(self) -> bool:
        return self.child.poll() is not None

    def kept_an_input(self) -> bool:
        """Whether it says that it wrote down what it ended with."""
        return b"Test unit written to " in self.log.read_bytes()

    def seconds(self) -> float:
        """How long it has run, or ran."""
        now = time.monotonic() - self.began
        if self.lasted is None and self.ended():
            self.lasted = now
        return now if self.lasted is None else self.lasted

    def stop(self, patience: float = 10) -> None:
        """Asks for an end, as Ctrl-C does; insists where that is not heard."""
        if not self.ended():
            os.killpg(self.child.pid, signal.SIGINT)
        try:
            self.child.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
        self.read()

    def kill(self) -> None:
        if not self.ended():
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()


class LibFuzzer(Process):
    """libFuzzer: all processes of a target share its corpus folder and read what others add."""

    variant = "libfuzzer"

    def command(self) -> list[str]:
        job = self.job
        words = [str(job.program), *flags(job.target, job.given),
                 f"-max_total_time={job.seconds}", f"-artifact_prefix={job.artifacts}/",
                 "-print_final_stats=1"]
        if job.dictionary:
            words.append(f"-dict={job.dictionary}")
        return words + job.options + [str(job.corpus), *map(str, job.given)]

    def environment(self) -> dict[str, str]:
        return {**os.environ, **SANITIZERS}

    def read(self) -> None:
        # Everything anew: a log has some thousand lines, and a process of a campaign one log.
        text = self.log.read_text(encoding="utf-8", errors="replace")
        for found in LINE.finditer(text):
            self.executions = max(self.executions, int(found[1]))
            self.edges = max(self.edges, int(found[3]))
            self.features = max(self.features, int(found[4]))
        done = DONE.search(text)
        if done:
            self.executions = max(self.executions, int(done[1]))


class AflPlusPlus(Process):
    """AFL++: process 0 is the main one, and looks into the corpus of libFuzzer as well."""

    variant = "afl"

    def __init__(self, job: Job) -> None:
        self.name = "main" if job.number == 0 else f"s{job.number}"
        self.out = job.work / "out"
        self.before = 0
        super().__init__(job)

    def stats_file(self) -> Path:
        return self.out / self.name / "fuzzer_stats"

    def command(self) -> list[str]:
        job = self.job
        resumed = (self.out / self.name / "queue").is_dir()
        # On resume AFL++ goes on counting where it stopped.
        self.before = afl_figures(self.stats_file()).get("execs_done", 0) if resumed else 0
        words = ["afl-fuzz", "-i", "-" if resumed else str(start_folder(job)), "-o", str(self.out),
                 "-M" if job.number == 0 else "-S", self.name, "-V", str(job.seconds),
                 "-t", str(1000 * flags_of(job.target)["timeout"]), "-m", "none", "-G",
                 str(longest(job.target, job.given))]
        if job.number == 0:
            words += ["-F", str(job.corpus)]
        if job.dictionary:
            words += ["-x", str(job.dictionary)]
        return words + ["--", str(job.program)]

    def environment(self) -> dict[str, str]:
        environment = {**os.environ, **AFL, "DEVFD_TARGET": self.job.target}
        if self.job.mutator:
            environment["AFL_CUSTOM_MUTATOR_LIBRARY"] = str(self.job.mutator)
        return environment

    def read(self) -> None:
        figures = afl_figures(self.stats_file())
        done = figures.get("execs_done", 0)
        # What an earlier run left is not ours; a count below it was begun anew.
        self.executions = max(self.executions, done - self.before if done >= self.before else done)
        self.edges = max(self.edges, figures.get("edges_found", 0))
        self.features = max(self.features, figures.get("corpus_count", 0))

    def queue(self) -> Path:
        return self.out / self.name / "queue"


def afl_broken(work: Path) -> list[Path]:
    """Inputs that AFL++ kept as crashes or hangs, of all processes of all runs: one that goes on
    moves those of the last run to a folder with a date."""
    return sorted(path for kind in ("crashes", "hangs")
                  for path in work.glob(f"out/*/{kind}*/id*"))


def afl_figures(path: Path) -> dict[str, int]:
    """The whole numbers of a fuzzer_stats file; nothing where there is none yet."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    found = re.findall(r"^([a-z_]+)\s*: ([0-9]+)(?:\.[0-9]+)?$", text, re.MULTILINE)
    return {name: int(value) for name, value in found}


def start_folder(job: Job) -> Path:
    """What AFL++ begins with: it wants one folder, and a file in it."""
    folder = job.work / "in"
    folder.mkdir(parents=True, exist_ok=True)
    for source in [job.corpus, *job.given]:
        for path in source.iterdir():
            if path.is_file() and path.stat().st_size:
                (folder / path.name).write_bytes(path.read_bytes())
    return folder


ENGINES: dict[str, type[Process]] = {"libfuzzer": LibFuzzer, "afl": AflPlusPlus}
