# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Each planted bug fits today's sources, and only the finding that it is there for counts."""
from __future__ import annotations

import re
import subprocess
import sys
from argparse import Namespace
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLANTED = ROOT / "fuzz/planted"
sys.path.insert(0, str(PLANTED))

import bugs  # noqa: E402
from bugs import Broken, Bug  # noqa: E402

BUGS = bugs.read()
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
KINDS = {"SEGV", "heap-buffer-overflow", "stack-buffer-overflow", "global-buffer-overflow",
         "use-after-poison", "undefined-behavior", "timeout"}


def module(name: str) -> ModuleType:
    loader = SourceFileLoader(name, str(PLANTED / name))
    spec = spec_from_loader(name, loader)
    assert spec
    made = module_from_spec(spec)
    loader.exec_module(made)
    return made


run = module("run")
each_bug = pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])

# ---- The list ----


def test_there_are_ten() -> None:
    assert len(BUGS) >= 10


@each_bug
def test_it_applies_once_and_compiles(bug: Bug) -> None:
    text = bugs.edited(bug)
    path = ROOT / bug.file
    assert text != path.read_text(encoding="utf-8")
    done = subprocess.run(["cc", "-std=c11", *WARNINGS, "-fsyntax-only", "-x", "c", "-"],
                          cwd=path.parent, input=text, text=True, capture_output=True, check=False)
    assert not done.returncode, done.stderr


@each_bug
def test_its_target_is_there(bug: Bug) -> None:
    rules = (ROOT / "fuzz/generated/targets.mk").read_text(encoding="utf-8")
    formats = re.search(r"^FUZZ_FORMATS := (.*)$", rules, re.MULTILINE)
    assert formats
    assert (bug.target in formats.group(1).split()
            or (ROOT / f"fuzz/targets/{bug.target}.c").exists())


@each_bug
def test_what_it_says_is_a_promise_or_a_report(bug: Bug) -> None:
    code = "".join(path.read_text(encoding="utf-8")
                   for path in sorted((ROOT / "fuzz/targets").glob("*.c")))
    promises = set(re.findall(r'(?:PROMISE|promise_broken)\(\s*"([\w-]+)"', code))
    assert bug.says
    assert set(bug.says) <= promises | KINDS


def test_there_are_enough() -> None:
    assert len(BUGS) >= 10


# ---- Planting ----

ONE = Bug("one", "It is wrong.", "codec/a.c", "good\n", "bad\n", "tlv", ["item"])


def tree(root: Path, text: str) -> Path:
    for name, content in {"Makefile": "all:\n", "codec/a.c": text, "fuzz/rules.mk": "",
                          "conformance/rules.mk": "", "conformance/run": "", "build/old.c": "",
                          "codec/a.py": ""}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")
    return root


@pytest.mark.parametrize("text", ["", "good\ngood\n", "good"])
def test_what_is_not_there_once_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Broken, match=r"one: codec/a.c: what begins with \"good\" is there "):
        bugs.edited(ONE, tree(tmp_path, text))


