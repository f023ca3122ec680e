# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""run: what is put into a guest, what is made of what comes out, and its exit status. No guest is
booted."""

import base64
import importlib.machinery
import importlib.util
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE))
import kernels  # noqa: E402
import replies  # noqa: E402
from guests import GUESTS, S390X, SMALL, STEPS, X86, Guest  # noqa: E402
from initramfs import Archive  # noqa: E402
from qemu import Limits  # noqa: E402


def load_run():
    loader = importlib.machinery.SourceFileLoader("run", str(HERE / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
    sys.modules["run"] = module
    loader.exec_module(module)
    return module


run = load_run()
JUDGE = replies.oracle()


def info(argsz=24, flags=3, offered=None, **changes):
    """A reply to VFIO_DEVICE_GET_INFO, as a capture has it."""
    words = (argsz, flags, 9, 5, 0, 0)
    data = b"".join(word.to_bytes(4, "little") for word in words)
    base = {"call": "VFIO_DEVICE_GET_INFO", "index": None, "argsz_in": offered or argsz, "ret": 0,
            "errno": 0, "bytes": data.hex(), "recorded": len(data)}  # fmt: skip
    return {**base, **changes}


def capture(*some, kernel="6.12.3"):
    return {"kernel": kernel, "byte_order": "little", "replies": list(some)}


def unaligned():
    """A reply whose capabilities begin at 20, as they did before Linux 6.6."""
    words = (36, 0x83, 9, 5, 20, 0x00010005, 0, 0)
    cap = b"".join(word.to_bytes(4, "little") for word in words) + bytes(4)
    return info(bytes=cap.hex(), argsz_in=36, recorded=36)


# ---- The archive ----


def entries(data):
    """Reads an archive by the text of the format: name -> (mode, content), in order."""
    out, at = {}, 0
    while True:
        assert data[at : at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, length = fields[1], fields[6], fields[11]
        name = data[at + 110 : at + 110 + length]
        assert name.endswith(b"\0")
        start = at + (110 + length + 3) // 4 * 4
        at = start + (size + 3) // 4 * 4
        if name == b"TRAILER!!!\0":
            assert at == len(data)
            return out
        assert name not in out
        out[name[:-1].decode()] = (oct(mode), data[start : start + size])


def test_archive():
    archive = Archive()
    archive.file("bin/tool", b"\x00\x01abc", 0o755)
    archive.file("bin/odd", b"x")
    archive.link("bin/sh", "tool")
    archive.folder("proc")
    assert list(entries(archive.finish()).items()) == [
        ("bin", ("0o40755", b"")),
        ("bin/tool", ("0o100755", b"\x00\x01abc")),
        ("bin/odd", ("0o100644", b"x")),
        ("bin/sh", ("0o120777", b"tool")),
        ("proc", ("0o40755", b"")),
    ]


# ---- The guests ----


def functions():
    text = (HERE / "guest/steps.sh").read_text()
    return {line[5:-4].replace("_", "-") for line in text.splitlines() if line.startswith("step_")}


def test_every_step_exists_and_is_used():
    used = {step for guest in GUESTS for step in guest.steps or STEPS}
    assert used == functions()


def test_scripts_of_the_guest_are_shell():
    for name in ("init", "steps.sh"):
        subprocess.run(["sh", "-n", HERE / "guest" / name], check=True)


def test_steps_follow_what_is_there():
    guest = Guest("g", "k", S390X)
    assert "cdev" not in guest.all_steps([], []) and "not-viable" not in guest.all_steps([], [])
    assert "no-vfio" not in guest.all_steps([], ["/x/irqbypass.ko"])
    every = Guest("g", "k", X86).all_steps(["cdev", "mdev"], ["/x/vfio.ko"])
    assert every == tuple(one for one in STEPS)


def test_a_dozen_devices():
    assert X86.count >= 12
    assert {one.name for one in GUESTS if one.quick} == {"debian-6.1", "debian-6.12"}
    assert {one.kernel for one in GUESTS} <= set(kernels.NAMES)


# ---- What comes out ----


def test_good_replies():
    test = replies.judge_capture("d", capture(info(), info(argsz=24, offered=16)), JUDGE)
    assert test.ok, test.notes
    assert test.notes == ["2 replies judged as by a producer, 1 whole"]


def test_what_binds_producers_binds_new_kernels():
    old = replies.judge_capture("d", capture(unaligned(), kernel="6.1.192"), JUDGE)
    new = replies.judge_capture("d", capture(unaligned(), kernel="6.6"), JUDGE)
    assert old.ok and not new.ok
    assert "linux.device_cap.align" in new.notes[0]


@pytest.mark.parametrize(
    "bad",
    [
        info(argsz=8),
        info(flags=0x83),
        info(call="VFIO_DEVICE_GET_REGION_INFO", index=0),
    ],
)
def test_a_reply_that_the_oracle_refuses(bad):
    assert not replies.judge_capture("d", capture(info(), bad), JUDGE).ok


def test_a_capture_without_a_whole_reply():
    failed = info(ret=-1, errno=22)
    assert not replies.judge_capture("d", capture(failed), JUDGE).ok
    assert not replies.judge_all({}, JUDGE).ok


# ---- From the guest to the exit status, with a script in the place of QEMU ----


def tar(**captures):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as file:
        for name, one in captures.items():
            data = json.dumps(one).encode()
            entry = tarfile.TarInfo(f"./captures/{name}.json")
            entry.size = len(data)
            file.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def console(ok=True, shipped=tar(dev=capture(info())), end="@devfd done"):
    result = "ok" if ok else "not ok"
    lines = ["@devfd begin", "KTAP version 1", "1..2", "# rule a.b 2", "ok 1 capture",
             "  KTAP version 1", "  1..1", f"  {result} 1 dev", f"{result} 2 check",
             "@devfd end", "@devfd file ship.tar.gz",
             *base64.encodebytes(shipped).decode().split(),
             f"@devfd close {len(shipped)}", end]  # fmt: skip
    return "\n".join([*lines, ""])


@pytest.fixture(name="fake")
def fake_guest(tmp_path, monkeypatch):
    """A guest named fake whose QEMU prints what the test gives; returns how to run it."""
    programs = tmp_path / "programs/x86_64"
    programs.mkdir(parents=True)
    for name in (*run.PROGRAMS, "busybox", "bzImage"):
        (programs / name).write_text("")
    kernel = kernels.Kernel("k", "6.0", "6.0-k", "x86_64", str(programs / "bzImage"), [],
                            str(programs / "busybox"), "", ["group"])  # fmt: skip
    (tmp_path / "expectations").mkdir()

    def start(text, *words, expected=(), needs=()):
        (tmp_path / "console").write_text(text)
        (tmp_path / "expectations/fake.json").write_text(json.dumps(list(expected)))
        qemu = tmp_path / "qemu"
        qemu.write_text(f"#!/bin/sh\ncat {tmp_path}/console\n")
        qemu.chmod(0o755)
        machine = replace(X86, qemu=str(qemu), devices=("edu",), built_in=0)
        guest = Guest("fake", "k", machine, steps=("capture", "check"), needs=needs,
                      limits=Limits(5, 2))  # fmt: skip
        monkeypatch.setattr(run, "GUESTS", (guest,))
        monkeypatch.setattr(kernels, "get", lambda name: kernel)
        return run.main(["--guest", "fake", "--programs", str(tmp_path / "programs"),
                         "--expectations", str(tmp_path / "expectations"), *words])  # fmt: skip

    return start


EXPECTED = {"case": "fake/check/dev", "outcome": "fail", "reason": "r", "link": "", "until": ""}


def test_all_as_expected(fake, tmp_path, capsys):
    files = [f"--{name}={tmp_path / name}" for name in ("json", "ktap", "captures")]
    assert fake(console(), *files) == 0
    figures = json.loads((tmp_path / "json").read_text())
    assert figures["good"] and figures["devices"] == 1 and figures["rule_counts"] == {"a.b": 2}
    assert json.loads((tmp_path / "captures/fake/captures/dev.json").read_text())
    assert "  ok 3 replies" in (tmp_path / "ktap").read_text()
    assert "ok 1 fake" in capsys.readouterr().out


def test_a_failure(fake, capsys):
    assert fake(console(ok=False)) == 1
    assert "UNEXPECTED: fake/check/dev: fail" in capsys.readouterr().out


def test_a_failure_that_is_expected(fake):
    assert fake(console(ok=False), expected=[EXPECTED]) == 0
    assert fake(console(), expected=[EXPECTED]) == 1
    assert fake(console(), expected=[{**EXPECTED, "case": "fake/x/y"}]) == 1


def test_a_check_that_ends_well_and_says_nothing(fake, capsys):
    lines = [one for one in console().splitlines() if not one.startswith("  ")]
    assert fake("\n".join([*lines, ""])) == 1
    assert "check: 0 devices were told of, 1 were put in" in capsys.readouterr().out


@pytest.mark.parametrize("told", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_no_guest_is_left_behind(tmp_path, told):
    """The command itself, told to end while a guest hangs."""
    qemu = tmp_path / "qemu"
    qemu.write_text(f"#!/bin/sh\necho $$ >{tmp_path}/half\nmv {tmp_path}/half {tmp_path}/pid\n"
                    "exec sleep 60\n")
    qemu.chmod(0o755)
    body = f"""
