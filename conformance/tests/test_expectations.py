# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""runner/expectations.py: an entry excuses what it names, nothing else, and never a crash."""

import datetime
import json
import sys
from pathlib import Path

import jsonschema
import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from runner import expectations  # noqa: E402
from runner.case import Case, Result, Run, Want  # noqa: E402

TODAY = datetime.date(2026, 1, 31)
SCHEMA = json.loads((HERE.parent / "expectations/schema.json").read_text())


def case(name, rule=None):
    return Case(name, "vector", "tlv", rule, (rule,) if rule else (), "reader", "robust",
                "malformed", {}, b"", Want("reject", rule))


def run(**outcomes):
    """A run of cases a/KEY that break the rule r.KEY; an underscore begins a second case of it."""
    return Run({"name": "t"}, "2026-01-31T00:00:00", "1.0",
               [Result(case(f"a/{key}", f"r.{key.split('_')[0]}"), outcome, detail="")
                for key, outcome in outcomes.items()])


def entry(what="a/x", **changes):
    return {"case": what, "outcome": "fail", "reason": "known", "link": "", "until": "", **changes}


@pytest.fixture(name="said")
def fixture_said(tmp_path):
    """Holds a run against entries, and returns the lines that came."""

    def hold(of, *entries, corpus=None):
        path = tmp_path / "t.json"
        path.write_text(json.dumps(list(entries)))
        return expectations.apply(of, expectations.load(path), TODAY, corpus)

    return hold


def test_as_expected(said):
    of = run(x="fail", y="pass", z="skip")
    assert said(of, entry()) == []
    assert of.testee["expected"] == {"a/x": "known"}


def test_notes_skips_and_unspecified_need_no_entry(said):
    assert said(run(x="note", y="skip", z="unspecified", p="pass")) == []


def test_unexpected_fail(said):
    of = run(x="fail", y="fail")
    of.results[1].detail = "got accept"
    assert said(of, entry()) == ["a/y: fail: got accept"]


def test_unexpected_pass(said):
    assert said(run(x="pass"), entry()) == ["a/x: pass, though t.json expects fail"]


def test_a_skip_is_no_expected_fail(said):
    assert said(run(x="skip"), entry()) == ["a/x: skip, though t.json expects fail"]
    assert said(run(x="skip"), entry(outcome="skip")) == []


def test_a_fail_is_no_expected_skip(said):
    assert said(run(x="fail"), entry("a/*", outcome="skip")) == [
        "a/x: fail, though t.json expects skip"]


@pytest.mark.parametrize("what", ["a/gone", "r.gone", "b/*", "x", "a", "a/x/**"])
def test_an_entry_that_matches_nothing(said, what):
    assert f"t.json: {what} matches no case" in said(run(x="pass"), entry(what))


def test_what_was_left_out_is_not_missed(said):
    assert said(run(x="fail"), entry(["a/x", "a/y", "r.y", "b/**"]),
                corpus=[case("a/x"), case("a/y", "r.y"), case("b/c/d")]) == []


def test_a_rule_stands_for_its_cases(said):
    assert said(run(x="fail", x_2="fail"), entry("r.x")) == []


@pytest.mark.parametrize("what", ["a/*", "r.*", "a/**", "a/x*", "r.x"])
def test_too_wide(said, what):
    lines = said(run(x="fail", x_2="pass"), entry(what))
    assert lines == [f"t.json: {what} is too wide: of the cases that it matches, 1 did not fail, "
                     "a/x_2 the first"]


def test_a_glob_stays_within_its_part(said):
    of = run(x="fail")
    of.results[0] = Result(case("a/b/x", "r.x"), "fail")
    assert said(of, entry("a/*"))[0] == "a/b/x: fail"
    assert said(of, entry("a/*/?")) == []
    assert said(of, entry("a/**")) == []


def test_signs_that_are_no_globs_are_letters(said):
    of = Run({}, "", "", [Result(case("a/[x]+(y)"), "fail")])
    assert said(of, entry("a/[x]+(*)")) == []


@pytest.mark.parametrize("what", ["a/x", "r.x", "a/*", "**", "a/**"])
def test_a_crash_is_never_excused(said, what):
    assert "a/x: crash" in said(run(x="crash"), entry(what))
    assert "a/x: crash" in said(run(x="crash"), entry(what, outcome="skip"))


