# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The examples of spec/language.md are lines of the spec, cover both closed lists, and are broken by vectors."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from devfdgen.model import CONSTRUCTS, PREDICATES

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (\w+) \| (\w+\.yaml) \| `(.+)` \| `([\w.]+)` \|$")


def rows() -> list[tuple[str, str, str, str]]:
    text = (ROOT / "spec/language.md").read_text(encoding="utf-8")
    section = text.split("## 10.", 1)[1]
    return [match.groups() for match in map(ROW.match, section.splitlines()) if match]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_both_lists_are_covered():
    assert sorted(name for name, *_ in rows()) == sorted([*CONSTRUCTS, *PREDICATES])


@pytest.mark.parametrize("name, file, example, rule", rows())
def test_example_is_true(name, file, example, rule):
    assert squeezed(example) in squeezed((ROOT / "spec" / file).read_text(encoding="utf-8"))
    corpus = json.loads((ROOT / "conformance/corpus/vectors.json").read_text(encoding="utf-8"))
    assert any(vector["rule"] == rule for vector in corpus["vectors"])
