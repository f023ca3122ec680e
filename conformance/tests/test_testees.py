# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Testees that misbehave in every way: each is reported right, ends within bounds, and leaves no
process behind."""

import os
import shlex
import sys
import time
import uuid
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from runner.case import Case, Want  # noqa: E402
from runner.run import Options, Session  # noqa: E402
from runner.testee import CannotStart  # noqa: E402
from runner.testee_exec import ExecTestee  # noqa: E402
from runner.testee_pipe import PipeTestee  # noqa: E402

BAD = HERE / "bad_testee.py"
TIMEOUT = 0.3
BOUND = 8.0  # seconds for any of these tests; the runner's machine may be busy


def case(name, data=None, level="robust", **changes):
    data = name.encode() if data is None else data
    want = Want("accept" if data.startswith(b"good") else "reject")
    return Case(**{"id": name, "family": "vector", "format": "tlv", "rule": "r.x",
                   "rules": ("r.x",), "role": "reader", "level": level, "cls": "malformed",
                   "given": {"index": 0, "order": "little"}, "input": data, "want": want,
                   **changes})


def many(number, marked=()):
    """good/0, bad/1, good/2 and so on; the inputs of those that are marked end in "!"."""
    return [case(name, (name + "!" * (at in marked)).encode()) for at in range(number)
            for name in [f"{'bad' if at % 2 else 'good'}/{at}"]]


def processes(mark):
    """The processes that have a mark in their command."""
    out = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes() and path.parent.name != str(os.getpid()):
                out.append(path.parent.name)
        except OSError:
            continue
    return out


def left(mark):
    """What is left of them shortly after: the end of a killed process takes a moment."""
    until = time.monotonic() + 2
    while processes(mark) and time.monotonic() < until:
        time.sleep(0.01)
    return processes(mark)


@pytest.fixture(name="run")
def fixture_run():
    """Runs cases against the bad testee in a mode, and sees to it that nothing is left behind."""
    mark = f"mark-{uuid.uuid4()}"
    began = time.monotonic()

    def run(mode, cases, jobs=1, **options):
        words = [sys.executable, "-S", "-E", str(BAD), mode, mark]
        session = Session(lambda: PipeTestee(words, TIMEOUT, starting=2.0), cases,
                          Options(jobs=jobs, **options))
        return session.run("test", {}).results

    yield run
    assert time.monotonic() - began < BOUND
    assert not left(mark)


def outcomes(results):
    return {one.case.id: one.outcome for one in results}


def crashes(results):
    return {one.case.id: one.detail for one in results if one.outcome == "crash"}


def test_a_good_testee_passes(run):
    results = run("good", many(700))
    assert set(outcomes(results).values()) == {"pass"}
    assert [one.case.id for one in results] == [one.id for one in many(700)]


def test_a_good_testee_passes_in_parallel(run):
    results = run("good", many(2000), jobs=3)
    assert [one.case.id for one in results] == [one.id for one in many(2000)]
    assert set(outcomes(results).values()) == {"pass"}


def test_a_liar_fails(run):
    results = run("lies", many(10))
    assert outcomes(results) == {one.id: "fail" if "bad" in one.id else "pass"
                                 for one in many(10)}
    assert results[1].detail == "accept, not reject"


@pytest.mark.parametrize("mode,says", [
    ("segv", "killed by SIGSEGV"),
    ("garbage", "no length"),
    ("verdict", "verdict 9"),
    ("json", "not JSON"),
    ("closes", "closed its output but lives"),
    ("asan", "AddressSanitizer: heap-buffer-overflow"),
    ("ubsan", "runtime error: load of misaligned"),
    ("twice", "more than one answer"),
    ("error", "no memory"),
    ("orphan", "exit status 5"),
    ("hang", "no answer within 0.3 s"),
    ("pours", ""),
])
def test_the_right_case_is_blamed(run, mode, says):
    results = run(mode, many(40, marked=(21,)))
    assert list(crashes(results)) == ["bad/21"]
    assert says in crashes(results)["bad/21"]
    assert sum(one.outcome == "pass" for one in results) == 39


def test_crashes_side_by_side_are_each_blamed(run):
    results = run("segv", many(200, marked=(0, 1, 2, 90, 199)))
    assert list(crashes(results)) == ["good/0", "bad/1", "good/2", "good/90", "bad/199"]


def test_a_crash_on_the_third_case_of_a_process(run):
    """Whatever it is: the third since its start. None of the cases is lost."""
    results = run("third", many(9))
    assert len(crashes(results)) >= 1
    assert all("SIGSEGV" in text for text in crashes(results).values())
    assert set(outcomes(results).values()) == {"pass", "crash"}


def test_a_process_that_ends_early_with_0(run):
    results = run("early", many(9))
    assert crashes(results)
    assert all("exit status 0" in text for text in crashes(results).values())


def test_a_flood_of_stderr_neither_blocks_nor_counts(run):
    """512 KiB a case: all is read, the answers count."""
    results = run("floods", many(10))
    assert set(outcomes(results).values()) == {"pass"}


def test_answers_out_of_order_are_no_answers(run):
    results = run("swaps", many(6))
    assert crashes(results)
    assert any("out of order" in text or "no answer" in text
               for text in crashes(results).values())


def test_an_answer_too_many_is_blamed_at_the_end_too(run):
    results = run("twice", many(3, marked=(2,)))
    blamed = set(crashes(results))
    # The second answer may come before the next case is asked, after it, or be met twice.
    assert blamed and blamed <= {"good/2", "session/end"}


def test_skip_is_never_a_pass(run):
    results = run("skips", many(5))
    assert set(outcomes(results).values()) == {"skip"}
    assert results[0].detail == "too hard"


def test_a_crash_is_no_reject_at_any_level(run):
    cases = [case("bad", b"bad!", level=level) for level in ("ours", "seen", "robust", "abi")]
    assert {one.outcome for one in run("segv", cases)} == {"crash"}


def test_a_wrong_end_is_reported(run):
    assert crashes(run("status", many(3))) == {
        "session/end": "at the end: exit status 3, not exit status 0"}


def test_a_testee_that_does_not_end_is_ended(run):
    assert crashes(run("lingers", many(3))) == {
        "session/end": "at the end: did not end, not exit status 0"}


@pytest.mark.parametrize("mode,says", [
    ("newer", "speaks protocol 2, this runner speaks 1"),
    ("silent", "no hello within"),
    ("dies", "exit status 4 before its hello: no such library"),
    ("chatty", "no length"),
    ("unknown-key", "unknown keys: colour"),
])
def test_a_wrong_hello_is_no_run(run, mode, says):
    with pytest.raises(CannotStart, match=says):
        run(mode, many(3))


def test_a_testee_that_reads_nothing(run):
    big = [case(f"bad/{at}", b"bad" + bytes(1 << 16)) for at in range(3)]
    assert set(outcomes(run("deaf", big)).values()) == {"crash"}


def test_a_testee_that_always_crashes_is_given_up(run):
    results = run("segv", many(300, marked=range(300)))
    assert len(crashes(results)) == 20
    assert results[-1].outcome == "skip"
    assert "given up" in results[-1].detail


def test_a_testee_that_loses_too_much_time_is_given_up(run):
    results = run("hang", many(40, marked=range(1, 40)), lost=0.9)
    assert 3 <= len(crashes(results)) <= 5
    assert "given up after" in results[-1].detail


def test_limit_stops(run):
    results = run("lies", many(3000), limit=4)
    assert sum(one.outcome == "fail" for one in results) == 4
    assert results[-1].detail == "not run: stopped at the limit of 4 failures"


def test_stderr_is_kept_within_bounds(run):
    results = run("floods", many(1) + [case("bad/end", b"bad!")])
    assert all(len(one.stderr) < 70_000 for one in results)


def test_a_flood_before_a_crash_is_cut(tmp_path):
    """Both ends of it are kept."""
    script = tmp_path / "t.sh"
    script.write_text("#!/bin/sh\necho first >&2\nhead -c 3000000 /dev/zero | tr '\\0' x >&2\n"
                      "echo last >&2\nexit 9\n")
    script.chmod(0o755)
    [one] = by_exit(str(script), [case("bad")], timeout=5)
    assert one.outcome == "crash" and "exit status 9" in one.detail
    assert one.stderr.startswith("first") and one.stderr.endswith("last\n")
    assert 60_000 < len(one.stderr) < 70_000


SCRIPT_STEPS = {
    "fails": [{"expect": {"argsz_min": 16}, "reply": {"errno": 22}, "repeat": True}],
    "grows": [{"expect": {"argsz_min": 16},
               "reply": {"errno": 0, "argsz": {"offered": 8}}, "repeat": True}],
    "good": [{"expect": {"argsz_min": 16},
              "reply": {"errno": 0, "bytes": "10000000" + "00" * 12, "argsz": None},
              "repeat": True}],
}


def script(name, verdict, **changes):
    return case(f"script/{name}", b"", family="script", steps=tuple(SCRIPT_STEPS[name]),
                calls=64, want=Want(verdict), **changes)


def test_scripts_are_played(run):
    results = run("script", [script("fails", "reject"), script("grows", "reject"),
                             script("good", "accept"), *many(4)])
    assert set(outcomes(results).values()) == {"pass"}


def test_a_script_without_a_bound_hangs(run):
    results = run("script-hang", [*many(2), script("grows", "reject"), *many(4)[2:]])
    assert list(crashes(results)) == ["script/grows"]
    assert "call 65 of a script that allows 64" in crashes(results)["script/grows"]


@pytest.mark.parametrize("mode,says", [
    ("script-over", "call 1: argsz offers 64 bytes of a buffer of 16"),
    ("script-empty", "16 are the least"),
])
def test_what_a_reader_offers_is_checked(run, mode, says):
    [one] = run(mode, [script("good", "accept")])
    assert one.outcome == "fail" and says in one.detail


def test_scripts_are_not_run_where_hello_has_none(run):
    [one] = run("good", [script("good", "accept")])
    assert (one.outcome, one.detail) == ("skip", "testee runs no scripts")


def by_exit(command, cases, timeout=1.0, jobs=1, **hello):
    session = Session(lambda: ExecTestee(command, timeout, hello), cases, Options(jobs=jobs))
    return session.run("test", {}).results


@pytest.mark.parametrize("status,outcome", [(0, "fail"), (1, "pass"), (2, "crash"), (3, "fail"),
                                            (4, "crash"), (134, "crash")])
def test_only_status_1_is_a_reject(status, outcome):
    [one] = by_exit(f"sh -c 'exit {status}'", [case("bad")])
    assert one.outcome == outcome


def test_a_signal_and_a_sanitizer_are_crashes():
    [one] = by_exit("sh -c 'kill -SEGV $$'", [case("bad")])
    assert (one.outcome, one.detail) == ("crash", "killed by SIGSEGV")
    text = "==1==ERROR: AddressSanitizer: stack-overflow"
    [one] = by_exit(f"sh -c 'echo \"{text}\" >&2; exit 1'", [case("bad")])
    assert one.outcome == "crash" and "stack-overflow" in one.detail


def test_the_time_limit_ends_all_that_was_started():
    mark = f"9{uuid.uuid4().int % 10**9}"
    [one] = by_exit(f"sh -c 'sleep {mark} & sleep {mark}'", [case("bad")], timeout=0.2)
    assert (one.outcome, one.detail) == ("crash", "no end within 0.2 s")
    assert not left(mark)


def test_what_is_given_reaches_the_command(tmp_path):
    out = tmp_path / "out"
    command = (f"sh -c 'echo \"$@\" $DEVFD_FORMAT $DEVFD_ORDER $DEVFD_ROLE $DEVFD_INDEX >{out};"
               " cat \"$1\"; exit 1' x {file} {format}-{order}-{role}-{index}")
    given = {"index": 7, "order": "big"}
    [one] = by_exit(command, [case("bad", given=given, format="linux.irq_info")])
    words = out.read_text().split()
    assert one.outcome == "pass"
    assert words[1:] == ["linux.irq_info-big-reader-7", "linux.irq_info", "big", "reader", "7"]
    assert not Path(words[0]).exists()


def test_the_input_is_the_file():
    results = by_exit(shlex.join(["grep", "-q", "^good"]), many(8), jobs=2)
    assert set(outcomes(results).values()) == {"pass"}


def test_a_command_that_is_not_there():
    with pytest.raises(CannotStart, match="not found"):
        by_exit("/no/such/program", [case("bad")])
