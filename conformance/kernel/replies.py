# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Judges the raw replies in captures once more, by the oracle: a reading of spec/ that shares no
code with what judged them in the guest. Wants Debian's python3-yaml."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from ktap import Test

TOP = Path(__file__).resolve().parents[2]
FORMATS = {
    "VFIO_DEVICE_GET_INFO": "linux.device_info",
    "VFIO_DEVICE_GET_REGION_INFO": "linux.region_info",
    "VFIO_DEVICE_GET_IRQ_INFO": "linux.irq_info",
    "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO": "linux.hot_reset_info",
    "VFIO_IOMMU_GET_INFO": "linux.iommu_info",
}
# From this version on a kernel keeps all that spec/ asks of a producer; older ones are judged as a
# reader would judge them, which does not mind capabilities that are not aligned.
PRODUCER_SINCE = (6, 6)
# bytes, format, index, order, role -> verdict and the rule that it comes from
Judge = Callable[[bytes, str, int, str, str], tuple[str, str]]


def oracle() -> Judge:
    sys.path.insert(0, str(TOP / "generators"))
    from oracle import load  # pylint: disable=import-outside-toplevel

    loaded = load(TOP / "spec")

    def judge(data: bytes, form: str, index: int, order: str, role: str) -> tuple[str, str]:
        verdict = loaded.judge(data, form, index=index, order=order, role=role)
        return verdict.verdict, verdict.rule or ""

    return judge


def due(reply: dict, received: bytes, order: str) -> str | None:
    """What a reply has to be judged as: whole, or to be asked for again with more room. None where
    the call failed or where nothing says how to read it."""
    if reply["ret"] < 0 or reply["call"] not in FORMATS:
        return None
    if len(received) < 4:
        return "need-more"
    return "need-more" if int.from_bytes(received[:4], order) > len(received) else "accept"


def role_of(kernel: str) -> str:
    version = tuple(map(int, kernel.split(".")[:2]))
    return "producer" if version >= PRODUCER_SINCE else "reader"


def judge_capture(name: str, capture: dict, judge: Judge) -> Test:
    """A test a capture, with a note about each reply that the oracle takes for something else."""
    order, role = capture["byte_order"], role_of(capture["kernel"])
    test = Test(name)
    judged = whole = 0
    for number, reply in enumerate(capture["replies"]):
        received = bytes.fromhex(reply["bytes"])[: reply["argsz_in"]]
        wanted = due(reply, received, order)
        if wanted is None:
            continue
        judged += 1
        whole += wanted == "accept"
        form, index = FORMATS[reply["call"]], reply["index"] or 0
        verdict, rule = judge(received, form, index, order, role)
        if verdict != wanted:
            test.ok = False
            test.notes.append(
                f"reply {number}, {reply['call']} {reply['index']} argsz {reply['argsz_in']}: "
                f"{verdict} {rule}, {wanted} is due"
            )
    test.notes.append(f"{judged} replies judged as by a {role}, {whole} whole")
    if not whole:
        test.ok = False
        test.notes.append("no whole reply at all")
    return test


def judge_all(captures: dict[str, dict], judge: Judge) -> Test:
    """The step that the host adds to a guest's: "replies", with a test a capture."""
    tests = [judge_capture(name, one, judge) for name, one in sorted(captures.items())]
    group = Test("replies", ok=bool(tests) and all(one.ok for one in tests), tests=tests)
    if not tests:
        group.notes.append("no capture came out of the guest")
    return group


def read_captures(files: dict[str, bytes], folder: str) -> dict[str, dict]:
    """The captures of one folder among what a guest shipped."""
    return {
        Path(name).stem: json.loads(data)
        for name, data in files.items()
        if Path(name).parent.name == folder and name.endswith(".json")
    }