def test_a_copy_has_what_make_needs_and_one_bug(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", "very\ngood\n")
    base, there = tmp_path / "base", tmp_path / "there"
    bugs.copy_sources(base, root)
    assert {str(path) for path in bugs.sources(base)} == {"Makefile", "codec/a.c", "fuzz/rules.mk",
                                                          "conformance/rules.mk"}
    (base / "build").mkdir()
    (base / "build/a.o").write_text("", encoding="utf-8")
    bugs.plant(ONE, base, there)
    assert (there / "codec/a.c").read_text(encoding="utf-8") == "very\nbad\n"
    assert (base / "codec/a.c").read_text(encoding="utf-8") == "very\ngood\n"
    assert (there / "build/a.o").exists()
    assert (there / "Makefile").stat().st_mtime_ns == (root / "Makefile").stat().st_mtime_ns
    (root / "codec/a.c").unlink()
    bugs.copy_sources(base, root)
    assert not (base / "codec/a.c").exists()


@pytest.mark.parametrize("text", ["{", "{}", '{"bugs": [{"name": "a"}]}'])
def test_a_bad_list_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.json").write_text(text, encoding="utf-8")
    with pytest.raises(Broken, match="list.json"):
        bugs.read(tmp_path / "list.json")


# ---- Findings ----

MUTATOR = "INFO: found LLVMFuzzerCustomMutator (0x0)."
STATS = "stat::number_of_executed_units: 1234"


def fuzzer(where: Path, status: int, *text: str) -> Path:
    """Something that ends as a fuzzer does, and keeps an input as one does if it found any."""
    where.parent.mkdir(parents=True, exist_ok=True)
    keep = "" if not status else (
        'for a; do case $a in -artifact_prefix=*) printf x >"${a#*=}crash-1";; esac; done\n')
    says = "".join(f"echo '{line}' >&2\n" for line in text)
    where.write_text(f"#!/bin/sh\n{keep}{says}exit {status}\n", encoding="utf-8")
    where.chmod(0o755)
    return where


def attempt(tmp_path: Path, status: int, *text: str, base: int = 0, variant: str = "libfuzzer"):
    binary = fuzzer(tmp_path / "one/build/fuzz" / variant / "tlv", status, *text)
    good = fuzzer(tmp_path / "base/tlv", base, "promise broken: item: it was so before")
    return run.attempt(ONE, variant, 7, 1, binary, good)


def test_a_finding_counts(tmp_path: Path) -> None:
    result = attempt(tmp_path, 77, MUTATOR, "promise broken: item: x", STATS)
    assert result["found"] and result["says"] == "item" and result["size"] == 1
    assert result["executions"] == 1234 and result["seed"] == 7


def test_nothing_found_is_told(tmp_path: Path) -> None:
    result = attempt(tmp_path, 0, MUTATOR, STATS)
    assert not result["found"] and "fault" not in result


@pytest.mark.parametrize("line, said", [
    ("promise broken: look-up: x", "look-up"),
    ("SUMMARY: AddressSanitizer: SEGV (a+0x1)", "SEGV"),
    ("SUMMARY: UndefinedBehaviorSanitizer: undefined-behavior a.c:1", "undefined-behavior"),
    ("ERROR: libFuzzer: timeout after 10 seconds", "timeout"),
    ("something else", "")])
def test_another_finding_is_none(tmp_path: Path, line: str, said: str) -> None:
    result = attempt(tmp_path, 77, MUTATOR, line, STATS)
    assert not result["found"]
    assert result["fault"] == f'says "{said}", not item'


def test_what_the_kept_input_does_not_say_again_is_none(tmp_path: Path) -> None:
    binary = fuzzer(tmp_path / "one/build/fuzz/libfuzzer/tlv", 77, MUTATOR,
                    "promise broken: item: x", STATS)
    script = binary.read_text(encoding="utf-8").replace(
        "\n", "\ncase $2 in */crash-1) exit 0;; esac\n", 1)
    binary.write_text(script, encoding="utf-8")
    good = fuzzer(tmp_path / "base/tlv", 0)
    result = run.attempt(ONE, "libfuzzer", 7, 1, binary, good)
    assert not result["found"] and result["fault"] == 'says "" of the input that was kept'


def test_what_is_found_without_the_bug_is_none(tmp_path: Path) -> None:
    result = attempt(tmp_path, 77, MUTATOR, "promise broken: item: x", STATS, base=77)
    assert not result["found"]
    assert result["fault"] == 'says "item" of the sources without the bug, too'


@pytest.mark.parametrize("variant, text", [("libfuzzer", STATS), ("plain", f"{MUTATOR}\n{STATS}")])
def test_the_mutator_is_there_or_not(tmp_path: Path, variant: str, text: str) -> None:
    with pytest.raises(Broken, match="mutator is linked with it"):
        attempt(tmp_path, 0, text, variant=variant)


def test_a_fuzzer_that_did_not_run_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="status 1 without statistics"):
        attempt(tmp_path, 1, MUTATOR)


def found(seconds: float) -> dict:
    return {"found": True, "seconds": seconds, "executions": int(seconds * 1000)}


NOT = {"found": False, "seconds": 61.0, "executions": 9}


@pytest.mark.parametrize("results, text", [
    ([found(3), found(1), found(2)], "2.0 s, 2,000"),
    ([found(3), NOT, found(2)], "3.0 s, 3,000 (2 of 3 seeds)"),
    ([NOT, NOT, found(2)], "not in 60 s (1 of 3 seeds)"),
    ([NOT], "not in 60 s (0 of 1 seeds)")])
def test_the_median_counts_what_was_not_found(results: list[dict], text: str) -> None:
    assert run.cell(results, 60) == text


def test_status_1_if_the_mutator_misses_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    def measure(options: Namespace, chosen: list[Bug]) -> dict:
        return {"seconds": options.seconds, "variants": ["libfuzzer", "plain"], "bugs": [
            {"name": chosen[0].name, "is": "x.", "target": "tlv",
             "runs": runs}]}

    good = {"seed": 1, "says": "item", **found(1)}
    bad = {"seed": 1, "says": "", **NOT}
    monkeypatch.setattr(run, "measure", measure)
    monkeypatch.setattr(sys, "argv", ["run", "--out", str(tmp_path / "out.json")])
    runs = {"libfuzzer": [good], "plain": [bad]}
    assert run.main() == 0
    runs = {"libfuzzer": [bad], "plain": [good]}
    assert run.main() == 1
    assert "not found: " in capsys.readouterr().err
    runs = {"libfuzzer": [good], "plain": [bad | {"fault": "says other"}]}
    assert run.main() == 1
    monkeypatch.setattr(sys, "argv", ["run", "--only", "no such bug"])
    with pytest.raises(SystemExit) as wrong:
        run.main()
    assert wrong.value.code == 2
