# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What the tests of the oracle share: files typed as hex, changed in one place, and judged."""
from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "generators"))

import oracle  # noqa: E402

ORACLE = oracle.load(ROOT / "spec")


def typed(text: str) -> bytes:
    """Hex with comments behind #."""
    return bytes.fromhex("".join(line.partition("#")[0] for line in text.splitlines()))


def put(data: bytes, at: int, text: str) -> bytes:
    """The same with other bytes at one place."""
    new = bytes.fromhex(text)
    return data[:at] + new + data[at + len(new):]


def cut(data: bytes, at: int, size: int) -> bytes:
    """The same without some bytes."""
    return data[:at] + data[at + size:]


def add(data: bytes, at: int, text: str) -> bytes:
    """The same with more bytes."""
    return data[:at] + bytes.fromhex(text) + data[at:]


def broken(data: bytes, rule: str, at: int, format: str | None = None, **given: object) -> None:
    """The input is refused, with that rule at that offset."""
    verdict = ORACLE.judge(data, format, **given)
    assert (verdict.verdict, verdict.rule, verdict.at) == ("reject", rule, at)


def good(data: bytes, format: str | None = None, **given: object) -> dict:
    """The input is accepted; its dump."""
    verdict = ORACLE.judge(data, format, **given)
    assert verdict.verdict == "accept", verdict
    return verdict.dump


def label(value: object) -> str | None:
    """What a parameter is called in the name of a test."""
    return f"{len(value)}B" if isinstance(value, bytes) else None
