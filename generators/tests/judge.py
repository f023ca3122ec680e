# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The other end of build/tests/judge: frames in, a line for each out, and the oracle's line."""
from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path
from typing import Any, Iterable, NamedTuple, Sequence

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "tests" / "judge"
VECTORS = ROOT / "conformance" / "corpus" / "vectors.json"
CAPTURES = ROOT / "conformance" / "captures"

# enum devfd_format, with None for an input that tells its format by its first bytes.
NUMBERS: dict[str | None, int] = {
    None: 0, "tlv": 1, "array": 2, "fixed": 3, "linux.device_info": 4, "linux.region_info": 5,
    "linux.irq_info": 6, "linux.iommu_info": 7, "linux.hot_reset_info": 8,
}
CALLS = {
    "VFIO_DEVICE_GET_INFO": "linux.device_info",
    "VFIO_DEVICE_GET_REGION_INFO": "linux.region_info",
    "VFIO_DEVICE_GET_IRQ_INFO": "linux.irq_info",
    "VFIO_IOMMU_GET_INFO": "linux.iommu_info",
    "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO": "linux.hot_reset_info",
}
OPTIONS = {"little": 1, "big": 2}
PRODUCER = 4
HEAD = struct.Struct("<IIII")


class Frame(NamedTuple):
    """One input with all that its verdict depends on."""

    format: str | None
    order: str
    producer: bool
    index: int
    data: bytes

    def packed(self) -> bytes:
        options = OPTIONS[self.order] | (PRODUCER if self.producer else 0)
        head = HEAD.pack(NUMBERS[self.format], options, self.index, len(self.data))
        return head + self.data


def oracle_line(oracle: Any, frame: Frame) -> str:
    """What the judge has to answer."""
    verdict = oracle.judge(frame.data, frame.format, index=frame.index, order=frame.order,
                           role="producer" if frame.producer else "reader")
    if verdict.verdict == "accept":
        return "accept " + json.dumps(verdict.dump, separators=(",", ":"))
    if verdict.verdict == "reject":
        return f"reject {verdict.rule} {verdict.at}"
    return f"need-more {verdict.rule} {verdict.at} {verdict.need}"


class Crashed(Exception):
    """The judge did not answer everything: how many answers there are, and what it said."""

    def __init__(self, answered: int, status: int, stderr: str) -> None:
        super().__init__(f"the judge ended with status {status} after {answered} answers\n{stderr}")
        self.answered = answered


def ask(frames: Iterable[Frame], program: Path | str = PROGRAM) -> list[str]:
    """The judge's answers."""
    frames = list(frames)
    done = subprocess.run([program], input=b"".join(frame.packed() for frame in frames),
                          capture_output=True, check=False)
    lines = done.stdout.decode("ascii").splitlines()
    if done.returncode or len(lines) != len(frames):
        raise Crashed(len(lines), done.returncode, done.stderr.decode("utf-8", "replace"))
    return lines


def vectors() -> list[dict[str, Any]]:
    return json.loads(VECTORS.read_text(encoding="ascii"))["vectors"]


def vector_frame(vector: dict[str, Any]) -> Frame:
    given = vector["given"]
    return Frame(vector["format"], given["order"], given["role"] == "producer", given["index"],
                 bytes.fromhex(vector["hex"]))


def vector_line(vector: dict[str, Any]) -> str:
    """The answer that the corpus promises."""
    if vector["verdict"] == "accept":
        return "accept " + json.dumps(vector["dump"], separators=(",", ":"))
    parts = [vector["verdict"], vector["rule"], vector["at"], vector["need"]]
    return " ".join(str(part) for part in parts if part is not None)


def capture_frames(folder: Path = CAPTURES) -> list[Frame]:
    """Every successful reply of the captures, as far as the caller had offered room for it."""
    frames = []
    for path in sorted(folder.glob("[0-9]*.json")):
        capture = json.loads(path.read_text(encoding="utf-8"))
        for reply in capture["replies"]:
            if reply["ret"] != 0 or reply["call"] not in CALLS:
                continue
            data = bytes.fromhex(reply["bytes"])[:reply["argsz_in"]]
            frames.append(Frame(CALLS[reply["call"]], capture["byte_order"], False,
                                reply["index"] or 0, data))
    return frames


def differences(frames: Sequence[Frame], lines: Sequence[str], wanted: Sequence[str],
                most: int = 10) -> list[str]:
    """The first answers that are not as they should be, in words."""
    found = []
    for frame, line, want in zip(frames, lines, wanted):
        if line != want and len(found) < most:
            found.append(f"{frame.format} {frame.order} index {frame.index}"
                         f"{' producer' if frame.producer else ''} {frame.data.hex()}\n"
                         f"  judge:  {line}\n  wanted: {want}")
    return found
