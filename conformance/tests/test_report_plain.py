# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""KTAP, JSON lines, JUnit and Markdown of fabricated runs, each read by a reader of its own."""

import io
import json
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "kernel")]
import fabricated_runs as fabricated  # noqa: E402
import ktap  # noqa: E402
from runner import (report_jsonl, report_junit, report_ktap, report_markdown)  # noqa: E402
from runner.case import OUTCOMES, Run  # noqa: E402
from runner.matrix import state, totals  # noqa: E402

SCHEMA = json.loads((HERE.parent / "runner/report.schema.json").read_text())


def written(report, runs, *more):
    out = io.StringIO()
    report.write(runs, out, *more)
    return out.getvalue()


# ---- KTAP ----


def leaves(runs):
    """What a strict reader makes of the KTAP: path and test of each case, and the top."""
    stream = ktap.parse(written(report_ktap, runs).split("\n")[:-1])
    assert stream.errors == []
    return {path: test for one in stream.tests for path, test in one.leaves()}, stream.tests


def test_ktap_has_every_case():
    runs = fabricated.runs()
    found, tests = leaves(runs)
    assert [one.ok for one in tests] == [True, False, True]
    assert len(found) == sum(len(run.results) for run in runs)
    for run, top in zip(runs, tests):
        verdicts = [test.verdict for path, test in top.leaves()]
        count = totals(run)
        assert verdicts.count("fail") == count["fail"] + count["crash"]
        assert verdicts.count("skip") == count["skip"]


def test_ktap_says_why():
    found, _ = leaves(fabricated.runs())
    crash = found["bad <b> 2/linux.c/linux.c/x/one"]
    assert (crash.ok, crash.directive) == (False, "ERROR") and "SIGSEGV" in crash.why
    assert "second line" in crash.notes
    assert found["bad <b> 2/linux.d/linux.d/x/one"].directive == "SKIP"
    assert found["bad <b> 2/linux.e/linux.e/x/one"].notes == ["unspecified: reject at 4"]
    note = found["bad <b> 2/tlv.a/tlv.a/x/one"]
    assert note.ok and note.notes == ["note: accept, not reject"]


def test_ktap_marks_what_was_expected():
    runs = fabricated.runs()
    runs[1].testee["expected"] = {"tlv.b/x/one": "known # 1", "linux.c/x/one": "never excused"}
    found, _ = leaves(runs)
    assert found["bad <b> 2/tlv.b/tlv.b/x/one"].directive == "XFAIL"
    assert found["bad <b> 2/linux.c/linux.c/x/one"].verdict == "fail"


def test_ktap_of_nothing_is_no_pass():
    _, tests = leaves([Run({"name": "n"}, "", "1.0")])
    assert tests[0].verdict == "fail"


def test_ktap_of_skips_alone_is_no_pass():
    runs = fabricated.runs()
    for result in runs[0].results:
        result.outcome = "skip"
    assert leaves(runs[:1])[1][0].verdict == "skip"


def test_ktap_of_what_has_to_fail():
    """A fault that is told passes as a test of the suite; one that is not fails it."""
    found, tests = leaves(fabricated.runs()[:1] + fabricated.faults())
    assert [(one.name, one.ok) for one in tests] == [
        ("good 1.0", True), ("made faults: each is told", False)]
    told = found["made faults: each is told/fault-told"]
    hole = found["made faults: each is told/fault-untold"]
    assert told.ok and "1 of 4 cases fail or crash, of: linux.c" in told.notes
    assert not hole.ok and "unexpected pass: no case fails" in hole.notes
    assert leaves(fabricated.faults()[:1])[1][0].ok


# ---- JSON lines ----


def test_jsonl_fits_its_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    check = jsonschema.Draft202012Validator(SCHEMA)
    kinds = set()
    for text in written(report_jsonl, fabricated.runs()).splitlines():
        line = json.loads(text)
        check.validate(line)
        kinds.add(line["kind"])
        with pytest.raises(jsonschema.ValidationError):
            check.validate({**line, "more": 1})
    assert kinds == {"header", "case", "result", "footer"}


