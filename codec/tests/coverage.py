# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Measures line and branch coverage of the core by its tests, and writes build/coverage.json.

usage: coverage.py   (from the top of the repository; exits 1 below 100 %)
The tests are the unit tests, the examples, and the corpus and mutations of it through the judge; gcov counts, gcovr adds up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, "generators/tests")
from judge import ask, vector_frame, vectors  # noqa: E402

BUILD = Path("build/coverage")
OUT = Path("build/coverage.json")
CORE = [r"codec/[a-z]*\.c", r"codec/[a-z]*\.h", r"codec/generated/(items|caps|layouts|tlv|array|fixed|linux)\.c"]


def run(*command: str, **options) -> subprocess.CompletedProcess:
    done = subprocess.run(command, capture_output=True, text=options.pop("text", True), check=False, **options)
    if done.returncode:
        output = done.stdout + done.stderr
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{output if isinstance(output, str) else ''}")
    return done


def build() -> None:
    """Everything once with counters; -O0 keeps the branches that the source has."""
    settings = [f"BUILD={BUILD}", "OPT=-O0", "CC=gcc", "EXTRA=--coverage -fprofile-abs-path"]
    run("make", "-s", "-j2", *settings, "unit-bins", f"{BUILD}/tests/judge")


def clear() -> None:
    for counters in BUILD.rglob("*.gcda"):
        counters.unlink()


def exercise() -> None:
    for test in sorted((BUILD / "tests").glob("test_*")):
        if test.is_file() and os.access(test, os.X_OK):
            run(str(test))
    ask(map(vector_frame, vectors()), BUILD / "tests/judge")
    mutated = [sys.executable, "-B", "generators/tests/differential.py"]
    environment = dict(os.environ, PYTHONPATH="generators")
    run(*mutated, "--judge", f"{BUILD}/tests/judge", "--count", "3000", "--jobs", "1", env=environment)


def measure() -> dict:
    filters = [word for one in CORE for word in ("--filter", one)]
    report = run("gcovr", "--root", ".", "--json", "--gcov-ignore-parse-errors", *filters, str(BUILD))
    return json.loads(report.stdout)


def summary(report: dict) -> dict:
    files = {}
    for one in report["files"]:
        lines = [line for line in one["lines"] if not line.get("gcovr/noncode")]
        branches = [(line["line_number"], b) for line in lines for b in line["branches"]]
        files[one["file"]] = {
            "lines": len(lines),
            "lines_missed": sorted(line["line_number"] for line in lines if not line["count"]),
            "branches": len(branches),
            "branches_missed": sorted(number for number, b in branches if not b["count"]),
        }
    return files


def percent(files: dict, what: str) -> float:
    total = sum(one[what] for one in files.values())
    missed = sum(len(one[f"{what}_missed"]) for one in files.values())
    return round(100 * (total - missed) / total, 2) if total else 0.0


def main() -> int:
    build()
    clear()
    exercise()
    files = summary(measure())
    result = {"line": percent(files, "lines"), "branch": percent(files, "branches"), "files": files}
    OUT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for name, one in sorted(files.items()):
        for what in ("lines", "branches"):
            if one[f"{what}_missed"]:
                numbers = ", ".join(map(str, one[f"{what}_missed"]))
                print(f"{name}: {what} missed at {numbers}")
    print(f"core: {result['line']} % of lines, {result['branch']} % of branches ({OUT})")
    return 0 if result["line"] == result["branch"] == 100 else 1


if __name__ == "__main__":
    sys.exit(main())
