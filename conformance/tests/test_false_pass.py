# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Testees that say more of themselves than they do: none of them may end as expected. Run as a
program with a mode, this file is such a testee: it answers as the corpus wants, save for what the
mode says."""

import fnmatch
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
HOME = HERE.parent
sys.path.insert(0, str(HOME))
from runner.case import RESPONDER, ROLES, VERDICTS  # noqa: E402
from runner.corpus import load  # noqa: E402

UNTOLD = 0xffffffff
KEYS = ["at", "need", "dump", "rule"]
SKIP = VERDICTS.index("skip")


# -- the testee ------------------------------------------------------------------------------------


class Liar:
    """Answers from the corpus. `what`: hello, and what the mode changes."""

    def __init__(self, what):
        self.what = what
        self.count = 0
        self.hello = {"name": "liar", "version": "1", "protocol": 1, "formats": ["linux.irq_info"],
                      "roles": ["reader"], "tells": [], "scripts": False, **what.get("hello", {})}
        self.wants = {
            (one.format or "", one.order, one.role, one.index, one.input): one
            for one in load(HOME / "corpus").cases
            if one.family != "script" and one.role != RESPONDER}

    def greet(self):
        """A process that comes after the first one can say something else."""
        mark = Path(self.what["mark"]) if "mark" in self.what else None
        if not mark:
            return self.hello
        try:
            mark.touch(exist_ok=False)
        except FileExistsError:
            return {**self.hello, **self.what["later"]}
        return self.hello

    def answer(self, payload):
        number, order, role, index, length = struct.unpack_from("<IBBIB", payload)
        name, data = payload[11:11 + length].decode(), payload[11 + length:]
        case = self.wants[name, ("little", "big")[order], ROLES[role], index, data]
        want, self.count = case.want, self.count + 1
        if self.what.get("dies") == self.count:
            os._exit(9)
        if self.count > self.what.get("answers", 1 << 30):
            return struct.pack("<IBII", number, SKIP, UNTOLD, UNTOLD) + b"not today"
        verdict = VERDICTS.index(want.verdict) if want.verdict in VERDICTS else 0
        if any(fnmatch.fnmatchcase(case.rule or "", glob) for glob in self.what.get("blind", ())):
            return struct.pack("<IBII", number, 0, UNTOLD, UNTOLD)
        if want.verdict in self.what.get("skips", ()):
            verdict = SKIP
        told = {key: getattr(want, key) for key in KEYS if key not in self.what.get("hides", ())}
        text = told.get("rule") or ""
        if want.verdict == "accept":
            text = json.dumps(told["dump"]) if "dump" in told else ""
        at, need = (UNTOLD if told.get(key) is None else told[key] for key in ("at", "need"))
        return struct.pack("<IBII", number, verdict, at, need) + text.encode()

    def serve(self):
        while head := sys.stdin.buffer.read(4):
            body = sys.stdin.buffer.read(int.from_bytes(head, "little"))
            if body[:1] == b"E":
                return
            reply = (b"H" + json.dumps(self.greet()).encode() if body[:1] == b"H"
                     else b"A" + self.answer(body[1:]))
            sys.stdout.buffer.write(struct.pack("<I", len(reply)) + reply)
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    Liar(json.loads(Path(sys.argv[1]).read_text())).serve()
    sys.exit()

# -- the tests -------------------------------------------------------------------------------------

import pytest  # noqa: E402


@pytest.fixture(name="run")
def fixture_run(tmp_path):
    """Runs a testee that differs from an honest one as its words say."""
    def run(*words, verb="run", **what):
        file = tmp_path / "what.json"
        file.write_text(json.dumps(what))
        for mark in tmp_path.glob("mark*"):
            mark.unlink()
        return subprocess.run(
            [sys.executable, HOME / "run", verb, "--pipe",
             f"{sys.executable} -B {HERE / 'test_false_pass.py'} {file}", "--timeout", "20",
             *words],
            capture_output=True, text=True, timeout=120, check=False)
    return run


def test_an_honest_one_ends_as_expected(run):
    hello = {"tells": KEYS, "formats": ["linux.irq_info", "linux.device_info", "tlv"],
             "roles": list(ROLES)}
    done = run("--own", hello=hello)
    assert done.returncode == 0 and done.stdout.endswith("all as expected\n"), done.stdout


@pytest.mark.parametrize("key,says", [
    ("dump", "accept as wanted, but the dump, which hello promises, is missing"),
    ("at", "reject as wanted, but the offset, which hello promises, is missing"),
    ("rule", "reject as wanted, but the rule, which hello promises, is missing"),
    ("need", "need-more as wanted, but the size, which hello promises, is missing"),
])
@pytest.mark.parametrize("own", [(), ("--own",)])
def test_what_hello_promises_is_in_each_answer(run, key, says, own):
    done = run(*own, hello={"tells": KEYS}, hides=[key])
    assert done.returncode == 1 and says in done.stdout
    assert run(*own, hello={"tells": [one for one in KEYS if one != key]},
               hides=[key]).returncode == 0


@pytest.mark.parametrize("glob", [
    "*", "linux.device_info.size", "*.argsz.*", "linux.device_cap.*", "model.*", "tlv.record.*",
    "linux.*", "tlv.device.*", "no.such.*"])
def test_what_binds_every_reader_is_not_skipped(run, glob):
    done = run(hello={"skips": ["linux.zpci_*", glob]})
    assert done.returncode == 1 and done.stdout.endswith("\n1 not as expected\n")
    [line] = [one for one in done.stdout.splitlines() if f"the testee skips {glob!r}" in one]
    assert line.startswith("unexpected: ")
    smoke = run(verb="smoke", hello={"skips": [glob]})
    assert smoke.returncode == 1 and f"not ok: the testee skips {glob!r}" in smoke.stdout


def test_a_glob_that_is_not_allowed_excuses_nothing(run):
    done = run(hello={"skips": ["*"]}, blind=["linux.irq_info.argsz.min"])
    assert "fail: " in done.stdout and "accept, not reject by linux.irq_info.argsz.min" in (
        done.stdout)


@pytest.mark.parametrize("format_,glob", [
    ("linux.device_info", "linux.zpci_*"), ("linux.region_info", "linux.type.*"),
    ("linux.device_info", "linux.*_info.argsz.more"), ("tlv", "tlv.dtpath.*")])
def test_a_reader_may_do_without_capabilities_and_what_is_behind_the_fixed_part(run, format_, glob):
    hello = {"formats": [format_], "skips": [glob]}
    done = run("--own", "--only", format_, hello=hello, blind=[glob])
    assert done.returncode == 0, done.stdout
    assert f"testee skips {glob}" in done.stdout
    done = run("--own", hello={"formats": [format_]}, blind=[glob])
    assert done.returncode == 1 and "fail: " in done.stdout


@pytest.mark.parametrize("what,says", [
    ({"answers": 1}, "of it"), ({"answers": 0}, "accepted not one good input and refused not one"),
    ({"skips": ["accept"]}, "a reader, which accepted not one good input of it"),
    ({"skips": ["reject", "need-more"]}, "a reader, which refused not one broken input of it"),
])
def test_a_format_of_hello_is_read(run, what, says):
    done = run(**what)
    assert done.returncode == 1
    [line] = [one for one in done.stdout.splitlines() if one.startswith("unexpected: linux.irq")]
    assert says in line and line.endswith("take it out of hello")


def test_a_star_is_every_format_and_each_role_is_judged(run):
    done = run(hello={"formats": ["*", ""], "roles": list(ROLES)}, answers=0)
    lines = [one for one in done.stdout.splitlines() if "hello lists it" in one]
    said = {one.split(": ")[1] for one in lines}
    formats = json.loads((HOME / "corpus/manifest.json").read_text())["formats"]
    assert said == {*formats, "formats told by their first bytes"}
    assert {role for role in ROLES if any(f"for a {role}" in one for one in lines)} == set(ROLES)


@pytest.mark.parametrize("words", [
    ("--only", "linux.irq_info"), ("--limit", "1"), ("--role", "reader")])
def test_a_part_of_the_cases_is_judged_where_it_has_both_kinds(run, words):
    assert run(*words).returncode == 0


def test_no_kind_is_missed_where_it_was_not_run(run):
    cases = [one for one in load(HOME / "corpus").cases
             if one.format == "linux.irq_info" and one.role == "reader" and one.family == "vector"]
    good = next(one.id for one in cases if one.want.verdict == "accept")
    broken = next(one.id for one in cases if one.want.verdict == "reject")
    assert run("--only", good).returncode == run("--only", broken).returncode == 0
    done = run("--only", good, "--only", broken, skips=["reject"])
    assert done.returncode == 1 and "refused not one broken input" in done.stdout


@pytest.mark.parametrize("words,dies", [(("--jobs", "1"), 3), (("--jobs", "2"), 0)])
@pytest.mark.parametrize("later", [{"tells": []}, {"version": "2"}, {"skips": ["linux.zpci_*"]}])
def test_a_later_process_says_the_same_hello(run, tmp_path, words, dies, later):
    """Two are started for two batches, or the second after the first one has died."""
    formats = ["linux.irq_info", "linux.device_info"]
    what = {"hello": {"tells": KEYS, "formats": formats}, "mark": str(tmp_path / "mark"),
            "dies": dies}
    done = run(*words, **what, later=later)
    [key] = later
    says = f"hello of a later process is not that of the first: {key} is {json.dumps(later[key])}"
    assert done.returncode == 1 and "CRASH: " in done.stdout and says in done.stdout
