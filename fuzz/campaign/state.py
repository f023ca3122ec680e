# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What a campaign knows of itself, in one JSON file that is whole at every moment."""
from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from .house import Problem

SCHEMA = "devfd-fuzz-campaign-1"


def write_whole(path: Path, text: str) -> None:
    """Written beside and renamed, so that no reader and no crash sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read_whole(path: Path, what: str) -> Any:
    """JSON, or a Problem that says what the file is not."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise Problem(f"{path}: not {what}: {error}") from error


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two campaigns at once would each write the sums of the other away."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Problem(f"another campaign runs in {folder}: wait for it, or name another "
                          "folder with --out") from error
        yield


class State:
    """targets: by target and engine the sums of all runs; findings: by target and signature."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data: dict[str, Any] = {"schema": SCHEMA, "targets": {}, "findings": {}}
        if not path.exists():
            return
        self.data = read_whole(path, "a state of a campaign")
        schema = self.data.get("schema") if isinstance(self.data, dict) else None
        if schema != SCHEMA:
            raise Problem(f"{path}: schema {schema!r}, known is {SCHEMA}")
        for part in ("targets", "findings"):
            if not isinstance(self.data.get(part), dict):
                raise Problem(f"{path}: not a state of a campaign: it has no {part}")

    def save(self) -> None:
        write_whole(self.path, json.dumps(self.data, indent=1, sort_keys=True) + "\n")

    def target(self, name: str) -> dict[str, Any]:
        return self.data["targets"].setdefault(name, {"engines": {}})

    def engine(self, target: str, engine: str) -> dict[str, Any]:
        """Sums over all runs: executions, process-seconds, runs; the last coverage, and where in
        executions and process-seconds it last grew."""
        empty = {"executions": 0, "seconds": 0.0, "runs": 0, "edges": 0, "features": 0,
                 "last_new": {"executions": 0, "seconds": 0.0}}
        return self.target(target)["engines"].setdefault(engine, empty)

    def findings(self, target: str) -> dict[str, Any]:
        return self.data["findings"].setdefault(target, {})

    def finding_count(self) -> int:
        return sum(len(found) for found in self.data["findings"].values())