def test_an_entry_that_has_ended(said):
    assert said(run(x="fail"), entry(until="2026-01-31")) == []
    line = "t.json: a/x ended 2026-01-30: 1 cases, a/x the first"
    assert said(run(x="fail"), entry(until="2026-01-30")) == [line]
    assert said(run(x="pass"), entry(until="2026-01-30")) == [line]


BAD = [
    "{", "{}", "[1]", json.dumps([{"case": "a"}]), json.dumps([{**entry(), "more": ""}]),
    *(json.dumps([entry(**one)]) for one in (
        {"outcome": "crash"}, {"outcome": "pass"}, {"outcome": "note"}, {"reason": ""},
        {"reason": "  "}, {"until": "soon"}, {"until": 7}, {"link": None})),
    *(json.dumps([entry(one)]) for one in ([], ["a", 7], 7)),
]


@pytest.mark.parametrize("text", BAD)
def test_unusable(tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(expectations.Unusable, match="bad.json") as caught:
        expectations.load(path)
    assert "\n" not in str(caught.value)
    if text != "{":
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(json.loads(text), SCHEMA)


def test_no_file(tmp_path):
    with pytest.raises(expectations.Unusable, match="none.json"):
        expectations.load(tmp_path / "none.json")


def rewritten(path, of, *entries, corpus=None):
    path.write_text(json.dumps(list(entries)))
    left = expectations.update(path, of, corpus)
    return left, json.loads(path.read_text())


def test_update_keeps_reasons_and_order(tmp_path):
    of = run(y="fail", x="fail", z="pass")
    kept = [entry("a/x", reason="one", link="l"), entry("r.y", reason="two", until="2020-01-01")]
    assert rewritten(tmp_path / "t.json", of, *kept, entry("a/z"), entry("a/gone")) == (0, kept)


def test_update_marks_what_is_new(tmp_path, said):
    path = tmp_path / "t.json"
    of = run(x="fail", y="fail", y_2="fail", z="fail", z_2="pass", c="crash", s="skip", n="note")
    left, now = rewritten(path, of, entry())
    assert left == 2
    assert [one["case"] for one in now] == ["a/x", "r.y", "a/z"]
    with pytest.raises(expectations.Unusable, match="entry 1: no reason"):
        expectations.load(path)
    for one in now:
        one["reason"] = one["reason"] or "because"
    assert said(of, *now) == ["a/c: crash"]


def test_update_counts_reasons_that_are_still_missing(tmp_path):
    path = tmp_path / "t.json"
    assert expectations.update(path, run(x="fail")) == 1
    assert expectations.update(path, run(x="fail")) == 1


def test_update_narrows_what_is_too_wide(tmp_path):
    _, now = rewritten(tmp_path / "t.json", run(x="fail", x_2="fail", y="pass"), entry("a/*"))
    assert now == [entry(["a/x", "a/x_2"])]


def test_update_keeps_what_was_left_out(tmp_path):
    entries = [entry(["a/x", "a/gone"]), entry("b/*")]
    _, now = rewritten(tmp_path / "t.json", run(x="fail"), *entries,
                       corpus=[case("a/x"), case("b/c")])
    assert now == [entry(), entry("b/*")]


def test_update_leaves_the_entry_of_a_crash(tmp_path):
    assert rewritten(tmp_path / "t.json", run(x="crash"), entry()) == (0, [entry()])


def test_files_fit_the_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    folders = [HERE.parent / "expectations", HERE.parent / "kernel/expectations"]
    files = [path for folder in folders for path in folder.glob("*.json")
             if path.name != "schema.json"]
    assert files
    for path in files:
        jsonschema.validate(json.loads(path.read_text()), SCHEMA)
        assert expectations.load(path)


def test_what_a_run_left_out_is_neither_missed_nor_forgotten(said, tmp_path):
    """A run of one level, or one that was stopped, says nothing of the other cases."""
    of = run(x="skip", y="fail")
    assert said(of, entry("a/x"), entry("a/y")) == ["a/x: skip, though t.json expects fail"]
    of.results[0].left_out = True
    assert said(of, entry("a/x"), entry("a/y")) == []
    path = tmp_path / "t.json"
    path.write_text(json.dumps([entry("a/x"), entry("a/y")]))
    assert expectations.update(path, of) == 0
    assert json.loads(path.read_text()) == [entry("a/x"), entry("a/y")]
