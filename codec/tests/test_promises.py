# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The promises of SECURITY.md that are about the compiled code, 11 to 13, read from its objects."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ("items", "caps", "layouts", "tlv", "array", "fixed", "linux")
SOURCES = sorted(ROOT.glob("codec/*.c")) + [ROOT / f"codec/generated/{one}.c" for one in GENERATED]
STACK_MAX = 2048  # bytes, of the deepest chain of calls inside the core
INDIRECT = "__indirect_call"  # how gcc names a call through a pointer
# The one call through a pointer of the caller's; what that function does is the caller's.
CALLERS_OWN = "devfd_ask"
# Functions that rows of the generated tables point at.
IN_ROWS = re.compile(r"devfd_(leaf|put)_")

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("gcc", "nm", "size")),
    reason="needs gcc and binutils",
)


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The core compiled as it is shipped, with gcc's call graph beside each object."""
    directory = tmp_path_factory.mktemp("core")
    out = []
    for source in SOURCES:
        out.append(directory / f"{source.parent.name}-{source.stem}.o")
        flags = ["-std=c11", "-O2", "-fcallgraph-info=su", "-fno-stack-protector"]
        subprocess.run(["gcc", *flags, "-c", "-o", out[-1], source], check=True, cwd=ROOT)
    return out


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_promise_11_no_allocation_and_no_library(objects: list[Path]) -> None:
    defined: set[str] = set()
    wanted: set[str] = set()
    for line in run("nm", "--format=posix", *objects).splitlines():
        name, kind = (line.split() + [""])[:2]
        if kind == "U":
            wanted.add(name)
        elif kind:
            defined.add(name)
    assert wanted - defined <= {"memcpy", "memset"}


def test_promise_12_no_changing_globals(objects: list[Path]) -> None:
    for line in run("size", "--format=sysv", *objects).splitlines():
        section = line.split()
        if section[:1] in ([".data"], [".bss"]):
            assert int(section[1]) == 0, line


class Graph:
    """Who calls whom, and how much stack each takes."""

    def __init__(self, objects: list[Path]):
        self.calls: dict[str, set[str]] = defaultdict(set)
        self.stack: dict[str, int] = {}
        for one in objects:
            self._read(one.with_suffix(".ci").read_text(encoding="utf-8"))
        pointed = {name for name in self.stack if IN_ROWS.search(name)}
        for caller, called in self.calls.items():
            if INDIRECT in called:
                called.remove(INDIRECT)
                if caller != CALLERS_OWN:
                    called |= pointed

    def _read(self, text: str) -> None:
        # Static functions are named with their file, so names are unique across objects.
        for name, label in re.findall(r'node: { title: "([^"]+)" label: "([^"]*)"', text):
            size = re.search(r"\\n(\d+) bytes \((static|dynamic,bounded)\)", label)
            if size:
                self.stack[name] = int(size[1])
            assert "(dynamic)" not in label, label
        for caller, called in re.findall(
            r'edge: { sourcename: "([^"]+)" targetname: "([^"]+)"', text
        ):
            self.calls[caller].add(called)

    def deepest(self, name: str, above: tuple[str, ...] = ()) -> int:
        """Bytes of stack from here down; fails where a function calls itself by any way."""
        assert name not in above, " -> ".join((*above, name))
        return self.stack.get(name, 0) + max(
            (self.deepest(one, (*above, name)) for one in sorted(self.calls[name])), default=0
        )


def test_promise_13_no_recursion_and_a_bounded_stack(objects: list[Path]) -> None:
    graph = Graph(objects)
    public = re.findall(r"^(?:int|void) (devfd_\w+)\(", (ROOT / "codec/codec.h").read_text(), re.M)
    assert "devfd_open" in public and "devfd_convert" in public
    depths = {name: graph.deepest(name) for name in public if name in graph.stack}
    assert len(depths) >= 15
    assert max(depths.values()) <= STACK_MAX, depths
