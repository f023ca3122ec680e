# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What the tool says and where: help that fits what went wrong, reports to what is no plain file,
an outcome that no closed output hides."""

import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HOME = HERE.parent
sys.path.insert(0, str(HOME))
from runner import host  # noqa: E402
from runner.case import Answer, Case, Want  # noqa: E402
from runner.smoke import always_the_same, help_for  # noqa: E402
from runner.testee import Got  # noqa: E402
from runner.verdict import result  # noqa: E402

PIPE = f"{sys.executable} -S -E {HERE / 'bad_testee.py'}"
GOOD = ("run", "--exec", "true", "--only", "tlv/v1.least.little")
WRONG = ("run", "--exec", "true", "--only", "linux.irq_info")


def command(*words):
    return subprocess.run([HOME / "run", *words], capture_output=True, text=True, timeout=60,
                          check=False)


def shell(line, *words):
    """A line of bash that has the program as $0 and the words as $@."""
    return subprocess.run(["bash", "-o", "pipefail", "-c", line, HOME / "run", *words],
                          capture_output=True, text=True, timeout=60, check=False)


def case(verdict="reject", **want):
    return Case(id="x", family="vector", format="tlv", rule="r", rules=("r",), role="reader",
                level="abi", cls="malformed", given={"index": 0, "order": "little"},
                input=bytes(16), want=Want(verdict, "r", **want))


# -- reports ---------------------------------------------------------------------------------------


def test_a_report_goes_to_a_process_substitution():
    done = shell('"$0" "$@" --report jsonl=>(cat >&2)', *GOOD)
    assert done.returncode == 0 and '"kind":"footer"' in done.stderr


def test_a_report_goes_to_dev_stdout_and_the_summary_does_not():
    for name in ("/dev/stdout", "/dev/fd/1"):
        done = command(*GOOD, "--report", f"jsonl={name}")
        assert done.returncode == 0
        assert len(done.stdout.splitlines()) == 4 and "all as expected" in done.stderr


def test_a_report_goes_to_a_fifo(tmp_path):
    fifo, read = tmp_path / "fifo", []
    os.mkfifo(fifo)
    thread = threading.Thread(target=lambda: read.append(fifo.read_text()), daemon=True)
    thread.start()
    assert command(*GOOD, "--report", f"jsonl={fifo}").returncode == 0
    thread.join(10)
    assert '"kind":"footer"' in read[0] and fifo.is_fifo()


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    link, file = tmp_path / "link", tmp_path / "file"
    file.write_text("before")
    link.symlink_to("file")
    assert command(*GOOD, "--report", f"jsonl={link}").returncode == 0
    assert link.is_symlink() and '"kind":"footer"' in file.read_text()


def test_a_report_that_nobody_reads_is_told_by_its_name():
    done = shell('exec 9> >(exec 0<&-; true); sleep 0.3; "$0" "$@" --report html=/dev/fd/9', *GOOD)
    assert done.returncode == 2
    assert done.stderr == "conformance/run: /dev/fd/9: nobody reads it\n"


# -- a closed output -------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", ["head -1", "true", "grep -q pass"])
@pytest.mark.parametrize("words,status", [(GOOD, 0), (WRONG, 1), (("smoke", "--exec", "true"), 1)])
def test_a_closed_output_does_not_hide_the_outcome(words, status, reader):
    done = shell(f'"$0" "$@" | {reader}; exit ${{PIPESTATUS[0]}}', *words)
    assert (done.returncode, done.stderr) == (status, "")


# -- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("want,answer,tells,says", [
    (case("need-more", need=16), Answer("need-more", need=8), ["need"],
     "need-more is right, but not the size: answered 8, wanted 16"),
    (case(at=4), Answer("reject", 5), ["at"],
     "reject is right, but not the offset: answered 5, wanted 4"),
    (case(at=4), Answer("reject", rule="q"), ["rule"],
     "reject is right, but not the rule: answered q, wanted r"),
    (case("accept", dump={"a": 1}), Answer("accept", dump={"a": 2}), ["dump"],
     "accept is right, but not a: answered 2, wanted 1"),
    (case("need-more", need=32), Answer("reject", rule="too short"), ["need"],
     'reject ("too short"), not need-more by r needs 32'),
])
def test_what_was_answered_and_what_was_wanted_is_told_apart(want, answer, tells, says):
    assert result(Got(want, answer), tells, own=False).detail == says


@pytest.mark.parametrize("answer", [
    Answer("skip", text="not\nok: 1"), Answer("error", text="not\nok: 1"),
    Answer("reject", rule="not\nok: 1"), Answer("need-more", rule="not\nok: 1")])
@pytest.mark.parametrize("tells", [[], ["rule"]])
def test_a_text_of_several_lines_begins_no_line_of_its_own(answer, tells):
    detail = result(Got(case("accept"), answer), tells, own=False).detail
    assert "ok: 1" in detail and "\n" not in detail


@pytest.mark.parametrize("want,answer,says", [
    (case("need-more", need=16), Answer("need-more", need=8), "need is the number of bytes in all"),
    (case(at=4), Answer("reject", 5), "tell offset and rule of all that is refused"),
    (case(), Answer("need-more", need=8), "the input is broken, not cut"),
    (case("need-more", need=32), Answer("reject"), "the input is cut: answer need-more"),
    (case(), Answer("accept"), "a broken input was accepted"),
])
def test_help_fits_the_answer(want, answer, says):
    assert help_for(want, Got(want, answer)).startswith(says)


@pytest.mark.parametrize("crash,says", [
    ("verdict 9, where 4 is the last", "the verdict is a byte"),
    ("an answer of 7 bytes, where 13 are the least", "an answer has the number"),
    ("an answer to case 9, which waits for none (3 does)", "give back the number"),
    ("answers are out of order", "answer in the order"),
    ("text of an answer is not UTF-8: invalid start byte", "the text of an answer is UTF-8"),
    ("more than one answer to a case", "answer each case once"),
    ("a second answer to the case before", "answer each case once"),
    ("killed by SIGSEGV", "the testee died of a signal"),
    ("exit status 1: ==1==ERROR: AddressSanitizer: x", "a sanitizer stopped the parser"),
    ("exit status 4: verdict 9, where 4 is the last", "the testee ended where"),
])
def test_help_names_a_death_only_where_something_died(crash, says):
    assert help_for(case(), Got(case(), crash=crash)).startswith(says)


def test_help_for_a_command_does_not_speak_of_frames():
    slow = Got(case(), crash="no end within 1 s")
    assert "did not end in time" in help_for(case(), slow, "exec")
    for got in (slow, Got(case(), crash="exit status 9"), Got(case("accept"), Answer("reject"))):
        assert "frame" not in help_for(got.case, got, "exec")
        assert "flush" not in help_for(got.case, got, "exec")


def test_a_pipe_program_that_is_run_as_a_command_is_noticed():
    done = command("run", "--exec", f"{PIPE} good mark", "--only", "linux.irq_info.*")
    assert done.returncode == 1
    assert "answers is accept: " in done.stdout and "goes with --pipe" in done.stdout
    told = result(Got(case(), Answer("reject")), [], own=False)
    assert not always_the_same([told], "exec")


def test_a_limit_and_what_was_not_run_are_told_once():
    done = command(*WRONG, "--limit", "2")
    assert done.stdout.count("stopped at the limit of 2 failures") == 1
    assert "cases: stopped at the limit" in done.stdout


@pytest.mark.parametrize("words,says", [
    (("report", "/no/such.jsonl", "--html=-"), "/no/such.jsonl: No such file or directory"),
    (("report", "x.jsonl"), "report: says what to read and not what to write: add --html=FILE, for "
     "example"),
    ((*GOOD, "--name", "a\nb"),
     "'a\\nb': the name of a testee is one line of what can be printed"),
    ((*GOOD, "--timeout", "x"), "argument --timeout: 'x' is no number of seconds"),
])
def test_what_is_wrong_is_named(words, says):
    done = command(*words)
    assert done.returncode == 2 and done.stderr.endswith(f": {says}\n")


def test_adapter_check_of_a_command_speaks_of_verdicts():
    done = command("adapter-check", "--exec", "false")
    assert done.returncode == 1
    assert "not ok: a good input ends with exit status 0: tlv/v1.least.little: reject\n" in (
        done.stdout)


@pytest.mark.parametrize("data,status", [
    (b"\0\0\0\0", "a frame of type b''"), (b"\1\0\0\0Z", "a frame of type b'Z'"),
    (b"\1\0\0\0E", None), (b"\5\0\0\0H\1", None), (b"", None)])
def test_the_host_of_an_object_ends_well_at_the_end_alone(data, status):
    """Neither of a frame of length 0 nor of one of an unknown type is anything made."""
    one = host.Host.__new__(host.Host)
    one.stdin, one.stdout = io.BytesIO(data), io.BytesIO()
    if status is None:
        one.serve()
    else:
        with pytest.raises(SystemExit, match=status):
            one.serve()
    assert not one.stdout.getvalue()
