# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""ktap.py: what is KTAP, and everything that is none."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import ktap  # noqa: E402

GOOD = """KTAP version 1
1..3
# before
ok 1 first
  KTAP version 1
  1..2
  # Subtest: second
    KTAP version 1
    1..1
    not ok 1 deepest # found 3
  # deeper
  not ok 1 - inner
  ok 2 other # SKIP no such kernel
not ok 2 second
ok 3
# after
"""


def parse(text):
    return ktap.parse(text.splitlines())


def test_good():
    stream = parse(GOOD)
    assert stream.errors == []
    assert [one.name for one in stream.tests] == ["first", "second", "test 3"]
    assert [path for path, _ in stream.tests[1].leaves("g")] == [
        "g/second/inner/deepest",
        "g/second/other",
    ]
    verdicts = [one.verdict for _, one in stream.tests[1].leaves()]
    assert verdicts == ["fail", "skip"]
    assert stream.tests[1].tests[0].tests[0].why == "found 3"
    assert list(stream.all_notes()) == ["before", "Subtest: second", "deeper", "after"]


@pytest.mark.parametrize("length", range(len(GOOD.splitlines()) - 1))
def test_every_truncation_is_an_error(length):
    assert parse("\n".join(GOOD.splitlines()[:length])).errors


@pytest.mark.parametrize("gone", [one for one in range(15) if one not in (2, 6, 10)])
def test_every_line_is_needed(gone):
    """All but diagnostics: without any other line something is amiss."""
    lines = GOOD.splitlines()
    del lines[gone]
    assert ktap.parse(lines).errors, lines


BAD = {
    "empty": ("", "is missing"),
    "no version": ("1..1\nok 1 a", "is missing"),
    "other version": ("KTAP version 2\n1..1\nok 1 a", "is missing"),
    "no plan": ("KTAP version 1\nok 1 a", "no plan"),
    "late plan": ("KTAP version 1\nok 1 a\n1..1", "not stand first"),
    "second plan": ("KTAP version 1\n1..1\n1..1\nok 1 a", "not stand first"),
    "plan of nothing": ("KTAP version 1\n1..0", "without a test"),
    "too few": ("KTAP version 1\n1..2\nok 1 a", "2 tests planned, 1 came"),
    "too many": ("KTAP version 1\n1..1\nok 1 a\nok 2 b", "1 tests planned, 2 came"),
    "duplicate": ("KTAP version 1\n1..2\nok 1 a\nok 1 b", "test 1 where 2 was due"),
    "gap": ("KTAP version 1\n1..2\nok 1 a\nok 3 b", "test 3 where 2 was due"),
    "garbage": ("KTAP version 1\n1..1\n[ 1.2] oops\nok 1 a", "no KTAP"),
    "blank line": ("KTAP version 1\n1..1\n\nok 1 a", "no KTAP"),
    "half a line": ("KTAP version 1\n1..1\nok 1 aok 2 b\nnot o", "no KTAP"),
    "indented garbage": ("KTAP version 1\n1..1\n  hello\nok 1 a", "further in"),
    "no result": ("KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n  ok 1 x", "without its result"),
    "wrong parent": (
        "KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n  not ok 1 x\nok 1 a",
        "ok, but a subtest",
    ),
    "two subtests": (
        "KTAP version 1\n1..1\n" + "  KTAP version 1\n  1..1\n  ok 1 x\n" * 2 + "ok 1 a",
        "not stand first|second subtest|is missing|no KTAP",
    ),
    "garbage behind": ("KTAP version 1\n1..1\nok 1 a\nbye", "no KTAP"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad(name):
    text, message = BAD[name]
    errors = parse(text).errors
    assert errors
    assert any(part in "\n".join(errors) for part in message.split("|")), errors


def test_a_group_that_fails_alone_counts():
    stream = parse("KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n  ok 1 x\nnot ok 1 a")
    assert stream.errors == []
    assert [(path, one.verdict) for path, one in stream.tests[0].leaves()] == [
        ("a/x", "pass"),
        ("a", "fail"),
    ]


@pytest.mark.parametrize("directive", ["TIMEOUT", "ERROR"])
def test_a_directive_does_not_hide_a_failure(directive):
    stream = parse(f"KTAP version 1\n1..2\nok 1 a # {directive}\nnot ok 2 b # TODO later")
    assert [one.verdict for one in stream.tests] == ["fail", "fail"]


def test_depth_is_bounded():
    lines = [f"{'  ' * depth}KTAP version 1" for depth in range(5000)]
    assert ktap.parse(lines).errors
