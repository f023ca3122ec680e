# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Tests of the campaign tool with a stand-in for the engine: what is kept, resumed and reported."""
from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "fuzz" / "run"
sys.path.insert(0, str(ROOT / "fuzz"))

from campaign import gain, pack, speed  # noqa: E402
from campaign.engines import Job, LibFuzzer, afl_broken, afl_figures  # noqa: E402
from campaign.findings import signature  # noqa: E402
from campaign.house import House, Problem, flags_of  # noqa: E402
from campaign.minimise import recover  # noqa: E402
from campaign.state import State, write_whole  # noqa: E402


class Place:
    """A folder with one made target, and the commands on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out"
        self.program = folder / "made" / "libfuzzer" / "fake"
        self.program.parent.mkdir(parents=True)
        shutil.copy(ROOT / "fuzz" / "tests" / "fake_engine.py", self.program)
        self.program.chmod(0o755)

    def words(self, command: str, *more: str) -> list[str]:
        return [str(RUN), "--build", str(self.folder / "build"), "--made",
                str(self.folder / "made"), command, "--out", str(self.out), *more]

    def campaign(self, seconds: int = 1, *more: str) -> subprocess.CompletedProcess:
        words = self.words("campaign", "--target", "fake", "--seconds", str(seconds), "--no-spec",
                           *more)
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)

    def finds(self, **inputs: bytes) -> None:
        folder = self.program.with_name("fake.finds")
        folder.mkdir(exist_ok=True)
        for name, data in inputs.items():
            (folder / name).write_bytes(data)

    def state(self) -> dict[str, Any]:
        return json.loads((self.out / "state.json").read_text(encoding="utf-8"))

    def engine(self) -> dict[str, Any]:
        return self.state()["targets"]["fake"]["engines"]["libfuzzer"]

    def findings(self) -> dict[str, Any]:
        return self.state()["findings"]["fake"]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def children_of(folder: Path) -> list[str]:
    """Processes that run a program below a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if any(word.startswith(str(folder).encode() + b"/made/libfuzzer/") for word in words[:2]):
            found.append(path.parent.name)
    return found


def test_every_second_process_is_the_fast_one(place: Place) -> None:
    fast = place.program.parents[1] / "fast" / "fake"
    fast.parent.mkdir()
    shutil.copy(place.program, fast)
    assert place.campaign(1, "--jobs", "3").returncode == 0
    logs = place.out / "libfuzzer" / "fake"
    ran = ["/fast/" in (logs / f"{n}.log").read_text(encoding="utf-8").split("\n")[0]
           for n in range(3)]
    assert ran == [False, True, False]


def test_options_are_those_of_the_target() -> None:
    assert flags_of("tlv") == flags_of("fake") != flags_of("json")
    assert flags_of("json")["max_len"] > flags_of("tlv")["max_len"] >= 1024


def test_speed_is_executions_a_second_of_the_processor(place: Place) -> None:
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    rate = speed.rate(speed.Timed, place.program, "fake", 1, place.folder / "speed")
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = ended.ru_utime - begun.ru_utime + ended.ru_stime - begun.ru_stime
    log = (place.folder / "speed" / "work" / "0.log").read_text(encoding="utf-8")
    done = int(log.rsplit("stat::number_of_executed_units: ", 1)[1])
    assert rate == pytest.approx(done / spent, rel=0.05)


def test_speed_of_what_breaks_is_none(place: Place) -> None:
    place.finds(one=b"P")
    with pytest.raises(Problem, match="status 77"):
        speed.rate(speed.Timed, place.program, "fake", 1, place.folder / "speed")


def test_a_run_counts_and_a_second_one_goes_on(place: Place) -> None:
    first = place.campaign()
    assert first.returncode == 0, first.stderr
    one = place.engine()
    assert one["executions"] > 1000 and one["runs"] == 1 and one["edges"] > 10
    inputs = {path.read_bytes() for path in (place.out / "corpus" / "fake").iterdir()}
    assert inputs
    assert place.campaign().returncode == 0
    two = place.engine()
    assert two["executions"] > one["executions"] + 1000 and two["runs"] == 2
    assert two["seconds"] > one["seconds"] + 0.8
    kept = {path.read_bytes()[:1] for path in (place.out / "corpus" / "fake").iterdir()}
    assert kept >= {data[:1] for data in inputs}


