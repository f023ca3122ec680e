# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The solver's word on every rule about values: it can be met, it can be broken alone, and it turns
where the emitter of boundaries thinks so."""
from __future__ import annotations

from dataclasses import replace

import pytest

from devfdgen import model, smt
from devfdgen.emit.vectors.alone import NOT_ALONE
from devfdgen.emit.vectors.boundaries import limits
from devfdgen.emit.vectors.values import is_of_values


@pytest.fixture(scope="module")
def found(spec: model.Spec) -> dict[str, smt.Finding]:
    return smt.findings(spec, limits)


def test_every_rule_about_numbers_is_asked(spec: model.Spec,
                                           found: dict[str, smt.Finding]) -> None:
    """But for masks of flags words in the head of a record, which no field of a body has."""
    left = [rule for rule in spec.rules if is_of_values(rule) and rule.id not in found]
    assert {rule.predicate for rule in left} <= {"mask"}, [rule.id for rule in left]


def test_each_can_be_met_and_broken_alone(found: dict[str, smt.Finding]) -> None:
    assert not [rule for rule, one in found.items() if not one.met]
    assert {rule for rule, one in found.items() if not one.alone} == set(NOT_ALONE) & set(found)


def test_each_turns_at_a_value_that_has_a_boundary(found: dict[str, smt.Finding]) -> None:
    asked = {rule: one.turns for rule, one in found.items() if one.turns is not None}
    assert len(asked) > 30
    assert not [rule for rule, turns in asked.items() if not turns]


@pytest.mark.parametrize(("low", "high", "met", "alone"), [
    (0, 0xFFFFFFFF, True, False), (6, 5, False, True),
])
def test_a_rule_that_says_nothing_is_seen(spec: model.Spec, monkeypatch: pytest.MonkeyPatch,
                                          low: int, high: int, met: bool, alone: bool) -> None:
    rule = spec.rule("model.region.bar")
    first, least, most = rule.operands
    monkeypatch.setattr(rule, "operands", [first, replace(least, value=low),
                                           replace(most, value=high)])
    finding = smt.findings(spec, limits)[rule.id]
    assert (finding.met, finding.alone) == (met, alone)
