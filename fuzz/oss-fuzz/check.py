# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Builds the fuzz targets as OSS-Fuzz does, and checks them; no docker, no network.

usage: check.py [--work DIR] [--only GLOB] [--keep]
       check.py --out DIR [--build SANITIZER/ENGINE/ARCHITECTURE] [--work DIR]

The first form runs build.sh for each of BUILDS, on a copy of the sources and in the environment
that the base image would give, moves $OUT elsewhere, removes the sources, and checks what the build
check of OSS-Fuzz checks, and more. The second checks a folder that is there already.
One line a check; the last says how many passed and failed.
Exit status: 0 all passed, 1 not, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import files
import outputs
import runs
from outputs import Build, Output, Verdict

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
AFL_DRIVER = "/usr/lib/afl/libAFLDriver.a"

# The longest first.
BUILDS = (
    Build("address", "afl"),
    Build("address", "libfuzzer", "i386"),
    Build("memory"),
    Build("address"),
    Build("undefined"),
    Build("coverage"),
)
AT_ONCE = 2
# What needs jansson, which no Debian package has instrumented for MemorySanitizer or for i386.
OPTIONAL = {("memory", "x86_64"): ("json",), ("address", "i386"): ("json",)}

# ---- The environment ----

COMMON = (
    "-O1 -fno-omit-frame-pointer -gline-tables-only -Wno-unused-command-line-argument "
    "-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION"
)
UNDEFINED = (
    "array-bounds,bool,builtin,enum,function,integer-divide-by-zero,null,object-size,return,"
    "returns-nonnull-attribute,shift,signed-integer-overflow,unreachable,vla-bound,vptr"
)
SANITIZERS = {
    "address": "-fsanitize=address -fsanitize-address-use-after-scope",
    "undefined": f"-fsanitize={UNDEFINED},unsigned-integer-overflow "
    f"-fno-sanitize-recover={UNDEFINED}",
    "memory": "-fsanitize=memory -fsanitize-memory-track-origins",
    "coverage": "-fprofile-instr-generate -fcoverage-mapping -pthread -O0",
}
ENGINES = {
    "libfuzzer": ("clang", "clang++", "-fsanitize=fuzzer"),
    "afl": ("afl-clang-fast", "afl-clang-fast++", AFL_DRIVER),
}


def environment(build: Build, folder: Path) -> dict[str, str]:
    """The variables that build.sh is given, and nothing that the caller happens to have set."""
    compiler, linker, engine = ENGINES[build.engine]
    flags = [COMMON, SANITIZERS[build.sanitizer]]
    if build.engine == "libfuzzer" and build.sanitizer != "coverage":
        flags.append("-fsanitize=fuzzer-no-link")
    if build.architecture == "i386":
        flags.append("-m32")
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder / "work"),
        "LANG": "C.UTF-8",
        "CC": compiler,
        "CXX": linker,
        "CFLAGS": " ".join(flags),
        "CXXFLAGS": " ".join(flags),
        "LIB_FUZZING_ENGINE": engine,
        "SRC": str(folder / "src"),
        "WORK": str(folder / "work"),
        "OUT": str(folder / "out"),
        "SANITIZER": build.sanitizer,
        "FUZZING_ENGINE": build.engine,
        "FUZZING_LANGUAGE": "c",
        "ARCHITECTURE": build.architecture,
        "AFL_QUIET": "1",
    }


# ---- Tools ----

TOOLS = {
    "clang": "clang",
    "clang++": "clang",
    "make": "make",
    "objdump": "binutils",
    "unshare": "util-linux",
    "zip": "zip",
}
AFL_TOOLS = dict.fromkeys(("afl-clang-fast", "afl-clang-fast++", "afl-fuzz", AFL_DRIVER), "afl++")
COVERAGE_TOOLS = {"llvm-profdata": "llvm", "llvm-cov": "llvm"}
SMALLEST = """
#include <stddef.h>
int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);
int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n) { return n != 0 && p == NULL; }
"""


