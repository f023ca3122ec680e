# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What fuzzing takes from the spec: the list of targets."""

from __future__ import annotations

from ... import model as m
from .. import MARK, environment
from .targets import all_targets

FOLDER = "fuzz/generated"


def render(spec: m.Spec) -> dict[str, str]:
    templates = environment(__file__)
    templates.globals.update(mark=MARK, targets=all_targets(spec))
    return {f"{FOLDER}/targets.mk": templates.get_template("targets.mk.j2").render()}
