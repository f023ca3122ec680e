# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Rewrites a C file so that every mutant of its functions is in it, chosen by one number at run
time: `a < b` becomes an expression that asks which variant is wanted and is `a < b` otherwise.

libclang says where expressions stand; the text between them is kept as it is, so that comments,
preprocessor lines and line numbers stay. What comes out of a macro is not touched: its arguments
are, since the macros that judge are taken for functions while parsing (see PARSED)."""
from __future__ import annotations

import re
from pathlib import Path
from typing import Callable, Iterable

from clang import cindex
from clang.cindex import Cursor, CursorKind as Kind, TypeKind

from mutation.model import Mutants

# Macros that judge, as declarations: the parser then sees their arguments as those of a call.
PARSED = (
    (re.compile(r"#define DEVFD_LEAF\(.*?\n\n|#define DEVFD_LEAF\((?:[^\n]*\\\n)*[^\n]*\n"),
     "int DEVFD_LEAF();\n"),
    (re.compile(r"#define DEVFD_ITEM_RULES\([^\n]*\n"), "int DEVFD_ITEM_RULES();\n"),
)

RELATIONS = {
    "<": ("<=", ">", ">="), "<=": ("<", ">", ">="), ">": (">=", "<", "<="), ">=": (">", "<", "<="),
    "==": ("!=", "<=", ">="), "!=": ("==", "<", ">"),
}
ARITHMETIC = {
    "+": ("-",), "-": ("+",), "*": ("+",), "/": ("*",), "%": ("/",), "&": ("|",), "|": ("&",),
    "^": ("|",), "<<": (">>",), ">>": ("<<",),
}
INTEGERS = {TypeKind.UCHAR, TypeKind.USHORT, TypeKind.UINT, TypeKind.ULONG, TypeKind.ULONGLONG,
            TypeKind.CHAR_U, TypeKind.CHAR_S, TypeKind.SCHAR, TypeKind.SHORT, TypeKind.INT,
            TypeKind.LONG, TypeKind.LONGLONG, TypeKind.ENUM, TypeKind.BOOL}
WIDE = {TypeKind.ULONG, TypeKind.ULONGLONG, TypeKind.LONG, TypeKind.LONGLONG}
STATEMENTS = {Kind.COMPOUND_STMT, Kind.IF_STMT, Kind.WHILE_STMT, Kind.DO_STMT, Kind.FOR_STMT,
              Kind.RETURN_STMT, Kind.DECL_STMT, Kind.CONTINUE_STMT, Kind.BREAK_STMT,
              Kind.NULL_STMT, Kind.SWITCH_STMT, Kind.CASE_STMT, Kind.DEFAULT_STMT}
LOAD = re.compile(r"devfd_get(8|16|32|64)\(")


class Rewriter:
    """One file. function_wanted tells which functions are to be mutated."""

    def __init__(self, root: Path, name: str, mutants: Mutants,
                 function_wanted: Callable[[str], bool], flags: Iterable[str] = ()) -> None:
        self.name = name
        self.path = root / name
        self.text = self.path.read_text(encoding="latin-1")
        self.mutants = mutants
        self.function_wanted = function_wanted
        self.function = ""
        self.inside = ""
        self.unit = self._parse(root, list(flags))

    def _parse(self, root: Path, flags: list[str]) -> cindex.TranslationUnit:
        unsaved = []
        scan = root / "codec" / "scan.h"
        if scan.exists():
            text = scan.read_text(encoding="latin-1")
            for pattern, declaration in PARSED:
                text = pattern.sub(declaration, text)
            unsaved.append((str(scan), text))
            if self.path == scan:
                self.parsed_differs = True
        unit = cindex.Index.create().parse(
            str(self.path), args=["-x", "c", "-std=gnu11", f"-I{root}/codec", *flags],
            unsaved_files=[pair for pair in unsaved if Path(pair[0]) != self.path])
        errors = [d for d in unit.diagnostics if d.severity >= cindex.Diagnostic.Error]
        if errors:
            raise SystemExit(f"mutation: {self.name}: cannot be parsed: {errors[0]}")
        return unit

    # ---- Text ----

    @staticmethod
    def span(cursor: Cursor) -> tuple[int, int]:
        return cursor.extent.start.offset, cursor.extent.end.offset

    def source(self, cursor: Cursor) -> str:
        start, end = self.span(cursor)
        return self.text[start:end]

    def here(self, cursor: Cursor) -> bool:
        start = cursor.extent.start
        return start.file is not None and Path(start.file.name) == self.path

    def rewritten(self) -> str:
        """The whole file, with mutants."""
        out, at = [], 0
        for cursor in self.unit.cursor.get_children():
            if cursor.kind != Kind.FUNCTION_DECL or not cursor.is_definition():
                continue
            if not self.here(cursor) or not self.function_wanted(cursor.spelling):
                continue
            self.function = cursor.spelling
            body = [c for c in cursor.get_children() if c.kind == Kind.COMPOUND_STMT][0]
            start, end = self.span(body)
            out += [self.text[at:start], self.statement(body)]
            at = end
        return "".join(out) + self.text[at:]

    def splice(self, cursor: Cursor, children: Iterable[tuple[Cursor, str]]) -> str:
        """The text of cursor with the texts of some of its children exchanged."""
        at, end = self.span(cursor)
        out = []
        for child, text in sorted(children, key=lambda pair: self.span(pair[0])):
            start, stop = self.span(child)
            if start < at or stop > end:
                raise SystemExit(f"mutation: {self.name}:{child.location.line}: {self.source(child)}"
                                 f" stands outside of {self.source(cursor)}")
            out += [self.text[at:start], text]
            at = stop
        return "".join(out) + self.text[at:end]

    def place(self, cursor: Cursor, variants: list[tuple[str, str, str]]) -> tuple[str, list[str]]:
        """Numbers for the variants (operator, mutation, C) of one place: the call that answers
        which is wanted (1 is the first, 0 none), and the C of each."""
        base = self.mutants.next()
        for operator, mutation, _ in variants:
            self.mutants.add(base, self.name, cursor.extent.start.line, self.function, operator,
                             self.source(cursor), mutation, self.inside)
        return f"devfd_v({base}, {len(variants)})", [c for _, _, c in variants]

    def choose(self, cursor: Cursor, before: str, variants: list[tuple[str, str, str]],
               plain: str) -> str:
        """`plain`, or the variant that is switched on; before: declarations for both."""
        if not variants:
            return f"({{ {before}{plain}; }})" if before else plain
        which, texts = self.place(cursor, variants)
        chain = "".join(f"mV == {i} ? {text} : " for i, text in enumerate(texts, 1))
        return f"({{ {before}unsigned mV = {which}; {chain}{plain}; }})"

    # ---- Statements ----

    def statement(self, cursor: Cursor) -> str:
        before, self.inside = self.inside, self.headline(cursor) or self.inside
        text = self.statement_inside(cursor)
        self.inside = before
        return text

    def headline(self, cursor: Cursor) -> str:
        """A simple statement, or what stands before the body of one that has a body."""
        if cursor.kind == Kind.COMPOUND_STMT:
            return ""
        children = list(cursor.get_children())
        bodies = {Kind.IF_STMT: children[1:2], Kind.WHILE_STMT: children[1:],
                  Kind.FOR_STMT: children[-1:], Kind.SWITCH_STMT: children[1:]}
        start, end = self.span(cursor)
        for body in bodies.get(cursor.kind, []):
            end = self.span(body)[0]
        if cursor.kind == Kind.DO_STMT:
            start = self.span(children[0])[1]
        return " ".join(re.sub(r"/\*.*?\*/", "", self.text[start:end], flags=re.S).split())

    def statement_inside(self, cursor: Cursor) -> str:
        kind = cursor.kind
        children = list(cursor.get_children())
        if kind == Kind.COMPOUND_STMT:
            return self.splice(cursor, self.compound(children))
        if kind == Kind.IF_STMT:
            parts = [(children[0], self.condition(children[0]))]
            parts += [(c, self.statement(c)) for c in children[1:]]
            return self.splice(cursor, parts)
        if kind == Kind.WHILE_STMT:
            return self.splice(cursor, [(children[0], self.condition(children[0])),
                                        (children[1], self.statement(children[1]))])
        if kind == Kind.DO_STMT:
            return self.splice(cursor, [(children[0], self.statement(children[0])),
                                        (children[1], self.condition(children[1]))])
        if kind == Kind.FOR_STMT:
            return self.loop(cursor, children)
        if kind == Kind.RETURN_STMT:
            return self.splice(cursor, [(c, self.returned(c)) for c in children])
        if kind == Kind.DECL_STMT:
            return self.splice(cursor, self.initializers(children))
        if kind == Kind.CONTINUE_STMT:
            which, _ = self.place(cursor, [("statement", "dropped", "")])
            return f"if ({which}) ; else continue"
        if kind == Kind.SWITCH_STMT:
            return self.splice(cursor, [(children[0], self.switched(cursor, children[0])),
                                        (children[1], self.statement(children[1]))])
        if kind in (Kind.CASE_STMT, Kind.DEFAULT_STMT):
            return self.splice(cursor, [(children[-1], self.statement(children[-1]))])
        if kind in STATEMENTS:
            return self.source(cursor)
        return self.expression_statement(cursor)

    def compound(self, children: list[Cursor]) -> list[tuple[Cursor, str]]:
        """The statements of a block; neighbours that load or store alike are exchanged too."""
        parts = [(c, self.statement(c)) for c in children]
        for i in range(len(children) - 1):
            one, other = self.assigned(children[i]), self.assigned(children[i + 1])
            if not one or not other or not self.alike(one[1], other[1]):
                continue
            first, second = self.source(one[1]), self.source(other[1])
            which, _ = self.place(children[i], [(
                "swap", f"{first} exchanged with {second}", "")])
            for k, (left, text) in ((i, (one[0], second)), (i + 1, (other[0], first))):
                parts[k] = (parts[k][0], f"({which} ? (void)({self.source(left)} = {text}) : "
                                         f"(void)({parts[k][1]}))")
        return parts

    def assigned(self, cursor: Cursor) -> tuple[Cursor, Cursor] | None:
        if cursor.kind != Kind.BINARY_OPERATOR or self.operator(cursor) != "=":
            return None
        left, right = cursor.get_children()
        return left, right

    def alike(self, one: Cursor, other: Cursor) -> bool:
        """Two loads of one width, or two variables of one type."""
        a, b = self.source(one), self.source(other)
        loads = LOAD.match(a), LOAD.match(b)
        if loads[0] and loads[1]:
            return loads[0].group() == loads[1].group() and a != b
        names = re.compile(r"[a-z_]\w*$")
        return bool(names.match(a) and names.match(b) and a != b and
                    one.type.kind in INTEGERS and other.type.kind in INTEGERS)

    def loop(self, cursor: Cursor, children: list[Cursor]) -> str:
        start, _ = self.span(cursor)
        body = children[-1]
        header = self.text[start:self.span(body)[0]]
        first = start + header.index(";")
        second = start + header.index(";", first - start + 1)
        parts = [(body, self.statement(body))]
        for child in children[:-1]:
            at = self.span(child)[0]
            is_condition = first < at < second
            parts.append((child, self.condition(child) if is_condition else self.statement(child)))
        return self.splice(cursor, parts)

    def initializers(self, children: list[Cursor]) -> list[tuple[Cursor, str]]:
        parts = []
        for variable in children:
            if variable.kind != Kind.VAR_DECL or variable.storage_class.name == "STATIC":
                continue
            inner = list(variable.get_children())
            if not inner or inner[-1].kind == Kind.INIT_LIST_EXPR:
                continue
            start, _ = self.span(inner[-1])
            name = variable.location.offset
            if start > name and "=" in self.text[name:start]:
                parts.append((inner[-1], self.value(inner[-1])))
        return parts

    def condition(self, cursor: Cursor) -> str:
        return self.choose(cursor, f"int mC = !!({self.value(cursor)}); ", [
            ("condition", "true", "1"), ("condition", "false", "0")], "mC")

    def returned(self, cursor: Cursor) -> str:
        text, plain = self.value(cursor), self.bare(cursor)
        if plain.kind == Kind.DECL_REF_EXPR and plain.type.kind in INTEGERS and \
                plain.referenced.kind != Kind.ENUM_CONSTANT_DECL:
            return self.choose(cursor, "", [("return", "0", "0")], text)
        return text

    def switched(self, statement: Cursor, cursor: Cursor) -> str:
        """A label is off by one where the value and its neighbour are exchanged before it."""
        variants = []
        for case in statement.walk_preorder():
            if case.kind != Kind.CASE_STMT:
                continue
            label = self.source(next(case.get_children()))
            variants.append(("constant", f"case {label} + 1",
                             f"(mA == {label} ? {label} + 1 : mA == {label} + 1 ? {label} : mA)"))
        return self.choose(cursor, f"__auto_type mA = {self.value(cursor)}; ", variants, "mA")

    def expression_statement(self, cursor: Cursor) -> str:
        text = self.source(cursor)
        if text.startswith(("(void)", "DEVFD_LOADED")):
            return text
        changed = self.value(cursor)
        which, _ = self.place(cursor, [("statement", "dropped", "")])
        return f"({which} ? (void)0 : (void)({changed}))"

    # ---- Expressions ----

    def bare(self, cursor: Cursor) -> Cursor:
        """Behind implicit conversions and parentheses."""
        while cursor.kind in (Kind.UNEXPOSED_EXPR, Kind.PAREN_EXPR):
            inner = list(cursor.get_children())
            if len(inner) != 1:
                break
            cursor = inner[0]
        return cursor

    def operator(self, cursor: Cursor) -> str:
        left, right = cursor.get_children()
        between = self.text[self.span(left)[1]:self.span(right)[0]]
        return re.sub(r"/\*.*?\*/", "", between, flags=re.S).strip()

    def value(self, cursor: Cursor) -> str:
        """The text of an expression whose value is used."""
        start, end = self.span(cursor)
        if start >= end or not self.here(cursor):
            return self.source(cursor)
        kind = cursor.kind
        handler = {
            Kind.BINARY_OPERATOR: self.binary,
            Kind.COMPOUND_ASSIGNMENT_OPERATOR: self.compound_assignment,
            Kind.UNARY_OPERATOR: self.unary,
            Kind.CONDITIONAL_OPERATOR: self.conditional,
            Kind.CALL_EXPR: self.call,
            Kind.INTEGER_LITERAL: self.constant,
            Kind.DECL_REF_EXPR: self.name_used,
            Kind.MEMBER_REF_EXPR: self.member,
            Kind.CSTYLE_CAST_EXPR: self.cast,
        }.get(kind)
        if handler:
            return handler(cursor)
        if kind in (Kind.CXX_UNARY_EXPR, Kind.STRING_LITERAL, Kind.INIT_LIST_EXPR):
            return self.source(cursor)
        return self.splice(cursor, [(c, self.value(c)) for c in cursor.get_children()])

    def address(self, cursor: Cursor) -> str:
        """The text of an expression that stands for a place: what leads there is kept, only
        values inside (an index) change."""
        if cursor.kind == Kind.ARRAY_SUBSCRIPT_EXPR:
            left, right = cursor.get_children()
            return self.splice(cursor, [(left, self.address(left)), (right, self.value(right))])
        if cursor.kind in (Kind.PAREN_EXPR, Kind.UNEXPOSED_EXPR, Kind.MEMBER_REF_EXPR):
            return self.splice(cursor, [(c, self.address(c)) for c in cursor.get_children()
                                        if c.kind.is_expression()])
        return self.source(cursor)

    def binary(self, cursor: Cursor) -> str:
        left, right = cursor.get_children()
        operator = self.operator(cursor)
        if operator == "=":
            return self.splice(cursor, [(left, self.address(left)), (right, self.value(right))])
        if operator in ("&&", "||"):
            return self.logical(cursor, left, right, operator)
        a, b = self.source(left), self.source(right)
        before = f"__auto_type mA = {self.value(left)}; __auto_type mB = {self.value(right)}; "
        variants: list[tuple[str, str, str]] = []
        pointer = any(self.pointer(side) for side in (left, right))
        zero = self.number(right) == 0
        if operator in RELATIONS:
            others = RELATIONS[operator]
            if pointer or (zero and operator in ("==", "!=")):
                others = others[:1]
            variants = [("relation", f"{a} {o} {b}", f"mA {o} mB") for o in others]
        elif operator in ARITHMETIC:
            variants = self.arithmetic(cursor, left, right, operator, pointer)
        return self.choose(cursor, before, variants, f"mA {operator} mB")

    def pointer(self, cursor: Cursor) -> bool:
        kind = cursor.type.get_canonical().kind
        return kind in (TypeKind.POINTER, TypeKind.INCOMPLETEARRAY, TypeKind.CONSTANTARRAY)

    def arithmetic(self, cursor: Cursor, left: Cursor, right: Cursor, operator: str,
                   pointer: bool) -> list[tuple[str, str, str]]:
        a, b = self.source(left), self.source(right)
        variants = []
        if not (self.pointer(left) and self.pointer(right)):
            for other in ARITHMETIC[operator]:
                if not pointer or not self.pointer(right):
                    variants.append(("arithmetic", f"{a} {other} {b}", f"mA {other} mB"))
        if self.number(right) is None and not (self.pointer(left) and self.pointer(right)):
            variants.append(("operand", a, "mA"))
        if self.number(left) is None and not pointer:
            variants.append(("operand", b, "mB"))
        wide = cursor.type.get_canonical().kind in WIDE
        if wide and operator in ("+", "-", "*", "<<") and not pointer:
            variants.append(("wrap32", f"(uint32_t)({a} {operator} {b})",
                             f"(__typeof__(mA {operator} mB))(uint32_t)(mA {operator} mB)"))
        return variants

    def logical(self, cursor: Cursor, left: Cursor, right: Cursor, operator: str) -> str:
        """Both keep the order of evaluation: the right side is looked at only where it was."""
        other = "||" if operator == "&&" else "&&"
        a, b = self.source(left), self.source(right)
        which, _ = self.place(cursor, [
            ("logic", f"{a} {other} {b}", ""), ("logic", a, ""), ("logic", b, "")])
        goes_on = "mA" if operator == "&&" else "!mA"
        return (f"({{ int mA = !!({self.value(left)}); unsigned mV = {which}; "
                f"(mV == 0 ? {goes_on} : mV == 1 ? !({goes_on}) : mV == 3) "
                f"? !!({self.value(right)}) : mA; }})")

    def compound_assignment(self, cursor: Cursor) -> str:
        left, right = cursor.get_children()
        operator = self.operator(cursor)
        a, b = self.source(left), self.source(right)
        others = {"+=": ("-=", "="), "-=": ("+=",), "|=": ("=", "&="), "&=": ("|=", "=")}
        variants = [("arithmetic", f"{a} {o} {b}", f"mP {o} mB")
                    for o in others.get(operator, ())]
        variants = [(n, m, c.replace("mP", "*mP")) for n, m, c in variants]
        before = (f"__typeof__({a}) *mP = &({self.address(left)}); "
                  f"__auto_type mB = {self.value(right)}; ")
        if not variants:
            return self.splice(cursor, [(left, self.address(left)), (right, self.value(right))])
        which, texts = self.place(cursor, variants)
        chain = "".join(f"mV == {i} ? ({text}) : " for i, text in enumerate(texts, 1))
        return f"({{ {before}unsigned mV = {which}; {chain}(*mP {operator} mB); }})"

    def unary(self, cursor: Cursor) -> str:
        inner = next(cursor.get_children())
        start, end = self.span(cursor)
        prefix, suffix = self.text[start:self.span(inner)[0]], self.text[self.span(inner)[1]:end]
        operator = (prefix + suffix).strip()
        text = self.source(inner)
        if operator in ("++", "--"):
            place = self.address(inner)
            back = "--" if operator == "++" else "++"
            return self.choose(cursor, "", [
                ("increment", text, f"({place})"),
                ("increment", f"{prefix.replace(operator, back)}{text}"
                              f"{suffix.replace(operator, back)}", f"({place}){back}"),
            ], f"{prefix}({place}){suffix}")
        if operator == "!":
            return self.choose(cursor, f"int mA = !!({self.value(inner)}); ",
                               [("negation", text, "mA")], "!mA")
        if operator == "~":
            return self.choose(cursor, f"__auto_type mA = {self.value(inner)}; ",
                               [("negation", text, "mA")], "~mA")
        if operator == "&":
            return self.splice(cursor, [(inner, self.address(inner))])
        if operator == "*":
            return self.splice(cursor, [(inner, self.value(inner))])
        return self.source(cursor)

    def conditional(self, cursor: Cursor) -> str:
        test, one, other = cursor.get_children()
        which, _ = self.place(cursor, [("condition", self.source(one), ""),
                                       ("condition", self.source(other), "")])
        return (f"({{ int mC = !!({self.value(test)}); unsigned mV = {which}; "
                f"(mV ? mV == 1 : mC) ? {self.value(one)} : {self.value(other)}; }})")

    def call(self, cursor: Cursor) -> str:
        children = list(cursor.get_children())
        name = cursor.spelling
        arguments = list(cursor.get_arguments())
        if not arguments:
            return self.source(cursor)
        parts = []
        for i, argument in enumerate(arguments):
            text = self.value(argument)
            plain = self.bare(argument)
            source = self.source(argument)
            last = i == len(arguments) - 1
            if name in ("devfd_fail", "devfd_want") and i == 2 and \
                    plain.kind != Kind.INTEGER_LITERAL:
                text = self.choose(argument, "", [("offset", f"{source} + 1", f"({source}) + 1"),
                                                  ("offset", f"{source} - 1", f"({source}) - 1")],
                                   text)
            if LOAD.match(f"{name}(") and last and i:
                text = self.choose(argument, f"uint32_t mA = {text}; ",
                                   [("byte order", f"!{source}", "!mA")], "mA")
            parts.append((argument, text))
        if children and self.bare(children[0]).kind == Kind.MEMBER_REF_EXPR:
            return self.splice(cursor, parts)
        return self.splice(cursor, parts)

    def cast(self, cursor: Cursor) -> str:
        inner = [c for c in cursor.get_children() if c.kind.is_expression()]
        return self.splice(cursor, [(inner[-1], self.value(inner[-1]))])

    def number(self, cursor: Cursor) -> int | None:
        """The value of a constant as it stands in the text; None for anything else."""
        plain = self.bare(cursor)
        if plain.kind == Kind.DECL_REF_EXPR and plain.referenced is not None and \
                plain.referenced.kind == Kind.ENUM_CONSTANT_DECL:
            return plain.referenced.enum_value
        if plain.kind == Kind.INTEGER_LITERAL:
            match = re.fullmatch(r"(0x[0-9a-fA-F]+|\d+)[uUlL]*", self.source(plain))
            return int(match.group(1), 0) if match else None
        return None

    def constant(self, cursor: Cursor) -> str:
        text, value = self.source(cursor), self.number(cursor)
        if not re.fullmatch(r"\w+", text):
            return text
        if value is None:
            if text == "NULL":
                return text
            return self.choose(cursor, "", [("constant", f"{text} - 1", f"({text}) - 1")],
                               f"({text})")
        seen, variants = {value}, []
        changes = [(value + 1, f"({text}) + 1"), (value - 1, f"({text}) - 1"), (0, f"({text}) & 0")]
        if text.startswith("0x") and value:
            low, high = value & -value, 1 << (value.bit_length() - 1)
            changes += [(value ^ low, f"({text}) ^ {low:#x}u"),
                        (value ^ high, f"({text}) ^ {high:#x}ull")]
            if value.bit_length() < 32:
                changes.append((value | high << 1, f"({text}) | {high << 1:#x}u"))
        for number, change in changes:
            if number in seen:
                continue
            seen.add(number)
            shown = f"{number:#x}" if text.startswith("0x") and number >= 0 else str(number)
            variants.append(("constant", shown, f"(__typeof__({text}))({change})"))
        return self.choose(cursor, "", variants, f"({text})")

    def name_used(self, cursor: Cursor) -> str:
        text = self.source(cursor)
        target = cursor.referenced
        if target is None or target.kind != Kind.ENUM_CONSTANT_DECL:
            return text
        operator = "rule" if text.startswith("DEVFD_RULE_") else "constant"
        variants = [(operator, f"{text} + 1", f"({text}) + 1"),
                    (operator, f"{text} - 1", f"({text}) - 1")]
        return self.choose(cursor, "", variants, f"({text})")

    def member(self, cursor: Cursor) -> str:
        """A field that is read; the next one of its type in the struct may stand for it."""
        text = self.address(cursor)
        if cursor.type.get_canonical().kind not in INTEGERS or cursor.referenced is None:
            return text
        owner = cursor.referenced.semantic_parent
        fields = [f for f in owner.get_children() if f.kind == Kind.FIELD_DECL and
                  f.type.get_canonical().kind == cursor.type.get_canonical().kind]
        names = [f.spelling for f in fields]
        if cursor.spelling not in names or len(names) < 2 or not text.endswith(cursor.spelling):
            return text
        other = names[(names.index(cursor.spelling) + 1) % len(names)]
        changed = text[:-len(cursor.spelling)] + other
        shown = self.source(cursor)[:-len(cursor.spelling)] + other
        return self.choose(cursor, "", [("field", shown, changed)], text)