def tools(build: Build, folder: Path) -> Verdict:
    """What the build needs is installed; the packages are Debian's."""
    wanted = dict(TOOLS)
    if build.engine == "afl":
        wanted |= AFL_TOOLS
    if build.sanitizer == "coverage":
        wanted |= COVERAGE_TOOLS
    verdict = Verdict("all there")
    verdict.faults = [
        f"{tool} is missing (Debian package {package})"
        for tool, package in wanted.items()
        if not (Path(tool).exists() if "/" in tool else shutil.which(tool))
    ]
    if not verdict.faults:
        verdict.faults = linking_faults(build, folder)
    return verdict


def linking_faults(build: Build, folder: Path) -> list[str]:
    """The smallest target links and runs: tells a library that is missing from a fault of ours."""
    variables = environment(build, folder)
    source = folder / "smallest.c"
    program = folder / "smallest"
    source.write_text(SMALLEST, encoding="utf-8")
    libraries = "libclang-rt-14-dev"
    running = "libstdc++6"
    if build.architecture == "i386":
        libraries += ", gcc-i686-linux-gnu, libstdc++-12-dev-i386-cross"
        running = "libc6-i386, lib32stdc++6"
    compiled = f"{source}.o"
    compiling = [variables["CC"], *variables["CFLAGS"].split(), "-c", "-o", compiled, str(source)]
    linking = [variables["CXX"], *variables["CXXFLAGS"].split(), "-o", str(program), compiled]
    steps = [
        (compiling, libraries),
        ([*linking, variables["LIB_FUZZING_ENGINE"]], libraries),
        ([str(program), str(source)], running),
    ]
    for command, packages in steps:
        run = subprocess.run(
            command, env=variables, cwd=folder, capture_output=True, text=True, check=False
        )
        if run.returncode:
            why = error_line(run.stderr)
            return [f"the smallest target does not build and run: {why} (Debian: {packages})"]
    return []


# ---- One build ----


def copy_sources(folder: Path) -> None:
    """What git would commit, and nothing that lies about; without git all but build/."""
    run = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if run.returncode:
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns("build", ".git"), symlinks=True)
        return
    for name in filter(None, run.stdout.decode().split("\0")):
        if not (ROOT / name).is_file():
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)


def without_network(command: list[str]) -> list[str]:
    """The command where no network can be reached, if this machine lets us."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    alone = ["unshare", *user, "--net"]
    may = subprocess.run([*alone, "true"], capture_output=True, check=False).returncode == 0
    return [*alone, *command] if may else command


def printed(goal: str, project: Path, variables: dict[str, str]) -> tuple[str, ...]:
    """The names that make prints; none if it cannot."""
    run = subprocess.run(
        ["make", "-s", "--no-print-directory", goal],
        cwd=project,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return tuple(run.stdout.split()) if run.returncode == 0 else ()


def build_targets(build: Build, folder: Path) -> tuple[Verdict, Output]:
    """Runs build.sh; what comes out lies elsewhere then, and what it was made of is gone."""
    project = folder / "src" / "devfd"
    for name in ("src", "work", "out"):
        (folder / name).mkdir()
    copy_sources(project)
    output = Output(folder / "moved" / "elsewhere", build)
    variables = environment(build, folder)
    output.expected = printed("print-fuzz-targets", project, variables)
    output.mutated = printed("print-fuzz-mutated", project, variables)
    output.optional = OPTIONAL.get((build.sanitizer, build.architecture), ())
    shutil.copy2(project / "fuzz/oss-fuzz/build.sh", folder / "src" / "build.sh")
    command = without_network(["bash", "-eu", str(folder / "src" / "build.sh")])
    started = time.monotonic()
    run = subprocess.run(
        command,
        cwd=project,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    output.log = run.stdout.decode(errors="replace")
    (folder / "build.log").write_text(output.log, encoding="utf-8")
    verdict = Verdict(f"{time.monotonic() - started:.0f} s")
    if command[0] == "unshare":
        verdict.summary += ", without network"
    if not output.expected:
        verdict.faults.append("make print-fuzz-targets names no target")
    if run.returncode:
        why = error_line(output.log)
        verdict.faults.append(f"build.sh: exit {run.returncode}: {why} ({folder}/build.log)")
    output.path.parent.mkdir()
    (folder / "out").rename(output.path)
    for name in ("src", "work"):
        shutil.rmtree(folder / name)
    return verdict, output


def error_line(log: str) -> str:
    """The line that says why a compiler, a linker or make gave up."""
    for sign in ("cannot find", "undefined reference", "error", "***"):
        for line in log.splitlines():
            if sign in line.lower():
                return line.strip()
    return runs.last_line(log)


# ---- Reports ----


class Report:
    """Prints each check as it ends, and counts."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0
        self._lock = threading.Lock()

    def add(self, of: str, check: str, verdict: Verdict) -> None:
        with self._lock:
            for warning in verdict.warnings:
                print(f"note {of}: {check}: {warning}")
            for fault in verdict.faults:
                print(f"FAIL {of}: {check}: {fault}")
            if verdict.faults:
                self.failed += 1
            else:
                self.passed += 1
                print(f"ok   {of}: {check}: {verdict.summary}")
            sys.stdout.flush()

    def end(self) -> int:
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


