# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The mutator on a small file: which mutants it has, that each is what it says, that one which no
input notices is reported, and that an entry of equivalent/ has to be right."""
from __future__ import annotations

import collections
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from mutation import corpus, equivalent
from mutation.__main__ import Tried, figures
from mutation.build import HERE
from mutation.model import Mutant, Mutants, Rows, Scope
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
# Rows as those of the table engine: by number, out of a macro, with more rows in place of a name.
ROWS = """
enum { ONE = 1, TWO, LISTED, UNLISTED };
struct value { int number; };
struct row { const char *name; const struct value *values; int count, asks, many; };
#define VALUES(array) array, sizeof(array) / sizeof((array)[0])
static const struct value two_values[] = { {5}, {7} };
const int the_rules[] = { LISTED };
const struct row rows[] = {
	[ONE] = {"a, \\"name", VALUES(two_values)},
	[TWO] = {"none"},
	[LISTED] = {.values = (const struct value[]){{.number = 3},
		{.number = 4}}, .count = 2, .asks = 1},
	[UNLISTED] = {.values = (const struct value[]){{.number = 8}}, .count = 1, .asks = 1},
};
int judge(int a, int b)
{
	return rows[a].values[b].number;
}
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
	return printf("%d %d %d", judge(A), judge(B), judge(C)) < 0 || argc != 2;
}
"""
SCOPE = Scope("small", [], "", ["small.c"], {}, {"row.name": "a name"},
              {"rows": Rows("*_rules", ("asks",))}, ["row.many", "row.asks"], ["row.count"])


def built(folder: Path, text: str, scope: Scope, calls: tuple[str, ...]) -> tuple[Mutants, Path]:
    (folder / "small.c").write_text(text, encoding="ascii")
    mutants = Mutants()
    source = Rewriter(folder, "small.c", mutants, lambda name: name == "judge")
    text = source.rewritten() + Tables(source, mutants, scope).patches()
    (folder / "out.c").write_text(text, encoding="ascii")
    (folder / "main.c").write_text(MAIN, encoding="ascii")
    subprocess.run(["cc", "-std=gnu11", "-w", "-Dconst=", "-include", HERE / "mutant.h",
                    *(f"-D{name}={call}" for name, call in zip("ABC", calls)), "-o",
                    folder / "small", folder / "out.c", folder / "main.c"], check=True)
    return mutants, folder / "small"


@pytest.fixture(name="small")
def fixture_small(tmp_path: Path) -> tuple[Mutants, Path]:
    scope = replace(SCOPE, rows_left_out={})
    return built(tmp_path, SMALL, scope, ("1,2", "2,2", "5,2"))


@pytest.fixture(name="rows")
def fixture_rows(tmp_path: Path) -> tuple[Mutants, Path]:
    return built(tmp_path, ROWS, SCOPE, ("1,0", "1,1", "3,1"))


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


def test_rows_of_the_table_engine_are_patched(rows: tuple[Mutants, Path]) -> None:
    mutants, program = rows
    assert said(program, 0) == "5 7 4"
    found = {m.function: m for m in mutants.all if m.operator == "table" and m.mutation == "+ 1"}
    assert said(program, found["two_values[1].number"].number) == "5 8 4"
    listed = found["rows[LISTED].values[1].number"]
    assert said(program, listed.number) == "5 7 5"
    assert ROWS.splitlines()[listed.line - 1].strip().startswith("{.number = 4}")


def test_a_length_is_never_more(rows: tuple[Mutants, Path]) -> None:
    """What stands behind a list is nobody's."""
    assert [m.mutation for m in rows[0].all if m.function == "rows[LISTED].count"] == ["- 1"]


def test_rows_that_nothing_lists_are_left_out(rows: tuple[Mutants, Path]) -> None:
    places = {m.function for m in rows[0].all if m.operator == "table"}
    assert places == {
        "two_values[0].number", "two_values[1].number", "the_rules[0]", "rows[LISTED].asks",
        "rows[LISTED].count", "rows[LISTED].values[0].number", "rows[LISTED].values[1].number",
        "rows[UNLISTED].asks"}


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


SCOPES = {path.stem: Scope.read(path) for path in (HERE / "scope").glob("*.json")}


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES.keys())
def test_a_scope_names_what_exists(scope: Scope) -> None:
    root = HERE.parents[1]
    assert all((root / name).is_file() for name in scope.sources)
    assert all(list(root.glob(pattern)) for pattern in scope.built)
    assert not scope.asked_by or (root / scope.asked_by).is_file()


def test_the_loops_leaves_and_tables_are_mutated() -> None:
    assert sorted(SCOPES) == ["leaves", "tables"]
    assert {"codec/chain.c", "codec/generated/tlv.c"} <= set(SCOPES["leaves"].sources)
    assert {"codec/tables/engine.c", "codec/generated/tables.c"} == set(SCOPES["tables"].sources)
    assert SCOPES["leaves"].wants("codec/chain.c", "judge_link")
    assert not SCOPES["leaves"].wants("codec/generated/tlv.c", "devfd_put_tlv_end")
    assert SCOPES["tables"].wants("codec/tables/engine.c", "judge_string")


def test_a_source_is_in_one_subject() -> None:
    sources = [name for scope in SCOPES.values() for name in scope.sources]
    assert len(sources) == len(set(sources))


def figures_of(*names: str) -> dict[str, list[Mutant]]:
    return {name: [one(file=f"{name}.c", number=i) for i in (1, 2, 3)]
            for name in names}


def test_each_subject_has_its_figures() -> None:
    """Numbers of mutants begin at 1 in each subject, and must not be mixed up."""
    subjects = {name: Tried(all_, all_[:1], all_[1:], collections.Counter(crash=1))
                for name, all_ in figures_of("a", "b").items()}
    same, left = subjects["a"].survived[:1], subjects["a"].survived[1:] + subjects["b"].survived
    assert figures(subjects["a"], same, left) == {
        "mutants": 3, "killed": 1, "equivalent": 1, "survived": 1}
    assert figures(subjects["b"], same, left) == {
        "mutants": 3, "killed": 1, "equivalent": 0, "survived": 2}
