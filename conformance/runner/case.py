# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What flows through the runner: a case, the answer of a testee, the result of both, and a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ACCEPT, REJECT, NEED_MORE, SKIP, ERROR = "accept", "reject", "need-more", "skip", "error"
VERDICTS = (ACCEPT, REJECT, NEED_MORE, SKIP, ERROR)  # in the order of their numbers on the pipe
UNSPECIFIED = "unspecified"  # a verdict that is wanted, never given

OUTCOMES = ("pass", "fail", "note", "skip", "crash", "unspecified")
ORDERS = ("little", "big")
ROLES = ("reader", "producer")
LEVELS = ("abi", "robust", "seen", "ours")
RESPONDER = "responder"  # whose scripts are listed, but played by no attachment of this runner
LENIENT = ("seen", "ours")  # levels that never fail a foreign testee


@dataclass(frozen=True)
class Want:
    """What the specification says of an input. None: it says nothing, or nothing to be compared."""

    verdict: str
    rule: str | None = None
    at: int | None = None
    need: int | None = None
    dump: Any = None


@dataclass(frozen=True)
class Case:
    """One input (or dialogue) with what is given beside it and what is wanted."""

    id: str
    family: str  # vector, prefix or script
    format: str | None  # None: to be told from the first bytes
    rule: str | None
    rules: tuple[str, ...]
    role: str
    level: str | None
    cls: str
    given: dict[str, Any]
    input: bytes
    want: Want
    catches: tuple[str, ...] = ()
    text: str = ""
    steps: tuple[dict[str, Any], ...] = ()
    calls: int = 0  # of a script: more calls than this are a hang
    added: str = "1.0"
    applies: dict[str, str] | None = None

    @property
    def order(self) -> str:
        return self.given.get("order", "little")

    @property
    def index(self) -> int:
        return self.given.get("index", 0)


@dataclass(frozen=True)
class Answer:
    """What a testee said. None: it did not tell."""

    verdict: str
    at: int | None = None
    need: int | None = None
    rule: str | None = None
    dump: Any = None
    text: str = ""  # of skip and error: the reason


@dataclass
class Result:
    """A case, what became of it, and why."""

    case: Case
    outcome: str  # one of OUTCOMES
    answer: Answer | None = None
    detail: str = ""
    seconds: float = 0.0
    stderr: str = ""  # of a crash: the end of what the testee wrote there
    left_out: bool = False  # not run because the run was told so, or was stopped


@dataclass
class Run:
    """All results of one testee."""

    testee: dict[str, Any]  # name, version, package, command, tells ...
    started: str  # ISO 8601
    corpus: str  # version of the corpus
    results: list[Result] = field(default_factory=list)
