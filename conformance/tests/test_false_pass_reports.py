# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What must not pass for a verdict or a good run: a crash behind an exit status, a report or a
corpus that was edited, runs on one page that cannot be told apart."""

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

HERE = Path(__file__).parent
HOME = HERE.parent
sys.path[:0] = [str(HOME), str(HERE)]
import fabricated_runs as fabricated  # noqa: E402
from runner import (corpus, report_html, report_jsonl, report_junit, report_ktap,  # noqa: E402
                    report_markdown, signs)
from runner.case import Case, Want  # noqa: E402
from runner.run import Options, Session  # noqa: E402
from runner.testee_exec import ExecTestee  # noqa: E402
from sealed import seal  # noqa: E402

REJECT = Case("bad", "vector", "tlv", "r.x", ("r.x",), "reader", "robust", "malformed",
              {"index": 0, "order": "little"}, b"bad", Want("reject"))


def judged(command, timeout=20.0):
    """What comes of a case that wants a reject."""
    session = Session(lambda: ExecTestee(command, timeout, {}), [REJECT], Options())
    [result] = session.run("test", {}).results
    return result


def script(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


def command(*words):
    return subprocess.run([HOME / "run", *words], capture_output=True, text=True, timeout=60,
                          check=False)


# ---- Exit status: sanitizers ----

OVERREAD = """
#include <stdlib.h>
int main(int count, char **words)
{
	char *buffer = malloc(20);
	(void)words;
	return buffer[20 + count];
}
"""
OVERFLOW = """
#include <limits.h>
int main(int count, char **words)
{
	volatile int most = INT_MAX;
	(void)words;
	most += count;
	return 1;
}
"""


@pytest.mark.parametrize("source,flag,more", [
    (OVERREAD, "address", {}),
    (OVERREAD, "address", {"ASAN_OPTIONS": "exitcode=1:log_path=LOG"}),
    (OVERFLOW, "undefined", {}),
    (OVERFLOW, "undefined", {"UBSAN_OPTIONS": "exitcode=1:halt_on_error=0"}),
])
@pytest.mark.parametrize("closed", [False, True])
def test_a_sanitized_crash_is_no_reject(tmp_path, monkeypatch, source, flag, more, closed):
    (tmp_path / "x.c").write_text(source)
    subprocess.run(["cc", f"-fsanitize={flag}", "-o", tmp_path / "x", tmp_path / "x.c"], check=True)
    for name, value in more.items():
        monkeypatch.setenv(name, value.replace("LOG", str(tmp_path / "log")))
    wrapper = script(tmp_path / "w", f"{tmp_path}/x \"$1\" {'2>/dev/null' if closed else ''}\n")
    result = judged(str(wrapper))
    assert result.outcome == "crash"
    assert "exit status 99" in result.detail
    assert closed or "Sanitizer" in result.detail or "runtime error" in result.detail
    assert not list(tmp_path.glob("log*"))


def test_what_the_user_set_for_sanitizers_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0")
    monkeypatch.delenv("TSAN_OPTIONS", raising=False)
    judged(str(script(tmp_path / "w", f"env >{tmp_path}/env; exit 1\n")))
    told = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines()
                if "SAN_OPTIONS=" in line)
    assert told["ASAN_OPTIONS"] == "detect_leaks=0:exitcode=99:log_path=stderr"
    assert told["TSAN_OPTIONS"] == "exitcode=99:log_path=stderr"
    assert set(told) == {f"{one}SAN_OPTIONS" for one in ("A", "L", "M", "T", "UB")}


@pytest.mark.parametrize("tool,line", [
    ("a sanitizer", "==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1"),
    ("a sanitizer", "==7==ERROR: HWAddressSanitizer: tag-mismatch on address 0x1"),
    ("a sanitizer", "==7==ERROR: LeakSanitizer: detected memory leaks"),
    ("a sanitizer", "==7==ERROR: UndefinedBehaviorSanitizer: SEGV on unknown address"),
    ("a sanitizer", "SUMMARY: UndefinedBehaviorSanitizer: undefined-behavior x.c:3:5"),
    ("a sanitizer", "UndefinedBehaviorSanitizer:DEADLYSIGNAL"),
    ("MemorySanitizer", "==7==WARNING: MemorySanitizer: use-of-uninitialized-value"),
    ("ThreadSanitizer", "WARNING: ThreadSanitizer: data race (pid=7)"),
    ("UBSan", "x.c:3:5: runtime error: signed integer overflow: 1 + 2147483647"),
    ("UBSan", "/lib/x.c:12: runtime error: division by zero"),
    ("UBSan", "<unknown>: runtime error: signed integer overflow"),
    ("UBSan", "(/usr/bin/x+0x12ab): runtime error: call to function through pointer"),
    ("UBSan, minimal runtime", "ubsan: add-overflow by 0x0000004011f3"),
    ("UBSan, minimal runtime", "ubsan: type-mismatch"),
    ("Go, race detector", "WARNING: DATA RACE"),
    ("valgrind", "==12== Invalid read of size 4"),
    ("valgrind", "==12== Invalid free() / delete / delete[] / realloc()"),
    ("valgrind", "==12== Conditional jump or move depends on uninitialised value(s)"),
    ("valgrind", "==12== Use of uninitialised value of size 8"),
    ("valgrind", "==12== Mismatched free() / delete / delete []"),
    ("valgrind", "==12== Source and destination overlap in memcpy(0x1, 0x2, 3)"),
    ("valgrind", "==12== Syscall param write(buf) points to uninitialised byte(s)"),
    ("valgrind", "==12== Jump to the invalid address stated on the next line"),
    ("valgrind", "==00:00:00:01.123 12== Mismatched free() / delete / delete []"),
    ("valgrind", "==12== Process terminating with default action of signal 11 (SIGSEGV)"),
])
def test_the_report_of_each_tool_is_a_crash(tmp_path, tool, line):
    (tmp_path / "said").write_text(f"before\n{line}\n")
    result = judged(str(script(tmp_path / "w", f"cat {tmp_path}/said >&2; exit 1\n")))
    assert result.outcome == "crash" and line[:100] in result.detail
    for size in (1, 7, 4096):  # in pieces too
        search = signs.Search(signs.SANITIZERS)
        text = f"before\n{line}\n".encode()
        for at in range(0, len(text), size):
            search.feed(text[at:at + size])
        assert search.sign and search.sign.tool == tool
        assert search.found and search.found in line


@pytest.mark.parametrize("line", [
    "built with UndefinedBehaviorSanitizer", "AddressSanitizer is off", "no sanitizer here",
    "ASan: see the docs of AddressSanitizer: it finds overreads", "ubsan: off",
    "ubsan: not built in",
    "runtime error: bad magic", "input: runtime error: bad magic", "no data race", "DATA RACE?",
    "==12== Memcheck, a memory error detector", "==12== HEAP SUMMARY:",
    "== Invalid read of a field",
    "the Traceback (most recent call last) is off", "goroutine 1 is not running",
    "uncaught: none", "    at offset 12", "an Exception in thread is a crash",
    "rules.rb:1:in force: bad size",
])
def test_a_line_that_only_mentions_it_is_none(tmp_path, line):
    (tmp_path / "said").write_text(f"{line}\n")
    result = judged(str(script(tmp_path / "w", f"cat {tmp_path}/said >&2; exit 1\n")))
    assert (result.outcome, result.detail) == ("pass", "")


# ---- Exit status: exceptions that nobody caught ----

UNCAUGHT = [
    ("Python", "Traceback (most recent call last):\n  File \"x.py\", line 3, in <module>\n"
               "IndexError: oops"),
    ("Python", "  + Exception Group Traceback (most recent call last):\n  |   File \"x.py\"\n"),
    ("Python", "  File \"x.py\", line 1\n    a b\n    ^^^\nSyntaxError: invalid syntax"),
    ("Node", "/x.js:1\nthrow new Error('oops')\n^\n\nError: oops\n    at Object.<anonymous> (/x)\n"
             "    at Module._compile (node:internal/modules/cjs/loader:12:1)\n\nNode.js v18.19.0"),
    ("Node", "node:internal/process/promises:288\n        triggerUncaughtException(err, true);"),
    ("Node", "/x.js:1\nthrow 'oops'\n^\noops\n(Use `node --trace-uncaught`)\n\nNode.js v20.20.2"),
    ("Node", "Uncaught:\n'oops'\n(Use `node --trace-uncaught ...` to show where)"),
    ("Node", "error: Uncaught (in promise) RangeError: oops"),
    ("Java", "Exception in thread \"main\" java.lang.IllegalStateException: oops\n\tat X.main(X)"),
    ("Java", "Error: Could not find or load main class Reader"),
    ("Ruby", "x.rb:1:in `<main>': oops (RuntimeError)"),
    ("Ruby", "x.rb:1:in 'Integer#/': divided by 0 (ZeroDivisionError)\n\tfrom x.rb:1"),
    ("Rust", "thread 'main' panicked at src/main.rs:2:5:\noops"),
    ("Rust", "thread 'main' (123) panicked at 'oops', src/main.rs:2:5"),
    ("Go", "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\n"
           "main.main()\nexit status 2"),
    ("Lua", "lua: x.lua:1: oops\nstack traceback:\n\t[C]: in function 'error'"),
    ("Haskell", "x: oops\nCallStack (from HasCallStack):\n  error, called at x.hs:1:8"),
]


@pytest.mark.parametrize("status", [0, 1, 3])
@pytest.mark.parametrize("tool,text", UNCAUGHT)
def test_an_uncaught_exception_is_no_verdict(tmp_path, tool, text, status):
    (tmp_path / "said").write_text(f"before\n{text}\n")
    result = judged(str(script(tmp_path / "w", f"cat {tmp_path}/said >&2; exit {status}\n")))
    assert result.outcome == "crash"
    assert result.detail.startswith(f"exit status {status} of an uncaught exception ({tool}): ")
    assert result.stderr == f"before\n{text}\n"


def test_the_reason_of_an_exception_is_shown(tmp_path):
    reasons = {"Node": "Error: oops", "Rust": "thread 'main' panicked at src/main.rs:2:5:",
               "Go": "panic: runtime error: index out of range [5] with length 3",
               "Python": "IndexError: oops"}
    for tool, reason in reasons.items():
        text = next(text for one, text in UNCAUGHT if one == tool)
        (tmp_path / "said").write_text(f"{text}\n")
        result = judged(str(script(tmp_path / "w", f"cat {tmp_path}/said >&2; exit 1\n")))
        assert result.detail == f"exit status 1 of an uncaught exception ({tool}): {reason}"


def test_what_was_written_first_is_shown():
    search = signs.Search(signs.SANITIZERS)
    search.feed(b"x.c:3:5: runtime error: oops\nSUMMARY: UndefinedBehaviorSanitizer: x.c:3:5\n")
    assert search.found == "x.c:3:5: runtime error: oops"


def test_a_python_program_that_raises_does_not_reject(tmp_path):
    (tmp_path / "x.py").write_text("import sys\nprint('x' * 200000, file=sys.stderr)\n"
                                   "raise IndexError('oops')\n")
    result = judged(f"{sys.executable} {tmp_path}/x.py")
    assert result.outcome == "crash"
    assert result.detail == "exit status 1 of an uncaught exception (Python): IndexError: oops"
    (tmp_path / "x.py").write_text("import sys\nsys.exit('bad magic')\n")
    assert judged(f"{sys.executable} {tmp_path}/x.py").outcome == "pass"


# ---- JSON lines ----

@pytest.fixture(name="lines")
def fixture_lines(tmp_path):
    """The lines of a run with every outcome, and a reader of what became of them."""
    path = tmp_path / "run.jsonl"
    with path.open("w", encoding="utf-8") as out:
        report_jsonl.write([fabricated.runs()[1]], out)
    rows = path.read_text().splitlines()

    def read(changed):
        path.write_text("\n".join(changed) + "\n")
        done = command("report", str(path), "--md", "-")
        return done.returncode, done.stdout, done.stderr.removeprefix(f"conformance/run: {path}:")

    assert read(rows)[0] == 0
    return rows, read


def test_an_edited_outcome_is_refused(lines):
    rows, read = lines
    edited = [row.replace('"outcome":"fail"', '"outcome":"pass"') for row in rows]
    assert edited != rows
    passed = sum('"outcome":"pass"' in row for row in rows)
    status, out, told = read(edited)
    assert (status, out) == (2, "")
    assert told == (f"{len(rows)}: the footer tells of {passed} pass, but {passed + 4} came: the "
                    "lines were changed after the run\n")


def test_a_footer_that_lacks_an_outcome_is_refused(lines):
    rows, read = lines
    footer = json.loads(rows[-1])
    del footer["outcomes"]["crash"]
    assert read([*rows[:-1], json.dumps(footer)]) == (2, "", f"{len(rows)}: lacks 'crash'\n")
    del footer["outcomes"]
    assert read([*rows[:-1], json.dumps(footer)]) == (2, "", f"{len(rows)}: lacks 'outcomes'\n")


def test_a_file_that_was_cut_is_refused(lines):
    rows, read = lines
    assert read(rows[:-1]) == (2, "", f"{len(rows) - 1}: ends without a footer\n")
    assert read(rows[:5]) == (2, "", "5: ends without a footer\n")
    status, _, told = read([*rows[:1], *rows[3:]])  # a case and its result
    cases = json.loads(rows[-1])["cases"]
    assert (status, told) == (2, f"{len(rows) - 2}: {cases} cases told of, {cases - 1} came\n")


# ---- The corpus ----

@pytest.fixture(name="small")
def fixture_small(tmp_path):
    """A corpus of three vectors."""
    data = json.loads((HOME / "corpus/vectors.json").read_text())
    data["vectors"] = data["vectors"][:3]
    (tmp_path / "vectors.json").write_text(json.dumps(data))
    return seal(tmp_path)


def refused(folder):
    with pytest.raises(corpus.CorpusError) as told:
        corpus.load(folder)
    text = str(told.value)
    assert "\n" not in text
    done = command("--corpus", str(folder), "list")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"conformance/run: {text}\n")
    return text


def test_a_corpus_without_manifest_is_refused(small):
    assert len(corpus.load(small).cases) == 3
    (small / "manifest.json").unlink()
    assert refused(small) == f"{small}/manifest.json: not found"


@pytest.mark.parametrize("name", ["vectors.json", "families.json", "scripts.json"])
def test_the_manifest_answers_for_each_file(small, name):
    path = small / "manifest.json"
    whole = json.loads(path.read_text())

    def changed(**fields):
        rows = [{**row, **fields} if row["name"] == name else row for row in whole["files"]]
        rows = [{key: value for key, value in row.items() if value is not None} for row in rows]
        path.write_text(json.dumps({**whole, "files": rows}))
        return refused(small)

    assert changed(name="other.json") == f"{path}: files has no row of {name}"
    assert changed(sha256=None) == f"{path}: files: {name} has no sha256"
    assert changed(count=None) == f"{path}: files: {name} has no count"
    assert changed(sha256="0" * 64) == (
        f"{path}: {name} is not the file that the manifest describes (sha256 differs)")
    count = next(row["count"] for row in whole["files"] if row["name"] == name)
    assert changed(count=count + 1).startswith(f"{small / name}: has {count} ")
    path.write_text(json.dumps(whole))
    (small / name).unlink()
    assert refused(small) == f"{path}: {name}: No such file or directory"


def test_a_manifest_without_files_or_version_is_refused(small):
    path = small / "manifest.json"
    assert refused(seal(small, version=None)) == f"{path}: has no version"
    assert refused(seal(small, files={})) == f"{path}: files is no list of objects"
    assert refused(seal(small, files=[1])) == f"{path}: files is no list of objects"
    files = json.loads(seal(small).joinpath("manifest.json").read_text())["files"]
    strange = [*files, {"name": "../x", "sha256": "0"}]
    assert refused(seal(small, files=strange)) == (
        f"{path}: files: '../x' is no name of a file beside it")


def test_an_edited_corpus_with_an_edited_manifest_is_seen(small, tmp_path):
    """In the header of the console and in each report."""
    before = corpus.load(small)
    data = json.loads((small / "vectors.json").read_text())
    data["vectors"][0]["note"] = "edited"
    (small / "vectors.json").write_text(json.dumps(data))
    digest = hashlib.sha256(seal(small).joinpath("manifest.json").read_bytes()).hexdigest()[:12]
    after = corpus.load(small)
    assert (after.version, after.digest) == (before.version, digest) and digest != before.digest
    kinds = ("ktap", "jsonl", "junit", "html", "md")
    words = [word for kind in kinds for word in ("--report", f"{kind}={tmp_path}/out.{kind}")]
    done = command("--corpus", str(small), "run", "--exec", "true", *words)
    assert f"3 cases of corpus 0.1 ({digest})" in done.stdout.splitlines()[0]
    for kind in kinds:
        assert f"0.1 ({digest})" in (tmp_path / f"out.{kind}").read_text(), kind
    schema = json.loads((HOME / "runner/report.schema.json").read_text())
    header = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])
    jsonschema.validate(header, schema)
    assert header["corpus"] == f"0.1 ({digest})"


def test_a_run_that_is_absent_tells_its_corpus_too(small, tmp_path):
    command("--corpus", str(small), "run", "--exec", "true", "--absent", "not built",
            "--report", f"jsonl={tmp_path}/out")
    header = json.loads((tmp_path / "out").read_text().splitlines()[0])
    assert header["corpus"] == corpus.load(small).label


# ---- Runs side by side ----

REPORTS = (report_html, report_markdown, report_ktap, report_junit)


def written(report, runs):
    out = io.StringIO()
    report.write(runs, out)
    return out.getvalue()


def twins():
    """Three runs of one name, the second of which fails."""
    good, bad, _ = fabricated.runs()
    bad.testee = dict(good.testee)
    return [good, bad, fabricated.runs()[0]]


@pytest.mark.parametrize("report", REPORTS)
def test_runs_of_one_name_are_numbered(report):
    runs = twins()
    sign = "no. " if report is report_ktap else "#"  # which begins a directive there
    text = written(report, runs)
    assert all(f"good 1.0 {sign}{number}" in text for number in (2, 3))
    assert f"good 1.0 {sign}1" not in text and f"good 1.0 {sign}4" not in text
    assert "number" not in runs[1].testee  # what was read stays as it is
    assert f"good 1.0 {sign}" not in written(report, fabricated.runs())


def test_the_number_stands_at_the_run_that_it_is_of():
    text = written(report_markdown, twins())
    head = next(line for line in text.splitlines() if line.startswith("| rule |"))
    assert head == "| rule | level | good 1.0 | good 1.0 #2 | good 1.0 #3 |"
    row = next(line for line in text.splitlines() if line.startswith("| linux.c |"))
    assert row == "| linux.c | robust | P | C | P |"


def test_a_name_that_has_a_number_already_stays_apart():
    runs = twins()
    runs[0].testee = {**runs[0].testee, "version": "1.0 #2"}
    head = next(line for line in written(report_markdown, runs).splitlines()
                if line.startswith("| rule |"))
    assert head == "| rule | level | good 1.0 #2 | good 1.0 | good 1.0 #3 |"


@pytest.mark.parametrize("report", REPORTS)
def test_different_corpora_are_told_of(report):
    runs = fabricated.runs()
    assert "WARNING" not in written(report, runs)
    runs[1].corpus = "1.0 (0123456789ab)"
    text = written(report, runs)
    assert ("WARNING: these runs are over 2 different corpora, so their numbers do not compare: "
            "1.0: good 1.0, skips; 1.0 (0123456789ab): bad ") in text
    assert text.count("1.0 (0123456789ab)") >= 2  # at the testee too


@pytest.mark.parametrize("report", REPORTS)
def test_the_corpus_stands_at_testees_that_have_to_fail_too(report):
    runs = fabricated.faults()
    for run in runs:
        run.corpus = "1.0 (0123456789ab)"
    text = written(report, runs)
    assert "WARNING" not in text
    shown = text.split('<script type="application/json"')[0]
    assert shown.count("1.0 (0123456789ab)") >= (1 if report is report_junit else 2)
