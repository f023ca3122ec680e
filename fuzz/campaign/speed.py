# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Executions a second of each target, beside those of a target that does nothing: with libFuzzer's
own mutations, with our mutator, and of AFL++, in turn and from the same inputs.

libFuzzer is counted by what it took of a processor; AFL++, which is two processes that wait for
each other, by the clock.
"""
from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from .engines import AflPlusPlus, Job, LibFuzzer, Process
from .figures import grouped, markdown
from .house import House, Problem, dictionary_of, given_inputs
from .pack import unpack_committed

HEAD = ["target", "a target that does nothing", "libFuzzer", "of it", "with our mutator",
        "AFL++ with our mutator"]


class Timed(LibFuzzer):
    """libFuzzer, and how many seconds of a processor it took."""

    def start(self) -> subprocess.Popen:
        self.spent = 0.0
        return super().start()

    def wait(self) -> None:
        _, status, used = os.wait4(self.child.pid, 0)
        self.child.returncode = os.waitstatus_to_exitcode(status)
        self.spent = used.ru_utime + used.ru_stime


def rate(kind: type[Process], program: Path, target: str, seconds: int, folder: Path,
         mutator: Path | None = None) -> float:
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    given = given_inputs(target)
    unpack_committed(target, corpus)
    job = Job(program.resolve(), target, corpus, given, folder / "artifacts", folder / "work",
              seconds, 0, dictionary_of(target), mutator, ["-seed=1"])
    process = kind(job)
    if isinstance(process, Timed):
        process.wait()
    else:
        process.child.wait()
    process.read()
    if process.child.returncode or not process.executions:
        raise Problem(f"{program}: status {process.child.returncode}: see {process.log}")
    spent = process.spent if isinstance(process, Timed) else process.seconds()
    return process.executions / spent


def row(house: House, empty: Path, target: str, seconds: int) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="devfd-fuzz-") as name:
        folder = Path(name)
        bound = rate(Timed, empty, target, seconds, folder / "empty")
        own = rate(Timed, house.program("fast", target), target, seconds, folder / "own")
        ours = rate(Timed, house.program("libfuzzer", target), target, seconds, folder / "ours")
        afl = rate(AflPlusPlus, house.program("afl", target), target, seconds, folder / "afl",
                   house.mutator())
    return [target, grouped(bound), grouped(own), f"{own / bound:.2f}", grouped(ours), grouped(afl)]


def speed(house: House, targets: list[str], seconds: int) -> str:
    """A table in Markdown."""
    for variant in ("fast", "libfuzzer", "afl"):
        house.make_variant(variant, targets)
    house.make_tool(house.mutator())
    empty = house.make_tool(house.build / "fuzz" / "empty")
    return markdown(HEAD, [row(house, empty, target, seconds) for target in targets])
