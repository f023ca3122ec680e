# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Checks the files that OSS-Fuzz and ClusterFuzzLite read: project.yaml, Dockerfile, build.sh."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from outputs import Build, Verdict

IMAGE = "gcr.io/oss-fuzz-base/base-builder"
LISTS = ("fuzzing_engines", "sanitizers", "architectures")
REQUIRED = ("homepage", "main_repo", "primary_contact", "language", *LISTS)
LINE = re.compile(r'([a-z_]+):(?:\s+"?([^"]*?)"?)?\s*')
MEMBER = re.compile(r'\s+-\s+"?([^"]*?)"?\s*')


def parse(text: str) -> tuple[dict[str, str | list[str]], list[str]]:
    """Keys with a string or a list of strings, which is all it has; and what else stands there."""
    values: dict[str, str | list[str]] = {}
    faults = []
    last: list[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        key = LINE.fullmatch(line)
        member = MEMBER.fullmatch(line)
        if key and key.group(1) in values:
            faults.append(f"line {number}: {key.group(1)} stands twice")
        elif key and key.group(2):
            values[key.group(1)] = key.group(2)
            last = None
        elif key:
            last = []
            values[key.group(1)] = last
        elif member and last is not None:
            last.append(member.group(1))
        else:
            faults.append(f"line {number}: neither a key nor a member of a list: {line.strip()}")
    return values, faults


def oss_fuzz_project(text: str, builds: Iterable[Build]) -> list[str]:
    """What is asked for there is what is built here."""
    values, faults = parse(text)
    faults += [f"{key}: is missing" for key in REQUIRED if not values.get(key)]
    if values.get("language") not in ("c", "c++"):
        faults.append(f"language: {values.get('language')}: c or c++")
    # Every project is built for coverage; it is not asked for.
    builds = list(builds)
    built = {
        "sanitizers": {one.sanitizer for one in builds} - {"coverage"},
        "fuzzing_engines": {one.engine for one in builds},
        "architectures": {one.architecture for one in builds},
    }
    for key, wanted in built.items():
        given = set(values.get(key) or ())
        faults += [f"{key}: {one}: asked for, not checked here" for one in sorted(given - wanted)]
        faults += [f"{key}: {one}: checked here, not asked for" for one in sorted(wanted - given)]
    return faults


def dockerfile(text: str, image: str, sources: str) -> list[str]:
    """The image, where the sources come from, and build.sh in $SRC."""
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    faults = []
    if not lines or lines[0] != ["FROM", image]:
        faults.append(f"does not begin with FROM {image}")
    if not any(sources in " ".join(line) for line in lines):
        faults.append(f"the sources do not come by \"{sources}\"")
    copied = [line[1] for line in lines if line[0] == "COPY" and line[-1] == "$SRC/"]
    if not any(one.endswith("build.sh") for one in copied):
        faults.append("build.sh is not copied to $SRC/")
    return faults


def script(path: Path) -> list[str]:
    faults = [] if path.stat().st_mode & 0o111 else ["is not executable"]
    run = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True, check=False)
    if run.returncode:
        faults.append(run.stderr.strip().splitlines()[0])
    return faults


def check(root: Path, builds: Iterable[Build]) -> Verdict:
    verdict = Verdict("project.yaml, Dockerfile and build.sh, of both")
    names = [
        f"{folder}/{name}"
        for folder in ("fuzz/oss-fuzz", ".clusterfuzzlite")
        for name in ("project.yaml", "Dockerfile", "build.sh")
    ]
    verdict.faults = [f"{one}: is not there" for one in names if not (root / one).is_file()]
    if verdict.faults:
        return verdict
    text = {one: (root / one).read_text(encoding="utf-8") for one in names}
    values, _ = parse(text["fuzz/oss-fuzz/project.yaml"])
    lite, lite_faults = parse(text[".clusterfuzzlite/project.yaml"])
    if lite.get("language") != values.get("language"):
        lite_faults.append("language: is not that of fuzz/oss-fuzz/project.yaml")
    found = {
        "fuzz/oss-fuzz/project.yaml": oss_fuzz_project(text["fuzz/oss-fuzz/project.yaml"], builds),
        ".clusterfuzzlite/project.yaml": lite_faults,
        "fuzz/oss-fuzz/Dockerfile": dockerfile(
            text["fuzz/oss-fuzz/Dockerfile"], IMAGE, f"{values.get('main_repo')} $SRC/devfd"
        ),
        ".clusterfuzzlite/Dockerfile": dockerfile(
            text[".clusterfuzzlite/Dockerfile"], f"{IMAGE}:v1", "COPY . $SRC/devfd"
        ),
        "fuzz/oss-fuzz/build.sh": script(root / "fuzz/oss-fuzz/build.sh"),
        ".clusterfuzzlite/build.sh": script(root / ".clusterfuzzlite/build.sh"),
    }
    verdict.faults = [f"{name}: {fault}" for name, faults in found.items() for fault in faults]
    return verdict
