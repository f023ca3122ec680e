# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""report.py: expectations excuse exactly what they name, and figures count what was said."""

import datetime
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import ktap  # noqa: E402
import report  # noqa: E402
from runner import expectations  # noqa: E402
from runner import ktap as writer  # noqa: E402

TODAY = datetime.date(2026, 1, 31)


def entry(**changes):
    base = {"case": "g/dev/rule", "outcome": "fail", "reason": "known", "link": "", "until": ""}
    return {**base, **changes}


def load(folder, *entries):
    (folder / "some.json").write_text(json.dumps(entries))
    return expectations.load_folder(folder)


def guest(**verdicts):
    """A guest g with a device dev, and a test a keyword: True, False or "skip"."""
    tests = [
        ktap.Test(name, ok=bool(one), directive="SKIP" if one == "skip" else "")
        for name, one in verdicts.items()
    ]
    ok = all(verdicts.values())
    return report.Judged("g", tests=[ktap.Test("dev", ok=ok, tests=tests)])


def judged(entries, **verdicts):
    out = guest(**verdicts)
    report.judge(out, entries, TODAY)
    return out


def test_unexpected_fail(tmp_path):
    out = judged([], rule=False, other=True)
    assert not out.good
    assert out.unexpected == ["g/dev/rule: fail"]
    assert out.counts == {"fail": 1, "pass": 1}


def test_expected_fail(tmp_path):
    entries = load(tmp_path, entry())
    out = judged(entries, rule=False, other=True)
    assert out.good and len(out.excused) == 1
    assert report.unmatched(entries, [out]) == []


def test_only_what_is_named_is_excused(tmp_path):
    out = judged(load(tmp_path, entry()), rule=False, other=False)
    assert out.unexpected == ["g/dev/other: fail"]


def test_unexpected_pass(tmp_path):
    out = judged(load(tmp_path, entry()), rule=True)
    assert out.unexpected == ["g/dev/rule: pass, though some.json expects fail"]


def test_a_skip_is_no_expected_fail(tmp_path):
    assert not judged(load(tmp_path, entry()), rule="skip").good
    assert judged(load(tmp_path, entry(outcome="skip")), rule="skip").good


def test_an_entry_that_matches_nothing(tmp_path):
    entries = load(tmp_path, entry(case="g/gone/*"))
    out = judged(entries, rule=True)
    assert report.unmatched(entries, [out]) == ["some.json: g/gone/* matches no test"]


def test_an_entry_about_a_guest_that_did_not_run(tmp_path):
    entries = load(tmp_path, entry(case="other/dev/rule"))
    assert report.unmatched(entries, [judged(entries, rule=True)]) == []


def test_a_glob_stays_within_its_part(tmp_path):
    entries = load(tmp_path, entry(case="g/*"))
    assert not judged(entries, rule=False).good
    assert judged(load(tmp_path, entry(case="*/d*/r?le")), rule=False).good


def test_several_tests_of_one_reason(tmp_path):
    entries = load(tmp_path, entry(case=["g/dev/rule", "g/dev/other", "g/dev/gone"]))
    out = judged(entries, rule=False, other=False)
    assert out.good
    assert report.unmatched(entries, [out]) == ["some.json: g/dev/gone matches no test"]


def test_an_entry_that_has_ended(tmp_path):
    assert judged(load(tmp_path, entry(until="2026-01-31")), rule=False).good
    out = judged(load(tmp_path, entry(until="2026-01-30")), rule=False)
    assert "ended 2026-01-30" in out.unexpected[0]


@pytest.mark.parametrize("problem", ["hang: silent", "panic: BUG"])
def test_a_crash_is_never_excused(tmp_path, problem):
    entries = load(tmp_path, entry(case="*/*/*"), entry(case="*/*"), entry(case="*"))
    out = guest(rule=False)
    out.problem = problem
    report.judge(out, entries, TODAY)
    assert not out.good
    assert not report.figures([out], [], 1)["good"]


def test_broken_ktap_is_never_excused(tmp_path):
    out = guest(rule=True)
    out.errors = ["line 1: no KTAP"]
    report.judge(out, [], TODAY)
    assert not out.good


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "[1]",
        json.dumps([{"case": "a"}]),
        json.dumps([{**entry(), "more": ""}]),
        json.dumps([entry(outcome="crash")]),
        json.dumps([entry(outcome="pass")]),
        json.dumps([entry(reason="")]),
        json.dumps([entry(until="soon")]),
        json.dumps([entry(until=7)]),
        json.dumps([entry(case=[])]),
        json.dumps([entry(case=["a", 7])]),
    ],
)
def test_unusable_expectations(tmp_path, text):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(expectations.Unusable, match="bad.json"):
        expectations.load_folder(tmp_path)


def test_the_expectations_of_the_project_can_be_used():
    for one in expectations.load_folder(Path(__file__).parents[1] / "expectations"):
        assert one.link or one.reason.count(" ") >= 3, one


def test_rules_are_added_up():
    one, other = guest(rule=True), guest(rule=True)
    one.notes = ["rule a.b 3", "rule a.c 0", "rule of thumb"]
    other.tests[0].tests[0].notes = ["rule a.b 2", "rule a.c 0"]
    assert report.rule_counts([one, other]) == {"a.b": 5, "a.c": 0}
    figures = report.figures([one, other], [], 1)
    assert figures["rules"] == 2
    assert figures["rule_checks"] == 5
    assert figures["rules_never_exercised"] == ["a.c"]


def test_what_is_excused_is_written_as_such(tmp_path):
    out = judged(load(tmp_path, entry()), rule=False, other=True)
    assert out.counts == {"fail": 1, "pass": 1}
    lines = list(writer.lines(out.tests))
    assert ktap.parse(lines).errors == []
    assert "  ok 1 rule # XFAIL known" in lines
    assert "ok 1 dev # XFAIL of subtests" in lines
    assert ktap.parse(list(report.summary([out], []))).errors == []


def test_what_is_written_is_ktap_again():
    one = judged([], rule=False, other="skip")
    bad = report.Judged("h", problem="hang", tail=["last words"])
    lines = list(report.summary([one, bad], ["x.json: a matches no test"]))
    stream = ktap.parse(lines)
    assert stream.errors == []
    assert [(test.name, test.ok) for test in stream.tests] == [
        ("g", False),
        ("h", False),
        ("expectations", False),
    ]
    assert "#   last words" in lines
    whole = ktap.parse(list(writer.lines(one.tests)))
    assert whole.errors == []
    assert [path for path, _ in whole.tests[0].leaves()] == ["dev/rule", "dev/other"]
