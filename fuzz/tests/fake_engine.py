#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""A stand-in for a libFuzzer target: knows its options, prints its lines, breaks when told to.

Files beside it tell what it does: NAME.finds, a folder of inputs that it "finds" one a process;
NAME.deaf: it does not hear SIGINT; NAME.fixed: nothing breaks any more; NAME.drifts: minimising
leads to another bug; NAME.full: what minimising writes is lost, without a word; NAME.mute:
it is killed where it would break. What an input breaks is told by its first byte."""
import hashlib
import os
import signal
import sys
import time
from pathlib import Path

HERE = Path(sys.argv[0])
RATE = 1000  # executions a step
STEP = 0.02
STACK = """==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x60200000{0:04x}
READ of size 4 at 0x60200000{0:04x} thread T0
    #0 0x55d0{0:04x} in __interceptor_memcpy (/made/tlv+0x1)
    #1 0x55d1{0:04x} in devfd_get32 /src/codec/bytes.h:4{0}:9
    #2 0x55d2{0:04x} in open_tlv /src/codec/records.c:12{0}:3
    #3 0x55d3{0:04x} in main /usr/lib/libc.c:1:1

SUMMARY: AddressSanitizer: heap-buffer-overflow /src/codec/bytes.h:4:9 in devfd_get32
"""


def beside(kind: str) -> Path:
    return HERE.with_name(f"{HERE.name}.{kind}")


def judge(data: bytes) -> int:
    """Breaks as the first byte says."""
    if beside("fixed").exists():
        return 0
    if data[:1] == b"P":
        sys.stderr.write(f"promise broken: same-twice: byte {len(data)}\n==1== ERROR: libFuzzer: "
                         "deadly signal\n")
        return 77
    if data[:1] == b"A":
        sys.stderr.write(STACK.format(len(data)))
        return 1
    return 0


def merge(folders: list[str]) -> int:
    """Of inputs with the same first byte, the smallest."""
    best: dict[bytes, bytes] = {}
    for folder in folders:
        for path in sorted(Path(folder).iterdir()):
            data = path.read_bytes()
            old = best.get(data[:1])
            if old is None or (len(data), data) < (len(old), old):
                best[data[:1]] = data
    for data in best.values():
        name = hashlib.sha1(data).hexdigest()
        (Path(folders[0]) / name).write_bytes(b"" if beside("full").exists() else data)
    return 0


def fuzz(options: dict[str, str], corpus: Path) -> int:
    """Adds an input a step, and breaks with one that it is told of and nobody had."""
    def end(*_rest: object) -> None:
        say(f"stat::number_of_executed_units: {done + 7}")
        os._exit(72)

    signal.signal(signal.SIGINT, signal.SIG_IGN if beside("deaf").exists() else end)
    done = 0
    say(f"#2\tINITED cov: {10 + len(list(corpus.iterdir()))} ft: 20 corp: 1/1b exec/s: 0 rss: 30Mb")
    deadline = time.monotonic() + float(options["max_total_time"])
    while time.monotonic() < deadline:
        time.sleep(STEP)
        done += RATE
        data = b"%c" % (len(list(corpus.iterdir())) % 60) + bytes(done // RATE)
        (corpus / hashlib.sha1(data).hexdigest()).write_bytes(data)
        cov = 10 + len(list(corpus.iterdir()))
        say(f"#{done}\tNEW    cov: {cov} ft: {2 * cov} corp: 3/9b lim: 512 exec/s: 9 rss: 30Mb")
        for path in sorted(beside("finds").glob("*")):
            data = path.read_bytes()
            path.unlink()
            if beside("mute").exists():
                os.kill(os.getpid(), signal.SIGKILL)
            Path(f"{options['artifact_prefix']}crash-{path.name}").write_bytes(data)
            say(f"Test unit written to {options['artifact_prefix']}crash-{path.name}")
            say(f"stat::number_of_executed_units: {done}")
            return judge(data) or 77
    say(f"stat::number_of_executed_units: {done}")
    return 0


def say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    options = dict(word[1:].split("=", 1) for word in sys.argv[1:] if word.startswith("-"))
    names = [word for word in sys.argv[1:] if not word.startswith("-")]
    if "merge" in options:
        return merge(names)
    if "minimize_crash" in options:
        data = Path(names[0]).read_bytes()
        small = b"A" if beside("drifts").exists() else data[:2]
        Path(options["exact_artifact_path"]).write_bytes(small)
        return 0
    if Path(names[0]).is_file():
        return judge(Path(names[0]).read_bytes())
    say(f"Running: {sys.argv[0]}")
    return fuzz(options, Path(names[0]))


sys.exit(main())
