# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Each check of `make check-oss-fuzz` tells its fault: a good $OUT is spoiled in one way."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "fuzz/oss-fuzz"))

import check  # noqa: E402
import files  # noqa: E402
import outputs  # noqa: E402
import runs  # noqa: E402
from outputs import Build, Output  # noqa: E402

# ---- A small target, and a good $OUT of it ----

# Enough of functions with names of the codec for the code that is tested to be counted.
FUNCTIONS = 30
FUNCTION = """
__attribute__((noinline)) unsigned devfd_f{n}(const unsigned char *p, size_t n)
{{
	unsigned sum = 0;
	for (size_t i = 0; i + {n} < n; i++)
		sum += (unsigned)p[i] * p[i + {n}] + (unsigned)(sum << (p[i] & 7));
	return sum;
}}
"""
HEAD = """
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
"""
ENTRY = """
int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{{
	volatile unsigned sum = 0;
	{first}
{calls}
	return 0;
}}
"""


def source(first: str = "") -> str:
    functions = "".join(FUNCTION.format(n=n) for n in range(FUNCTIONS))
    calls = "".join(f"\tsum += devfd_f{n}(p, n);\n" for n in range(FUNCTIONS))
    return HEAD + functions + ENTRY.format(first=first, calls=calls)


def compiled(
    program: Path,
    first: str = "",
    *,
    build: Build = Build(),
    compile_with: str = "",
    link_with: str = "",
) -> None:
    """A target as build.sh would be asked for it, or compiled and linked with other flags."""
    folder = program.parent.parent / "made"
    folder.mkdir(exist_ok=True)
    variables = check.environment(build, folder)
    text, binary = folder / f"{program.name}.c", folder / f"{program.name}.o"
    text.write_text(source(first), encoding="utf-8")
    flags = (compile_with or variables["CFLAGS"]).split()
    command = [variables["CC"], *flags, "-w", "-c", "-o", binary, text]
    subprocess.run(command, env=variables, check=True)
    flags = (link_with or f"{variables['CXXFLAGS']} {variables['LIB_FUZZING_ENGINE']}").split()
    command = [variables["CXX"], binary, *flags, "-o", program]
    subprocess.run(command, env=variables, check=True)


def beside(out: Path, target: str) -> None:
    (out / f"{target}.dict").write_text('# words\nmagic="\\x7fELF"\n"plain"\n', encoding="utf-8")
    (out / f"{target}.options").write_text("[libfuzzer]\nmax_len = 64\n", encoding="utf-8")
    zipped(out, {"one": b"one", "two": b"\0" * 64}, target)


