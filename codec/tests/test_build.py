# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What the core promises of itself as a thing to build: what it needs, compiles as, and stacks up.

Each promise of codec.h has a test here. Kernel code is built against Debian's linux-headers.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODEC = ROOT / "codec"
STACK_MAX = 2048  # bytes; said in codec.h
MAY_NEED = {"memcpy", "memset"}
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wpedantic", "-Werror")
COMPILERS = ("gcc", "clang")
ALLOCATORS = {"malloc", "calloc", "realloc", "free", "alloca", "strdup", "mmap"}


# A make that runs this test has settings of its own, which are not to reach the ones started here.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}


def run(*command: str | Path, cwd: Path = ROOT, **options) -> subprocess.CompletedProcess:
    words = [str(word) for word in command]
    options |= {"cwd": cwd, "env": ENVIRONMENT, "capture_output": True, "text": True}
    return subprocess.run(words, **options)


def good(*command: str | Path, cwd: Path = ROOT, **options) -> str:
    result = run(*command, cwd=cwd, **options)
    assert result.returncode == 0, f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}"
    return result.stdout


def need(tool: str) -> str:
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    return tool


def core() -> list[Path]:
    return [ROOT / name for name in good("make", "-s", "print-core").split()]


def compile_each(compiler: str, at: Path, sources: list[Path], *options: str) -> list[Path]:
    """An object for each source, with what -fcallgraph-info writes beside it."""
    need(compiler)
    objects = []
    for source in sources:
        target = at / f"{source.parent.name}_{source.stem}.o"
        words = ("-std=c11", "-ffreestanding", "-nostdlib", *options)
        good(compiler, *words, "-c", "-o", target, source)
        objects.append(target)
    return objects


def linked(compiler: str, at: Path, *options: str) -> Path:
    target = at / "core.o"
    good(compiler, "-nostdlib", "-r", "-o", target, *compile_each(compiler, at, core(), *options))
    return target


def names_needed(binary: Path) -> set[str]:
    return set(good("nm", "-u", "--format=just-symbols", binary).split())


# -- what it needs ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "compiler, optimize", [("gcc", "-O0"), ("clang", "-O2"), ("i686-linux-gnu-gcc", "-Os")]
)
def test_core_needs_mem_functions_alone(compiler: str, optimize: str, tmp_path: Path) -> None:
    undefined = names_needed(linked(compiler, tmp_path, optimize))
    # 32-bit position-independent code asks for this; no function of anybody's.
    undefined.discard("_GLOBAL_OFFSET_TABLE_")
    assert undefined <= MAY_NEED
    assert not undefined & ALLOCATORS


@pytest.mark.parametrize("compiler", COMPILERS)
def test_core_has_no_globals_that_change(compiler: str, tmp_path: Path) -> None:
    symbols = good("nm", linked(compiler, tmp_path, "-O2", "-fno-pic", "-fno-pie"))
    kinds = re.findall(r"^\w+ ([A-Za-z]) (\w+)$", symbols, flags=re.M)
    assert kinds
    assert [name for kind, name in kinds if kind in "bBdDcCsSgG"] == []


# -- calls and stack -------------------------------------------------------------------------------


class Graph:
    """Who calls whom, and how much stack each takes, as gcc says it (-fcallgraph-info=su)."""

    # A jump table of a switch would look like a table of functions.
    OPTIONS = (
        "-fcallgraph-info=su", "-ffunction-sections", "-fno-jump-tables", "-fno-pic", "-fno-pie"
    )

    def __init__(self, compiler: str, at: Path, sources: list[Path], optimize: str) -> None:
        self.objects = compile_each(compiler, at, sources, *self.OPTIONS, optimize)
        self.stack: dict[str, int] = {}
        self.kind: dict[str, str] = {}
        self.calls: dict[str, set[str]] = defaultdict(set)
        for path in at.glob("*.ci"):
            self._read(path.read_text(encoding="utf-8"))
        self.pointed = self._pointed()

    def _read(self, text: str) -> None:
        node = r'node: \{ title: "([^"]+)" label: "[^"]*\\n(\d+) bytes \(([^)]*)\)'
        for title, size, kind in re.findall(node, text):
            self.stack[title] = int(size)
            self.kind[title] = kind
        edge = r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"'
        for source, target in re.findall(edge, text):
            self.calls[source].add(target)

    def _pointed(self) -> set[str]:
        """Functions that stand in a table: each has its own section, and a relocation names it."""
        names = set()
        for one in self.objects:
            relocated = good("readelf", "-rW", one)
            for section in re.split(r"^Relocation section '", relocated, flags=re.M):
                if re.match(r"\.rela?\.(?:ro)?data", section):
                    function = r" (?:\.text\.)?([a-z]\w+)(?: \+ \w+)?$"
                    names.update(re.findall(function, section, flags=re.M))
        return {title for title in self.stack if title.rpartition(":")[2] in names}

    def targets(self, function: str) -> set[str]:
        found = set()
        for target in self.calls[function]:
            found |= self.pointed if target == "__indirect_call" else {target}
        return found

    def deepest(self, function: str, above: tuple[str, ...] = ()) -> int:
        if function in above:
            raise RecursionError(" -> ".join([*above, function]))
        below = [self.deepest(one, (*above, function)) for one in self.targets(function)]
        return self.stack.get(function, 0) + max(below, default=0)


