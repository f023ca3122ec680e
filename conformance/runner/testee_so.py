# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""A testee as a shared object: loaded by host.py in a child, so that a crash of it is seen."""

from __future__ import annotations

import sys
from pathlib import Path

from .testee import CannotStart
from .testee_pipe import PipeTestee

HOST = Path(__file__).with_name("host.py")


class SoTestee(PipeTestee):
    def __init__(self, path: str, timeout: float) -> None:
        if not Path(path).is_file():
            raise CannotStart(f"{path}: no such file")
        super().__init__([sys.executable, "-B", str(HOST), str(Path(path).resolve())], timeout)
        self.title = path
