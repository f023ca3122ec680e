# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Tests that captures are what their schema says, and that the schema refuses what they are not."""
from __future__ import annotations

import copy
import json
from pathlib import Path

import jsonschema
import pytest

from capture_tool import CAPTURES, SCHEMA

FILES = sorted(CAPTURES.glob("[0-9]*.json"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_capture_meets_the_schema(path: Path):
    capture = json.loads(path.read_text())
    VALIDATOR.validate(capture)
    for reply in capture["replies"]:
        assert len(reply["bytes"]) == 2 * reply["recorded"]


def test_there_are_captures():
    assert len(FILES) > 20


@pytest.mark.parametrize(("place", "value"), [
    (("schema",), "vfio-capture/2"), (("kernel",), "six"), (("byte_order",), "middle"),
    (("poison",), "a"), (("device", "vendor"), 4096), (("device", "class"), "0x0200"),
    (("replies",), []), (("replies", 0, "bytes"), "0g"), (("replies", 0, "errno"), 22),
    (("replies", 0, "ret"), -1),
    (("replies", 0, "argsz_in"), -1), (("replies", 0, "call"), "ioctl"),
    (("config_space",), "123"), (("surprise",), 1)])
def test_what_is_no_capture_is_refused(place, value):
    capture = json.loads(FILES[0].read_text())
    VALIDATOR.validate(capture)
    broken = copy.deepcopy(capture)
    at = broken
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    assert not VALIDATOR.is_valid(broken)
