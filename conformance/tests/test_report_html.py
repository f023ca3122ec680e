# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The page of fabricated runs: its structure as a parser sees it, and in Chromium its filters."""

import functools
import io
import json
import random
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import fabricated_runs as fabricated  # noqa: E402
from runner import report_html  # noqa: E402
from runner.case import Case, Result, Run, Want  # noqa: E402

VOID = {"meta", "br", "input", "link", "img"}
CHROMIUM = shutil.which("chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--dump-dom"]


class Page(HTMLParser):
    """A page as nested elements; what is not closed in order is an error."""

    def __init__(self, text):
        super().__init__()
        self.open, self.all = [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        one = {"tag": tag, "text": "", "in": self.open[-1] if self.open else None, **dict(attrs)}
        self.all.append(one)
        if tag not in VOID:
            self.open.append(one)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1]["tag"] == tag, f"</{tag}> at {self.getpos()}"
        self.open.pop()

    def handle_data(self, data):
        for one in self.open:
            one["text"] += data

    def find(self, tag, **wanted):
        names = {key.replace("_", "-"): value for key, value in wanted.items()}
        return [one for one in self.all if one["tag"] == tag
                and all(one.get(key, ...) == value for key, value in names.items())]

    def below(self, tag, above):
        def inside(one):
            return one is not None and (one["in"] is above or inside(one["in"]))

        return [one for one in self.all if one["tag"] == tag and inside(one)]

    def matrix(self):
        """Rule: its cells, of all rows that are shown."""
        return {line_key(self, line): [one for one in self.below("td", line) if "hidden" not in one]
                for line in self.find("tr") if "data-row" in line and "hidden" not in line}


def line_key(page, line):
    return next(one for one in page.below("span", line) if one.get("class") == "key")["text"]


def written(runs, rules=fabricated.RULES):
    out = io.StringIO()
    report_html.write(runs, out, rules)
    return out.getvalue()


@pytest.fixture(name="text", scope="module")
def fixture_text():
    return written(fabricated.runs())


@pytest.fixture(name="page", scope="module")
def fixture_page(text):
    return Page(text)


def data_of(page):
    return json.loads(page.find("script", id="data")[0]["text"])


def classes(cells):
    return [one["class"] for one in cells]


def test_every_rule_has_a_row_and_every_run_a_cell(page):
    cells = page.matrix()
    assert list(cells) == [
        "linux.c", "linux.d", "linux.e", "linux.unheard", "good inputs: tlv", "tlv.a", "tlv.b"]
    assert {key: classes(row) for key, row in cells.items()} == {
        "good inputs: tlv": ["pass", "pass", "skip"],
        "tlv.a": ["pass", "note", "skip"],
        "tlv.b": ["pass", "fail", "skip"],
        "linux.c": ["pass", "crash", "pass"],
        "linux.d": ["pass", "part", "part"],
        "linux.e": ["pass", "unspecified", "none"],
        "linux.unheard": ["none", "none", "none"],
    }


def test_a_cell_says_more_than_its_colour(page):
    told = {(one["class"], one["text"]) for row in page.matrix().values() for one in row}
    letters = {}
    for name, text in told:
        letters.setdefault(text.split(" ")[0], set()).add(name)
    assert all(len(names) == 1 for names in letters.values()), letters
    assert len(letters) == len({name for name, _ in told}) == 8
    cells = page.matrix()
    assert cells["tlv.b"][1]["title"] == "4 fail, 10 pass"
    assert cells["linux.c"][1]["title"] == "1 crash: not robust"
    assert cells["linux.d"][2]["title"] == "1 pass, 1 not run here"


def test_lenient_levels_are_marked(page):
    levels = {one["text"] for one in page.find("span") if "level" in one.get("class", "")}
    assert levels == {"abi", "robust", "seen", "ours"}


def test_rules_have_text_and_source(page):
    texts = {one["text"] for one in page.find("span", **{"class": "text"})}
    sources = {one["text"] for one in page.find("span", **{"class": "source"})}
    for rule in fabricated.RULES.values():
        assert rule["text"] in texts and rule["source"] in sources


def test_command_package_and_date_stand_in_the_page(page):
    table = page.find("table", id="testees")[0]["text"]
    for word in ("good --pipe", "good-bin 1.0-1", "2026-01-31 12:34", "not told", "bad <b> 2"):
        assert word in table
    assert [one["command"] for one in data_of(page)["runs"]][0] == "good --pipe"


def test_nothing_comes_from_elsewhere(text, page):
    assert not page.find("link") and not page.find("img")
    assert not any("src" in one or "href" in one for one in page.all)
    assert "@import" not in text and "url(" not in text and "http" not in text


def test_no_percentages_no_judgement_beyond_the_rules(page):
    for one in page.find("body"):
        seen = re.sub(r"[{].*", "", one["text"], flags=re.DOTALL)
        assert not re.search(r"\d\s*%|vulnerab|rank|score", seen, re.IGNORECASE)


