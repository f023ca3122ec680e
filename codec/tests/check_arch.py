# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Replays the whole corpus on builds for other machines and compares what they print with this machine's.

usage: check_arch.py NATIVE OTHER...   (programs built from codec/tests/replay.c)
"""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
from pathlib import Path

CORPUS = Path("conformance/corpus/vectors.json")
FORMATS = {
    None: 0, "tlv": 1, "array": 2, "fixed": 3,
    "linux.device_info": 4, "linux.region_info": 5, "linux.irq_info": 6, "linux.iommu_info": 7,
    "linux.hot_reset_info": 8,
}  # fmt: skip
LITTLE, BIG, PRODUCER = 1, 2, 4
# How a build for another machine is run where the kernel cannot; by a part of the program's path.
EMULATORS = {"s390x": "qemu-s390x-static", "i686": "qemu-i386-static", "powerpc": "qemu-ppc-static"}


def frame(vector: dict) -> bytes:
    given = vector["given"]
    options = BIG if given.get("order") == "big" else LITTLE
    options |= PRODUCER if given.get("role") == "producer" else 0
    data = bytes.fromhex(vector["hex"])
    head = struct.pack("<4I", FORMATS[vector["format"]], options, given.get("index", 0), len(data))
    return head + data


def command(program: str) -> list[str]:
    for part, emulator in EMULATORS.items():
        if part in program and shutil.which(emulator):
            return [emulator, program]
    return [program]


def replay(program: str, frames: bytes) -> list[str]:
    run = subprocess.run(command(program), input=frames, capture_output=True, check=False)
    if run.returncode:
        sys.exit(f"{program}: exit {run.returncode}: {run.stderr.decode(errors='replace').strip()}")
    return run.stdout.decode().splitlines()


def main() -> int:
    native, *others = sys.argv[1:]
    vectors = json.loads(CORPUS.read_text(encoding="utf-8"))["vectors"]
    frames = b"".join(frame(one) for one in vectors)
    want = replay(native, frames)
    if len(want) != len(vectors):
        sys.exit(f"{native}: {len(want)} answers to {len(vectors)} vectors")
    wrong = [f"{native}: {one['id']}: {line}" for one, line in zip(vectors, want) if "DISAGREE" in line]
    for program in others:
        got = replay(program, frames)
        if len(got) != len(want):
            sys.exit(f"{program}: {len(got)} answers to {len(vectors)} vectors")
        differ = [
            f"{program}: {one['id']}:\n  here  {here}\n  there {there}"
            for one, here, there in zip(vectors, want, got)
            if here != there
        ]
        print(f"{program}: {len(got)} vectors, {len(differ)} differ")
        wrong += differ
    print("\n".join(wrong[:20]), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
