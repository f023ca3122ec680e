# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The examples of PROTOCOL.md, the reading of the corpus, verdicts, and the commands of
conformance/run."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HOME = HERE.parent
sys.path[:0] = [str(HOME), str(HERE)]
from sealed import seal  # noqa: E402
from runner import corpus, frames, report_jsonl  # noqa: E402
from runner.case import Answer, Case, Want  # noqa: E402
from runner.testee import Got  # noqa: E402
from runner.verdict import result, why_not  # noqa: E402

PIPE = f"{sys.executable} -S -E {HERE / 'bad_testee.py'}"
INPUT = bytes.fromhex("10000000010000000000000001000000")
QUERY = bytes.fromhex("10000000000000000000000000000000")


def case(**changes):
    return Case(**{"id": "x", "family": "vector", "format": "linux.irq_info", "rule": "r",
                   "rules": ("r",), "role": "reader", "level": "abi", "cls": "malformed",
                   "given": {"index": 0, "order": "little"}, "input": INPUT,
                   "want": Want("reject", "r", 4), **changes})


def examples():
    """The lines of the block in PROTOCOL.md."""
    text = (HOME / "PROTOCOL.md").read_text()
    [block] = re.findall(r"```frames\n(.*?)```", text, re.DOTALL)
    for line in block.splitlines():
        who, kind, data = line.split(maxsplit=2)
        yield who, kind, bytes.fromhex(data)


def test_the_bytes_in_the_protocol_are_those_of_the_runner():
    ours = [data for who, _, data in examples() if who == "runner"]
    assert ours == [
        frames.hello(), frames.case_frame(b"C", 1, case()),
        frames.case_frame(b"S", 5, case(input=b"")),
        frames.reply(0, INPUT), frames.reply(22, QUERY), frames.frame(b"E")]


def test_the_answers_in_the_protocol_are_read_as_it_says():
    read = []
    for who, kind, data in examples():
        [(letter, payload)] = frames.Splitter().feed(data)
        assert letter.decode() == kind
        if kind == "A":
            read.append(frames.read_answer(payload))
        if kind == "Q":
            assert frames.read_query(payload) == (5, QUERY)
    assert read == [(1, Answer("accept")),
                    (2, Answer("reject", 12, rule="my.rule", text="my.rule")),
                    (3, Answer("need-more", 0, 16)), (4, Answer("skip", text="no tlv"))]


def test_the_hello_in_the_protocol_is_right():
    [text] = re.findall(r'```\n(\{"name".*?)\n```', (HOME / "PROTOCOL.md").read_text())
    assert frames.read_hello(text.encode())["formats"] == ["linux.irq_info"]


@pytest.fixture(name="broken")
def fixture_broken(tmp_path):
    """Loads the corpus after a change of its first vector, or of the head of the file."""

    def load(head=None, **changes):
        data = json.loads((HOME / "corpus/vectors.json").read_text())
        data["vectors"] = [{**data["vectors"][0], **changes}]
        (tmp_path / "vectors.json").write_text(json.dumps({**data, **(head or {})}))
        return corpus.load(seal(tmp_path))

    return load


def test_a_newer_schema_is_refused(broken, tmp_path):
    assert len(broken().cases) == 1
    with pytest.raises(corpus.CorpusError, match="devfd-vectors/3 is newer than this runner"):
        broken({"schema": "devfd-vectors/3"})
    done = command("--corpus", str(tmp_path), "list")
    assert done.returncode == 2 and "newer" in done.stderr


def test_an_unknown_field_is_refused(broken):
    with pytest.raises(corpus.CorpusError, match="unknown field timezone"):
        broken(timezone="UTC")
    with pytest.raises(corpus.CorpusError, match="given: unknown field phase"):
        broken(given={"index": 0, "phase": 1})


def test_the_corpus_of_today_is_read():
    cases = corpus.load(HOME / "corpus").cases
    assert {one.family for one in cases} == {"vector", "prefix", "script"}
    assert len(cases) > 10_000


@pytest.mark.parametrize("answer,level,own,tells,outcome", [
    (Answer("reject", 4, rule="r"), "abi", False, ["at", "rule"], "pass"),
    (Answer("reject", 5, rule="r"), "abi", False, ["at", "rule"], "fail"),
    (Answer("reject", 5, rule="r"), "abi", False, ["rule"], "pass"),
    (Answer("reject", 4, rule="q"), "abi", False, ["rule"], "fail"),
    (Answer("accept"), "abi", False, [], "fail"),
    (Answer("accept"), "ours", False, [], "note"),
    (Answer("accept"), "seen", False, [], "note"),
    (Answer("accept"), "ours", True, [], "fail"),
    (Answer("need-more"), "abi", False, [], "fail"),
    (Answer("skip"), "abi", True, [], "skip"),
    (Answer("error"), "ours", False, [], "crash"),
])
def test_verdicts(answer, level, own, tells, outcome):
    assert result(Got(case(level=level), answer), tells, own).outcome == outcome


