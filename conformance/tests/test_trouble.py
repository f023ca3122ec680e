# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What breaks in the runner itself, or under it, is never lost: an error while a testee is read, an
error in a thread, an interruption, a report that cannot be written."""

import errno
import os
import pty
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HOME = HERE.parent
sys.path[:0] = [str(HOME), str(HERE)]
from runner import process, testee  # noqa: E402
from runner.run import Options, Session  # noqa: E402
from runner.testee import Got  # noqa: E402
from runner.testee_pipe import PipeTestee  # noqa: E402
from test_testees import BAD, crashes, left, many, outcomes  # noqa: E402

PIPE = f"{sys.executable} -S -E {BAD}"


class Broken:
    """os with a read() that fails once, at a call for one descriptor of the testee's."""

    def __init__(self, which, after):
        self.which, self.after, self.calls, self.fired = which, after, 0, False

    def __getattr__(self, name):
        return getattr(os, name)

    def read(self, fd, size):
        self.calls += 1
        if not self.fired and self.calls > self.after:
            self.fired = True
            raise OSError(errno.EIO, "Input/output error")
        return os.read(fd, size)


def session(mode, cases, mark="mark", jobs=1):
    words = [sys.executable, "-S", "-E", str(BAD), mode, mark]
    return Session(lambda: PipeTestee(words, 0.5, starting=5.0), cases, Options(jobs=jobs))


def test_an_output_that_cannot_be_read_is_a_crash_of_one_case(monkeypatch):
    broken = Broken("stdout", 2)
    monkeypatch.setattr(process, "os", broken)
    results = session("good", many(600)).run("test", {}).results
    assert broken.fired
    [text] = crashes(results).values()
    assert "its output cannot be read: Input/output error" in text
    assert sum(one.outcome == "pass" for one in results) == 599


def test_a_stderr_that_cannot_be_read_does_not_count(monkeypatch):
    broken = Broken("stderr", 3)
    monkeypatch.setattr(testee, "os", broken)
    results = session("floods", many(20)).run("test", {}).results
    assert broken.fired
    assert len(results) == 20
    # Nobody reads it any more: what the testee still writes there may end it, which is a crash.
    assert set(outcomes(results).values()) <= {"pass", "crash"}
    assert results[0].outcome == "pass"


def test_a_testee_that_closes_its_stderr_is_judged_all_the_same():
    results = session("mute", many(40)).run("test", {}).results
    assert set(outcomes(results).values()) == {"pass"}


class Fragile:
    """A testee whose second instance, which a thread has, breaks inside of the runner."""

    batch = 4
    made: list["Fragile"] = []

    def __init__(self):
        self.hello = {"name": "x", "formats": ["*"], "roles": ["reader"], "tells": [],
                      "scripts": False}
        self.ended = False
        self.made.append(self)
        self.number = len(self.made)

    def start(self):
        pass

    def judge(self, cases):
        for one in cases:
            if self.number == 2:
                raise RuntimeError("a mistake of the runner")
            while not self.made[1].ended and not self.ended:
                time.sleep(0.001)
            yield Got(one, crash="x")

    def close(self):
        return ""

    def kill(self):
        self.ended = True

    def abandon(self):
        self.ended = True


def test_an_error_in_a_thread_is_an_error_of_the_run():
    Fragile.made = []
    with pytest.raises(RuntimeError, match="a mistake of the runner"):
        Session(Fragile, many(40), Options(jobs=2)).run("test", {})
    assert len(Fragile.made) == 2
    assert all(one.ended for one in Fragile.made)


