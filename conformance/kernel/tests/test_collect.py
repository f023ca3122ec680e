# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Tests of how captures that came out of guests are named, judged and taken in."""
from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import collect  # noqa: E402

DEVFD = collect.TOP / "build/devfd"
NVME = collect.CAPTURES / "7.2.13-1b36-0010.json"


def write(folder: Path, name: str, capture: dict, way: str = "captures") -> Path:
    path = folder / "guest" / way / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(capture))
    return path


def nvme(**more) -> dict:
    return {**json.loads(NVME.read_text()), **more}


def take(tmp_path: Path, *options: str) -> int:
    to = tmp_path / "to"
    to.mkdir(exist_ok=True)
    words = ["--to", str(to), "--devfd", str(DEVFD), *options, str(tmp_path / "from")]
    return collect.main(words)


def test_names_follow_from_what_is_in_the_files(tmp_path):
    mdev = nvme()
    mdev["device"] = {**mdev["device"], "vendor": None, "device": None, "driver": "mtty"}
    later = nvme(kernel_release="7.2.13-later")
    other = nvme(arch="s390x", path="cdev")
    given = {Path("b"): nvme(), Path("a"): later, Path("c"): mdev, Path("d"): other}
    assert collect.names(given) == collect.names(dict(reversed(given.items()))) == {
        Path("b"): "7.2.13-1b36-0010.json", Path("a"): "7.2.13-1b36-0010-2.json",
        Path("c"): "7.2.13-mtty.json", Path("d"): "7.2.13-s390x-1b36-0010-cdev.json"}


def test_captures_here_have_the_names_that_they_would_get():
    for path in collect.CAPTURES.glob("[0-9]*.json"):
        capture = json.loads(path.read_text())
        rest = path.stem.removeprefix(collect.base_name({"path": "cut", **capture}))
        assert rest == "" or rest[0] == "-" and rest[1:].isdigit(), path


def test_the_table_lists_what_is_there():
    text = (collect.CAPTURES / "README.md").read_text()
    assert collect.with_table(text, collect.CAPTURES) == text


def test_both_ways_of_a_device_are_taken_and_listed(tmp_path):
    write(tmp_path / "from", "0000:00:03.0.json", nvme())
    write(tmp_path / "from", "0000:00:03.0.json", nvme(path="cdev"), "cdev")
    (tmp_path / "to").mkdir()
    readme = tmp_path / "to/README.md"
    readme.write_text(f"before\n{collect.BEGIN}old\n{collect.END}behind\n")
    assert take(tmp_path) == 0
    assert sorted(one.name for one in (tmp_path / "to").glob("*.json")) == [
        "7.2.13-1b36-0010-cdev.json", "7.2.13-1b36-0010.json"]
    text = readme.read_text()
    assert text.startswith("before\n") and text.endswith("behind\n") and "old" not in text
    assert "| container | 1 | `1b36-0010` |" in text and "| 1 | `1b36-0010-cdev` |" in text


def test_another_capture_is_overwritten_only_where_that_is_asked(tmp_path, capsys):
    source = write(tmp_path / "from", "a.json", nvme())
    assert take(tmp_path) == take(tmp_path) == 0
    there = tmp_path / "to/7.2.13-1b36-0010.json"
    before = there.read_text()
    # Of two, neither is written.
    source.write_text(json.dumps(nvme(redacted=False)))
    write(tmp_path / "from", "b.json", nvme(path="cdev"), "cdev")
    assert take(tmp_path) == 1 and there.read_text() == before
    assert "--replace" in capsys.readouterr().err and len(list(there.parent.iterdir())) == 1
    assert take(tmp_path, "--replace") == 0 and there.read_text() == source.read_text()


@pytest.mark.parametrize("change, said", [
    ({"poison": "a"}, "$.poison"),
    ({"device": None}, "no capture of a device"),
    ({"description": None}, "its description is not"),
])
def test_what_is_no_good_capture_is_not_taken(tmp_path, capsys, change, said):
    write(tmp_path / "from", "a.json", nvme())
    write(tmp_path / "from", "b.json", nvme(**change))
    assert take(tmp_path) == 1
    assert said in capsys.readouterr().err and not list((tmp_path / "to").iterdir())


def test_replies_are_judged(tmp_path, capsys):
    broken = nvme()
    reply = next(one for one in broken["replies"]
                 if one["call"] == "VFIO_DEVICE_GET_REGION_INFO" and one["argsz_in"] == 40)
    reply["recorded"] += 1
    write(tmp_path / "from", "a.json", broken)
    assert take(tmp_path) == 1 and "another number of bytes" in capsys.readouterr().err
    reply["recorded"] -= 1
    reply["bytes"] = reply["bytes"][:16] + "07000000" + reply["bytes"][24:]  # another's index
    write(tmp_path / "from", "a.json", broken)
    assert take(tmp_path) == 1
    err = capsys.readouterr().err
    assert "devfd check ends with 1" in err and "linux.region_info.index" in err


def test_a_folder_without_captures_is_refused(tmp_path, capsys):
    (tmp_path / "from").mkdir()
    assert take(tmp_path) == 1 and "--captures" in capsys.readouterr().err
