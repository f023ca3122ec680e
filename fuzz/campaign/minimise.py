# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Minimises a corpus by coverage: of the inputs that reach the same, the smallest are kept."""
from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Callable, Iterable

from .engines import SANITIZERS, flags
from .house import Problem

PATIENCE = 1800


def old_folder(corpus: Path) -> Path:
    return corpus.with_name(corpus.name + ".old")


def recover(corpus: Path) -> None:
    """Puts right what a minimising that was killed left: no input is lost at any moment of it."""
    old = old_folder(corpus)
    if not old.is_dir():
        return
    if not corpus.is_dir():
        old.rename(corpus)
        return
    for path in old.iterdir():
        if not (corpus / path.name).exists():
            path.rename(corpus / path.name)
    shutil.rmtree(old)


def minimise(program: Path, corpus: Path, more: Iterable[Path] = (), options: Iterable[str] = (),
             stopped: Callable[[], bool] = lambda: False) -> tuple[int, int]:
    """Makes the corpus what it and `more` reach together; files before and after."""
    recover(corpus)
    corpus.mkdir(parents=True, exist_ok=True)
    sources = [corpus, *(folder for folder in more if folder.is_dir())]
    before = len(files(corpus))
    new = corpus.with_name(corpus.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    command = [str(program), "-merge=1", *flags(program.name, sources), *options, str(new),
               *map(str, sources)]
    log = corpus.with_name(corpus.name + ".merge.log")
    with log.open("wb") as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT,
                                 stdin=subprocess.DEVNULL, start_new_session=True,
                                 env={**os.environ, **SANITIZERS})
        status = wait(child, stopped)
    if stopped():
        shutil.rmtree(new)
        return before, before
    if status or (before and not files(new)):
        shutil.rmtree(new)
        raise Problem(f"minimising {corpus} failed with status {status}: see {log}")
    cut = [path for path in files(new) if hashlib.sha1(path.read_bytes()).hexdigest() != path.name]
    if cut:
        shutil.rmtree(new)
        raise Problem(f"minimising {corpus} wrote {len(cut)} inputs that are not whole, as on a "
                      "full disk; it stays as it was")
    corpus.rename(old_folder(corpus))
    new.rename(corpus)
    shutil.rmtree(old_folder(corpus))
    return before, len(files(corpus))


def wait(child: subprocess.Popen, stopped: Callable[[], bool]) -> int | None:
    """Its status; None where it took too long, or was to stop. It is gone in any case."""
    try:
        for _ in range(5 * PATIENCE):
            try:
                return child.wait(0.2)
            except subprocess.TimeoutExpired:
                if stopped():
                    break
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    return None


def files(folder: Path) -> list[Path]:
    """Files of a folder and those below, in the order of their names."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
