# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The sabotages that take little time; `generators/tests/sabotage.py` does all of them."""
from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sabotage

WATCHERS, SABOTAGES = sabotage.read_list()
IN_GUESTS = sabotage.read_list(sabotage.ROOT / "conformance/kernel/caught.yaml")
BUILT = all((sabotage.ROOT / "build" / name).exists() for name in ("devfd", "tests/judge"))
needs_build = pytest.mark.skipif(not BUILT or not shutil.which("make"),
                                 reason="make all unit-bins build/tests/judge comes first")


@pytest.mark.parametrize("one", SABOTAGES + IN_GUESTS[1], ids=lambda one: one.name)
def test_there_is_something_to_break(one: sabotage.Sabotage) -> None:
    assert sabotage.edited(one) != (sabotage.ROOT / one.file).read_text(encoding="utf-8")


@pytest.mark.parametrize(("watchers", "sabotages"), [(WATCHERS, SABOTAGES), IN_GUESTS])
def test_no_watcher_is_idle(watchers: dict, sabotages: list[sabotage.Sabotage]) -> None:
    assert {name for one in sabotages for name in one.noticed} == set(watchers)


@needs_build
def test_the_quick_ones_are_noticed() -> None:
    tasks = sabotage.plan(WATCHERS, SABOTAGES, quick=True)
    results = list(sabotage.carry_out(tasks, jobs=2))
    missed = [f"{one.sabotage}, {one.watcher}: {one.fault}" for one in results if one.fault]
    assert results and not missed, "\n".join(missed)


# -- the test of the test --------------------------------------------------------------------------

BREAK = sabotage.Sabotage("name", "does", "file", "old", "new", {"seen": "old is gone"})


def watched(tmp_path: Path, command: str) -> str:
    """What is held against a watcher of a file that says new."""
    base = tmp_path / "base"
    base.mkdir()
    (base / "file").write_text("old", encoding="utf-8")
    watcher = sabotage.Watcher("seen", command)
    result, = sabotage.commit(BREAK, base, [watcher])
    assert (base / "file").read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["base"]
    return result.fault


def test_a_watcher_that_notices(tmp_path: Path) -> None:
    assert watched(tmp_path, "sh -c 'grep old file || { echo old is gone; exit 1; }'") == ""


def test_a_watcher_that_sleeps(tmp_path: Path) -> None:
    assert watched(tmp_path, "true") == "it ended well"


def test_a_watcher_that_fails_for_another_reason(tmp_path: Path) -> None:
    assert "without a word" in watched(tmp_path, "false")


def test_a_watcher_that_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sabotage, "SECONDS", 0.2)
    assert "without a word" in watched(tmp_path, "sh -c 'echo waiting; sleep 60'")


def test_a_text_that_stands_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old old", encoding="utf-8")
    with pytest.raises(sabotage.Broken, match="stands 2 times"):
        sabotage.edited(BREAK, tmp_path)
