# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What fuzzing takes from the spec: the list of targets, and what the mutator knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ... import model as m
from .. import MARK, environment, vectors
from .dictionaries import all_dictionaries
from .seeds import all_seeds, good
from .shapes import Sample, samples, shape_row
from .targets import Target, all_targets
from .texts import COUNTED, KEYS, all_texts, quoted

FOLDER = "fuzz/generated"
SEEDS = "fuzz/seeds"
NEEDS = ("vectors",)  # seeds and good bodies are taken from them


@dataclass(frozen=True)
class Shape:
    """A format as the mutator has it."""

    number: int
    cname: str
    row: dict[str, Any]
    samples: list[Sample]


def shape(spec: m.Spec, target: Target, rows: list[dict[str, Any]]) -> Shape:
    cname = target.name.replace("-", "_")
    return Shape(target.number, cname, shape_row(spec, target), samples(spec, target, rows))


def render(spec: m.Spec) -> dict[str, str | bytes]:
    targets = all_targets(spec)
    tables = vectors.tables_of(spec)
    templates = environment(__file__)
    layouts = [one for target in targets if not target.is_reply
               for one in good(spec, target, tables["vectors"])]
    templates.globals.update(quoted=quoted, text_keys=KEYS, counted=COUNTED,
                             texts=all_texts(spec, targets, layouts))
    templates.globals.update(mark=MARK, targets=targets,
                             shapes=[shape(spec, one, tables["vectors"]) for one in targets])
    files: dict[str, str | bytes] = {
        f"{FOLDER}/{name}": templates.get_template(f"{name}.j2").render()
        for name in ("targets.mk", "shapes.c", "texts.c")
    }
    dictionary = templates.get_template("target.dict.j2")
    for name, entries in all_dictionaries(spec, targets).items():
        files[f"{FOLDER}/{name}.dict"] = dictionary.render(name=name, entries=entries)
    for name, data in all_seeds(spec, targets, tables).items():
        files[f"{SEEDS}/{name}"] = data
    return files
