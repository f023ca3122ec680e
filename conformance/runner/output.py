# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What a person sees: the progress bar, the summary of a run, a case explained. And files that
appear whole or not at all."""

from __future__ import annotations

import itertools
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from .case import OUTCOMES, RESPONDER, Case, Result, Run
from .verdict import told

SHOWN = 40  # groups of failures on a terminal; reports have them all
WIDTH = 30
LEFT_OUT = "not run: "  # begins the reason of a case that a run did not come to
COLUMNS = {"pass": "pass", "fail": "fail", "crash": "CRASH", "note": "note",
           "unspecified": "unspecified", "skip": "not run"}
assert set(COLUMNS) == set(OUTCOMES)


class Bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self) -> None:
        self.on = sys.stderr.isatty()
        self._last = 0.0

    def __call__(self, done: int, total: int, bad: int) -> None:
        now = time.monotonic()
        if not self.on or (now - self._last < 0.1 and done < total):
            return
        self._last = now
        text = f" {done}/{total}, {bad} failed or crashed"
        columns = os.get_terminal_size(sys.stderr.fileno()).columns or 80
        width = min(WIDTH, columns - len(text) - 3)  # a line that is folded could not be rewritten
        full = max(0, width) * done // max(1, total)
        bar = f"[{'#' * full}{'.' * (width - full)}]" if width > 0 else ""
        sys.stderr.write(f"\r{(bar + text)[:columns - 1]}\x1b[K")
        sys.stderr.flush()

    def clear(self) -> None:
        if self.on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def unread(out: TextIO) -> None:
    """What is left in its buffer cannot be written, and would be told of at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


class Heard:
    """An output on which the outcome does not hang: whoever reads may have seen enough."""

    def __init__(self, out: TextIO) -> None:
        self.out = out

    def write(self, text: str) -> None:
        self._try(lambda: self.out.write(text))

    def flush(self) -> None:
        self._try(self.out.flush)

    def _try(self, act: Callable[[], Any]) -> None:
        try:
            act()
        except BrokenPipeError:
            unread(self.out)


def counts(results: Iterable[Result]) -> Counter[str]:
    return Counter(result.outcome for result in results)


def summary(run: Run, rules: dict[str, dict[str, Any]], unexpected: list[str]) -> Iterator[str]:
    """A table by format, then what failed or crashed, with its rule."""
    testee = run.testee
    name = " ".join(f"{testee['name']} {testee.get('version') or ''}".split())
    yield f"{name}: {len(run.results)} cases of corpus {run.corpus}"
    yield from _table(run)
    bad = [one for one in run.results if one.outcome in ("fail", "crash")]
    groups = list(_groups(bad))
    for group in groups[:SHOWN]:
        yield from _failure(group, rules, testee.get("expected", {}))
    if len(groups) > SHOWN:
        yield f"... and {len(groups) - SHOWN} more; --report jsonl=FILE has them all"
    reasons = Counter(one.detail for one in run.results if one.outcome == "skip")
    for reason, number in reasons.most_common(8):
        yield f"not run: {number} cases: {reason.removeprefix(LEFT_OUT)}"
    shown = {one.case.id for one in bad}
    for line in unexpected:
        if line.split(": ")[0] not in shown:
            yield f"unexpected: {line}"


def _table(run: Run) -> Iterator[str]:
    by_format: dict[str, Counter[str]] = {}
    for one in run.results:
        key = one.case.format or "(told by bytes)"
        if one.case.family == "session":
            key = "(the end)"
        by_format.setdefault(key, Counter())[one.outcome] += 1
    total: Counter[str] = sum(by_format.values(), Counter())
    names = [name for name in COLUMNS if total[name] or name in ("pass", "fail", "crash")]
    width = max(len(key) for key in by_format) if by_format else 0
    yield "  ".join([" " * width, *(f"{COLUMNS[name]:>7}" for name in names)])
    rows = [*sorted(by_format.items())]
    if len(rows) > 1:
        rows.append(("all", total))
    for key, count in rows:
        yield "  ".join([f"{key:{width}}", *(
            f"{count[name] or '-':>{max(7, len(COLUMNS[name]))}}" for name in names)])


def _key(one: Result) -> tuple[str, str, str]:
    """Prefixes of one vector that fail alike are one line."""
    case = one.case
    name = case.id.rsplit("/", 1)[0] if case.family == "prefix" else case.id
    return name, one.outcome, one.detail


def _groups(results: list[Result]) -> Iterator[list[Result]]:
    for _, group in itertools.groupby(results, _key):
        yield list(group)


def _failure(group: list[Result], rules: dict[str, dict[str, Any]],
             expected: dict[str, str]) -> Iterator[str]:
    first, last = group[0], group[-1]
    case = first.case
    name = case.id
    if len(group) > 1:
        name += f" to /{last.case.id.rsplit('/', 1)[1]} ({len(group)} cases)"
    yield f"{COLUMNS[first.outcome]}: {name}: {first.detail}"
    text = rules.get(case.rule or "", {}).get("text") or case.text
    if case.rule:
        yield f"    {case.rule} ({case.level}): {text}"
    elif text:
        yield f"    {text}"
    if case.id in expected:
        yield f"    expected: {expected[case.id]}"


def hexdump(data: bytes) -> Iterator[str]:
    for at in range(0, len(data), 16):
        row = data[at:at + 16]
        words = " ".join(f"{byte:02x}" for byte in row)
        chars = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield f"  {at:04x}  {words:47}  {chars}"


def explain(case: Case, rules: dict[str, dict[str, Any]]) -> Iterator[str]:
    """A case in words."""
    yield case.id
    if case.text:
        yield f"  {case.text}"
    for rule in case.rules:
        about = rules.get(rule, {})
        level = about.get("level") or case.level
        yield f"rule     {rule} ({level}): {about.get('text', '')}".rstrip(": ")
        for key in ("source", "applies"):
            if about.get(key):
                yield f"  {key}: {about[key]}"
    yield f"format   {case.format or 'to be told from the first bytes'}"
    yield f"role     {case.role}"
    yield f"class    {case.cls}"
    yield f"given    {', '.join(f'{key} {value}' for key, value in case.given.items())}"
    if case.catches:
        yield f"catches  {', '.join(case.catches)}"
    yield f"wanted   {told(case.want)}"  # type: ignore[arg-type]
    if case.want.dump is not None:
        yield f"dump     {json.dumps(case.want.dump)}"
    if case.family == "script":
        yield ("script: a request, and the answer that is owed" if case.role == RESPONDER else
               f"script, at most {case.calls} calls; the last step is repeated")
        for number, step in enumerate(case.steps, 1):
            yield f"  step {number}: {step}"
        return
    yield f"input    {len(case.input)} bytes"
    yield from hexdump(case.input)


def write_whole(path: Path, text: str) -> None:
    """The file appears whole or not at all. A device or a pipe is written to as it is."""
    if path.exists() and not path.is_file():  # before its links are followed: pipes have no name
        with path.open("w", encoding="utf-8") as out:
            out.write(text)
        return
    path = path.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8") as out:
            out.write(text)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