def test_jsonl_is_read_back(tmp_path):
    for number, run in enumerate(fabricated.runs()):
        path = tmp_path / f"{number}.jsonl"
        path.write_text(written(report_jsonl, [run]))
        back = report_jsonl.read(path)
        assert (back.testee, back.started, back.corpus) == (run.testee, run.started, run.corpus)
        assert len(back.results) == len(run.results)
        for one, other in zip(run.results, back.results):
            left_out = {"input", "given"} if one.case.family == "prefix" else set()
            for key, value in vars(one.case).items():
                assert key in left_out or getattr(other.case, key) == value, key
            assert {**vars(one), "case": 0} == {**vars(other), "case": 0}
        again = written(report_jsonl, [back])
        assert [line for line in again.splitlines() if '"kind":"result"' in line] == [
            line for line in path.read_text().splitlines() if '"kind":"result"' in line]


def test_jsonl_of_several_runs(tmp_path):
    path = tmp_path / "all.jsonl"
    path.write_text(written(report_jsonl, fabricated.runs()))
    names = [run.testee["name"] for run in report_jsonl.read_all(path)]
    assert names == ["good", "bad <b>", "skips"]
    with pytest.raises(report_jsonl.Unreadable, match="holds 3 runs"):
        report_jsonl.read(path)


def broken():
    lines = written(report_jsonl, fabricated.runs()[:1]).splitlines()
    yield "ends without a footer", lines[:-1]
    yield "stand behind each other", lines[:2] + lines[3:]
    yield "stand behind each other", lines[:3] + lines[2:]
    yield "cases told of", lines[:3] + lines[5:]
    yield "not due here", lines[1:]
    yield "not due here", lines[:1] + lines
    yield "schema is", [lines[0].replace("report/1", "report/2"), *lines[1:]]
    yield "no outcome", [line.replace('"outcome":"pass"', '"outcome":"good"') for line in lines]
    yield "a result of", [*lines[:1], lines[3], *lines[2:]]
    yield "unknown kind", [*lines[:1], '{"kind":"more"}', *lines[1:]]
    yield "lacks", [*lines[:1], '{"more":1}', *lines[1:]]
    yield ":1:", ["no JSON"]
    yield ":1:", ["[]"]
    yield "ends without a footer", []


