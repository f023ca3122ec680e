# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""A testee that misbehaves as its first argument says. It speaks the protocol by itself: inputs
that begin with "good" are accepted, others rejected. Its last argument is a mark by which a test
finds it."""

import json
import os
import signal
import struct
import sys
import time

MODE = sys.argv[1]
UNTOLD = 0xffffffff
ACCEPT, REJECT, SKIP, ERROR = 0, 1, 3, 4
LONG = 600
FORMAT = "tlv"


def read(size):
    data = b""
    while len(data) < size:
        more = os.read(0, size - len(data))
        if not more:
            leave(0)
        data += more
    return data


def frame():
    body = read(int.from_bytes(read(4), "little"))
    return body[:1], body[1:]


def write(kind, payload):
    data = struct.pack("<I", 1 + len(payload)) + kind + payload
    while data:
        data = data[os.write(1, data):]


def leave(status):
    if MODE == "status" and status == 0:
        status = 3
    if MODE == "lingers":
        time.sleep(LONG)
    os._exit(status)


def answer(number, verdict, text=b""):
    write(b"A", struct.pack("<IBII", number, verdict, UNTOLD, UNTOLD) + text)


def hello():
    if MODE == "silent":
        time.sleep(LONG)
    if MODE == "dies":
        print("no such library", file=sys.stderr)
        leave(4)
    if MODE == "chatty":
        os.write(1, b"my-reader 1.0 starting\n")
    said = {"name": "bad", "version": "1", "protocol": 2 if MODE == "newer" else 1,
            "formats": [FORMAT], "roles": ["reader"],
            "tells": [] if MODE in ("frail", "little") else ["rule"],
            "scripts": MODE.startswith("script")}
    if MODE == "unknown-key":
        said["colour"] = "red"
    write(b"H", json.dumps(said).encode())
    if MODE == "deaf":
        time.sleep(LONG)


def flood(fd, size):
    for _ in range(size >> 16):
        os.write(fd, b"x" * (1 << 16))


def misbehave(number, data, count):
    """What is done instead of, or before, an answer. True: it stands for the answer."""
    here = data.endswith(b"!")
    if MODE == "third" and count == 3:
        os.kill(os.getpid(), signal.SIGSEGV)
    if MODE == "segv" and here:
        os.kill(os.getpid(), signal.SIGSEGV)
    if MODE == "mute" and count == 1:
        os.close(2)
    if MODE == "hang-all" or MODE == "hang" and here:
        time.sleep(LONG)
    if MODE == "brittle" and (not data or len(data) % 4):
        time.sleep(LONG)
    if MODE == "frail" and len(data) > 200:
        os.kill(os.getpid(), signal.SIGSEGV)
    if MODE == "early" and count == 3:
        leave(0)
    if MODE == "floods":
        flood(2, 1 << 19)
    if MODE == "pours" and here:
        while True:
            flood(1, 1 << 20)
    if MODE == "prints":
        os.write(1, b"my-reader: one more\n")
    if MODE == "garbage" and here:
        os.write(1, b"Segmentation fault (not really)\n")
        return True
    if MODE == "verdict" and here:
        answer(number, 9)
        return True
    if MODE == "json" and here:
        answer(number, ACCEPT, b"{")
        return True
    if MODE == "closes" and here:
        os.close(1)
        time.sleep(LONG)
    if MODE == "orphan" and here:
        if os.fork() == 0:
            time.sleep(LONG)
        leave(5)
    if MODE == "ubsan" and here:
        os.write(2, b"reader.c:12:5: runtime error: load of misaligned address\n")
    if MODE == "asan" and here:
        os.write(2, b"==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1\n")
        leave(1)
    if MODE == "twice" and here:
        answer(number, REJECT)
    if MODE == "error" and here:
        answer(number, ERROR, b"no memory")
        return True
    if MODE == "skips":
        answer(number, SKIP, b"too hard")
        return True
    if MODE == "lies":
        answer(number, ACCEPT)
        return True
    return False


def script(number):
    """Calls with 16 bytes until it is told to end; some never are."""
    for _ in range(1000):
        size = 0 if MODE == "script-empty" else 16
        offered = 64 if MODE == "script-over" else size
        write(b"Q", struct.pack("<II", number, offered) + bytes(max(0, size - 4)))
        kind, payload = frame()
        if kind != b"R":
            leave(0)
        errno, argsz = struct.unpack_from("<II", payload.ljust(8, b"\0"))
        if MODE == "script-hang":
            continue
        answer(number, REJECT if errno or argsz > 16 else ACCEPT)
        return


def main():
    held, count = [], 0
    while True:
        kind, payload = frame()
        if kind == b"H":
            hello()
        elif kind == b"C":
            count += 1
            number, length = struct.unpack("<I", payload[:4])[0], payload[10]
            name, data = payload[11:11 + length], payload[11 + length:]
            if name.decode() != FORMAT or MODE == "little" and payload[4]:
                answer(number, SKIP, b"reads tlv in little-endian only")
                continue
            if misbehave(number, data, count):
                continue
            verdict = ACCEPT if data.startswith(b"good") else REJECT
            held.append((number, verdict))
            if MODE == "swaps" and len(held) % 2:
                continue
            for one in reversed(held):
                answer(*one)
            held = []
        elif kind == b"S":
            script(int.from_bytes(payload[:4], "little"))
        else:
            leave(0)


main()
