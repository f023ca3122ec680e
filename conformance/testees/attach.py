# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Runs the corpus against any command, attached in the way that fits it.

A file that ends in .so is loaded; a command that answers the runner's hello is spoken to on its pipe; any other
one is started once an input and tells by its exit status.

usage: attach.py COMMAND [OPTION OF conformance/run run...]
"""
from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).resolve().parents[1] / "run"
HELLO = b"\x05\0\0\0H\x01\0\0\0"  # a frame of 5 bytes: version 1 of the protocol
PATIENCE = 10.0  # seconds; an interpreter may take a while to start


def says_hello(words: list[str]) -> bool:
    """Whether the first frame of an answer is a hello. Raises OSError where nothing starts."""
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        try:
            # The end of the input is the end of the session, so an adapter ends by itself.
            said, _ = process.communicate(HELLO, PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            return False
    size = int.from_bytes(said[:4], "little")
    try:
        return said[4:5] == b"H" and isinstance(json.loads(said[5:4 + size]), dict)
    except ValueError:  # such as an echo of what was sent
        return False


def how(command: str) -> str:
    words = shlex.split(command)
    if len(words) == 1 and words[0].endswith(".so"):
        return "--so"
    if "{file}" in command:
        return "--exec"
    return "--pipe" if says_hello(words) else "--exec"


def main() -> int:
    if len(sys.argv) < 2 or not sys.argv[1].strip():
        print('usage: make conformance IMPL="COMMAND"', file=sys.stderr)
        return 2
    command = sys.argv[1]
    try:
        option = how(command)
    except (OSError, ValueError) as error:
        print(f"conformance: {command}: {error}", file=sys.stderr)
        return 2
    print(f"conformance: attached by {option}", flush=True)
    words = [sys.executable, str(RUN), "run", option, command, *sys.argv[2:]]
    os.execv(sys.executable, words)


if __name__ == "__main__":
    sys.exit(main())