import runpy, signal, sys, tempfile
sys.path.insert(0, {str(HERE)!r})
tempfile.tempdir = {str(tmp_path / "temp")!r}
import guests, kernels
from dataclasses import replace
kernels.get = lambda name: kernels.Kernel("k", "6.0", "6.0-k", "x86_64", {str(qemu)!r}, [],
                                          {str(qemu)!r}, "", [])
machine = replace(guests.X86, qemu={str(qemu)!r})
guests.GUESTS = (guests.Guest("fake", "k", machine, quick=True, steps=("bind",)),)
sys.argv = ["run", "--programs", {str(tmp_path)!r}]
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_path({str(HERE / "run")!r}, run_name="__main__")
"""
    (tmp_path / "temp").mkdir()
    (tmp_path / "x86_64").mkdir()
    for name in run.PROGRAMS:
        (tmp_path / "x86_64" / name).write_text("")
    with subprocess.Popen([sys.executable, "-c", body]) as process:
        start = time.monotonic()
        while not (tmp_path / "pid").exists() and time.monotonic() - start < 20:
            time.sleep(0.05)
        process.send_signal(told)
        assert process.wait(10) == 128 + told
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert not list((tmp_path / "temp").iterdir())


def test_a_guest_that_ends_early(fake, capsys):
    assert fake(console(end="last words")) == 1
    out = capsys.readouterr().out
    assert "ended early" in out and "last words" in out


def test_a_guest_that_panics_though_all_failures_are_expected(fake):
    text = console(ok=False, end="Kernel panic - not syncing: x")
    assert fake(text, expected=[EXPECTED, {**EXPECTED, "case": "fake/*"}]) == 1


def test_what_was_shipped_is_judged(fake, capsys):
    bad = info(flags=0x83)
    assert fake(console(shipped=tar(dev=capture(info(), bad)))) == 1
    assert "fake/replies/captures" in capsys.readouterr().out
    assert fake(console(shipped=tar())) == 1
    assert fake(console(shipped=b"no archive")) == 1
    assert fake(console(shipped=tar(dev=[]))) == 1


def test_a_kernel_that_lacks_what_the_guest_is_for(fake, capsys):
    assert fake(console(), needs=("cdev",)) == 1
    assert "lacks cdev" in capsys.readouterr().out


def test_cannot_run(fake, tmp_path, capsys):
    assert fake(console(), "--programs", str(tmp_path)) == 2
    assert "make guest-x86_64" in capsys.readouterr().err
    (tmp_path / "expectations/bad.json").write_text("{")
    assert fake(console()) == 2
    assert "bad.json" in capsys.readouterr().err


def test_words_of_the_command_line(capsys):
    assert run.main(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len((*GUESTS, SMALL))
    assert run.main(["--guest", "nobody"]) == 2
    assert "there is no guest nobody" in capsys.readouterr().err
    assert run.main(["--modules", "x"]) == 2
    assert run.main(["--kernel", "/nowhere"]) == 2


def test_no_qemu(monkeypatch, capsys):
    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    monkeypatch.setattr(kernels, "get", lambda name: kernels.Kernel(
        name, "6", "6", "x86_64", "", [], "", "", []))  # fmt: skip
    assert run.main(["--quick"]) == 2
    assert "apt-get install qemu-system-x86" in capsys.readouterr().err