def test_what_a_testee_says_is_never_markup(text, page):
    assert "\x00" not in text and "\x1b" not in text
    assert not page.find("i") and len(page.find("script")) == 2


def expanded(refs, cases):
    """How many inputs a group is about; the same as the script does, told anew."""
    if refs == "*":
        return sum(one[4] for one in cases)
    count = 0
    for part in refs.split(","):
        which, _, lengths = part.partition(":")
        spans = [[int(one) for one in span.split("-")] for span in (lengths or which).split(".")]
        for span in spans:
            places = range(span[0], span[-1] + 1)
            count += len(places) if lengths else sum(cases[at][4] for at in places)
    return count


def test_details_have_every_result(page):
    data = data_of(page)
    for number, run in enumerate(fabricated.runs()):
        counts = {}
        for row in data["rows"]:
            left = sum(one[4] for one in row["cases"])
            for outcome, _, refs in row["cells"][number]:
                count = expanded(refs, row["cases"])
                counts[outcome] = counts.get(outcome, 0) + count
                left -= count
            counts["pass"] = counts.get("pass", 0) + left
        counts.pop("none", None)
        wanted = {}
        for result in run.results:
            wanted[result.outcome] = wanted.get(result.outcome, 0) + 1
        assert counts == wanted


def test_prefixes_are_told_by_length(page):
    data = data_of(page)
    row = next(one for one in data["rows"] if one["key"] == "tlv.b")
    assert [one[0] for one in row["cases"]] == ["prefix/tlv/good", "tlv.b/x/one", "tlv.b/x/two"]
    groups = {data["words"][detail]: refs for _, detail, refs in row["cells"][1]}
    assert groups["accept, not reject"] == "0:3-4.7"
    assert row["cells"][2] == [["skip", groups_word(data, "testee does not read tlv"), "*"]]


def groups_word(data, text):
    return data["words"].index(text)


def test_what_was_expected_says_so():
    runs = fabricated.runs()
    runs[1].testee["expected"] = {"prefix/tlv/good/3": "known"}
    page = Page(written(runs))
    assert "expected (known): accept, not reject" in data_of(page)["words"]
    assert "4 fail (1 of them expected)" in page.find("table", id="testees")[0]["text"]


def test_many_runs_stay_a_page_that_can_be_sent():
    """12 runs of 207 rules, each input of which fails in its own way in most runs."""
    dice = random.Random(4)
    cases = [Case(f"tlv.rule_{rule}/tlv.v2.region.little/case-{number}", "vector", "tlv",
                  f"tlv.rule_{rule}", (), "reader", "robust", "malformed", {}, b"",
                  Want("reject", None, number), text=f"what the input {number} of {rule} is for")
             for rule in range(207) for number in range(10)]
    cases += [Case(f"prefix/tlv/{of}/{size}", "prefix", "tlv", f"tlv.rule_{size % 207}", (),
                   "reader", "robust", "malformed", {}, b"", Want("reject", None, size))
              for of in range(30) for size in range(120)]
    runs = [Run({"name": f"testee {number}", "command": "x"}, "2026-01-31T00:00:00", "1.0",
                [Result(one, "fail", None, f"accept, not reject by {one.rule} at {one.want.at}")
                 if dice.random() < 0.6 else Result(one, "pass") for one in cases])
            for number in range(12)]
    assert len(written(runs, {}).encode()) < 3_000_000


# ---- In a browser ----