def test_a_dump_is_compared_as_json_of_the_same_types():
    want = case(rule=None, level=None, want=Want("accept", dump={"a": [1, True]}))
    told = [({"a": [1, True]}, "pass"), ({"a": [1, 1]}, "fail"), ({"a": [1]}, "fail"),
            ({"a": [1, True], "b": 0}, "fail"), ({}, "fail"), (None, "fail")]
    for dump, outcome in told:
        assert result(Got(want, Answer("accept", dump=dump)), ["dump"], False).outcome == outcome


def test_who_tells_no_sizes_may_reject_where_more_is_wanted():
    want = case(want=Want("need-more", "r", 0, 32))
    assert result(Got(want, Answer("reject")), [], False).outcome == "pass"
    assert result(Got(want, Answer("reject")), ["need"], False).outcome == "fail"
    assert result(Got(want, Answer("accept")), [], False).outcome == "fail"
    short = case(level="robust", want=Want("need-more", "r", 0, 16))
    assert result(Got(short, Answer("reject")), ["need"], False).outcome == "pass"
    assert result(Got(short, Answer("reject")), ["need"], True).outcome == "fail"


def test_any_size_that_gets_on_will_do_and_no_other():
    """A reader that was attached asked for argsz where the fixed part was cut, and failed."""
    want = case(want=Want("need-more", "r", 0, 32), input=bytes(16))
    for need, outcome in ((32, "pass"), (104, "pass"), (17, "pass"), (16, "fail"), (0, "fail")):
        assert result(Got(want, Answer("need-more", need=need)), ["need"], False).outcome == outcome
    assert result(Got(want, Answer("need-more", need=104)), ["need"], True).outcome == "fail"


def test_what_was_received_already_may_be_refused():
    """28 bytes came with an argsz of 20, and 28 are wanted: a call with as many would not end."""
    want = case(level="abi", want=Want("need-more", "r", 0, 28), input=bytes(28))
    assert result(Got(want, Answer("reject")), ["need"], False).outcome == "pass"
    assert result(Got(want, Answer("reject")), ["need"], True).outcome == "fail"


def test_asking_for_more_is_refusing_where_no_text_says_otherwise():
    """A cap_offset of which the first bytes came: broken, or cut."""
    want = case(level="robust", want=Want("reject", "r", 4), input=bytes(16))
    assert result(Got(want, Answer("need-more", need=20)), ["need"], False).outcome == "pass"
    assert result(Got(want, Answer("need-more", need=16)), ["need"], False).outcome == "fail"
    assert result(Got(want, Answer("need-more")), [], False).outcome == "fail"
    assert result(Got(want, Answer("need-more", need=20)), ["need"], True).outcome == "fail"
    abi = case(level="abi", want=Want("reject", "r", 4), input=bytes(16))
    assert result(Got(abi, Answer("need-more", need=20)), ["need"], False).outcome == "fail"


def test_a_capability_that_is_passed_over_may_be_broken():
    """A reader that knows no capability of s390x failed each rule about what is in them."""
    hello = {"formats": ["*"], "roles": ["reader"], "skips": ["linux.zpci_*"]}
    broken = case(rule="linux.zpci_base.size", want=Want("reject", "linux.zpci_base.size", 24))
    assert why_not(broken, hello) == "testee skips linux.zpci_*"
    assert not why_not(broken, {**hello, "skips": ["linux.type.*"]})
    assert not why_not(case(rule="linux.zpci_base.size", want=Want("accept")), hello)


def test_unspecified_is_neither_good_nor_bad():
    want = case(want=Want("unspecified"))
    assert result(Got(want, Answer("accept")), [], False).outcome == "unspecified"
    assert result(Got(want, crash="SIGSEGV"), [], False).outcome == "crash"


def command(*words):
    return subprocess.run([HOME / "run", *words], capture_output=True, text=True, timeout=60,
                          check=False)


def test_exit_statuses():
    some = ("--only", "tlv/v1.least.little")
    assert command("run", "--exec", "true", *some).returncode == 0
    assert command("run", "--exec", "false", *some).returncode == 1
    assert command("run", "--exec", "/no/such", *some).returncode == 2
    assert command("run", "--exec", "true", "--only", "nothing.like.this").returncode == 2
    assert command("run", "--exec", "true", "--so", "x").returncode == 2
    assert command("run", "--exec", "true", "--report", "pdf=x").returncode == 2
    assert command("explain", "tlv/v1.least.littl").returncode == 2


def test_nothing_run_is_not_all_as_expected():
    done = command("run", "--exec", "true", "--formats", "tlv", "--only", "linux.irq_info")
    assert done.returncode == 1 and "no case was run" in done.stdout


