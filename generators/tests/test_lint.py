# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Specs that must be refused: each is an edit of the real one, with the message and its position.

The edits are the lists in refused/*.yaml: in `file`, the text `replace` (which stands there once)
becomes `by`; then `message` is reported at the first character of `at`, a text that stands once in
the edited file (or in the file `in`), so that other changes of the spec move no expectation.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from conftest import edit, refusals
from devfdgen import lint

CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted((Path(__file__).parent / "refused").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]


def position(text: str, at: str) -> str:
    """line:column of a text that stands once."""
    assert text.count(at) == 1, f"{at!r} stands {text.count(at)} times"
    before = text[: text.index(at)]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


@pytest.mark.parametrize("case", CASES)
def test_refused(case: dict, spec_dir: Path) -> None:
    text = edit(spec_dir / case["file"], case["replace"], case["by"])
    where = case.get("in", case["file"])
    if where != case["file"]:
        text = (spec_dir / where).read_text(encoding="utf-8")
    wanted = f"{where}:{position(text, case['at'])}: {case['message']}"
    assert wanted in refusals(spec_dir)


def test_the_spec_is_good(spec) -> None:
    assert lint.lint(spec) == []


def test_summary_counts_the_closed_lists(spec) -> None:
    summary = lint.summary(spec)
    assert re.fullmatch(
        r"spec: 4 formats, \d+ rules, 11 constructs, 12 predicates: ok", summary
    ), summary