@pytest.fixture(name="browse_text", scope="module")
def fixture_browse_text(tmp_path_factory):
    if not CHROMIUM:
        pytest.skip("chromium is not installed: apt-get install chromium")

    @functools.cache
    def start(text, address):
        path = tmp_path_factory.mktemp("page") / "page.html"
        path.write_text(text, encoding="utf-8")
        profile = tmp_path_factory.mktemp("profile")
        done = subprocess.run(
            [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", f"{path.as_uri()}{address}"],
            capture_output=True, text=True, timeout=120, check=True)
        return Page(done.stdout)

    return start


@pytest.fixture(name="browse", scope="module")
def fixture_browse(browse_text, text):
    return functools.partial(browse_text, text)


SEEN = [one for one in fabricated.RULES if one != "linux.unheard"]  # which no case was put to


@pytest.mark.parametrize("address, rows", [
    ("", [*SEEN, "good inputs: tlv"]),
    ("#idle=show", [*fabricated.RULES, "good inputs: tlv"]),
    ("#format=linux.irq_info&class=invalid", ["linux.d"]),
    ("#level=robust&outcome=crash", ["linux.c"]),
    ("#role=producer", ["tlv.b"]),
    ("#search=TEXT+of+linux&testee=skips", [one for one in SEEN if "linux" in one]),
    ("#search=tlv.b/x/two&outcome=fail&testee=good+1.0", []),
])
def test_filters(browse, address, rows):
    page = browse(address)
    assert sorted(page.matrix()) == sorted(rows)
    assert page.find("output")[0]["text"] == f"{len(rows)} of 7 rows shown"


def test_a_filter_of_cases_changes_the_cells(browse):
    cells = browse("#role=producer").matrix()["tlv.b"]
    assert classes(cells) == ["pass", "pass", "skip"]
    assert [one["text"] for one in cells] == ["P 1", "P 1", "– 1"]


def test_the_script_finds_what_the_table_says(browse, page):
    def seen(of):
        return {key: [(one["class"], one["text"], one["title"]) for one in row]
                for key, row in of.matrix().items()}

    assert seen(browse("#idle=show")) == seen(page)


def test_rows_that_nobody_ran_are_behind_a_switch(browse, page):
    switch = browse("").find("input", name="idle")[0]
    assert "checked" in switch
    assert switch["in"]["text"].strip() == "hide 1 rows that no testee was run on"
    assert "linux.unheard" in page.matrix() and "linux.unheard" not in browse("").matrix()
    assert {one["class"] for one in browse("#idle=show").matrix()["linux.unheard"]} == {"none"}


# ---- Testees that the suite has to fail ----


@pytest.fixture(name="group_page", scope="module")
def fixture_group_page():
    return written(fabricated.runs() + fabricated.faults())


def test_faults_are_no_columns_by_default(group_page):
    page = Page(group_page)
    assert {len(row) for row in page.matrix().values()} == {3}
    heads = [one["text"] for one in page.below("th", page.find("table", id="matrix")[0])]
    assert "fault-told" not in heads
    told = page.find("details", **{"class": "group"})[0]
    for word in ("1 of 2 NOT TOLD", "forgets the count", "fault --untold", "fault --told",
                 "unexpected pass: no case fails", "linux.c"):
        assert word in told["text"]
    assert "open" in told  # what is wrong with the suite is not folded away


def test_faults_that_are_all_told_are_folded():
    page = Page(written(fabricated.runs() + fabricated.faults()[:1]))
    told = page.find("details", **{"class": "group"})[0]
    assert "all 1 told" in told["text"] and "open" not in told


@pytest.mark.parametrize("address, columns", [
    ("", ["good 1.0", "bad <b> 2", "skips"]),
    ("#group=made+faults", ["good 1.0", "bad <b> 2", "skips", "fault-told", "fault-untold"]),
    ("#testee=fault-told", ["fault-told"]),
])
def test_columns_of_faults_come_by_switch(browse_text, group_page, address, columns):
    page = browse_text(group_page, address)
    assert [[one["data-n"] for one in row] for row in page.matrix().values()][0] == columns
    assert [one["text"] for one in page.find("th") if "data-n" in one and "hidden" not in one
            ] == columns
    assert {one["colspan"] for one in page.find("th", scope="rowgroup")
            if "hidden" not in one["in"]["in"]} == {str(len(columns) + 1)}


def test_a_cell_of_a_fault_opens(browse_text, group_page):
    at = [one["key"] for one in data_of(Page(group_page))["rows"]].index("linux.c")
    page = browse_text(group_page, f"#cell={at}.3")
    detail = page.find("tr", id="detail")[0]["text"]
    for word in ("linux.c: fault-told: 1 crash: not robust", "forgets the count", "fault --told"):
        assert word in detail


# ---- Without a mouse ----


def test_cells_are_a_grid_that_tab_enters_once(browse):
    page = browse("")
    assert page.find("table", id="matrix")[0]["role"] == "grid"
    cells = [one for one in page.find("td") if "data-n" in one]
    assert all(one["tabindex"] in ("0", "-1") for one in cells)
    assert all(one["aria-expanded"] in ("true", "false") for one in cells)
    inside = [one for one in cells if one["tabindex"] == "0"]
    assert len(inside) == 1 and inside[0]["aria-label"].startswith("linux.c, good 1.0: ")
    assert all(name in page.find("table", id="matrix")[0]["text"] for name in SEEN)
    assert [one for one in page.find("input") + page.find("select") if one["in"]["tag"] != "label"
            ] == []


def test_tab_enters_a_cell_that_can_be_seen(browse):
    inside = [one for row in browse("#search=tlv.b&testee=skips").matrix().values() for one in row
              if one["tabindex"] == "0"]
    assert [one["aria-label"].split(":")[0] for one in inside] == ["tlv.b, skips"]


def test_a_testee_alone(browse):
    page = browse("#search=TEXT+of+linux&testee=skips")
    assert {len(row) for row in page.matrix().values()} == {1}


def test_a_cell_opens(browse, page):
    at = [one["key"] for one in data_of(page)["rows"]].index("tlv.b")
    detail = browse(f"#cell={at}.1").find("tr", id="detail")[0]["text"]
    for word in ("tlv.b: bad <b> 2: 4 fail, 10 pass", "2026-01-31T12:34:56+00:00", "not told",
                 "prefix/tlv/good, lengths 3-4, 7", "tlv.b/x/one", "wants reject at 4",
                 "catches wrap32", "10 pass", "tlv.b/x/two", "second line"):
        assert word in detail
