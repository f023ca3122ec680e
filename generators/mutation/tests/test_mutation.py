# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The mutator on a small file: which mutants it has, that each is what it says, that one which no
input notices is reported, and that an entry of equivalent/ has to be right."""
from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from mutation import corpus, equivalent
from mutation.build import HERE, Scope
from mutation.model import Mutant, Mutants
from mutation.rewrite import Rewriter
from mutation.tables import Tables

SMALL = """
struct row { int tag, many; };
const struct row rows[] = {
	{
		/* FIRST: the only one */
		.tag = 9,
		.many = 1,
	},
};
int judge(int a, int b)
{
	if (a < b)
		return rows[0].tag;
	return a + b;
}
int left_alone(int a) { return a + 1; }
"""
MAIN = """
#include <stdio.h>
#include <stdlib.h>
unsigned devfd_mutant;
unsigned char devfd_reached[1000];
int judge(int a, int b);
extern struct devfd_patch devfd_patches_small_c[];
int main(int argc, char **argv)
{
	struct devfd_patch *p;
	devfd_mutant = atoi(argv[1]);
	for (p = devfd_patches_small_c; p->number; p++)
		if (p->number == devfd_mutant && p->how == DEVFD_PATCH_PLUS)
			++*(int *)p->at;
	return printf("%d %d %d", judge(1, 2), judge(2, 2), judge(5, 2)) < 0 || argc != 2;
}
"""


@pytest.fixture(name="small")
def fixture_small(tmp_path: Path) -> tuple[Mutants, Path]:
    (tmp_path / "small.c").write_text(SMALL, encoding="ascii")
    mutants = Mutants()
    source = Rewriter(tmp_path, "small.c", mutants, lambda name: name == "judge")
    text = source.rewritten() + Tables(source, mutants, {}, ["row.many"]).patches()
    (tmp_path / "out.c").write_text(text, encoding="ascii")
    (tmp_path / "main.c").write_text(MAIN, encoding="ascii")
    subprocess.run(["cc", "-std=gnu11", "-w", "-Dconst=", "-include", HERE / "mutant.h", "-o",
                    tmp_path / "small", tmp_path / "out.c", tmp_path / "main.c"], check=True)
    return mutants, tmp_path / "small"


def said(program: Path, number: int) -> str:
    return subprocess.run([program, str(number)], capture_output=True, text=True, check=True).stdout


def test_no_mutant_is_the_code_as_it_is(small: tuple[Mutants, Path]) -> None:
    assert said(small[1], 0) == "9 4 7"


@pytest.mark.parametrize("mutation, answer", [
    ("a <= b", "9 9 7"), ("a >= b", "3 9 9"), ("a > b", "3 4 9"), ("true", "9 9 9"),
    ("false", "3 4 7"), ("a - b", "9 0 3"), ("b", "9 2 2"), ("a", "9 2 5"),
])
def test_a_mutant_is_what_it_says(small: tuple[Mutants, Path], mutation: str,
                                  answer: str) -> None:
    """The first number is that of 1 < 2, which mutants of the condition turn to 1 + 2."""
    mutants, program = small
    found = [m for m in mutants.all if m.mutation == mutation]
    assert len(found) == 1 and found[0].function == "judge"
    assert said(program, found[0].number) == answer


def test_tables_are_patched(small: tuple[Mutants, Path]) -> None:
    mutants, program = small
    tag = [m for m in mutants.all if m.operator == "table" and m.mutation == "+ 1"]
    assert [(m.original, m.function) for m in tag] == [("9", "rows[FIRST].tag")]
    assert said(program, tag[0].number) == "10 4 7"
    many = [m for m in mutants.all if m.function.endswith(".many")]
    assert [m.mutation for m in many] == ["0"]


def test_functions_left_out_have_no_mutant(small: tuple[Mutants, Path]) -> None:
    assert {m.function for m in small[0].all if m.operator != "table"} == {"judge"}


def one(**changes: object) -> Mutant:
    given = {"number": 1, "base": 1, "file": "a.c", "line": 3, "function": "f",
             "operator": "relation", "original": "a < b", "mutation": "a <= b",
             "statement": "if (a < b)"}
    return Mutant(**{**given, **changes})  # type: ignore[arg-type]


def entries(**changes: object) -> list[equivalent.Entry]:
    given = {"file": "a.c", "function": "f", "original": "a < b", "mutation": "a <= b",
             "reason": "both are the same here"}
    return equivalent.read({"equivalent": [{**given, **changes}]})


def test_a_survivor_is_reported() -> None:
    assert equivalent.apply([], [one()], [], True) == ([], [one()], [])
    assert equivalent.apply(entries(), [one()], [], True) == ([one()], [], [])


def test_an_entry_has_to_match() -> None:
    _, left, wrong = equivalent.apply(entries(function="g"), [one()], [], True)
    assert left == [one()] and "matches no mutant" in wrong[0]
    assert not equivalent.apply(entries(function="g"), [one()], [], False)[2]


def test_an_equivalent_has_to_survive() -> None:
    wrong = equivalent.apply(entries(), [], [one()], True)[2]
    assert len(wrong) == 1 and "is killed" in wrong[0] and wrong[0].startswith("a.c:3:")


def test_a_star_stands_for_anything() -> None:
    assert entries(function="*", original="a*b", statement=["no", "if *"])[0].matches(one())
    assert not entries(original="a \\* b")[0].matches(one())
    assert entries(original="a \\* b")[0].matches(one(original="a * b"))


@pytest.mark.parametrize("changes", [{"reason": ""}, {"line": 7}])
def test_an_entry_has_to_give_a_reason_and_no_line(changes: dict[str, object]) -> None:
    with pytest.raises(equivalent.Wrong):
        entries(**changes)


def test_an_answer_has_to_be_the_one_of_the_corpus() -> None:
    case = corpus.Case("x", corpus.VECTOR, "tlv", {}, b"", {
        "verdict": "reject", "rule": "tlv.header.size", "at": 4, "need": None, "dump": None})
    assert case.agrees("reject tlv.header.size 4")
    assert not case.agrees("reject tlv.header.size 5")
    assert not case.agrees("reject tlv.header.magic.in 4")
    assert not case.agrees("accept {}")


def test_the_scope_names_what_exists() -> None:
    scope = Scope.of(json.loads((HERE / "scope.json").read_text(encoding="utf-8")))
    assert all((HERE.parents[1] / name).is_file() for name in scope.sources)
    assert scope.wants("codec/chain.c", "judge_link")
    assert not scope.wants("codec/generated/tlv.c", "devfd_put_tlv_end")
