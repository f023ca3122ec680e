# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""qemu.py: whatever a guest does, its run ends in bounded time and is told of. A script stands in
for QEMU."""

import base64
import json
import socket
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import qemu  # noqa: E402

LIMITS = qemu.Limits(seconds=3, silence=1, console=1 << 20, tail=5)
HEAD = 'import sys, time, os\nsay = lambda *a: print(*a, sep="\\n", flush=True)\n'
KTAP = ["KTAP version 1", "1..1", "ok 1 a"]


def run(body, limits=LIMITS, monitor=None):
    """Runs Python in the place of QEMU; it must not take longer than it may."""
    start = time.monotonic()
    script = HEAD + textwrap.dedent(body)
    out = qemu.run([sys.executable, "-c", script], limits, monitor)
    assert time.monotonic() - start < limits.seconds + 2
    return out


def through(*between):
    """The script of a guest that goes through, with more lines before its end."""
    lines = ["@devfd begin", *KTAP, "@devfd end", *between, "@devfd done"]
    return f"say(*{lines!r})"


def test_good():
    out = run("say('SeaBIOS', '[0.1] booting')\n" + through())
    assert out.problem == ""
    assert out.ktap == KTAP


def test_a_console_with_carriage_returns():
    out = run(f"sys.stdout.reconfigure(newline='\\r\\n')\n{through()}")
    assert out.problem == ""
    assert out.ktap == KTAP


BOUNDED = {
    "hangs": ("say('@devfd begin', 'KTAP version 1')\ntime.sleep(60)", "silent for 1 s"),
    "hangs at once": ("time.sleep(60)", "silent for 1 s"),
    "half a line, slowly": (
        "while True: sys.stdout.write('x'); sys.stdout.flush(); time.sleep(0.1)",
        "silent for 1 s",
    ),
    "talks for ever": ("while True: say('tick'); time.sleep(0.1)", "not done after 3 s"),
    "floods": ("while True: say('#' * 5000)", "flood"),
    "floods without a line": ("while True: sys.stdout.write('x' * 5000)", "flood"),
    "panics": (
        "say('@devfd begin', '[ 9.1] Kernel panic - not syncing: Fatal', '[ 9.1] Rebooting')",
        "panic: [ 9.1] Kernel panic - not syncing: Fatal",
    ),
    "panics and hangs": ("say('Oops: 0000 [#1] SMP')\ntime.sleep(60)", "panic: Oops: 0000"),
    "panics when all was said": (
        through() + "\nsay('Kernel panic - not syncing: late')",
        "panic: Kernel panic - not syncing: late",
    ),
    "ends before it begins": ("say('no bootable device')", "before it began"),
    "says nothing": ("", "before it began"),
    "ends early": ("say('@devfd begin', *%r)" % KTAP, "ended early"),
    "ends before it is done": ("say('@devfd begin', '@devfd end')", "ended early"),
    "fails": (through() + "\nsys.exit(3)", "status 3"),
    "is killed": (through() + "\nos.kill(os.getpid(), 9)", "status -9"),
    "closes the console, stays": (
        through() + "\nos.close(1); os.close(2)\ntime.sleep(60)",
        "did not end",
    ),
    "done out of order": ("say('@devfd done')", "makes no sense"),
    "unknown word": (through("@devfd reboot"), "makes no sense"),
    "ends within a file": (through("@devfd file a", "QUJD"), "within file a|ended early"),
    "file too short": (through("@devfd file a", "QUJD", "@devfd close 4"), "3 bytes, 4 were sent"),
    "file broken": (through("@devfd file a", "Q*JD", "@devfd close 3"), "came broken"),
    "file not open": (through("@devfd close 3"), "makes no sense"),
    "unplugs without a monitor": (through("@devfd unplug x"), "could not unplug x"),
}


@pytest.mark.parametrize("name", BOUNDED)
def test_bounded_and_told(name):
    body, problem = BOUNDED[name]
    out = run(body)
    assert any(part in out.problem for part in problem.split("|")), out.problem


def test_the_tail_is_shown():
    out = run("say(*map(str, range(100)))\ntime.sleep(60)")
    assert out.tail == ["95", "96", "97", "98", "99"]


def test_a_diagnostic_about_a_panic_is_none():
    assert run(through("  # Oops: said a test")).problem == ""


def test_files():
    data = bytes(range(256)) * 9
    lines = base64.encodebytes(data).decode().split()
    out = run(through("@devfd file ship.tar.gz", *lines, f"@devfd close {len(data)}"))
    assert out.problem == ""
    assert out.files == {"ship.tar.gz": data}


def test_children_of_qemu_end_with_it():
    out = run("import subprocess\nsubprocess.run(['sleep', '61'])")
    assert "silent" in out.problem


def serve(path, answers, heard):
    """A monitor that answers what it is told to."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def work():
        link = server.accept()[0]
        with link, server, link.makefile("rw") as stream:
            stream.write('{"QMP": {}}\n')
            stream.flush()
            for answer in answers:
                heard.append(json.loads(stream.readline()))
                stream.write(answer + "\n")
                stream.flush()

    threading.Thread(target=work, daemon=True).start()


def test_unplug(tmp_path):
    heard = []
    serve(tmp_path / "qmp", ['{"return": {}}', '{"event": "X"}\n{"return": {}}'], heard)
    out = run(through("@devfd unplug net0"), monitor=tmp_path / "qmp")
    assert out.problem == ""
    assert heard[1] == {"execute": "device_del", "arguments": {"id": "net0"}}


@pytest.mark.parametrize(
    "answers", [['{"return": {}}', '{"error": {"desc": "no device x"}}'], ['{"return": {}}'], ["?"]]
)
def test_unplug_fails(tmp_path, answers):
    serve(tmp_path / "qmp", answers, [])
    out = run(through("@devfd unplug x"), monitor=tmp_path / "qmp")
    assert "could not unplug x" in out.problem