def test_smoke_helps_and_adapter_check_names_what_is_wrong():
    done = command("smoke", "--pipe", f"{PIPE} lies mark")
    assert done.returncode == 1 and "help: a broken input was accepted" in done.stdout
    done = command("adapter-check", "--pipe", f"{PIPE} status mark")
    assert done.returncode == 1 and "exit status 3" in done.stdout


def test_smoke_of_one_byte_order_is_not_run_in_the_other():
    done = command("smoke", "--pipe", f"{PIPE} little mark")
    assert "not run: tlv: a good input, big-endian: reads tlv in little-endian only" in done.stdout
    assert "no good input of it is read" not in done.stdout
    done = command("smoke", "--pipe", f"{PIPE} skips mark")
    assert done.returncode == 1
    assert "not ok: tlv: no good input of it is read: too hard" in done.stdout


@pytest.mark.parametrize("mode,says", [
    ("brittle", "a broken input: no frame within"), ("frail", "a good input: ended: killed by SIG"),
])
def test_a_parser_that_dies_is_no_fault_of_its_adapter(mode, says):
    """brittle hangs at what is cut, frail crashes at good inputs that are long."""
    done = command("adapter-check", "--pipe", f"{PIPE} {mode} mark", "--timeout", "0.3")
    assert "the parser, not the adapter: " in done.stdout and says in done.stdout
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("mode,says", [
    ("swaps", "no good input was answered: "), ("prints", "no length"),
    ("status", "exit status 3"), ("dies", "no such library"),
])
def test_a_fault_of_the_adapter_is_told_as_such(mode, says):
    done = command("adapter-check", "--pipe", f"{PIPE} {mode} mark", "--timeout", "0.3")
    assert done.returncode == 1 and says in done.stdout


def test_copy_appears_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "out"
    assert command("copy", str(folder)).returncode == 0
    assert {"vectors.json", "schema.json", "PROTOCOL.md", "LICENSE"} <= {
        path.name for path in folder.iterdir()}
    assert command("--corpus", str(folder), "list", "--only", "tlv/*").returncode == 0
    assert command("copy", str(folder)).returncode == 2


LEVELS = ("run", "--exec", "true", "--only", "linux.iova_range.iovas.counts/*")


def test_a_level_that_is_not_asked_for_is_not_run():
    """"true" accepts all: it fails what is of level robust, and passes the good neighbours."""
    assert command(*LEVELS).returncode == 1
    done = command(*LEVELS, "--level", "abi")
    assert done.returncode == 0
    assert "of level robust, where abi was asked for" in done.stdout
    done = command(*LEVELS, "--level", "abi,robbust")
    assert done.returncode == 2 and "'robbust' is none of abi, robust, seen, ours" in done.stderr
    listed = command("list", "--level", "seen").stdout.splitlines()
    assert {line.split("\t")[3] for line in listed} == {"seen", "-"}


def test_a_testee_that_cannot_be_had_is_shown_as_not_run(tmp_path):
    out = tmp_path / "out.jsonl"
    done = command(*LEVELS, "--absent", "no network", "--report", f"jsonl={out}")
    assert done.returncode == 0 and done.stdout == "true: not run: no network\n"
    [one] = report_jsonl.read_all(out)
    assert {(each.outcome, each.detail) for each in one.results} == {
        ("skip", "not run: no network")}


def test_requests_to_a_responder_are_listed_and_not_run():
    listed = command("list", "--role", "responder").stdout.splitlines()
    assert len(listed) > 100
    assert all(line.split("\t")[2] == "responder" for line in listed)
    name = "responder/call.get_api_version.zero"
    assert any(line.startswith(f"{name}\t") for line in listed)
    assert "the answer that is owed" in command("explain", name).stdout
    done = command("run", "--exec", "true", "--only", name, "--only", "tlv/v1.least.little")
    assert done.returncode == 0
    assert "not run: 1 cases: a request to a kernel or a vfio-user server" in done.stdout


def test_a_responder_is_no_role_of_a_testee_yet():
    """Who attaches one will say so in hello; a newer runner is needed for that."""
    hello = {"name": "x", "version": "1", "protocol": 1, "formats": ["linux"],
             "roles": ["responder"], "tells": [], "scripts": True}
    with pytest.raises(frames.Garbage, match="roles"):
        frames.read_hello(json.dumps(hello).encode())


def test_a_script_of_a_role_that_is_not_known_is_refused(tmp_path):
    for name in ("vectors.json", "scripts.json"):
        data = json.loads((HOME / "corpus" / name).read_text())
        if name == "scripts.json":
            data["scripts"] = [{**data["scripts"][-1], "role": "listener"}]
        (tmp_path / name).write_text(json.dumps(data))
    with pytest.raises(corpus.CorpusError, match="'listener' is neither reader nor responder"):
        corpus.load(seal(tmp_path))
