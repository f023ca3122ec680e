# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""How the tests run the tool devfd, and what they give it."""
from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEVFD = Path(os.environ.get("DEVFD", ROOT / "build" / "devfd")).resolve()
CAPTURES = ROOT / "conformance" / "captures"
NVME = CAPTURES / "7.2.13-1b36-0010.json"
# With three device capabilities, in big-endian byte order.
ZPCI = CAPTURES / "6.1.192-s390x-1af4-1000.json"
# How much room the IOMMU's whole reply takes.
IOMMU = {"6.1.192-1b36-0010.json": 116, "7.2.13-1b36-0010.json": 120}
LAYOUTS = ("tlv", "array", "fixed")
ORDERS = ("little", "big")
DEVICES = sorted(CAPTURES.glob("[0-9]*.json"))


def run(*args, stdin=b"", **more) -> subprocess.CompletedProcess:
    """Runs devfd; its output is bytes."""
    if "stdin" not in more and not hasattr(stdin, "fileno"):
        more["input"] = stdin
    else:
        more["stdin"] = stdin
    more.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([DEVFD, *map(str, args)], stderr=subprocess.PIPE, timeout=60, **more)


def good(*args, **more) -> str:
    """Runs devfd, which has to end well and in silence; returns what it printed."""
    done = run(*args, **more)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def bad(status: int, *args, **more) -> str:
    """Runs devfd, which has to fail with this status and a message; returns the message."""
    done = run(*args, **more)
    message = done.stderr.decode()
    assert done.returncode == status, message
    assert message.startswith("devfd")
    return message


def convert(source: bytes, to: str, order: str = "little", *options: str) -> bytes:
    done = run("convert", "--to", to, "--byte-order", order, *options, "-", "-o", "-", stdin=source)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def rich_dump() -> dict:
    """A dump with everything that a description can say."""
    kept = [{"origin": "REGION_CAP", "order": "BIG", "id": 9, "version": 1, "data": "0102030405"},
            {"origin": "RECORD", "order": "LITTLE", "id": 0x20000, "version": 7,
             "data": "00112233"}]
    return {
        "schema": "devfd/1",
        "device": {"bus": "DT", "flags": ["RESET"], "num_regions": 4, "num_irqs": 3,
                   "more": 0x8000, "kept": kept},
        "regions": [
            {"index": 0, "state": "PRESENT",
             "flags": ["READ", "WRITE", "MMAP", "PHYS_ADDR", "TYPE", "AREAS", "DT_PATH",
                       "DT_INDEX"],
             "offset": "0x1000", "size": "0x8000", "phys_addr": "0xfe000000", "type": 1,
             "subtype": 2, "prop_type": "REG", "prop_index": 3, "dt_path": "/soc/dev@0 %25%FF",
             "areas": [{"offset": "0x0", "size": "0x1000"}, {"offset": "0x4000", "size": "0x2000"}],
             "more": 0x100, "kept": kept},
            {"index": 1, "state": "EMPTY", "flags": ["MMAP", "AREAS"], "offset": "0x0",
             "size": "0x0", "areas": []},
            {"index": 3, "state": "UNREADABLE", "flags": [], "offset": "0x0", "size": "0x0",
             "error": 22}],
        "irqs": [
            {"index": 0, "state": "PRESENT",
             "flags": ["DT_PATH", "DT_INDEX", "EVENTFD", "MASKABLE", "AUTOMASKED", "NORESIZE"],
             "count": 1, "prop_type": "INTERRUPT_MAP", "prop_index": 0, "dt_path": "/", "more": 16,
             "kept": kept},
            {"index": 1, "state": "EMPTY", "flags": [], "count": 0},
            {"index": 2, "state": "UNREADABLE", "flags": [], "count": 0, "error": 5}]}


def text(dump: dict) -> bytes:
    return json.dumps(dump).encode()


def capture_of(*replies: dict, **more) -> bytes:
    return json.dumps({"schema": "vfio-capture/1", "byte_order": "little", "device": None,
                       "replies": replies, **more}).encode()


def part(capture: Path, call: str, most: int = 1 << 20) -> bytes:
    """The replies to one call alone, of no device; cut to so many bytes each."""
    whole = json.loads(capture.read_text())
    replies = [{**one, "bytes": one["bytes"][:2 * most], "recorded": min(most, one["recorded"])}
               for one in whole["replies"] if one["call"] == f"VFIO_{call}"]
    return capture_of(*replies, byte_order=whole["byte_order"])


def info(call: str, data: bytes, index=None, argsz=None, **more) -> dict:
    return {"call": f"VFIO_{call}", "index": index, "argsz_in": argsz or len(data), "ret": 0,
            "errno": 0, "bytes": data.hex(), "recorded": len(data), **more}