@pytest.mark.parametrize("number,status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("way", ["--pipe", "--exec"])
def test_an_interruption_leaves_nothing_behind(tmp_path, number, status, way):
    """Neither a process, also of several jobs, nor a report, nor a file of its own."""
    mark = f"mark-{uuid.uuid4()}"
    command = f"{PIPE} hang-all {mark}" if way == "--pipe" else f"sh -c 'sleep 60; : {mark}'"
    with subprocess.Popen(
            [HOME / "run", "run", way, command, "--timeout", "60", "--jobs", "3", "--report",
             f"html={tmp_path / 'out.html'}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "TMPDIR": str(tmp_path)}) as run:
        time.sleep(2.5)
        run.send_signal(number)
        _, said = run.communicate(timeout=10)
    assert run.returncode == status
    assert said == "conformance/run: interrupted, no report is written\n"
    assert not left(mark)
    assert not list(tmp_path.iterdir())


def command(*words, **more):
    return subprocess.run([HOME / "run", *words], capture_output=True, text=True, timeout=60,
                          check=False, **more)


SOME = ("run", "--exec", "true", "--only", "tlv/v1.least.little")


@pytest.mark.parametrize("words,says", [
    (("--jobs", "0"), "'0' is no number from 1 on"),
    (("--jobs", "-1"), "'-1' is no number from 1 on"),
    (("--jobs", "many"), "'many' is no number from 1 on"),
    (("--jobs", "1000"), "1000 is more than 128"),
    (("--timeout", "soon"), "'soon' is no number of seconds"),
    (("--timeout", "0"), "0 is not between 0 and 3600"),
    (("--give-up", "nan"), "'nan' is no number of seconds"),
    (("--report", "html=/no/such/folder/x"), "its folder does not exist"),
    (("--report", "html=/proc/x"), "/proc/x: cannot be written: No such file or directory"),
    (("--report", "html=/"), "/: is a folder"),
])
def test_wrong_words_are_told_in_one_line(words, says):
    done = command(*SOME, *words)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(says)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words,says", [
    (("run", "--exec", ""), "--exec: the command is empty"),
    (("run", "--pipe", " "), "--pipe: the command is empty"),
    (("smoke", "--pipe", "'x"), '--pipe "\'x": No closing quotation'),
    (("run", "--pipe", "/no/such"), "/no/such: No such file or directory"),
    (("run", "--pipe", "true"), "true: exit status 0 before its hello"),
    (("run", "--so", "/etc/passwd"),
     "/etc/passwd: exit status 2 before its hello: /etc/passwd: invalid ELF header"),
    (("adapter-check", "--so", ""), "--so: the command is empty"),
    ((*SOME, "--formats", "tlv,linus"), "--formats linus: the corpus has none of that name; it has "
     "auto (told by the first bytes), array, fixed, linux.device_info, linux.hot_reset_info, "
     "linux.iommu_info, linux.irq_info, linux.region_info, tlv"),
    ((*SOME, "--expect", "/no/such"), "/no/such: No such file or directory"),
])
def test_what_cannot_be_attached_is_told_in_one_line(words, says):
    done = command(*words)
    assert (done.returncode, done.stderr) == (2, f"conformance/run: {says}\n")


def test_an_empty_folder_is_no_corpus(tmp_path):
    done = command("--corpus", str(tmp_path), "list")
    assert done.returncode == 2
    assert done.stderr == f"conformance/run: {tmp_path}/manifest.json: not found\n"


def test_a_report_that_cannot_be_written_is_no_good_run():
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([HOME / "run", *SOME, "--report", "jsonl=-"], stdout=full, text=True,
                              stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith("conformance/run: standard output: No space left on device\n")
    assert "Traceback" not in done.stderr
    done = command(*SOME, "--report", "jsonl=/dev/full")
    assert done.returncode == 2 and done.stderr.endswith(": No space left on device\n")
    assert Path("/dev/full").is_char_device()


def test_nobody_reads_the_report():
    done = subprocess.run(["bash", "-o", "pipefail", "-c", '"$@" | true', "x", HOME / "run", "run",
                           "--exec", "true", "--only", "tlv/v1.*", "--report", "jsonl=-"],
                          stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith("conformance/run: nobody reads standard output\n")


@pytest.mark.parametrize("columns", [80, 40, 10])
def test_the_bar_stays_on_its_line(columns):
    main, terminal = pty.openpty()
    subprocess.run(["stty", "cols", str(columns)], stdin=terminal, check=True)
    done = subprocess.run([HOME / "run", "run", "--pipe", f"{PIPE} good mark", "--only", "tlv"],
                          stdout=subprocess.DEVNULL, stderr=terminal, timeout=60, check=False,
                          env={key: value for key, value in os.environ.items()
                               if key not in ("COLUMNS", "LINES")})
    os.close(terminal)
    shown = b""
    try:
        while more := os.read(main, 1 << 16):
            shown += more
    except OSError:  # so ends what a terminal has to say
        pass
    os.close(main)
    lines = [line.replace(b"\x1b[K", b"") for line in shown.split(b"\r")]
    assert done.returncode == 1 and len(lines) > 1
    assert max(len(line) for line in lines) < columns
