# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Runs the corpus against the testees of testees.json and makes one report of all.

usage: run_all.py [--quick] [--build DIR] [--out DIR] [NAME...]
"""
from __future__ import annotations

import argparse
import fnmatch
import functools
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent / "naive"),
                str(Path(__file__).resolve().parents[1])]
import faults  # noqa: E402
from runner import corpus, report_jsonl  # noqa: E402
from runner.case import Case, Run  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RUN = ROOT / "conformance" / "run"
EXPECTATIONS = ROOT / "conformance" / "expectations"
# What a quick run gives a testee that is started anew for each input: all verdicts, few inputs.
QUICK_EXEC = ("linux.region_info.argsz.*", "linux.region_cap.c*", "tlv.header.*")


def load(build: str) -> list[dict[str, Any]]:
    """The testees; an entry with "each" stands for one testee a fault that its program lists."""
    out = []
    for one in json.loads((HERE / "testees.json").read_text(encoding="utf-8"))["testees"]:
        if "each" not in one:
            out.append(one)
            continue
        program = one["each"].replace("{build}", build)
        if not Path(program).exists():
            sys.exit(f"run_all.py: {program} is not there: make {one['target']}")
        out += [{**one, "name": one["name"].replace("{fault}", fault.name), "program": program,
                 "fault": fault} for fault in faults.rows(program)[1:]]
    return out


@functools.cache
def release() -> str:
    """Of this repository, whose Makefile says it."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(r"^VERSION := (\S+)$", text, re.MULTILINE)
    return found[1] if found else "unknown"


def command(testee: dict[str, Any], args: argparse.Namespace, out: Path) -> list[str]:
    """The words of one run."""
    words = [sys.executable, str(RUN), "run", f"--{testee['kind']}",
             testee["command"].replace("{build}", str(args.build)),
             "--name", testee["name"], "--timeout", str(testee.get("timeout", 10)),
             "--report", f"jsonl={out}"]
    if testee["own"]:
        words.append("--own")
    if testee.get("formats"):
        words += ["--formats", ",".join(testee["formats"])]
    if testee.get("role"):
        words += ["--role", testee["role"]]
    if testee["kind"] == "exec" and args.quick:
        words += [word for glob in QUICK_EXEC for word in ("--only", glob)]
    if testee.get("level"):
        words += ["--level", testee["level"]]
    if testee.get("package"):
        words += ["--package", testee["package"].replace("{version}", release())]
    why = ROOT / args.build / "testees" / f"{testee['name']}.why"
    if why.exists():  # it was to be made of what is fetched, and could not be
        words += ["--absent", why.read_text(encoding="utf-8").strip()]
    known = EXPECTATIONS / f"{testee['name']}.json"
    if known.exists():
        words += ["--expect", str(known)]
    return words


def run(testee: dict[str, Any], args: argparse.Namespace, out: Path) -> bool:
    """Whether all was as expected."""
    began = time.monotonic()
    done = subprocess.run(command(testee, args, out), cwd=ROOT, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = done.stdout.strip().splitlines() or ["no output"]
    seconds = time.monotonic() - began
    if done.returncode == 0:
        print(f"{testee['name']}: {lines[-1]} ({seconds:.1f} s)", flush=True)
        return True
    print(f"{testee['name']}: exit status {done.returncode}", *lines[-25:], sep="\n  ", flush=True)
    return False


def run_fault(testee: dict[str, Any], cases: list[Case], label: str, out: Path) -> list[str]:
    """Runs a reader that the suite has to fail; what does not fail, and ought to, a line each."""
    fault = testee["fault"]
    done = faults.run(testee["program"], fault.name, cases, fault.ours, corpus=label)
    lines = faults.untold(fault, done)
    done.testee |= {"name": testee["name"], "group": testee["group"], "fault": fault.text,
                    "untold": lines, "version": "",
                    "package": testee["package"].replace("{version}", release())}
    write(done, out)
    return lines


def write(done: Run, out: Path) -> None:
    with out.open("w", encoding="utf-8") as file:
        report_jsonl.write([done], file)


def run_faults(testees: list[dict[str, Any]], folder: Path) -> tuple[list[str], bool]:
    """The files of their runs, and whether the suite told each of them."""
    if not testees:
        return [], True
    began = time.monotonic()
    whole = corpus.load(ROOT / "conformance" / "corpus")
    cases = faults.without_prefixes(faults.asked(whole.cases))
    folder.mkdir(parents=True, exist_ok=True)
    files, wrong = [], []
    for one in testees:
        files.append(str(folder / f"{one['name']}.jsonl"))
        wrong += run_fault(one, cases, whole.label, Path(files[-1]))
    told = len(testees) - len({line.split(":")[0] for line in wrong})
    print(f"{testees[0]['group']}: {told} of {len(testees)} are told "
          f"({time.monotonic() - began:.1f} s)", *wrong, sep="\n  ", flush=True)
    return files, not wrong


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the corpus against testees of our own.")
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="testees, globs too (default: all)")
    parser.add_argument("--quick", action="store_true",
                        help="the quick ones, on part of the corpus")
    parser.add_argument("--build", default="build", help="folder of the build")
    parser.add_argument("--out", type=Path, default=Path("build/conformance"), metavar="DIR",
                        help="where the reports go")
    parser.add_argument("--also", type=Path, action="append", default=[], metavar="RUN.jsonl",
                        help="runs made elsewhere that belong into the same report")
    args = parser.parse_args()
    testees = load(args.build)
    wanted = args.names or ["*"]
    for name in wanted:
        if not fnmatch.filter([one["name"] for one in testees], name):
            parser.error(f"no such testee: {name}")
    chosen = [one for one in testees if any(fnmatch.fnmatchcase(one["name"], name)
                                            for name in wanted)
              and (one["quick"] or not args.quick)]
    args.out.mkdir(parents=True, exist_ok=True)
    files, good = [], True
    for one in chosen:
        if "fault" in one:
            continue
        out = args.out.resolve() / f"{one['name']}.jsonl"
        out.unlink(missing_ok=True)
        good = run(one, args, out) and good
        if out.exists():
            files.append(str(out))
    more, told = run_faults([one for one in chosen if "fault" in one],
                            args.out.resolve() / "faults")
    files += more + [str(path) for path in args.also if path.exists()]
    if not files:
        return 1
    kinds = {"ktap": "ktap", "html": "html", "junit": "xml", "md": "md"}
    reports = [f"--{kind}={args.out}/report.{end}" for kind, end in kinds.items()]
    made = subprocess.run([sys.executable, str(RUN), "report", *reports, *files], check=False)
    return 0 if good and told and made.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