def test_the_corpus_is_minimised(place: Place) -> None:
    corpus = place.out / "corpus" / "fake"
    corpus.mkdir(parents=True)
    for size in range(2, 50):
        (corpus / f"old{size}").write_bytes(b"z" * size)
    assert place.campaign().returncode == 0
    assert [path.read_bytes() for path in corpus.iterdir()
            if path.read_bytes()[:1] == b"z"] == [b"zz"]
    counted = place.state()["targets"]["fake"]["corpus"]["files"]
    assert counted == len(list(corpus.iterdir()))


def test_minimising_on_a_full_disk_loses_nothing(place: Place) -> None:
    corpus = place.out / "corpus" / "fake"
    corpus.mkdir(parents=True)
    (corpus / "one").write_bytes(b"zz")
    place.program.with_name("fake.full").touch()
    done = place.campaign()
    assert done.returncode == 2 and "not whole, as on a full disk" in done.stderr
    assert (corpus / "one").read_bytes() == b"zz"
    assert all(path.stat().st_size for path in corpus.iterdir())
    assert [path.name for path in corpus.parent.iterdir() if path.is_dir()] == ["fake"]


def test_jobs_share_a_corpus_and_add_up(place: Place) -> None:
    assert place.campaign(2, "--jobs", "3").returncode == 0
    logs = sorted((place.out / "libfuzzer" / "fake").glob("*.log"))
    assert len(logs) == 3
    said = [int(line.split(": ")[1]) for log in logs for line in log.read_text().splitlines()
            if line.startswith("stat::number_of_executed_units")]
    assert len(said) == 3 and place.engine()["executions"] == sum(said)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_order(place: Place, sign: signal.Signals) -> None:
    words = place.words("campaign", "--target", "fake", "--seconds", "600", "--jobs", "2",
                        "--no-spec")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        wait_for(lambda: (place.out / "state.json").exists())
        wait_for(lambda: len(children_of(place.folder)) == 2)
        time.sleep(0.5)
        second = place.campaign()
        assert second.returncode == 2 and "another campaign runs in" in second.stderr
        process.send_signal(sign)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "the same command goes on from here" in out and "executions in" in out
    assert not children_of(place.folder)
    before = place.engine()["executions"]
    # 7 is what the stand-in counts only when it is asked to end, by each of two processes.
    assert before % 1000 == 14
    assert list((place.out / "corpus" / "fake").iterdir())
    assert place.campaign().returncode == 0
    assert place.engine()["executions"] > before


def test_a_second_signal_leaves_no_process_behind(place: Place) -> None:
    place.program.with_name("fake.deaf").touch()
    words = place.words("campaign", "--target", "fake", "--seconds", "600", "--jobs", "2",
                        "--no-spec")
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as process:
        wait_for(lambda: len(children_of(place.folder)) == 2)
        wait_for((place.out / "state.json").exists)
        for sign in (signal.SIGHUP, signal.SIGTERM):
            process.send_signal(sign)
            time.sleep(0.7)
        _, err = process.communicate(timeout=5)
    assert process.returncode == 130 and not err
    assert not children_of(place.folder)


def test_a_process_that_cannot_start_leaves_no_other_behind(place: Place) -> None:
    fast = place.program.parents[1] / "fast" / "fake"
    fast.parent.mkdir()
    fast.write_text("no program", encoding="ascii")
    done = place.campaign(600, "--jobs", "2")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done.stderr
    assert not children_of(place.folder)


