#!/usr/bin/python3
# SPDX-License-Identifier: CC0-1.0
"""An adapter to copy: a reader in Python on the pipe of PROTOCOL.md. Fill in judge()."""
import json
import struct
import sys

HELLO = {
    "name": "my reader", "version": "0", "protocol": 1, "formats": ["linux.region_info"],
    "roles": ["reader"], "tells": ["need"], "scripts": False,
}  # fmt: skip
ACCEPT, REJECT, NEED_MORE, SKIP, ERROR = range(5)
NOT_TOLD = 0xFFFFFFFF


def judge(format, order, role, index, data):
    """Returns verdict, offset of the fault, size to come back with, and a text: the dump as JSON of
    what is accepted, the rule of what is not, the reason of a skip; NOT_TOLD and "" where unknown.
    order is little or big, role is reader or producer, index is the one that was asked for."""
    if len(data) < 32:  # struct vfio_region_info without any capability
        return NEED_MORE, NOT_TOLD, 32, ""
    return SKIP, NOT_TOLD, NOT_TOLD, "not written yet"


def send(kind, payload):
    sys.stdout.buffer.write(struct.pack("<Ic", len(payload) + 1, kind) + payload)
    sys.stdout.buffer.flush()


def answer(case):
    number, order, role, index, length = struct.unpack_from("<IBBIB", case)
    name, data = case[11 : 11 + length].decode(), case[11 + length :]
    if name not in HELLO["formats"]:
        told = SKIP, NOT_TOLD, NOT_TOLD, "a format that is not read"
    else:
        told = judge(name, ("little", "big")[order], ("reader", "producer")[role], index, data)
    verdict, at, need, text = told
    send(b"A", struct.pack("<IBII", number, verdict, at, need) + text.encode())


def main():
    while head := sys.stdin.buffer.read(4):
        size = int.from_bytes(head, "little")
        frame = sys.stdin.buffer.read(size)
        kind, payload = frame[:1], frame[1:]
        if len(frame) < size or kind == b"E":
            break
        if kind == b"H" and payload == struct.pack("<I", HELLO["protocol"]):
            send(b"H", json.dumps(HELLO).encode())
        elif kind == b"C":
            answer(payload)
        else:
            sys.exit(f"unknown frame {frame!r}")


main()
