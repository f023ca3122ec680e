# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Writes out the rules that constructs bring by themselves, and numbers all rules by ids.lock."""

from __future__ import annotations

from . import model as m


def expand(spec: m.Spec) -> None:
    """Fills Spec.rules and the rules of every format, chain, body and field."""