def wait_for(holds: Any, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_an_engine_that_does_not_listen_is_ended(place: Place) -> None:
    place.program.with_name("fake.deaf").touch()
    job = Job(place.program, "fake", place.folder / "c", [], place.folder / "a", place.folder / "w",
              600, 0)
    process = LibFuzzer(job)
    wait_for(lambda: process.log.stat().st_size > 0)
    process.stop(patience=0.3)
    assert process.ended() and process.child.returncode == -signal.SIGKILL
    assert process.executions > 0


def test_findings_are_told_apart_minimised_and_reproduced(place: Place) -> None:
    place.finds(a=b"P" * 9, b=b"P" * 30, c=b"A" * 12, d=b"A" * 13)
    done = place.campaign(3)
    assert done.returncode == 1
    found = place.findings()
    assert sorted(found) == ["heap-buffer-overflow-devfd_get32-open_tlv",
                             "promise-same-twice-byte"]
    assert [found[name]["count"] for name in sorted(found)] == [2, 2]
    for name, entry in found.items():
        file = Path(entry["file"])
        assert len(file.read_bytes()) == 2 == entry["size"]
        assert name in file.with_name(file.name + ".txt").read_text(encoding="utf-8")
        assert f"{entry['reproduce']}\n" in done.stdout
        again = subprocess.run(entry["reproduce"], shell=True, cwd=ROOT, capture_output=True,
                               text=True, check=False)
        assert again.returncode and signature(again.returncode, again.stderr) == name
    # Each is looked at once: nothing is left for the next run, which ends with 1 all the same.
    assert not list((place.out / "libfuzzer" / "fake" / "artifacts").iterdir())
    again = place.campaign()
    assert again.returncode == 1 and place.findings() == found
    listed = subprocess.run(place.words("status"), capture_output=True, text=True, check=False)
    assert listed.returncode == 1 and "promise-same-twice-byte" in listed.stdout


def test_what_only_a_full_check_shows_is_a_finding(place: Place) -> None:
    """AFL++ checks more of an input than the program that looks at what it found."""
    replay = place.program.parents[1] / "replay" / "fake"
    replay.parent.mkdir()
    replay.write_text("#!/bin/sh\ntest $# = 1 && grep -q rare $1 || exit 0\n"
                      "echo 'promise broken: look-up: index 3 is another' >&2\nexit 134\n",
                      encoding="ascii")
    replay.chmod(0o755)
    place.finds(a=b"rare")
    done = place.campaign()
    assert done.returncode == 1 and "broken once" not in done.stdout
    found = place.findings()["promise-look-up-index-is-another"]
    assert found["reproduce"] == f"{replay} {found['file']}"
    # It is known again in the next run, and is no longer listed once it is mended.
    assert place.campaign().returncode == 1
    replay.write_text("#!/bin/sh\n", encoding="ascii")
    assert "no longer broken" in place.campaign().stdout


def test_minimising_that_leads_to_another_bug_is_not_taken(place: Place) -> None:
    place.program.with_name("fake.drifts").touch()
    place.finds(a=b"P" * 9)
    assert place.campaign().returncode == 1
    assert [entry["size"] for entry in place.findings().values()] == [9]


def test_a_finding_that_is_repaired_is_dropped(place: Place) -> None:
    place.finds(a=b"P" * 9)
    assert place.campaign().returncode == 1
    file = Path(place.findings()["promise-same-twice-byte"]["file"])
    place.program.with_name("fake.fixed").touch()
    done = place.campaign()
    assert done.returncode == 0 and "promise-same-twice-byte: no longer broken" in done.stdout
    assert not place.findings() and not file.exists()
    assert (file.parent / "mended" / file.name).read_bytes() == b"PP"


def test_a_finding_whose_input_is_gone_is_not_said_to_be_repaired(place: Place) -> None:
    place.finds(a=b"P" * 9)
    assert place.campaign().returncode == 1
    Path(place.findings()["promise-same-twice-byte"]["file"]).unlink()
    done = place.campaign()
    assert "is gone" in done.stdout and "no longer broken" not in done.stdout


def test_what_breaks_once_is_kept_apart(place: Place) -> None:
    place.finds(a=b"never again")
    done = place.campaign()
    assert done.returncode == 0 and "fake: broken once, and not again: " in done.stdout
    assert (place.out / "not-again" / "fake" / "crash-a").read_bytes() == b"never again"
    place.finds(a=b"never this either")
    assert place.campaign().returncode == 0
    kept = {path.read_bytes() for path in (place.out / "not-again" / "fake").iterdir()}
    assert kept == {b"never again", b"never this either"}


def test_what_afl_broke_in_any_run_is_looked_at(tmp_path: Path) -> None:
    for name in ("main/crashes/id:1", "s3/crashes/id:1", "main/crashes.2026-01-01-00:00:00/id:0",
                 "s1/hangs/id:2", "main/crashes/README.txt", "main/queue/id:0"):
        (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / name).touch()
    assert {str(path.relative_to(tmp_path / "out")) for path in afl_broken(tmp_path)} == {
        "main/crashes.2026-01-01-00:00:00/id:0", "main/crashes/id:1", "s1/hangs/id:2",
        "s3/crashes/id:1"}


def test_what_dies_without_a_word_is_told(place: Place) -> None:
    place.program.with_name("fake.mute").touch()
    place.finds(a=b"P" * 9)
    done = place.campaign(2)
    assert "died and left no input: 1; the last: status -9, see " in done.stdout
    assert "left no input" not in place.campaign().stdout


def test_a_target_that_does_not_start_is_an_error(place: Place) -> None:
    place.program.write_text("#!/bin/sh\necho no >&2\nexit 3\n", encoding="ascii")
    done = place.campaign()
    assert done.returncode == 2 and "did not start" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("words, said", [
    (["campaign", "--target", "nosuch"], "there is no target nosuch"),
    (["pack"], "no corpus to pack"),
    (["campaign", "--out", "/dev/null/out"], "Not a directory"),
    (["campaign", "--seconds", "0"], "--seconds: '0' is no whole number above 0"),
    (["campaign", "--jobs", "-1"], "--jobs: '-1' is no whole number above 0"),
    (["campaign", "--engine", "foo"], "--engine: invalid choice: 'foo'"),
    (["campaign", "--target", ""], "no target is named"),
])
def test_errors_are_one_line(place: Place, words: list[str], said: str) -> None:
    done = subprocess.run(place.words(*words), capture_output=True, text=True, check=False)
    assert done.returncode == 2 and said in done.stderr and len(done.stderr.splitlines()) == 1


# ---- The state ----

def test_a_state_is_never_half_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    state = State(path)
    state.save()
    before = path.read_bytes()

    def full(_fd: int) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "fsync", full)
    state.engine("fake", "libfuzzer")["executions"] = 5
    with pytest.raises(OSError):
        state.save()
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_reader_always_sees_a_whole_state(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = State(path)
    state.target("fake")["filler"] = "x" * 100000
    state.save()
    ended = threading.Event()

    def write() -> None:
        for number in range(200):
            state.engine("fake", "libfuzzer")["executions"] = number
            state.save()
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not ended.is_set():
        seen.add(State(path).data["targets"]["fake"].get("engines", {}).get("libfuzzer", {}).get(
            "executions", -1))
    writer.join()
    assert len(seen) > 1


def test_a_foreign_state_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    whole = json.dumps(State(path).data)
    for text in ("{", "[]", "", '{"schema": "other"}', whole[:-20], whole.replace("findings", "x")):
        write_whole(path, text)
        with pytest.raises(Problem):
            State(path)


def test_a_killed_minimising_loses_nothing(tmp_path: Path) -> None:
    corpus, old = tmp_path / "fake", tmp_path / "fake.old"
    old.mkdir()
    (old / "a").write_bytes(b"1")
    recover(corpus)
    assert (corpus / "a").read_bytes() == b"1" and not old.exists()
    old.mkdir()
    (old / "b").write_bytes(b"2")
    recover(corpus)
    assert sorted(path.name for path in corpus.iterdir()) == ["a", "b"] and not old.exists()


def test_figures_that_were_cut_are_told(place: Place) -> None:
    path = place.folder / "build" / "fuzz" / "reach.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"schema": "devf', encoding="ascii")
    done = subprocess.run(place.words("figures"), capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "reach.json: not an answer of" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# ---- What engines say ----

UBSAN = """codec/scan.h:88:12: runtime error: shift exponent 33 is too large for 32-bit type
    #0 0x1 in shifted /home/me/devfd/codec/scan.h:88:12
    #1 0x2 in promise_reply /home/me/devfd/fuzz/targets/reading.c:7:1
SUMMARY: UndefinedBehaviorSanitizer: undefined-behavior codec/scan.h:88:12 in
"""
HANG = """ALARM: working on the last Unit for 11 seconds
==7== ERROR: libFuzzer: timeout after 11 seconds
    #0 0x1 in walk /home/me/devfd/codec/chain.c:88:12
SUMMARY: libFuzzer: timeout
"""


@pytest.mark.parametrize("status, output, name", [
    (0, "all well\n", None),
    (77, "promise broken: tables-agree: 3 and 4\n", "promise-tables-agree-and"),
    (77, "promise broken: item: kind 3 stands behind kind 4\n",
     "promise-item-kind-stands-behind-kind"),
    (77, "promise broken: item: index 3 of kind 4 comes late\n",
     "promise-item-index-of-kind-comes-late"),
    (-6, "x\npromise broken: room: 9\n#0 0x1 in f /d/codec/a.c:1:2\n", "promise-room"),
    (1, UBSAN, "ub-shift-exponent-is-too-large-for-shifted-promise_reply"),
    (70, HANG, "timeout-walk"),
    (-11, "", "signal-11"),
    (3, "", "status-3"),
])
def test_signatures(status: int, output: str, name: str | None) -> None:
    assert signature(status, output) == name


def test_the_figures_of_afl(tmp_path: Path) -> None:
    stats = tmp_path / "fuzzer_stats"
    stats.write_text("execs_done        : 240934\nexecs_per_sec     : 9250.17\n"
                     "edges_found       : 1814\nafl_version       : ++4.04c\n", encoding="ascii")
    assert afl_figures(stats) == {"execs_done": 240934, "execs_per_sec": 9250, "edges_found": 1814}
    assert afl_figures(tmp_path / "none") == {}


# ---- Corpora in the repository, the gain ----

def test_packed_corpora_have_the_same_bytes(tmp_path: Path) -> None:
    assert pack.packed([b"b", b"a", b"a"]) == pack.packed([b"a", b"b"])
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for data in (b"one", b"two", b""):
        (corpus / f"x{len(data)}{data[:1].hex()}").write_bytes(data)
    pack.pack({"fake": corpus}, tmp_path / "out")
    again = tmp_path / "again"
    assert pack.unpack(tmp_path / "out" / "fake.zip", again) == 3
    assert {path.read_bytes() for path in again.iterdir()} == {b"one", b"two", b""}
    assert pack.unpack(tmp_path / "out" / "fake.zip", again) == 0


def test_a_broken_zip_is_told(tmp_path: Path) -> None:
    archive = tmp_path / "fake.zip"
    whole = pack.packed([b"one" * 50, b"two"])
    for data in (b"", b"no zip", whole[:-30], whole[:40] + b"?" + whole[41:]):
        archive.write_bytes(data)
        with pytest.raises(Problem, match="fake.zip: "):
            pack.unpack(archive, tmp_path / "out")
        assert not list((tmp_path / "out").iterdir())


def test_too_large_corpora_are_not_written(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number in range(5):
        (corpus / str(number)).write_bytes(os.urandom(1 << 20))
    with pytest.raises(Problem, match="allowed are"):
        pack.pack({"fake": corpus}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_gain_can_be_stopped(place: Place) -> None:
    stopped = threading.Event()
    house = House(place.folder / "build", place.folder / "made")
    timer = threading.Timer(0.5, stopped.set)
    timer.start()
    with pytest.raises(Problem, match="stopped"):
        gain.one_run(house, gain.Run("fake", "libfuzzer", 1), [600], stopped)
    assert not children_of(place.folder)


def test_the_table_of_the_gain() -> None:
    runs = [{"target": "tlv", "variant": variant, "seed": seed,
             "at": {"10": {"edges": 100 * seed, "rules": rules, "points": 3}}}
            for variant, rules in (("plain", 5), ("libfuzzer", 9)) for seed in (1, 2, 4)]
    text = gain.table({"moments": [10], "runs": runs})
    assert text.splitlines()[-1] == ("| tlv | 10 s | 200 (100 to 400) | 200 (100 to 400) | 5 | 9 | "
                                     "3 | 3 |")
    assert gain.numbers("1..5") == [1, 2, 3, 4, 5] and gain.numbers("10,60") == [10, 60]
    with pytest.raises(Problem):
        gain.numbers("ten")