def zipped(out: Path, members: dict[str, bytes], target: str = "good") -> None:
    with zipfile.ZipFile(out / f"{target}_seed_corpus.zip", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("good") / "out"
    out.mkdir()
    compiled(out / "good")
    beside(out, "good")
    return out


@pytest.fixture
def out(good: Path, tmp_path: Path) -> Path:
    """A copy that may be spoiled."""
    shutil.copytree(good, tmp_path / "out")
    return tmp_path / "out"


def failing_unrun(output: Output) -> dict[str, str]:
    """The checks of files that fail, each with what it says."""
    verdicts = {name: one(output) for name, one in outputs.CHECKS.items()}
    return {name: "\n".join(one.faults) for name, one in verdicts.items() if one.faults}


def failing(out: Path, build: Build = Build(), expected: tuple[str, ...] = ()) -> dict[str, str]:
    """All the checks that fail, each with what it says."""
    output = Output(out, build, expected)
    place = runs.Place(out.parent / "temporary", out)
    verdicts = {name: one(output, place) for name, one in runs.checks(output).items()}
    ran = {name: "\n".join(one.faults) for name, one in verdicts.items() if one.faults}
    return failing_unrun(output) | ran


def test_a_good_one_passes(out: Path) -> None:
    assert failing(out, expected=("good",)) == {}


# ---- Spoiled in one way ----


def rewritten(name: str, text: str) -> Callable[[Path], object]:
    return lambda out: (out / name).write_text(text, encoding="utf-8")


def renamed(out: Path) -> None:
    for one in list(out.iterdir()):
        one.rename(out / one.name.replace("good", "go.od"))


def wrong_stream(out: Path) -> None:
    """What is compressed cannot be: no checksum is come to."""
    path = out / "good_seed_corpus.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"a" * 64)
    data = bytearray(path.read_bytes())
    data[30 + len("a")] = 0xFF
    path.write_bytes(data)


def torn(out: Path) -> None:
    """One byte of what a seed holds is another: the file is a zip and its checksum is wrong."""
    path = out / "good_seed_corpus.zip"
    data = bytearray(path.read_bytes())
    data[data.index(b"oneone") + 3] ^= 1
    path.write_bytes(data)


def emptied(out: Path) -> None:
    (out / "good").unlink()


OPTIONS = "good.options"
WORDS = "good.dict"


@pytest.mark.parametrize("spoil, told, says", [
    (lambda out: (out / WORDS).unlink(), "dictionaries", "good.dict: is not there"),
    (rewritten(WORDS, 'a="b"\nmagic=\\x7f"\n'), "dictionaries", "good.dict: line 2: is not NAME="),
    (rewritten(WORDS, 'a="\\y41"\n'), "dictionaries", "line 1: is not NAME="),
    (rewritten(WORDS, 'a=""\n'), "dictionaries", "line 1: is not NAME="),
    (rewritten(WORDS, 'a="b" c\n'), "dictionaries", "line 1: is not NAME="),
    (rewritten(WORDS, 'a="é"\n'), "dictionaries", "line 1: a byte that is not printable"),
    (rewritten(WORDS, f'a="{"x" * 65}"\n'), "dictionaries", "line 1: 65 bytes"),
    (rewritten(WORDS, "# nothing\n"), "dictionaries", "no entry"),
    (lambda out: (out / OPTIONS).unlink(), "options", "good.options: is not there"),
    (rewritten(OPTIONS, "[libfuzzer]\nmax_lenght = 64\n"), "options", "max_lenght: is no flag"),
    (rewritten(OPTIONS, "[libfuzzer]\nmax_len = many\n"), "options", "many: is not a number"),
    (rewritten(OPTIONS, "[libfuzzer]\ndict = a.dict\n"), "options", "a.dict: is not in $OUT"),
    (rewritten(OPTIONS, "[libfuzer]\nmax_len = 64\n"), "options", "[libfuzer]: the engines know"),
    (rewritten(OPTIONS, "max_len = 64\n"), "options", "no section headers"),
    (lambda out: (out / "good_seed_corpus.zip").unlink(), "seeds", "is not there"),
    (lambda out: zipped(out, {}), "seeds", "holds no seed"),
    (rewritten("good_seed_corpus.zip", "text"), "seeds", "is no zip"),
    (wrong_stream, "seeds", "cannot be read: "),
    (lambda out: zipped(out, {"a": b"", "b": b"b"}), "seeds", "a: is empty"),
    (lambda out: zipped(out, {"../a": b"a"}), "seeds", "../a: leads out"),
    (lambda out: zipped(out, {"a": b"a" * 65}), "seeds", "a: 65 bytes, cut at max_len 64"),
    (torn, "seeds", "one: its checksum is wrong"),
    (rewritten("notes.txt", "x"), "names", "notes.txt: belongs to no target"),
    (renamed, "names", "go.od: a target's name"),
    (emptied, "names", "no target"),
])  # fmt: skip
def test_files(out: Path, spoil: Callable[[Path], object], told: str, says: str) -> None:
    spoil(out)
    found = failing_unrun(Output(out, Build()))
    assert says in found.get(told, "")
    assert set(found) == {told}


RIGHT = ["", "# text", '"a"', 'a="\\\\\\""', 'a@2 = "b"', '  a="b"  ', 'a="b"\r']


@pytest.mark.parametrize("line", RIGHT)
def test_lines_of_a_dictionary_that_are_right(line: str) -> None:
    assert outputs.dictionary_faults(f'{line}\nz="z"\n'.encode())[1] == []


# ---- Built in a wrong way ----

BARE = "-O1 -g"


@pytest.mark.parametrize("how, told, says", [
    ({"compile_with": BARE, "link_with": "-fsanitize=fuzzer"},
     "instrumentation", "0 calls of asan, at least 1000"),
    ({"compile_with": BARE}, "instrumentation", "0 calls of asan in the code tested"),
    ({"compile_with": BARE}, "instrumentation", "0 edges traced in the code tested"),
    ({"build": Build("memory")}, "instrumentation", "calls of msan in a build without it"),
    ({"build": Build("undefined")}, "instrumentation", "calls of ubsan in a build without"),
    ({"build": Build(architecture="i386")}, "architecture", "good: is for i386, wanted x86_64"),
    ({"link_with": f"{check.SANITIZERS['address']} -fsanitize=fuzzer -Wl,--no-as-needed -ljansson"},
     "libraries", "good: needs libjansson.so.4"),
    ({"link_with": f"{check.SANITIZERS['address']} -fsanitize=fuzzer -Wl,-rpath,/opt/lib"},
     "libraries", "RUNPATH /opt/lib"),
])  # fmt: skip
def test_builds(out: Path, how: dict, told: str, says: str) -> None:
    compiled(out / "good", **how)
    found = failing_unrun(Output(out, Build()))
    assert says in found.get(told, "")


@pytest.mark.parametrize("asked, says", [
    (Build("memory"), "0 calls of msan, at least 1000"),
    (Build("undefined"), "0 calls of ubsan in the code tested"),
    (Build("coverage"), "no section __llvm_covmap"),
])  # fmt: skip
def test_other_instrumentation_than_asked_for(out: Path, asked: Build, says: str) -> None:
    assert says in "\n".join(outputs.instrumentation(Output(out, asked)).faults)


def test_a_program_that_is_no_target(out: Path) -> None:
    shutil.copy2("/bin/true", out / "good")
    found = failing(out)
    assert "good: has no LLVMFuzzerTestOneInput" in found["instrumentation"]
    assert "start" in found and "seeds-run" in found


@pytest.mark.parametrize("more, says", [
    ({"expected": ("good", "json")}, "json: is not there"),
    ({"expected": ("good", "json"), "optional": ("json",)}, "did not say"),
    ({"expected": ("tlv",)}, "good: is not in the list"),
])  # fmt: skip
def test_what_is_there(out: Path, more: dict, says: str) -> None:
    assert says in "\n".join(outputs.complete(Output(out, Build(), **more)).faults)


def test_left_out_is_right_where_it_may_be_and_was_said(out: Path) -> None:
    said = "cc a.c\njson: left out: jansson cannot be linked\ncc b.c\n"
    output = Output(out, Build(), ("good", "json"), ("json",), said)
    verdict = outputs.complete(output)
    assert verdict.faults == []
    assert "json: left out: jansson cannot be linked" in verdict.summary


# ---- Behaving in a wrong way ----


@pytest.mark.parametrize("first, told, says", [
    ('if (n == 3 && memcmp(p, "one", 3) == 0) abort();', "seeds-run", "one: exit"),
    ("exit(1);", "start", "-runs=4: exit 77: "),
    ("return p[n];", "start", "heap-buffer-overflow"),
    ("for (;;) sum++;", "start", "-runs=4: exit 124"),
])  # fmt: skip
def test_behaviour(
    out: Path, monkeypatch: pytest.MonkeyPatch, first: str, told: str, says: str
) -> None:
    monkeypatch.setattr(runs, "SECONDS", 3)
    compiled(out / "good", first)
    assert says in failing(out).get(told, "no fault")


def test_a_target_may_write_to_the_temporary_folder_alone(out: Path) -> None:
    writes = 'FILE *f = fopen({where}, "w"); if (f) fclose(f); else abort();'
    temporary = 'strcat(strcpy(name, getenv("TMPDIR")), "/state")'
    compiled(out / "good", f"static char name[4096]; {writes.format(where=temporary)}")
    assert failing(out) == {}
    compiled(out / "good", writes.format(where=f'"{out}/state"'))
    assert "start" in failing(out)


def test_a_path_of_the_build(out: Path) -> None:
    """What the target opens by the name that $OUT had is gone once $OUT was moved."""
    first = f'FILE *f = fopen("{out}/good.dict", "r"); if (f) fclose(f); else abort();'
    compiled(out / "good", first)
    assert "start" not in failing(out)
    moved = out.parent / "moved"
    out.rename(moved)
    assert "start" in failing(moved)


def test_writing_is_seen_where_no_namespace_can_be_made(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs.Place, "_seals", lambda _: False)
    compiled(out / "good", f'FILE *f = fopen("{out}/state", "w"); fclose(f);')
    assert "state" in failing(out)["start"]


def test_a_mutator_that_is_missing(out: Path) -> None:
    output = Output(out, Build(), mutated=("good",))
    place = runs.Place(out.parent / "temporary", out)
    assert "has not the mutator" in "\n".join(runs.start(output, place).faults)


# ---- Other engines ----


def test_a_build_for_afl(out: Path) -> None:
    build = Build("address", "afl")
    assert "afl-fuzz did not say" in failing(out, build)["start"]
    compiled(out / "good", build=build)
    assert failing(out, build) == {}


def test_a_build_for_coverage(out: Path) -> None:
    build = Build("coverage")
    compiled(out / "good", build=build)
    assert failing(out, build) == {}
    compiled(out / "good", build=build, compile_with=BARE)
    found = failing(out, build)
    assert "no section __llvm_covmap" in found["instrumentation"]
    assert "seeds-run" in found


OTHERS = [Build("memory"), Build("undefined"), Build(architecture="i386")]


@pytest.mark.parametrize("build", OTHERS, ids=str)
def test_the_other_builds(out: Path, build: Build) -> None:
    compiled(out / "good", build=build)
    assert failing(out, build) == {}


# ---- The files of the project ----


def test_the_project_as_it_is() -> None:
    assert files.check(ROOT, check.BUILDS).faults == []


@pytest.mark.parametrize("name, old, new, says", [
    ("fuzz/oss-fuzz/project.yaml", "  - afl\n", "  - afl\n  - honggfuzz\n", "honggfuzz: asked for"),
    ("fuzz/oss-fuzz/project.yaml", "  - i386\n", "", "architectures: i386: checked here"),
    ("fuzz/oss-fuzz/project.yaml", "language: c\n", "language: rust\n", "language: rust"),
    ("fuzz/oss-fuzz/project.yaml", "homepage:", "homepages:", "homepage: is missing"),
    ("fuzz/oss-fuzz/project.yaml", "language: c\n", "language: c\nlanguage: c\n", "stands twice"),
    ("fuzz/oss-fuzz/Dockerfile", files.IMAGE, "debian", "does not begin with FROM"),
    ("fuzz/oss-fuzz/Dockerfile", "devfd.git", "other.git", "the sources do not come by"),
    (".clusterfuzzlite/Dockerfile", ":v1", "", "does not begin with FROM"),
    (".clusterfuzzlite/Dockerfile", "COPY .clusterfuzzlite/", "ADD ", "build.sh is not copied"),
    (".clusterfuzzlite/project.yaml", "language: c\n", "", "language: is not that of"),
    ("fuzz/oss-fuzz/build.sh", "make", "if make", "build.sh: "),
])  # fmt: skip
def test_project_files(tmp_path: Path, name: str, old: str, new: str, says: str) -> None:
    for folder in ("fuzz/oss-fuzz", ".clusterfuzzlite"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    path = tmp_path / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    found = "\n".join(files.check(tmp_path, check.BUILDS).faults)
    assert says in found and name in found


def test_the_workflow_has_every_mode_and_sanitizer() -> None:
    """Each job builds with the sanitizers that it runs, and what project.yaml asks for is fuzzed."""
    text = (ROOT / ".clusterfuzzlite/workflow.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    project, _ = files.parse((ROOT / "fuzz/oss-fuzz/project.yaml").read_text(encoding="utf-8"))
    schedules = {one["cron"] for one in workflow[True]["schedule"]}
    assert schedules == set(re.findall(r"github\.event\.schedule == '([^']*)'", text))
    modes = {}
    for name, job in workflow["jobs"].items():
        steps = [step["with"] for step in job["steps"]]
        assert len({step.get("sanitizer") for step in steps}) == 1
        assert {step["language"] for step in steps} == {project["language"]}
        modes[name] = job.get("strategy", {}).get("matrix", {}).get("sanitizer")
        assert steps[-1].get("mode", "build") == name
    everything = project["sanitizers"]
    assert modes == {
        "code-change": everything,
        "build": everything,
        "batch": everything,
        "prune": None,
        "coverage": None,
    }


# ---- The program ----


@pytest.mark.parametrize("build, tool, package", [
    (Build("address", "afl"), "afl-fuzz", "afl++"),
    (Build("coverage"), "llvm-cov", "llvm"),
    (Build(), "clang++", "clang"),
])  # fmt: skip
def test_a_missing_tool_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, build: Build, tool: str, package: str
) -> None:
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda one: None if one == tool else which(one))
    assert check.tools(build, tmp_path).faults == [f"{tool} is missing (Debian package {package})"]


def test_a_missing_library_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(check.ENGINES, "libfuzzer", ("clang", "clang++", "-lno-such-library"))
    fault = check.tools(Build(architecture="i386"), tmp_path).faults[0]
    assert "-lno-such-library" in fault and "libstdc++-12-dev-i386-cross" in fault


def program(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", ROOT / "fuzz/oss-fuzz/check.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_exit_status(out: Path) -> None:
    done = program("--out", out)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "10 passed, 0 failed")
    (out / "good.dict").unlink()
    done = program("--out", out)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "9 passed, 1 failed")
    assert "FAIL address/libfuzzer/x86_64: dictionaries: good.dict: is not there" in done.stdout


@pytest.mark.parametrize("wrong", [
    ("--out", "/no/such/folder"),
    ("--out", "/", "--build", "address"),
    ("--out", "/", "--build", "thread/libfuzzer/x86_64"),
    ("--only", "thread/*"),
    ("--unknown",),
])  # fmt: skip
def test_wrong_usage(wrong: tuple[str, ...]) -> None:
    done = program(*wrong)
    assert done.returncode == 2
    assert done.stderr and "Traceback" not in done.stderr