def set_writable(path: Path, writable: bool) -> None:
    for one in [path, *path.rglob("*")]:
        mode = one.stat().st_mode
        one.chmod(mode | 0o200 if writable else mode & ~0o222)


def check_output(output: Output, work: Path, report: Report) -> None:
    of = str(output.build)
    for name, check in outputs.CHECKS.items():
        report.add(of, name, check(output))
    place = runs.Place(work / "temporary", output.path)
    for name, run in runs.checks(output).items():
        report.add(of, name, run(output, place))


def check_build(build: Build, work: Path, report: Report) -> None:
    folder = work / str(build).replace("/", "-")
    if folder.exists():
        set_writable(folder, True)
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    verdict = tools(build, folder)
    report.add(str(build), "tools", verdict)
    if verdict.faults:
        return
    verdict, output = build_targets(build, folder)
    report.add(str(build), "build", verdict)
    if verdict.faults:
        return
    set_writable(output.path, False)
    check_output(output, folder, report)
    set_writable(output.path, True)


# ---- Command line ----


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=ROOT / "build/oss-fuzz", help="for all made")
    parser.add_argument("--only", default="*", metavar="GLOB", help="builds: address/libfuzzer/*")
    parser.add_argument("--keep", action="store_true", help="keep what was built; kept if a check failed")
    parser.add_argument("--out", type=Path, help="check this $OUT and build nothing")
    parser.add_argument("--build", default=str(Build()), help="what --out was built as")
    return parser.parse_args()


def parse_build(text: str) -> Build | None:
    words = text.split("/")
    if len(words) != 3:
        return None
    sanitizer, engine, architecture = words
    if sanitizer not in SANITIZERS or engine not in ENGINES or architecture not in outputs.MACHINES:
        return None
    return Build(sanitizer, engine, architecture)


def main() -> int:
    given = arguments()
    report = Report()
    if given.out:
        build = parse_build(given.build)
        if build is None or not given.out.is_dir():
            print(f"check.py: {given.build} {given.out}: no build or no folder", file=sys.stderr)
            return 2
        with tempfile.TemporaryDirectory(prefix="check-oss-fuzz-") as work:
            check_output(Output(given.out.resolve(), build), Path(work), report)
        return report.end()

    chosen = [one for one in BUILDS if fnmatch.fnmatch(str(one), given.only)]
    if not chosen:
        print(f"check.py: {given.only}: none of {', '.join(map(str, BUILDS))}", file=sys.stderr)
        return 2
    work = given.work.resolve()
    report.add("files", "project", files.check(ROOT, [*BUILDS]))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(check_build, one, work, report) for one in chosen]:
            done.result()
    if not given.keep and not report.failed:
        shutil.rmtree(work, ignore_errors=True)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
