# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What tools write to stderr when a program went wrong, as data: the tool and its pattern. A line
that only mentions a tool is none of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

SEAM = 1024  # what is kept of the text before, since a line can come in pieces
BEFORE = 160  # shown of the line before a hit


@dataclass(frozen=True)
class Sign:
    """A pattern that begins with a line break wants the beginning of a line; there is one before
    all text. The hint is found much faster than the pattern, and is in all that it matches."""

    tool: str
    hint: bytes
    pattern: bytes
    last: bool = False  # whether the reason is not in the line that is found, but the last of all


# Undefined behaviour, or memory that is not the program's: a crash, whatever the program answers.
SANITIZERS = (
    Sign("a sanitizer", b"Sanitizer", rb"ERROR: \w{1,24}Sanitizer[: ][^\n]{0,120}"),
    Sign("a sanitizer", b"Sanitizer", rb"SUMMARY: \w{1,24}Sanitizer: [^\n]{0,120}"),
    Sign("a sanitizer", b"Sanitizer", rb"\n\w{1,24}Sanitizer:DEADLYSIGNAL"),
    Sign("MemorySanitizer", b"Sanitizer", rb"WARNING: MemorySanitizer: [^\n]{0,120}"),
    Sign("ThreadSanitizer", b"Sanitizer", rb"WARNING: ThreadSanitizer: [^\n]{0,120}"),
    Sign("UBSan", b": runtime error: ",
         rb"(?::\d+|<unknown>|\+0x[0-9a-f]+\)?): runtime error: [^\n]{0,160}"),
    Sign("UBSan, minimal runtime", b"ubsan: ", rb"ubsan: [a-z-]+ by 0x[0-9a-f]+"),
    Sign("UBSan, minimal runtime", b"ubsan: ", rb"\nubsan: [a-z]+(?:-[a-z]+)+\r?\n"),
    Sign("Go, race detector", b"DATA RACE", rb"\nWARNING: DATA RACE\r?\n"),
    *(Sign("valgrind", b"== ", rb"==[0-9:. ]{1,40}== " + text + rb"[^\n]{0,80}") for text in (
        rb"Invalid (?:read|write|free)", rb"Conditional jump", rb"Use of uninit",
        rb"Mismatched (?:free|new|delete)", rb"Source and destination overlap", rb"Syscall param",
        rb"Jump to the invalid address", rb"Process terminating with default action")),
)

# An exception that nobody caught. Some languages end with status 1 then, as who rejects does.
EXCEPTIONS = (
    Sign("Python", b"Traceback (most recent call last)",
         rb"\n[ +|]*(?:Exception Group )?Traceback \(most recent call last\)", last=True),
    Sign("Python", b'  File "', rb'\n  File "[^\n]{1,300}", line \d+\r?\n(?:[^\n]{0,300}\n){0,3}'
         rb"(?:Syntax|Indentation|Tab)Error: [^\n]{0,120}", last=True),
    Sign("Node", b"node:internal", rb"\n[\w.]{0,80}(?:Error|Exception)\b[^\n]{0,160}"
         rb"(?:\n    at [^\n]{0,160}){0,9}?\n    at [^\n]{0,160}node:internal"),
    Sign("Node", b"node:internal", rb"\n    at [^\n]{0,400}\(?node:internal"),
    Sign("Node", b"node:internal", rb"\nnode:internal/[^\n]{1,200}:\d+"),
    Sign("Node", b"Node.js v", rb"\nNode\.js v\d+\.\d+[^\n]{0,40}\r?\n"),
    Sign("Node", b"Uncaught", rb"\n(?:error: )?Uncaught\b[^\n]{0,120}"),
    Sign("Java", b"Exception in thread", rb"\nException in thread \"[^\n]{0,160}"),
    Sign("Java", b"Error: ",
         rb"\nError: (?:Could not find or load main class|Unable to access jarfile)[^\n]{0,120}"),
    Sign("Ruby", b":in ", rb"\n[^\n:]{1,300}:\d+:in ['`][^\n']{1,200}': "
         rb"(?:unhandled exception|[^\n]{1,300} \([A-Z][\w:]*\))"),
    Sign("Rust", b"panicked at", rb"\bpanicked at [^\n]{0,160}"),
    Sign("Go", b"goroutine ", rb"\n(?:panic|fatal error): [^\n]{0,300}\n(?:[^\n]{0,300}\n){0,5}"
         rb"goroutine \d+ \[running"),
    Sign("Lua", b"stack traceback:", rb"\nstack traceback:\r?\n"),
    Sign("Haskell", b"CallStack (from", rb"\nCallStack \(from HasCallStack\)"),
)


class Search:
    """Looks for the sign of a table that stands first in a stream."""

    def __init__(self, table: Sequence[Sign]) -> None:
        self.found = ""  # the line, up to the end of what was matched
        self.sign: Sign | None = None
        self._table = [(sign, re.compile(sign.pattern)) for sign in table]  # once: re remembers
        self._seam = b"\n"

    def feed(self, data: bytes) -> None:
        if self.found:
            return
        text = self._seam + data
        first: re.Match[bytes] | None = None
        for sign, pattern in self._table:
            match = pattern.search(text) if sign.hint in text else None
            if match and (first is None or match.start() < first.start()):
                first, self.sign = match, sign
        if first:
            self.found = _line(text, first)
            return
        self._seam = text[-SEAM:]


def _line(text: bytes, match: re.Match[bytes]) -> str:
    first = match.start() + (match[0][:1] == b"\n")
    begin = max(text.rfind(b"\n", 0, first) + 1, first - BEFORE)
    return text[begin:match.end()].decode(errors="replace").strip().splitlines()[0]
