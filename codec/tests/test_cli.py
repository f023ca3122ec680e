# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Tests of the tool devfd: every command, and every way to fail."""
from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import struct
import subprocess
from pathlib import Path

import pytest

from devfd_tool import (DEVFD, DEVICES, NVME, ROOT, ZPCI, bad, convert, good, part,
                        rich_dump, run, text)


@pytest.fixture
def tlv(tmp_path: Path) -> Path:
    """A description in a file."""
    path = tmp_path / "nvme.tlv"
    path.write_bytes(convert(NVME.read_bytes(), "tlv"))
    return path


# -- the tool itself ------------------------------------------------------------------------------


def test_help_names_every_command_and_each_has_its_own():
    overview = good("--help")
    for verb in ("show", "check", "convert", "region", "irq", "diff", "explain"):
        assert re.search(rf"^  {verb} ", overview, re.M)
        assert good(verb, "--help").startswith(f"usage: devfd {verb} ")
    assert re.fullmatch(r"devfd \S+\n", good("--version"))


def test_the_manual_covers_every_option():
    manual = (ROOT / "codec" / "cli" / "devfd.1").read_text().replace("\\-", "-")
    for verb in ("show", "check", "convert", "region", "irq", "diff", "explain"):
        assert f"devfd {verb}" in manual
        for option in re.findall(r"--[a-z-]+", good(verb, "--help")):
            assert option in manual, (verb, option)


VERBS = ("show", "check", "convert", "region", "irq", "diff", "explain")


