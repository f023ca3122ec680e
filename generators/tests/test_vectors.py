# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Every vector of the corpus and every captured reply: leaves, tables, oracle and file agree."""
from __future__ import annotations

from typing import Iterator

import pytest
from judge import (PROGRAM, Frame, ask, capture_frames, differences, oracle_line, vector_frame,
                   vector_line, vectors)
from oracle_typed import ORACLE

from devfdgen import model
from devfdgen.emit.vectors import build
from devfdgen.emit.vectors.build import WITHOUT, row_of
from devfdgen.emit.vectors.cases import Case, Spots

VECTORS = vectors()
needs_judge = pytest.mark.skipif(not PROGRAM.exists(), reason="make build/tests/judge comes first")


def test_every_rule_has_a_vector(spec: model.Spec) -> None:
    broken = {vector["rule"] for vector in VECTORS}
    assert {rule.id for rule in spec.rules} - broken == set(WITHOUT)


def test_no_row_is_for_nothing(spec: model.Spec) -> None:
    assert all(spec.rule(rule_id) for rule_id in WITHOUT)
    assert all(row_of(spec, rule) for rule in spec.rules if rule.id not in WITHOUT)


def test_ids_are_unique() -> None:
    ids = [vector["id"] for vector in VECTORS]
    assert len(ids) == len(set(ids))


def test_a_new_case_renames_no_other(spec: model.Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = spec.rule("tlv.record.rec_len.min")
    before = [one.id for one in build.of_rule(build.Builder(spec), rule)]
    row = row_of(spec, rule)

    def longer(spec: model.Spec, rule: model.Rule, spots: Spots) -> Iterator[Case]:
        for case in row(spec, rule, spots):
            node = next((one for one in case.tree.nodes() if one.head.get("rec_len") == 8), None)
            yield case
            if node is not None:
                node.head["rec_len"] = 9
                yield Case(case.tree, case.at, "9")

    monkeypatch.setattr(build, "row_of", lambda spec, rule: longer)
    after = [one.id for one in build.of_rule(build.Builder(spec), rule)]
    assert [one for one in after if not one.endswith("/9")] == before
    assert len(after) > len(before)


@pytest.mark.parametrize(("note", "word"), [
    ("bit 4", "bit-4"), ("+4", "plus-4"), ("-4", "minus-4"), ("64-bit sum wraps", "64-bit-sum-wraps"),
    ("0x8, 0x8", "0x8-0x8"), ("INDEX in the tail of irq", "index-in-the-tail-of-irq"),
])
def test_a_note_becomes_a_word(note: str, word: str) -> None:
    assert build.slug(note) == word


def test_oracle_says_what_the_corpus_says() -> None:
    frames = [vector_frame(vector) for vector in VECTORS]
    lines = [oracle_line(ORACLE, frame) for frame in frames]
    assert not differences(frames, lines, [vector_line(vector) for vector in VECTORS])


@needs_judge
def test_codec_says_what_the_corpus_says() -> None:
    frames = [vector_frame(vector) for vector in VECTORS]
    wanted = [vector_line(vector) for vector in VECTORS]
    assert not differences(frames, ask(frames), wanted)


@needs_judge
def test_codec_and_oracle_agree_on_captures() -> None:
    frames = capture_frames()
    assert frames
    assert not differences(frames, ask(frames), [oracle_line(ORACLE, one) for one in frames])


def prefixes() -> list[Frame]:
    """Every prefix of every good vector, told its format."""
    found = []
    for vector in VECTORS:
        frame = vector_frame(vector)
        if vector["rule"] is None and frame.format is not None and len(frame.data) <= 400:
            found += [frame._replace(data=frame.data[:size]) for size in range(len(frame.data))]
    return found


@needs_judge
def test_codec_and_oracle_agree_on_prefixes() -> None:
    frames = sorted(set(prefixes()), key=lambda one: (str(one.format), one.data, one[1:4]))
    assert not differences(frames, ask(frames), [oracle_line(ORACLE, one) for one in frames])
