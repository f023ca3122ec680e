# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Tests of spec coverage: what inputs reach, with the conformance corpus as the witness."""
from __future__ import annotations

import sys
import zipfile
from argparse import Namespace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "fuzz"))

from campaign import reach  # noqa: E402
from campaign.campaign import keep_points  # noqa: E402
from campaign.cli import corpora  # noqa: E402
from campaign.framing import FORMAT_SHIFT, Frame, frame_of  # noqa: E402
from campaign.house import House, format_numbers  # noqa: E402

from judge import vector_frame, vectors  # noqa: E402  campaign.framing says where it is

HOUSE = House()
# Region 7: 32 bytes, readable and writable, of size 0.
REGION_REPLY = bytes([32, 0, 0, 0, 3, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]) + bytes(16)


def points(frames: list[Frame]) -> set[str]:
    return {name for name, inputs in reach.counted(HOUSE, frames)["points"].items() if inputs}


def test_every_vector_reaches_its_rule_and_no_other() -> None:
    by_rule: dict[str | None, list[Frame]] = {}
    for vector in vectors():
        rule = vector["rule"] if vector["verdict"] != "accept" else None
        by_rule.setdefault(rule, []).append(vector_frame(vector))
    for rule, frames in by_rule.items():
        broken = {name for name in points(frames) if name.startswith("rule ")}
        assert broken == ({f"rule {rule}"} if rule else set())


def test_all_rules_are_counted_and_all_but_one_reached() -> None:
    answer = reach.counted(HOUSE, [vector_frame(one) for one in vectors()])
    rules = {name[5:]: n for name, n in answer["points"].items() if name.startswith("rule ")}
    lock = (ROOT / "spec" / "ids.lock").read_text(encoding="ascii").splitlines()
    retired = {line.split()[1] for line in lock if line and not line.startswith("#")} - set(rules)
    assert not retired
    # No vector is as long as the longest input.
    assert [name for name, inputs in rules.items() if not inputs] == ["model.input.max"]
    assert answer["accept"] + answer["reject"] + answer["need-more"] == answer["inputs"]


def test_boundaries_flags_and_bodies_of_one_reply() -> None:
    found = points([Frame("linux.region_info", "little", False, 7, REGION_REPLY)])
    assert {"body linux.region_info", "set linux.region_info.flags.READ",
            "set linux.region_info.flags.WRITE", "clear linux.region_info.flags.MMAP",
            "edge linux.region_info.argsz.min least", "edge linux.region_info.size full"} <= found
    assert not [name for name in found
                if name.startswith(("rule ", "set linux.region_info.flags.M"))]


def test_a_broken_input_reaches_its_rule_alone() -> None:
    assert points([Frame("linux.region_info", "little", False, 8, REGION_REPLY)]) == {
        "rule linux.region_info.index"}


def test_an_input_counts_once() -> None:
    frame = Frame("linux.region_info", "little", False, 7, REGION_REPLY)
    assert reach.counted(HOUSE, [frame, frame])["points"]["body linux.region_info"] == 2


@pytest.mark.parametrize("target, data, frame", [
    ("tlv", b"\0", None),
    ("tlv", b"\3\5x", Frame("tlv", "big", True, 5, b"x")),
    ("linux-region-info", b"\0\xffab", Frame("linux.region_info", "little", False, 0xffffffff,
                                             b"ab")),
    ("differential", bytes([4 << FORMAT_SHIFT, 1]), Frame("linux.region_info", "little", False, 1,
                                                          b"")),
    ("convert", b"\5abc", Frame(None, "little", False, 0, b"abc")),
    ("convert", b"", None),
])
def test_heads(target: str, data: bytes, frame: Frame | None) -> None:
    assert frame_of(target, data) == frame


def test_each_format_has_a_target() -> None:
    assert sorted(format_numbers().values()) == list(range(1, len(format_numbers()) + 1))


def test_files_of_a_target(tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(b"\0\7" + REGION_REPLY)
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "bad").write_bytes(b"\0\6" + REGION_REPLY)
    one = reach.reach_of(HOUSE, "linux-region-info", [tmp_path])
    assert (one.inputs, one.accepted) == (2, 1)
    assert one.count("rule")[0] == 1 and one.count("rule")[1] > 15
    assert "rule linux.region_info.argsz.min" in one.missing()
    text = reach.table({"linux-region-info": one})
    assert text.splitlines()[-1].startswith("| linux-region-info | 2 | 1 of ")


def test_the_smallest_input_of_each_point(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\0\6" + REGION_REPLY + b"more")
    (tmp_path / "b").write_bytes(b"\0\6" + REGION_REPLY)
    (tmp_path / "c").write_bytes(b"")
    found = reach.smallest(HOUSE, "linux-region-info", [tmp_path])
    assert found == {"rule linux.region_info.index": b"\0\6" + REGION_REPLY}


def test_what_reaches_a_point_is_kept_where_coverage_would_not(tmp_path: Path) -> None:
    broken = b"\0\6" + REGION_REPLY
    keep_points(HOUSE, "linux-region-info", tmp_path, {"rule linux.region_info.index": broken})
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [broken]
    again = {"rule linux.region_info.index": b"\0\6again"}
    keep_points(HOUSE, "linux-region-info", tmp_path, again)
    assert len(list(tmp_path.iterdir())) == 1


def test_without_a_campaign_the_committed_corpus_counts(tmp_path: Path) -> None:
    args = Namespace(paths=[], out=tmp_path)
    given = corpora(args, HOUSE, ["linux-irq-info"])["linux-irq-info"]
    with zipfile.ZipFile(ROOT / "fuzz" / "corpus" / "linux-irq-info.zip") as archive:
        assert sorted(archive.namelist()) == sorted(path.name for path in given[0].iterdir())
    assert given[1] == ROOT / "fuzz" / "seeds" / "linux-irq-info"
    # What a campaign has minimised is not filled up again.
    for path in list(given[0].iterdir())[1:]:
        path.unlink()
    assert corpora(args, HOUSE, ["linux-irq-info"])["linux-irq-info"] == given
    assert len(list(given[0].iterdir())) == 1