def test_no_help_has_lines_above_80_columns():
    texts = [good("--help"), bad(2)]
    for verb in VERBS:
        texts += [good(verb, "--help"), bad(2, verb, "--nonsense")]
    assert [line for text in texts for line in text.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("render", [["groff", "-man", "-Tascii", "-P-cbou", "-rLL=80n"],
                                    ["mandoc", "-Tascii", "-Owidth=80"]], ids=lambda way: way[0])
def test_the_manual_has_no_lines_above_80_columns(render):
    if not shutil.which(render[0]):
        pytest.skip(f"there is no {render[0]}")
    page = subprocess.run([*render, ROOT / "codec" / "cli" / "devfd.1"], check=True,
                          capture_output=True, text=True).stdout
    lines = re.sub(".\\x08", "", page).splitlines()
    assert len(lines) > 100 and [line for line in lines if len(line) > 80] == []


def test_wrong_usage_is_status_2():
    assert "no command" in bad(2)
    assert "unknown option --nonsense" in bad(2, "--nonsense")
    assert "unknown or ambiguous option --nonsense" in bad(2, "show", "--nonsense", NVME)
    assert "unknown option -x" in bad(2, "diff", "-x", NVME, NVME)
    assert "wants an argument" in bad(2, "check", NVME, "--role")
    assert "takes no argument" in bad(2, "check", NVME, "--json=yes")
    assert "--role servant" in bad(2, "check", NVME, "--role", "servant")
    assert "unknown format pdf" in bad(2, "show", NVME, "--format", "pdf")
    assert "--to pdf" in bad(2, "convert", NVME, "--to", "pdf", "-o", "-")
    assert "--byte-order middle" in bad(2, "convert", NVME, "--byte-order", "middle", "-o", "x.tlv")
    assert "-o OUT is missing" in bad(2, "convert", NVME, "--to", "tlv")
    assert "--to is missing" in bad(2, "convert", NVME, "-o", "somewhere")
    for verb in ("show", "check", "convert", "region", "irq", "diff"):
        assert "usage: devfd" in bad(2, verb)
    assert "only one" in bad(2, "diff", "-", "-")
    assert "--format of one reply" in bad(2, "show", NVME, "--index", "1")


@pytest.mark.parametrize("number", ["-1", "4294967296", "0x100000000", "99999999999999999999", "1x",
                                    "", " 1", "+1", "0x"])
def test_numbers_out_of_range_are_refused(number):
    assert "wanted a number from 0 to 4294967295" in bad(2, "region", "--", NVME, number)
    assert "wanted a number from 0 to 4294967295" in bad(
        2, "show", NVME, "--format", "linux.region_info", f"--index={number}")


def test_unknown_command_lists_the_commands():
    message = bad(2, "frobnicate", env={"PATH": "/nonexistent"})
    assert "unknown command frobnicate" in message and "convert" in message
    assert "slash" in bad(2, "../show")


def test_other_commands_are_programs_beside_the_tool_or_on_path(tmp_path):
    home, path = tmp_path / "home", tmp_path / "path"
    for folder in (home, path):
        folder.mkdir()
        script = folder / "devfd-hello"
        script.write_text(f'#!/bin/sh\necho {folder.name} "$@"\nexit 5\n')
        script.chmod(0o755)
    tool = shutil.copy(DEVFD, home / "devfd")
    command = [tool, "hello", "a b", "--json"]
    env = {"PATH": f"{path}:{os.environ['PATH']}"}
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (5, b"home a b --json\n")
    (home / "devfd-hello").unlink()
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (5, b"path a b --json\n")
    (home / "devfd-hello").write_text("#!/bin/sh\n")
    done = subprocess.run(command, env=env, stderr=subprocess.PIPE)
    assert done.returncode == 2 and b"Permission denied" in done.stderr


# -- reading --------------------------------------------------------------------------------------


def test_files_that_cannot_be_read_are_status_2(tmp_path):
    for verb in (["show"], ["show", "--json"], ["check"], ["diff", NVME]):
        assert "No such file" in bad(2, *verb, tmp_path / "missing")
        assert "directory" in bad(2, *verb, tmp_path)
    assert "No such file" in bad(2, "convert", tmp_path / "missing", "-o", tmp_path / "x.tlv")
    assert not list(tmp_path.iterdir())


def test_unreadable_file_is_status_2(tmp_path, tlv):
    tlv.chmod(0)
    command = [DEVFD]
    if os.geteuid() == 0:
        user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        if not shutil.which("setpriv"):
            pytest.skip("root reads everything, and there is no setpriv")
        command = user + command
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    if subprocess.run([*command, "--version"], stdout=subprocess.DEVNULL).returncode:
        pytest.skip("nobody may not run the tool where it is")
    done = subprocess.run([*command, "check", tlv], capture_output=True)
    assert done.returncode == 2 and b"Permission denied" in done.stderr


def test_empty_input_and_input_without_a_magic_break_a_rule(tmp_path):
    empty = tmp_path / "empty"
    empty.touch()
    for args in ([empty], ["-"], ["/dev/null"]):
        assert "model.input.magic" in bad(1, "show", *args)
    assert "model.input.magic" in bad(1, "convert", ROOT / "Makefile", "--to", "tlv", "-o", "-")
    done = run("check", empty)
    assert done.returncode == 1 and b":0: model.input.magic" in done.stdout


def test_input_from_stdin_pipe_and_file(tlv, tmp_path):
    expected = good("show", "--json", tlv)
    assert good("show", "--json", "-", stdin=tlv.read_bytes()) == expected
    with tlv.open("rb") as file:
        assert good("show", "--json", "-", stdin=file) == expected
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen(["sh", "-c", f"cat {tlv} > {fifo}"]):
        assert good("show", "--json", fifo) == expected


def test_stdin_that_is_closed_is_status_2():
    done = subprocess.run(f"{DEVFD} show - <&-", shell=True, capture_output=True)
    assert done.returncode == 2 and b"standard input" in done.stderr


def run_in_64_mib(*args) -> subprocess.CompletedProcess:
    """The tool with so little memory of its own that it cannot hold the file."""
    limit = ["prlimit", f"--data={64 << 20}"]
    # A sanitizer needs more before it starts.
    if subprocess.run([*limit, DEVFD, "--version"], capture_output=True, check=False).returncode:
        limit = []
    return subprocess.run([*limit, DEVFD, *map(str, args)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, check=False)


@pytest.mark.parametrize("size, magic, rule", [
    (1 << 30, b"", "model.input.magic"),
    ((1 << 31) - 1, b"", "model.input.magic"),
    (1 << 31, b"", "model.input.max"),
    (1 << 40, b"{", "model.input.max"),
    (1 << 30, b"\0icp\2\0\0\0", "tlv."),
    (1 << 30, b"rdfv\1\0\0\0\0\0\0\x40", "array."),
])
def test_huge_sparse_files_are_judged_at_once(tmp_path, size, magic, rule):
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.write(magic)
        try:
            file.truncate(size)
        except OSError:
            pytest.skip("the file system has no files of this size")
    for verb in (["check"], ["show", "--json"], ["convert", "--to", "array", "-o", "-"]):
        done = run_in_64_mib(*verb, path)
        assert done.returncode == 1 and rule in done.stdout.decode()


def test_endless_pipes_are_not_read_to_the_end():
    with subprocess.Popen(["yes"], stdout=subprocess.PIPE) as endless:
        assert "model.input.magic" in bad(1, "show", "-", stdin=endless.stdout)
        endless.kill()


# -- writing --------------------------------------------------------------------------------------


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def test_write_errors_are_noticed(tlv, tmp_path):
    for args in (["show", tlv], ["show", "--json", tlv], ["check", tlv], ["region", tlv, "0"],
                 ["diff", tlv, ZPCI], ["explain"], ["--help"], ["--version"],
                 ["convert", tlv, "--to", "array", "-o", "-"]):
        with open("/dev/full", "wb") as full:
            assert "standard output: No space left" in bad(2, *args, stdout=full)
    assert "/dev/full: No space left" in bad(2, "convert", tlv, "--to", "tlv", "-o", "/dev/full")
    out = tmp_path / "x.array"
    assert "too large" in bad(2, "convert", tlv, "-o", out, preexec_fn=limit_files)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nvme.tlv"]


def test_a_reader_that_leaves_is_status_2(tlv):
    for args in (["explain"], ["show", tlv], ["convert", tlv, "--to", "array", "-o", "-"]):
        ours, theirs = os.pipe()
        os.close(ours)
        with os.fdopen(theirs, "wb") as pipe:
            assert "Broken pipe" in bad(2, *args, stdout=pipe)


def test_stdout_that_is_closed_is_status_2(tlv):
    for args in ("explain", f"convert {tlv} --to array -o -"):
        done = subprocess.run(f"{DEVFD} {args} >&-", shell=True, capture_output=True)
        assert done.returncode == 2 and b"standard output" in done.stderr


def test_output_appears_whole_or_not_at_all(tlv, tmp_path):
    out = tmp_path / "out.array"
    out.write_bytes(b"precious")
    out.chmod(0o640)
    bad(1, "convert", ZPCI, "--to", "fixed", "-o", out)
    bad(2, "convert", tmp_path / "missing", "-o", out)
    assert out.read_bytes() == b"precious"
    good("convert", tlv, "-o", out)
    assert out.read_bytes() == convert(tlv.read_bytes(), "array")
    assert out.stat().st_mode & 0o777 == 0o640
    link = tmp_path / "link.fixed"
    link.symlink_to("out.array")
    good("convert", tlv, "-o", link)
    assert link.is_symlink() and out.read_bytes() == convert(tlv.read_bytes(), "fixed")
    assert "No such file" in bad(2, "convert", tlv, "-o", tmp_path / "no" / "x.array")
    assert "directory" in bad(2, "convert", tlv, "--to", "array", "-o", tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["link.fixed", "nvme.tlv", "out.array"]


def test_output_may_not_be_the_input(tlv, tmp_path):
    before = tlv.read_bytes()
    (tmp_path / "hard.tlv").hardlink_to(tlv)
    (tmp_path / "soft.tlv").symlink_to(tlv)
    for out in (tlv, tmp_path / "hard.tlv", tmp_path / "soft.tlv"):
        assert "same file" in bad(2, "convert", "--byte-order", "big", tlv, "-o", out)
    with tlv.open("rb") as file:
        assert "same file" in bad(2, "convert", "-", "-o", tlv, stdin=file)
    with tlv.open("r+b") as file:
        assert "same file" in bad(2, "convert", tlv, "--to", "array", "-o", "-", stdout=file)
    assert tlv.read_bytes() == before


@pytest.mark.parametrize("absolute", [False, True])
def test_output_through_a_dangling_link_makes_its_target(tlv, tmp_path, absolute):
    (tmp_path / "far").mkdir()
    target = tmp_path / "far" / "target.array"
    near, link = tmp_path / "far" / "near", tmp_path / "link.array"
    near.symlink_to("target.array")
    link.symlink_to(near if absolute else "far/near")
    good("convert", tlv, "-o", link)
    assert link.is_symlink() and near.is_symlink() and not target.is_symlink()
    assert target.read_bytes() == convert(tlv.read_bytes(), "array")
    loop = tmp_path / "loop.array"
    for to, why in (("gone/x.array", "No such file"), ("loop.array", "Too many levels")):
        loop.unlink(missing_ok=True)
        loop.symlink_to(to)
        assert f"{tmp_path / to}: {why}" in bad(2, "convert", tlv, "-o", loop)
        assert os.readlink(loop) == to
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "far", "link.array", "loop.array", "near", "nvme.tlv", "target.array"]


def test_a_file_that_was_setuid_is_no_longer_when_replaced(tlv, tmp_path):
    out = tmp_path / "x.array"
    out.touch()
    out.chmod(0o7751)
    good("convert", tlv, "-o", out)
    assert out.stat().st_mode & 0o7777 == 0o751


# Stands in for what is called between the first byte and the rename, where a signal now comes.
SIGNALLING = """
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
static void come(const char *place)
{
	if (!strcmp(getenv("PLACE"), place))
		raise(atoi(getenv("NUMBER")));
}
int mkostemp(char *name, int flags)
{
	int fd;
	memcpy(name + strlen(name) - 6, "unique", 6);
	fd = open(name, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
	come("mkostemp");
	return fd;
}
int mkostemp64(char *name, int flags)
{
	return mkostemp(name, flags);
}
int fsync(int fd)
{
	come("fsync");
	return fd < 0;
}
"""


@pytest.fixture(scope="session")
def signalling(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("signalling")
    (folder / "it.c").write_text(SIGNALLING)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "it.so", folder / "it.c"], check=True)
    return folder / "it.so"


@pytest.mark.parametrize("place", ["mkostemp", "fsync"])
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM])
def test_a_signal_leaves_no_unfinished_file(tlv, tmp_path, signalling, place, number):
    env = {**os.environ, "LD_PRELOAD": str(signalling), "PLACE": place, "NUMBER": str(int(number)),
           "ASAN_OPTIONS": "verify_asan_link_order=0"}
    out = tmp_path / "x.array"
    out.write_bytes(b"precious")
    command = ("convert", tlv, "-o", out)
    done = run(*command, env=env, preexec_fn=lambda: limit_core(number))
    assert done.returncode == -number
    assert out.read_bytes() == b"precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nvme.tlv", "x.array"]
    # One that is ignored stays so.
    done = run(*command, env=env, preexec_fn=lambda: signal.signal(number, signal.SIG_IGN))
    assert (done.returncode, done.stderr) == (0, b"")
    assert out.read_bytes() == convert(tlv.read_bytes(), "array")


