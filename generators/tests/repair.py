# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Looks for the one place in which a broken input has to be repaired to be good."""
from __future__ import annotations

from typing import Any, Iterator

SPAN = 64  # bytes that may be missing or too many
WORD = 4
FOLLOWING = 2  # words elsewhere that may follow a change of length: a length and a total
VALUES = (*range(17), *range(20, SPAN + 1, 4))


def values(data: bytes, at: int) -> Iterator[bytes]:
    """Another value in the field at which the rule is broken."""
    size = len(data)
    for width in (4, 8, 2, 1):
        for value in (*VALUES, size, size - at, size - at - 1, size - 1):
            if at + width <= size and 0 <= value < 1 << 8 * width:
                for order in ("little", "big"):
                    yield data[:at] + value.to_bytes(width, order) + data[at + width:]


def lengths(data: bytes) -> Iterator[bytes]:
    """More bytes, or fewer."""
    for size in range(1, SPAN + 1):
        yield data + bytes(size)
        if size <= len(data):
            yield data[:-size]


def near(data: bytes, good: bytes) -> bool:
    """Whether two inputs differ in one place: one value, or one run of bytes that is missing or too
    many, with the lengths that follow from it."""
    if good.startswith(data):
        return True
    more = len(good) - len(data)
    if not more:
        differ = [at for at, (one, other) in enumerate(zip(data, good)) if one != other]
        return bool(differ) and differ[-1] - differ[0] < 2 * WORD
    if abs(more) > SPAN:
        return False
    for at in range(0, min(len(data), len(good)) + 1, WORD):
        changed = data[:at] + good[at:at + more] + data[at:] if more > 0 else (
            data[:at] + data[at - more:])
        words = range(0, max(len(changed), len(good)), WORD)
        if sum(changed[word:word + WORD] != good[word:word + WORD] for word in words) <= FOLLOWING:
            return True
    return False


def repaired(oracle: Any, vector: dict[str, Any], goods: list[bytes]) -> bool:
    """Whether one repair makes a broken vector good."""
    data = bytes.fromhex(vector["hex"])

    def good(other: bytes) -> bool:
        verdict = oracle.judge(other, vector["format"], **vector["given"])
        return verdict.verdict == "accept"

    if any(good(other) for other in lengths(data)):
        return True
    if any(good(other) for other in values(data, vector["at"])):
        return True
    return any(near(data, other) and good(other) for other in goods)