@pytest.mark.parametrize(
    "compiler, optimize",
    [(one, level) for one in ("gcc", "i686-linux-gnu-gcc") for level in ("-O0", "-O2", "-Os")],
)
def test_no_recursion_and_little_stack(compiler: str, optimize: str, tmp_path: Path) -> None:
    graph = Graph(need(compiler), tmp_path, core(), optimize)
    # Leaves are reached through tables; without them the indirect calls would lead nowhere.
    assert any(name.endswith("devfd_leaf_tlv_region") for name in graph.pointed)
    # "dynamic,bounded" is room for the arguments of a call, which the size includes.
    assert set(graph.kind.values()) <= {"static", "dynamic,bounded"}
    deepest = {name: graph.deepest(name) for name in graph.stack}
    name = max(deepest, key=deepest.get)
    print(f"{compiler} {optimize}: {deepest[name]} bytes of stack at most, in {name}")
    assert deepest[name] <= STACK_MAX


def test_recursion_through_a_table_is_seen(tmp_path: Path) -> None:
    source = tmp_path / "odd.c"
    source.write_text(
        "static int down(int n);\n"
        "int (*const volatile table[])(int) = {down};\n"
        "static int down(int n) { return n ? table[0](n - 1) + 1 : 0; }\n"
    )
    graph = Graph("gcc", tmp_path, [source], "-O1")
    with pytest.raises(RecursionError):
        for name in list(graph.stack):
            graph.deepest(name)


def test_header_says_the_stack() -> None:
    text = " ".join((CODEC / "codec.h").read_text(encoding="utf-8").replace(" * ", " ").split())
    assert f"at most {STACK_MAX} bytes of stack" in text


# -- what it compiles as ---------------------------------------------------------------------------

C = [(one, "c", std) for one in COMPILERS for std in ("c11", "c17")]
CPP = [
    (one, "c++", std)
    for one in ("g++", "clang++")
    for std in ("c++11", "c++14", "c++17", "c++20")
]


@pytest.mark.parametrize("compiler, language, standard", C + CPP)
def test_header_alone_and_twice(compiler: str, language: str, standard: str) -> None:
    for times in (1, 2):
        source = '#include "codec.h"\n' * times + "enum devfd_result result = DEVFD_OK;\n"
        words = (f"-std={standard}", *WARNINGS, f"-I{CODEC}", "-fsyntax-only", "-x", language, "-")
        good(need(compiler), *words, input=source)


# make lint builds everything with both compilers of this machine, warnings as errors.
@pytest.mark.parametrize("compiler", ["i686-linux-gnu-gcc", "s390x-linux-gnu-gcc"])
def test_core_is_free_of_warnings_elsewhere(compiler: str, tmp_path: Path) -> None:
    compile_each(compiler, tmp_path, core(), *WARNINGS, "-O1")


# -- kernel code -----------------------------------------------------------------------------------


def kernel_headers() -> Path:
    found = sorted(Path("/usr/src").glob("linux-headers-*-amd64"))
    if not found:
        pytest.skip("no linux-headers-*-amd64 here: Kbuild not tried")
    return found[-1]


def test_core_compiles_in_kbuild() -> None:
    headers = kernel_headers()
    at = ROOT / "build" / "kbuild"
    shutil.rmtree(at, ignore_errors=True)
    shutil.copytree(CODEC / "tests" / "kbuild", at)
    (at / "codec" / "generated").mkdir(parents=True)
    sources = [*core(), *CODEC.glob("*.h"), *(CODEC / "generated").glob("*.h")]
    for source in sources:
        shutil.copy(source, at / "codec" / source.relative_to(CODEC))
    objects = " ".join(str(one.relative_to(CODEC).with_suffix(".o")) for one in core())
    # W=1 adds the warnings that new kernel code is to be free of; the module makes them errors.
    good("make", "-C", headers, f"M={at}", f"CORE={objects}", "W=1", "modules")
    needed = names_needed(at / "devfd_kbuild.ko")
    compilers_own = {name for name in needed if name.startswith("__")}
    assert needed - compilers_own <= MAY_NEED | {"_printk"}


# -- what stays ------------------------------------------------------------------------------------


def test_results_are_what_stability_says(tmp_path: Path) -> None:
    text = (ROOT / "STABILITY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(DEVFD_\w+)` \| (-?\d+) \| (-?\d+)", text, flags=re.M)
    header = (CODEC / "codec.h").read_text(encoding="utf-8")
    results = re.search(r"enum devfd_result \{(.*?)\};", header, flags=re.S)[1]
    assert [name for name, _, _ in rows] == re.findall(r"^\t(DEVFD_\w+)", results, flags=re.M)
    tests = [f"{name} != {n} || devfd_errno({name}) != {e}" for name, n, e in rows]
    source = tmp_path / "results.c"
    source.write_text(
        '#include "codec.h"\nint main(void)\n{\n\treturn ' + " ||\n\t\t".join(tests) + ";\n}\n"
    )
    items = [CODEC / name for name in ("items.c", "chain.c", "records.c")]
    generated = [CODEC / "generated" / name for name in ("items.c", "linux.c", "tlv.c")]
    good("cc", f"-I{CODEC}", "-o", tmp_path / "results", source, *items, *generated)
    good(tmp_path / "results")