def limit_core(number: int):
    """No dump of SIGQUIT, and the signal as a program on a terminal has it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(number, signal.SIG_DFL)


NAME = "a\x1b[31m\nb\x7f\u0085 ü.tlv"
ESCAPED = "a\\x1b[31m\\x0ab\\x7f\\xc2\\x85 ü.tlv"


def test_control_characters_in_file_names_are_escaped(tlv, tmp_path):
    odd = tmp_path / NAME
    messages = [bad(2, *verb, odd) for verb in (["show"], ["check"], ["diff", tlv])]
    messages += [bad(2, "convert", tlv, "--to", "array", "-o", odd / "x"),
                 bad(2, "convert", tlv, "--to", NAME, "-o", odd), bad(2, "explain", NAME),
                 bad(2, "region", tlv, NAME), bad(2, f"--{NAME}"),
                 bad(2, NAME, env={"PATH": "/nonexistent"})]
    shutil.copy(tlv, odd)
    messages += [good("check", odd), bad(1, "region", odd, 99)]
    dump = tmp_path / f"dump{NAME}"
    dump.write_bytes(convert(tlv.read_bytes(), "json"))
    messages.append(good("show", dump))
    odd.write_bytes(tlv.read_bytes()[:-12])
    messages += [bad(1, "show", odd), run("check", odd).stdout.decode()]
    odd.write_text("{}")
    messages += [bad(1, "show", odd), run("check", odd).stdout.decode()]
    for message in messages:
        assert ESCAPED in message
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", message)
    # Bytes that are no text, and one that an escape sequence in 8 bits begins with.
    other = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x9b1m\xc3")
    assert r"/\xff\x9b1m\xc3: No such file" in bad(2, "show", other)


# -- show, look-up and diff -----------------------------------------------------------------------


def test_show_is_a_tree_in_80_columns():
    sources = [convert(text(rich_dump()), layout) for layout in ("tlv", "array")]
    sources += [convert(NVME.read_bytes(), "fixed"), ZPCI.read_bytes()]
    for source in sources:
        shown = good("show", "-", stdin=source)
        assert max(map(len, shown.splitlines())) <= 80
        assert "\033" not in shown
    shown = good("show", "-", stdin=sources[0])
    assert re.search(r"^ +0 +12 +header$", shown, re.M)
    assert re.search(r"^ +0 +4 +magic +0x64740000 DT$", shown, re.M)
    assert re.search(r"size +0x8000 +32768$", shown, re.M)


def test_show_uses_colour_on_a_terminal_only(tlv):
    for more, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        ours, theirs = os.openpty()
        env = {"TERM": "xterm", **more}
        subprocess.run([DEVFD, "irq", tlv, "0"], env=env, stdout=theirs, check=True)
        subprocess.run([DEVFD, "show", "-"], input=tlv.read_bytes()[:120], env=env, stdout=theirs,
                       stderr=subprocess.DEVNULL)
        os.close(theirs)
        shown = b""
        while chunk := read_terminal(ours):
            shown += chunk
        os.close(ours)
        assert (b"\033[1m" in shown) == coloured


def read_terminal(fd: int) -> bytes:
    try:
        return os.read(fd, 4096)
    except OSError:  # the other side is closed
        return b""


def test_show_goes_up_to_the_fault(tlv):
    broken = tlv.read_bytes()[:-12]
    done = run("show", "-", stdin=broken)
    assert done.returncode == 1
    assert b"REGION" in done.stdout and b"tlv.end.needed" in done.stderr


@pytest.mark.parametrize("capture", DEVICES, ids=lambda path: path.stem)
def test_look_up_agrees_with_the_dump(capture):
    dump = json.loads(good("show", "--json", capture))
    for one in dump["regions"][::4]:
        line = good("region", capture, one["index"])
        assert line.startswith(f"offset {one['offset']} size {one['size']} flags "
                               f"{'|'.join(one['flags']) or '0'}")
        assert ("state" in line) == (one["state"] != "PRESENT")
        assert line.endswith(" state UNREADABLE errno 22\n") == ("error" in one)
    for one in dump["irqs"][::2]:
        line = good("irq", capture, hex(one["index"]))
        assert line.startswith(f"count {one['count']} flags {'|'.join(one['flags']) or '0'}")
        assert ("state" in line) == (one["state"] != "PRESENT")


def test_look_up_of_what_is_absent_is_status_1(tlv):
    assert "nothing is said of region 9" in bad(1, "region", tlv, 9)
    assert "nothing is said of irq 4294967295" in bad(1, "irq", tlv, 0xffffffff)


def test_diff_shows_what_differs_across_layouts(tmp_path):
    assert good("diff", NVME, "-", stdin=convert(NVME.read_bytes(), "fixed", "big")) == ""
    dump = json.loads(convert(NVME.read_bytes(), "json"))
    dump["regions"][0]["size"] = "0x8000"
    dump["regions"][0]["flags"].remove("MMAP")
    del dump["regions"][8]
    dump["irqs"][0]["more"] = 16
    done = run("diff", NVME, "-", stdin=convert(text(dump), "array"))
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        "region 0.flags: READ|WRITE|MMAP|MSIX_MAPPABLE|BAR -> READ|WRITE|MSIX_MAPPABLE|BAR",
        "region 0.size: 0x10000 -> 0x8000",
        "region 8: UNREADABLE -> absent",
        "irq 0.more: absent -> 16"]
    assert "differ in 4 places" in done.stderr.decode()


# -- check and explain ----------------------------------------------------------------------------


def test_check_says_where_and_why(tlv, tmp_path):
    blob = bytearray(tlv.read_bytes())
    struct.pack_into("<I", blob, 52, 7)
    broken = tmp_path / "broken"
    broken.write_bytes(blob)
    done = run("check", tlv, broken, tmp_path / "missing")
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 2
    assert lines[0] == f"{tlv}: ok"
    assert lines[1].startswith(f"{broken}:52: tlv.record.rec_len.min: REGION")
    assert "found 7, allowed " in lines[1]
    assert run("check", broken).returncode == 1


def test_check_as_json(tlv):
    out = good("check", "--json", tlv)
    assert json.loads(out) == {"file": str(tlv), "verdict": "accept"}
    cut = part(NVME, "IOMMU_GET_INFO", 48)
    done = run("check", "--json", "-", stdin=cut)
    fault = json.loads(done.stdout)
    assert (fault["verdict"], fault["need"], fault["reply"]) == ("need-more", 120, 4)
    assert (fault["rule"], fault["level"], fault["offset"]) == (
        "linux.iommu_info.argsz.more", "abi", 0)
    odd = os.fsencode(tlv.parent) + b"/\xff\n.tlv"
    shutil.copy(tlv, odd)
    assert json.loads(good("check", "--json", os.fsdecode(odd)))["file"].endswith("/??.tlv")
    done = run("check", "--json", "-", stdin=b'{"schema": 1}')
    assert json.loads(done.stdout)["verdict"] == "reject"


def test_check_by_role():
    draft = struct.pack("<III", 0x70636900, 1, 0)
    assert good("check", "-", stdin=draft) == "standard input: ok\n"
    done = run("check", "--role", "producer", "-", stdin=draft)
    assert done.returncode == 1 and b"tlv.version.write" in done.stdout


def test_check_of_one_reply(tmp_path):
    reply = tmp_path / "reply"
    options = ["--format", "linux.region_info", "--byte-order", "big", reply]
    reply.write_bytes(struct.pack(">IIIIQQ", 32, 3, 2, 0, 0x1000, 2 << 40))
    good("check", *options)
    good("check", "--index", "2", *options)
    assert run("check", "--index", "1", *options).returncode == 1
    dump = json.loads(good("show", "--json", *options))
    assert dump == {"schema": "devfd/1", "reply": "region_info",
                    "item": {"index": 2, "state": "PRESENT", "flags": ["READ", "WRITE"],
                             "offset": "0x20000000000", "size": "0x1000"}}
    reply.write_bytes(struct.pack(">IIIIQQ", 64, 11, 2, 32, 0x1000, 2 << 40))
    done = run("check", *options)
    assert done.returncode == 1 and b"need-more 64: " in done.stdout
    assert "need-more 64" in bad(1, "show", *options)


def test_explain():
    shown = good("explain", "tlv.record.rec_len.min")
    for line in ("tlv.record.rec_len.min", "level:   ours", "verdict: reject"):
        assert line in shown.splitlines()
    listed = good("explain").splitlines()
    ids = [line.split()[0] for line in listed]
    assert len(ids) == len(set(ids)) > 150 and "linux.region_cap.cycle" in ids
    message = bad(2, "explain", "tlv.record.reclen.min")
    assert "tlv.record.rec_len.min" in message.splitlines()[1]
    bad(2, "explain", "x" * 5000)


def test_explain_has_no_lines_above_80_columns():
    listed = good("explain").splitlines()
    ids = [line.split()[0] for line in listed]
    shown = [good("explain", rule) for rule in ids]
    assert max(map(len, listed)) == 80
    lines = [line for text in shown for line in text.splitlines()]
    assert [line for line in lines if line != line[:80].rstrip()] == []
    # A line a rule; what is cut off says so, and explain has the whole of it.
    for line, text in zip(listed, shown):
        rule, level, start = line.split(None, 2)
        rest = " ".join(text.split())
        assert f"level: {level} " in rest
        assert rest.startswith(f"{rule} {start.removesuffix('...')}")
    ours, theirs = os.openpty()
    with subprocess.Popen([DEVFD, "explain"], stdout=theirs):
        os.close(theirs)
        terminal = b""
        while chunk := read_terminal(ours):
            terminal += chunk
    os.close(ours)
    assert terminal.decode().splitlines() == listed


def test_examples_of_explain_break_the_rule_that_they_are_of():
    without = []
    for rule in [line.split()[0] for line in good("explain").splitlines()]:
        shown = good("explain", rule)
        given = re.search(r"^A smallest input that breaks it, (\d+) bytes \(([^)]*)\):$", shown,
                          re.M)
        if not given:
            without.append(rule)
            continue
        rows = re.findall(r"^  [0-9a-f]{8} ((?: [0-9a-f]{2})+)$", shown, re.M)
        data = bytes.fromhex("".join(rows))
        assert len(data) == int(given[1])
        options = given[2].split() if given[2].startswith("--") else []
        done = run("check", *options, "-", stdin=data)
        assert done.returncode == 1
        assert f": {rule}: " in done.stdout.decode(), rule
    # Nobody wants two gigabytes in hex.
    assert without in ([], ["model.input.max"])