@pytest.mark.parametrize("what, lines", broken())
def test_jsonl_that_is_broken(tmp_path, what, lines):
    path = tmp_path / "bad.jsonl"
    path.write_text("\n".join(lines) + "\n" if lines else "")
    with pytest.raises(report_jsonl.Unreadable, match=what) as caught:
        report_jsonl.read(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


# ---- JUnit ----

# Elements of the usual structure: what may stand in each, in this order, and its attributes.
INSIDE = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase"],
    "properties": ["property"],
    "testcase": ["skipped", "error", "failure", "system-out"],
}
HAS = {
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "property": {"name", "value"},
    "testcase": {"classname", "name", "time"},
    "skipped": {"message"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
}


def structure(element):
    due = INSIDE.get(element.tag, [])
    places = [due.index(child.tag) for child in element]
    assert places == sorted(places), element.tag
    assert set(element.attrib) == HAS.get(element.tag, set())
    for child in element:
        structure(child)


def suites(runs):
    root = ET.fromstring(written(report_junit, runs).encode())
    assert root.tag == "testsuites"
    structure(root)
    return list(root)


def test_junit_counts():
    runs = fabricated.runs()
    for run, suite in zip(runs, suites(runs), strict=True):
        cases = suite.findall("testcase")
        count = totals(run)
        assert len(cases) == int(suite.get("tests")) == len(run.results)
        for tag, key, outcome in (("failure", "failures", "fail"), ("error", "errors", "crash"),
                                  ("skipped", "skipped", "skip")):
            found = sum(one.find(tag) is not None for one in cases)
            assert found == int(suite.get(key)) == count[outcome]
        assert re.fullmatch(r"\d+\.\d{3}", suite.get("time"))


def test_junit_keeps_the_text():
    suite = suites(fabricated.runs())[1]
    case = next(one for one in suite.findall("testcase") if one.get("name") == "tlv.b/x/one")
    text = case.find("failure").text
    assert case.get("classname") == "bad__b_.tlv.b"
    assert "\\u{0}\\u{1b}\\u{fffe}" in text and "</script>" in text and "\U0001f600" in text
    crash = next(one for one in suite.findall("testcase") if one.get("name") == "linux.c/x/one")
    assert "second line" in crash.find("error").text
    told = {one.get("name"): one.get("value") for one in suite.find("properties")}
    assert told["corpus"] == "1.0" and "\\u{0}" in told["command"]


def test_junit_counts_what_was_expected_as_skipped():
    runs = fabricated.runs()
    runs[1].testee["expected"] = {"tlv.b/x/one": "known", "linux.c/x/one": "never"}
    suite = suites(runs)[1]
    count = totals(runs[1])
    assert int(suite.get("failures")) == count["fail"] - 1
    assert int(suite.get("errors")) == count["crash"]
    case = next(one for one in suite.findall("testcase") if one.get("name") == "tlv.b/x/one")
    assert case.find("skipped").get("message") == "expected to fail: known"


def test_junit_of_what_has_to_fail():
    plain, group = suites(fabricated.runs()[:1] + fabricated.faults())
    assert plain.get("name") == "good 1.0" and group.get("name") == "made faults: each is told"
    assert (group.get("tests"), group.get("failures"), group.get("errors")) == ("2", "1", "0")
    told, hole = group.findall("testcase")
    assert told.find("failure") is None
    assert "1 of 4 cases fail or crash, of: linux.c" in told.find("system-out").text
    assert hole.find("failure").get("message") == "unexpected pass: no case fails"


# ---- Markdown, and the states of cells ----


def test_markdown():
    runs = fabricated.runs()
    text = written(report_markdown, runs, fabricated.RULES)
    lines = text.splitlines()
    first = lines.index("| --- " * 11 + "|")
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines[first + 1:first + 4]]
    assert [len(row) for row in rows] == [11] * 3
    for run, row in zip(runs, rows):
        counts = totals(run)
        assert [int(one) for one in row[4:10]] == [counts[one] for one in OUTCOMES]
    assert "| tlv.b | robust | P | F | – |" in lines
    assert "| linux.c | robust | P | C | P |" in lines
    assert "| linux.d | abi" not in text and "%" not in text
    assert "### linux.c, level robust" in lines
    assert "`prefix/tlv/good/3`: fail: accept, not reject" in text
    assert "bad \\<b\\> 2" in text and "bad <b>" not in text and "\x00" not in text


def test_markdown_of_what_has_to_fail():
    text = written(report_markdown, fabricated.runs()[:1] + fabricated.faults(), {})
    assert "None of what was run." in text  # a fault that is told is no finding
    lines = text[text.index("## made faults: the suite has to fail each"):].splitlines()
    assert [line.split(" | ")[:5] for line in lines[4:]] == [
        ["| fault-told", "forgets the count", "told", "1", "linux.c"],
        ["| fault-untold", "forgets the count", "NOT TOLD: unexpected pass: no case fails",
         "0", ""]]


def test_markdown_where_nothing_is_wrong():
    text = written(report_markdown, fabricated.runs()[:1], {})
    assert text.endswith("None of what was run.\n")


@pytest.mark.parametrize("counts, wanted", [
    ({"pass": 9, "crash": 1, "fail": 1}, "crash"), ({"pass": 9, "fail": 1, "note": 1}, "fail"),
    ({"pass": 9, "note": 1}, "note"), ({"pass": 9, "skip": 1}, "part"),
    ({"pass": 9, "none": 1}, "part"), ({"pass": 9}, "pass"),
    ({"pass": 1, "unspecified": 1}, "pass"),
    ({"unspecified": 1, "skip": 1}, "unspecified"), ({"skip": 1}, "skip"), ({}, "none"),
    ({"none": 3}, "none"),
])
def test_the_worst_outcome_decides(counts, wanted):
    assert state(counts) == wanted
