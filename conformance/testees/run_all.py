# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Runs the corpus against the testees of testees.json and makes one report of all.

usage: run_all.py [--quick] [--build DIR] [--out DIR] [NAME...]
"""
from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RUN = ROOT / "conformance" / "run"
EXPECTATIONS = ROOT / "conformance" / "expectations"
# What a quick run gives a testee that is started anew for each input: all verdicts, few inputs.
QUICK_EXEC = ("linux.region_info.argsz.*", "linux.region_cap.c*", "tlv.header.*")


def load() -> list[dict[str, Any]]:
    return json.loads((HERE / "testees.json").read_text(encoding="utf-8"))["testees"]


def command(testee: dict[str, Any], args: argparse.Namespace, out: Path) -> list[str]:
    """The words of one run."""
    words = [sys.executable, str(RUN), "run", f"--{testee['kind']}",
             testee["command"].replace("{build}", str(args.build)),
             "--name", testee["name"], "--timeout", "10", "--report", f"jsonl={out}"]
    if testee["own"]:
        words.append("--own")
    if testee.get("formats"):
        words += ["--formats", ",".join(testee["formats"])]
    if testee.get("role"):
        words += ["--role", testee["role"]]
    if testee["kind"] == "exec":
        words += ["--package", "devfd"]
        if args.quick:
            words += [word for glob in QUICK_EXEC for word in ("--only", glob)]
    if testee.get("level"):
        words += ["--level", testee["level"]]
    if testee.get("package"):
        words += ["--package", testee["package"]]
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


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the corpus against testees of our own.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="testees (default: all)")
    parser.add_argument("--quick", action="store_true", help="the quick ones, on part of the corpus")
    parser.add_argument("--build", default="build", help="folder of the build")
    parser.add_argument("--out", type=Path, default=Path("build/conformance"), metavar="DIR",
                        help="where the reports go")
    parser.add_argument("--also", type=Path, action="append", default=[], metavar="RUN.jsonl",
                        help="runs made elsewhere that belong into the same report")
    args = parser.parse_args()
    testees = load()
    unknown = set(args.names) - {one["name"] for one in testees}
    if unknown:
        parser.error(f"no such testee: {', '.join(sorted(unknown))}")
    chosen = [one for one in testees if one["name"] in (args.names or [one["name"]])
              and (one["quick"] or not args.quick)]
    args.out.mkdir(parents=True, exist_ok=True)
    files, good = [], True
    for one in chosen:
        out = args.out.resolve() / f"{one['name']}.jsonl"
        out.unlink(missing_ok=True)
        good = run(one, args, out) and good
        if out.exists():
            files.append(str(out))
    files += [str(path) for path in args.also if path.exists()]
    if not files:
        return 1
    kinds = {"ktap": "ktap", "html": "html", "junit": "xml", "md": "md"}
    reports = [f"--{kind}={args.out}/report.{end}" for kind, end in kinds.items()]
    made = subprocess.run([sys.executable, str(RUN), "report", *reports, *files], check=False)
    return 0 if good and made.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
