# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What the pages for people say is so: the quoted program, commands, tests, links."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT

PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
TOOL = ROOT / "build/devfd"


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """What stands between fences, without what indents them."""
    found = re.findall(r"^( *)```(\w*)\n(.*?)^ *```$", text, re.M | re.S)
    return [
        re.sub(rf"^{indent}", "", block, flags=re.M)
        for indent, name, block in found
        if name == language
    ]


def test_program_is_that_of_the_example() -> None:
    (quoted,) = blocks(page("README.md"), "c")
    example = iter((ROOT / "codec/examples/open.c").read_text(encoding="utf-8").splitlines())
    for line in filter(None, quoted.splitlines()):
        assert line in example, f"{line!r} is not in the example, or not in this order"


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page(name)):
        assert (ROOT / target).exists(), f"{name}: {target}"


def with_includes(name: str) -> str:
    text = page(name)
    return text + "".join(with_includes(one) for one in re.findall(r"^include (\S+)$", text, re.M))


@pytest.mark.parametrize("name", PAGES)
def test_make_targets_are_there(name: str) -> None:
    makefile = with_includes("Makefile")
    for target in set(re.findall(r"\bmake ([a-z][a-z-]*)", " ".join(code(page(name))))):
        assert re.search(rf"^([\w-]+ )*{target}( [\w-]+)*:", makefile, re.M), f"{name}: make {target}"


def code(text: str) -> list[str]:
    """All that is set as code."""
    fenced = blocks(text, "")
    return fenced + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))


def test_files_that_contributing_names_are_there() -> None:
    names = [one for one in code(page("CONTRIBUTING.md")) if re.fullmatch(r"[\w./]+/[\w./-]*", one)]
    assert len(names) > 15
    # What is below build/ is made by the command that stands beside it.
    for name in (one for one in names if not one.startswith("build/")):
        roots = ("", "generators/devfdgen", "generators/tests", "conformance")
        assert any((ROOT / root / name).exists() for root in roots) or "NAME" in name, name


def test_tests_that_security_names_are_there() -> None:
    tests = "".join(
        path.read_text(encoding="utf-8")
        for pattern in ("*.c", "*.py")
        for path in sorted((ROOT / "codec/tests").glob(pattern))
    )
    promises = re.findall(r"^\| (\d+) \|.*\| ([^|]+) \|$", page("SECURITY.md"), re.M)
    assert [int(number) for number, _ in promises] == list(range(1, len(promises) + 1))
    for number, shown in promises:
        names = re.findall(r"`(\w+)`", shown)
        assert names, f"promise {number} is shown by nothing"
        for name in names:
            assert re.search(rf"\b{name}\(", tests), f"promise {number}: {name}"


def test_each_promise_that_has_a_test_is_listed() -> None:
    tests = (ROOT / "codec/tests/test_promises.c").read_text(encoding="utf-8")
    for name in re.findall(r"cmocka_unit_test\((promise_\w+)\)", tests):
        assert f"`{name}`" in page("SECURITY.md")


@pytest.mark.skipif(not TOOL.exists(), reason="make builds the tool")
def test_commands_of_the_readme_work(tmp_path: Path) -> None:
    (tmp_path / "conformance").symlink_to(ROOT / "conformance")
    reply = bytearray(32)
    reply[0], reply[8] = 32, 2  # argsz, index
    (tmp_path / "reply.bin").write_bytes(reply)
    lines = [line for block in blocks(page("README.md"), "") for line in block.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("devfd ")]
    assert len(commands) >= 6
    for arguments in commands:
        if "--format" in arguments:  # a reply has no magic, so its order is said where it matters
            arguments = [*arguments, "--byte-order", "little"]
        done = subprocess.run([TOOL, *arguments], cwd=tmp_path, capture_output=True, text=True)
        # What is captured is a machine's own: there may be no VFIO, and no such device.
        assert done.returncode in ((0, 2) if arguments[0] == "capture" else (0,)), done.stderr
        assert "usage" not in done.stderr, done.stderr


@pytest.mark.parametrize("name", PAGES)
def test_pages_have_a_license_and_no_trailing_space(name: str) -> None:
    lines = page(name).splitlines()
    assert "SPDX-License-Identifier" in lines[0]
    assert not [line for line in lines if line != line.rstrip()]
