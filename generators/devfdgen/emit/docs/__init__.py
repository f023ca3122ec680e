# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Documentation for people: spec/reference.md and the picture of the layouts, spec/layouts.svg."""

from __future__ import annotations

import re

from ...model import Spec
from .. import MARK, environment
from . import picture, words

TARGETS = ("reference.md", "layouts.svg")


def render(spec: Spec) -> dict[str, str]:
    env = environment(__file__)
    env.filters["cell"] = words.cell
    env.globals.update(mark=MARK, words=words, spec=spec, sheet=picture.draw(spec))
    texts = {name: env.get_template(f"{name}.j2").render() for name in TARGETS}
    # Templates cannot see what stands above them; Markdown wants exactly one blank line.
    return {f"spec/{name}": re.sub(r"\n{3,}", "\n\n", text) for name, text in texts.items()}
