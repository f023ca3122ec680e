# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Checks that run what lies in $OUT: start-up under each engine, seeds, what a target writes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from outputs import Output, Verdict

SCRIPT = Path(__file__).resolve().parent / "read-only"
SECONDS = 120
# Arguments of one replay: below any limit on the length of a command.
AT_ONCE = 500
# What the engines' tools call few enough to look for a build that is not instrumented in full.
FEW_EDGES = 100


class Place:
    """Where targets run: in another working directory, the only place that they may write to."""

    def __init__(self, folder: Path, out: Path) -> None:
        self.folder = folder.resolve()
        self.out = out.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.sealed = self._seals()

    def _seals(self) -> bool:
        """Whether a command really cannot write elsewhere; a container may not let us ask."""
        if not shutil.which("unshare"):
            return False
        probe = f'touch "{self.folder}/probe" && ! touch "{self.out}/probe" && ! touch /tmp/probe'
        run = subprocess.run(
            [SCRIPT, self.folder, "sh", "-c", probe], capture_output=True, check=False
        )
        for one in (self.folder, self.out, Path("/tmp")):
            (one / "probe").unlink(missing_ok=True)
        return run.returncode == 0

    def said(self) -> str:
        if self.sealed:
            return "all but the temporary folder read-only"
        return "$OUT and the working directory compared, since no namespace could be made"

    def temporary(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.folder))

    def command(self, argv: list[str]) -> list[str]:
        return [str(SCRIPT), str(self.folder), *argv] if self.sealed else argv

    def environment(self, temporary: Path) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "TMPDIR": str(temporary),
            "HOME": "/nonexistent",
            # Wrap-around of unsigned numbers is there as a signal of coverage, and no finding.
            "UBSAN_OPTIONS": "print_stacktrace=1:silence_unsigned_overflow=1",
            "LLVM_PROFILE_FILE": f"{temporary}/%m.profraw",
        }

    def run(self, argv: list[str], temporary: Path) -> tuple[int, str]:
        """Exit status (124: it took too long) and what was printed, on either stream."""
        before = self._listing()
        try:
            run = subprocess.run(
                self.command(argv),
                env=self.environment(temporary),
                cwd=temporary,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            return 124, (error.stdout or b"").decode(errors="replace")
        text = run.stdout.decode(errors="replace")
        written = sorted(self._listing() - before)
        if written:
            return 125, f"{text}\nwrote {', '.join(written)}"
        return run.returncode, text

    def _listing(self) -> set[str]:
        if self.sealed:
            return set()
        return {f"{one} ({one.stat().st_mtime_ns})" for one in self.out.rglob("*")}


WHY = re.compile(
    "promise broken|ERROR: |runtime error: |WARNING: MemorySanitizer|SYSTEM ERROR|PROGRAM ABORT"
)


def last_line(text: str) -> str:
    """The line that says why: a sanitizer's or a promise's if there is one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines:
        if WHY.search(line):
            return line
    return lines[-1] if lines else "printed nothing"


def unpack(output: Output, target: str, folder: Path) -> list[Path]:
    """The seeds of a target as files; none if the zip cannot be read, which another check says."""
    try:
        with zipfile.ZipFile(output.path / f"{target}_seed_corpus.zip") as archive:
            archive.extractall(folder)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile):
        return []
    return sorted(one for one in folder.rglob("*") if one.is_file())


# ---- libFuzzer ----


def start_libfuzzer(output: Output, target: str, place: Place) -> Verdict:
    """Four runs alone, as OSS-Fuzz checks; four with everything that lies beside the target."""
    verdict = Verdict()
    program = str(output.path / target)
    status, text = place.run([program, "-runs=4"], place.temporary())
    if status:
        verdict.faults.append(f"-runs=4: exit {status}: {last_line(text)}")
        return verdict
    if target in output.mutated and "found LLVMFuzzerCustomMutator" not in text:
        verdict.faults.append("-runs=4: has not the mutator that it is to have")
    edges = re.search(r"\(([0-9]+) inline 8-bit counters\)", text)
    if edges is None:
        verdict.faults.append("-runs=4: did not say how many counters it has")
    elif int(edges.group(1)) < FEW_EDGES:
        verdict.warnings.append(f"{edges.group(1)} edges: partial instrumentation?")

    temporary = place.temporary()
    corpus = temporary / "corpus"
    unpack(output, target, corpus)
    corpus.mkdir(exist_ok=True)
    flags = [f"-{key}={value}" for key, value in output.options(target).items() if key != "dict"]
    dictionary = output.path / f"{target}.dict"
    if dictionary.is_file():
        flags.append(f"-dict={dictionary}")
    status, text = place.run([program, "-runs=4", *flags, str(corpus)], temporary)
    if status:
        why = last_line(text)
        verdict.faults.append(f"-runs=4 with options, dictionary, seeds: exit {status}: {why}")
    for line in re.findall(r"WARNING: unrecognized flag.*", text):
        verdict.faults.append(line)
    shutil.rmtree(temporary, ignore_errors=True)
    return verdict


# ---- AFL++ ----

AFL_READY = "All set and ready to roll"
AFL_ENVIRONMENT = {
    "AFL_NO_UI": "1",
    "AFL_NO_AFFINITY": "1",
    "AFL_SKIP_CPUFREQ": "1",
    "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1",
    "AFL_MAP_SIZE": "2621440",
    "AFL_FORKSRV_INIT_TMOUT": "30000",
    # Set, even if to nothing: afl-fuzz sets its own where they are not.
    "ASAN_OPTIONS": "abort_on_error=1:symbolize=0:detect_leaks=0:allocator_may_return_null=1",
    "MSAN_OPTIONS": "",
    "UBSAN_OPTIONS": "",
}


def start_afl(output: Output, target: str, place: Place) -> Verdict:
    """afl-fuzz comes as far as to say that it is ready, with the target's dictionary and seeds."""
    verdict = Verdict()
    temporary = place.temporary()
    seeds = temporary / "seeds"
    if not unpack(output, target, seeds):
        seeds.mkdir(exist_ok=True)
        (seeds / "nothing").write_bytes(b"\0\0\0\0")
    argv = ["afl-fuzz", "-i", str(seeds), "-o", str(temporary / "found"), "-m", "none"]
    argv += ["-t", "5000+", "-V", "1"]
    dictionary = output.path / f"{target}.dict"
    if dictionary.is_file():
        argv += ["-x", str(dictionary)]
    environment = place.environment(temporary) | AFL_ENVIRONMENT
    argv = ["env", *(f"{key}={value}" for key, value in environment.items()), *argv]
    status, text = place.run([*argv, "--", str(output.path / target)], temporary)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
    if AFL_READY not in text:
        why = last_line(text)
        verdict.faults.append(f"afl-fuzz did not say \"{AFL_READY}\": exit {status}: {why}")
    if "persistent mode" not in text.lower():
        verdict.faults.append("afl-fuzz did not find persistent mode")
    crashed = re.search(r"\b([1-9][0-9]*) crashes saved,", text)
    if crashed:
        verdict.faults.append(f"{crashed.group(1)} crashes in one second")
    shutil.rmtree(temporary, ignore_errors=True)
    return verdict


# ---- Seeds, with either ----


def replay(output: Output, target: str, place: Place) -> tuple[int, Verdict]:
    """Every seed once, as a file that is named; the number that ran is what the program says."""
    verdict = Verdict()
    temporary = place.temporary()
    files = unpack(output, target, temporary / "seeds")
    done = 0
    word = "Execution successful" if output.build.engine == "afl" else "Executed "
    for start in range(0, len(files), AT_ONCE):
        some = [str(one) for one in files[start : start + AT_ONCE]]
        status, text = place.run([str(output.path / target), *some], temporary)
        ran = sum(line.startswith(word) for line in text.splitlines())
        done += ran
        if status:
            at = Path(some[min(ran, len(some) - 1)]).name
            verdict.faults.append(f"{at}: exit {status}: {last_line(text)}")
        elif ran != len(some):
            verdict.faults.append(f"{ran} of {len(some)} seeds were run")
    if not files:
        verdict.faults.append("no seed to run")
    if output.build.sanitizer == "coverage" and not verdict.faults:
        verdict.faults += profile_faults(output, target, temporary)
    shutil.rmtree(temporary, ignore_errors=True)
    return done, verdict


def profile_faults(output: Output, target: str, temporary: Path) -> list[str]:
    """What the seeds covered can be read, and is not nothing."""
    raw = [str(one) for one in temporary.glob("*.profraw")]
    if not raw:
        return ["no profile was written"]
    merged = str(temporary / "merged.profdata")
    run = subprocess.run(
        ["llvm-profdata", "merge", "-o", merged, *raw], capture_output=True, text=True, check=False
    )
    if run.returncode:
        return [f"llvm-profdata: {last_line(run.stderr)}"]
    command = ["llvm-cov", "export", "-summary-only", "-instr-profile", merged]
    run = subprocess.run(
        [*command, str(output.path / target)], capture_output=True, text=True, check=False
    )
    covered = re.search(r'"totals":.*"regions":\{"count":([0-9]+),"covered":([0-9]+)', run.stdout)
    if run.returncode or covered is None:
        return [f"llvm-cov: {last_line(run.stderr)}"]
    return [] if int(covered.group(2)) else ["the seeds cover nothing"]


# ---- All targets ----


def start(output: Output, place: Place) -> Verdict:
    """Start-up; a build for coverage has no feedback for an engine, its seeds alone are run."""
    afl = output.build.engine == "afl"
    each = start_afl if afl else start_libfuzzer
    verdict = Verdict()
    for target in output.targets():
        one = each(output, target, place)
        verdict.faults += [f"{target}: {fault}" for fault in one.faults]
        verdict.warnings += [f"{target}: {warning}" for warning in one.warnings]
    said = AFL_READY if afl else "-runs=4, alone and with options, dictionary and seeds"
    if output.mutated:
        said += f", {len(output.mutated)} with a mutator of their own"
    verdict.summary = f"{said}; {place.said()}"
    return verdict


def seeds_run(output: Output, place: Place) -> Verdict:
    verdict = Verdict()
    total = 0
    for target in output.targets():
        done, one = replay(output, target, place)
        total += done
        verdict.faults += [f"{target}: {fault}" for fault in one.faults]
    verdict.summary = f"{total} seeds; {place.said()}"
    return verdict


def checks(output: Output) -> dict[str, Callable[[Output, Place], Verdict]]:
    """The checks that a build is run through, by name."""
    if output.build.sanitizer == "coverage":
        return {"seeds-run": seeds_run}
    return {"start": start, "seeds-run": seeds_run}
