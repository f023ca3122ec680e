# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What the templates of the tables print: the spec turned into C initializers, row by row."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ... import model as m

C_KEYWORDS = {"class": "class_"}  # of C++, which may include the header
WIDTH = 100
CAPS = "CAPS"  # the wire flag that the loop over capabilities asks for
HEADS = {"record": "DEVFD_SIZE_TLV_RECORD", "capability": "DEVFD_SIZE_LINUX_CAP"}
# The head of a capability is part of the shape, not of a file; named here, it can be shown.
CAP_HEAD = (
    ("id", 0, 2, "which capability"),
    ("version", 2, 2, "version of the capability"),
    ("next", 4, 4, "offset of the next capability from the start of the reply; 0 for none"),
)
# Last parts of the ids of rules that speak of a whole body although a field stands at their offset.
OF_BODIES = ("size", "exact", "needed", "ascending", "absent", "first", "last")


def quote(text: str | None) -> str:
    """A C string, or NULL."""
    if text is None:
        return "NULL"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    escaped = re.sub(r"(?<=\?)\?", r"\\?", escaped)
    escaped = re.sub(r"[\0-\x1f\x7f]", lambda one: f"\\{ord(one[0]):03o}", escaped)
    return f'"{escaped.encode("ascii").decode()}"'


def rule_name(rule: m.Rule) -> str:
    return "DEVFD_RULE_" + rule.id.upper().replace(".", "_")


def body_name(body: m.Body) -> str:
    return f"DEVFD_BODY_{body.format}_{body.name}".upper()


def flag_name(flag: m.ModelFlag) -> str:
    return f"DEVFD_{flag.name}"


def number(value: int) -> str:
    suffix = "ull" if value > 0xFFFFFFFF else "u" if value > 0x7FFFFFFF else ""
    return (f"{value}" if value < 0x10000 else f"{value:#x}") + suffix


def initializer(members: dict[str, str | int | None]) -> str:
    """{.name = value, ...} of what is neither None nor 0."""
    parts = (f".{name} = {value}" for name, value in members.items() if value not in (None, 0, "0"))
    return "{" + ", ".join(parts) + "}"


def wrap(row: str) -> str:
    """A row on as few lines as it takes; clang-format would give each of its members one."""
    lines = [""]
    for unit in re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^",])+,?', row):
        unit = unit.strip()
        if lines[-1] and len(lines[-1]) + 1 + len(unit) > WIDTH - 9:
            lines.append(unit)
        else:
            lines[-1] = f"{lines[-1]} {unit}".lstrip()
    return "\t" + "\n\t ".join(lines)


def since(version: int) -> int | None:
    """Everything is there from version 1 on unless a row says otherwise."""
    return version if version > 1 else None


@dataclass
class Table:
    """An array of rows under a name of its own."""

    name: str
    rows: list[str]


class Rows:
    """Everything that the templates print, in the order of the spec."""

    def __init__(self, spec: m.Spec):
        self.spec = spec
        self.bodies = [body for fmt in spec.formats.values() for body in fmt.bodies()]
        self.body_names = [body_name(body) for body in self.bodies] + ["DEVFD_BODY_LINUX_CAP"]
        self.cap_number = len(self.body_names)
        self.attributes = self._attributes()
        self._enums = self._all_enums()
        self._flags = [(fmt, one) for fmt in spec.formats.values() for one in fmt.flags.values()]

    # -- attributes --------------------------------------------------------------------------------

    def _attributes(self) -> list[str]:
        names: dict[str, None] = {}
        for item in self.spec.model.items.values():
            names.update(dict.fromkeys(item.attributes))
        return list(names)

    def attribute_enum(self, name: str | None) -> str:
        return "0" if name is None else f"DEVFD_ATTR_{name}".upper()

    def attribute_rows(self) -> list[str]:
        rows = []
        for name in self.attributes:
            items = (item.attributes.get(name) for item in self.spec.model.items.values())
            one = next(item for item in items if item)
            member = C_KEYWORDS.get(name, name)
            rows.append(f"ATTRIBUTE({self.attribute_enum(name)}, {quote(one.name)}, {member})")
        return rows

    # -- enums and flag sets -----------------------------------------------------------------------

    def _all_enums(self) -> list[m.Enum]:
        enums = list(self.spec.model.enums.values())
        return enums + [one for fmt in self.spec.formats.values() for one in fmt.enums.values()]

    @staticmethod
    def enum_table(enum: m.Enum) -> str:
        return f"{enum.format or 'model'}_{enum.name}_members"

    @staticmethod
    def enum_row(enum: m.Enum) -> str:
        return f"DEVFD_ENUM_{enum.format or 'model'}_{enum.name}".upper()

    def enums(self) -> list[m.Enum]:
        return self._enums

    def _meaning_of(self, enum: m.Enum) -> m.Enum | None:
        """The enum of the model whose members the members of this one mean, by name."""
        for body in self.bodies:
            for field in body.fields:
                if field.enum is not enum or not field.attr:
                    continue
                kind, name = field.attr
                for item in self.spec.model.items.values():
                    if kind in (None, item.name) and name in item.attributes:
                        return item.attributes[name].enum
        return None

    def members(self, enum: m.Enum) -> list[str]:
        other = self._meaning_of(enum)
        rows = []
        for one in enum.members:
            meant = other.member(one.name) if other else None
            means = meant.value if meant else one.value
            rows.append(f"{{{quote(one.name)}, {number(one.value)}, {number(means)}}}")
        return rows

    def flag_sets(self) -> list[m.FlagSet]:
        return [flags for _, flags in self._flags]

    @staticmethod
    def flags_table(flags: m.FlagSet) -> str:
        return f"{flags.format}_{flags.name}_bits"

    @staticmethod
    def flags_row(flags: m.FlagSet) -> str:
        return f"DEVFD_FLAGS_{flags.format}_{flags.name}".upper()

    @staticmethod
    def rest(flags: m.FlagSet) -> str:
        rests = {"refuse": "DEVFD_REST_REFUSE", "ignore": "DEVFD_REST_IGNORE"}
        return rests[flags.rest] if isinstance(flags.rest, str) else "DEVFD_REST_MORE"

    def bits(self, flags: m.FlagSet) -> list[str]:
        rows = []
        for one in flags.members:
            sets = flag_name(one.sets) if one.sets else None
            if one.wire and one.name == CAPS:
                sets = "DEVFD_WIRE_CAPS"
            rows.append(
                initializer({
                    "name": quote(one.name),
                    "bit": one.bit,
                    "since": since(one.since),
                    "sets": sets,
                    "clears": flag_name(one.clears) if one.clears else None,
                    "bus": f"1 + DEVFD_BUS_{one.bus}" if one.bus else None,
                })
            )  # fmt: skip
        return rows

    # -- bodies and fields -------------------------------------------------------------------------

    @staticmethod
    def fields_table(body: m.Body) -> str:
        return f"{body.format}_{body.lname}_fields"

    def fields(self, body: m.Body) -> list[str]:
        return [self._field(body, one) for one in body.fields]

    def cap_head(self) -> list[str]:
        return [
            initializer({
                "name": quote(name),
                "doc": quote(doc),
                "kind": "DEVFD_KIND_SCALAR",
                "offset": offset,
                "width": width,
            })
            for name, offset, width, doc in CAP_HEAD
        ]  # fmt: skip

    def _field(self, body: m.Body, one: m.Field) -> str:
        is_flags = one.attr and one.attr[1] == "flags"
        members: dict[str, str | int | None] = {
            "name": quote(one.name),
            "doc": quote(one.doc),
            "kind": f"DEVFD_KIND_{one.kind}".upper(),
            "offset": one.offset,
            "width": one.width,
            "since": since(one.since),
            "late": int(one.late),
            "attr": self.attribute_enum(one.attr[1]) if one.attr and not is_flags else None,
            "takes_flags": int(bool(is_flags)),
            "values": self.enum_row(one.enum) if one.enum else None,
            "bits": self.flags_row(one.flagset) if one.flagset else None,
            "when": self._when(body, one),
            "counter": self._counter(body, one),
        }
        if one.struct:
            members["element"] = self.struct_table(one.struct)
            members["element_count"] = len(one.struct.fields)
        if one.must is not None:
            given = one.must.kind == "given"
            members["must_given"] = f"DEVFD_GIVEN_{one.must.name}".upper() if given else None
            members["must"] = number(one.must.value) if not given else None
        if one.not_ is not None:
            members["must_not"] = number(one.not_)
        for last, rule in one.rules.items() if body.kind != "head" else ():
            if last in ("is", "not", "in", "mask", "counts", "multiple", "length", "nul", "pad"):
                members[{"not": "differs"}.get(last, last)] = rule_name(rule)
        return initializer(members)

    def structs(self) -> list[m.Struct]:
        own = [one for fmt in self.spec.formats.values() for one in fmt.structs.values()]
        return list(self.spec.model.structs.values()) + own

    @staticmethod
    def struct_table(struct: m.Struct) -> str:
        return f"{struct.format or 'model'}_{struct.name}_element"

    @staticmethod
    def elements(struct: m.Struct) -> list[str]:
        return [
            initializer({
                "name": quote(one.name),
                "doc": quote(one.doc),
                "kind": "DEVFD_KIND_SCALAR",
                "offset": one.offset,
                "width": one.width,
            })
            for one in struct.fields
        ]  # fmt: skip

    @staticmethod
    def _counter(body: m.Body, one: m.Field) -> str | None:
        """1 + the place of the field that counts or measures this one."""
        other = one.length or (one.count if isinstance(one.count, m.Field) else None)
        return f"1 + {body.fields.index(other)}" if other else None

    @staticmethod
    def _when(body: m.Body, one: m.Field) -> str | None:
        if one.when is None:
            return None
        sets = (field.flagset for field in body.fields if field.flagset and field.attr)
        bits = (bit for flags in sets for bit in flags.members if bit.name == one.when and bit.sets)
        return flag_name(next(bits).sets)

    def body_rows(self) -> list[str]:
        rows = [self._body(body) for body in self.bodies]
        cap = {
            "name": quote("capability"),
            "format": quote("linux"),
            "doc": quote("Head of every capability."),
            "fields": "linux_cap_fields",
            "field_count": len(CAP_HEAD),
        }
        return rows + [initializer(cap)]

    def _body(self, body: m.Body) -> str:
        word = body.implied.get("flags.mask") if body.flags else body.implied.get("flags.is")
        is_record = body.kind == "record"
        size = body.implied.get("size") if body.kind != "reply" else None
        exact = body.implied.get("exact") if is_record else None
        written = body.explicit
        return initializer({
            "name": quote(body.name),
            "format": quote(body.format),
            "doc": quote(body.doc),
            "fields": self.fields_table(body) if body.fields else None,
            "field_count": len(body.fields),
            "tag": number(body.tag) if body.tag is not None else None,
            "since": since(body.since),
            "parents": quote(", ".join(body.parents)) if body.parents else None,
            "item": f"DEVFD_{body.item}".upper() if body.item else None,
            "head": HEADS.get(body.kind),
            "open": int(body.open_),
            "kept": int(body.kept),
            "many": int(body.many),
            "chain": f"DEVFD_ORIGIN_{self._origin(body)}" if body.chain else None,
            "word_bits": self.flags_row(body.flags) if body.flags else None,
            "word": rule_name(word) if is_record and word else None,
            "size": rule_name(size) if size else None,
            "exact": rule_name(exact) if exact else None,
            "rules": f"{body.format}_{body.lname}_rules" if written else None,
            "rule_count": len(written),
        })  # fmt: skip

    def _origin(self, body: m.Body) -> str:
        return self.spec.formats[body.format].chains[body.chain].origin

    def written_rules(self) -> list[Table]:
        return [
            Table(f"{body.format}_{body.lname}_rules", [rule_name(rule) for rule in body.explicit])
            for body in self.bodies
            if body.explicit
        ]

    # -- rules -------------------------------------------------------------------------------------

    def rule_rows(self) -> list[str]:
        """Rows by number."""
        return [self._rule(rule) for rule in sorted(self.spec.rules, key=lambda one: one.number)]

    def last_rule(self) -> int:
        return max(rule.number for rule in self.spec.rules)

    def _rule(self, rule: m.Rule) -> str:
        operands = ", ".join(self._operand(rule, operand) for operand in rule.operands)
        strings = (
            rule.id, rule.text, rule.level, rule.source_text, rule.verdict, ",".join(rule.roles),
            rule.applies.get("linux", ""),
        )  # fmt: skip
        row = "{" + ", ".join(quote(one) for one in strings) + "}"
        return f"[{rule_name(rule)}] = " + initializer({
            "row": row,
            "predicate": f"DEVFD_{rule.predicate}".upper() + "_HOLDS",
            "operands": f"(const struct devfd_operand[]){{{operands}}}",
            "count": len(rule.operands),
            "body": body_name(rule.body) if rule.body else None,
            "item": f"DEVFD_{rule.item}".upper() if rule.format == "model" and rule.item else None,
            "attr": self.attribute_enum(rule.attribute) if rule.attribute else None,
            "field": self._own_field(rule),
            "of_body": int(self._of_body(rule)),
            "producer": int(rule.producer_only),
            "asks": int(rule.verdict == "need-more"),
        })  # fmt: skip

    @staticmethod
    def _own_field(rule: m.Rule) -> str | None:
        """1 + the place of the field that the rule belongs to."""
        if rule.body is None or rule.field not in rule.body.fields:
            return None
        return f"1 + {rule.body.fields.index(rule.field)}"

    @staticmethod
    def _of_body(rule: m.Rule) -> bool:
        last = rule.id.rpartition(".")[2]
        if rule.format == "model":
            return rule.attribute is None
        if rule.body is None:
            return last in ("overlap", "config")
        return last in OF_BODIES and rule.field is None

    def model_rules(self) -> list[str]:
        """The rules of attributes and items."""
        return [rule_name(rule) for rule in self.spec.rules if rule.format == "model" and rule.item]

    def _operand(self, rule: m.Rule, operand: m.Operand) -> str:
        kind = f"DEVFD_OF_{operand.kind}".upper()
        members: dict[str, str | int | None] = {"kind": kind}
        if operand.kind == "number":
            members["value"] = number(operand.value)
        elif operand.kind in ("field", "test"):
            members["ref"] = self._field_place(rule, operand.field)
            if operand.kind == "test" and operand.member:
                members["value"] = number(operand.member.value)
            elif operand.kind == "test":
                members["given"] = f"DEVFD_GIVEN_{operand.name}".upper()
            members["name"] = quote(operand.field.name)
        elif operand.kind in ("attr", "element", "device"):
            members["ref"] = self.attribute_enum(operand.name)
            members["name"] = quote(str(operand))
            if operand.kind == "element":
                members["value"] = self._element_offset(operand)
        elif operand.kind == "flag":
            members["value"] = flag_name(operand.flag)
            members["name"] = quote(operand.flag.name)
        elif operand.kind == "given":
            members["given"] = f"DEVFD_GIVEN_{operand.name}".upper()
        elif operand.kind == "place":
            members["name"] = quote(operand.name)
        return initializer(members)

    @staticmethod
    def _field_place(rule: m.Rule, field: m.Field) -> int:
        """Where the field stands in the rule's own body; 255 if it is one of another body."""
        return rule.body.fields.index(field) if rule.body and field in rule.body.fields else 255

    def _element_offset(self, operand: m.Operand) -> int:
        fields = self.spec.model.structs["area"].fields
        return next(one.offset for one in fields if one.name == operand.member)

    # -- names -------------------------------------------------------------------------------------

    def model_flags(self) -> list[str]:
        return [f"[{one.bit}] = {quote(one.name)}" for one in self.spec.model.flags.values()]

    def formats(self) -> list[str]:
        """Names of formats, those of the replies with the file's name in front."""
        names = [name for name, fmt in self.spec.formats.items() if fmt.shape != "replies"]
        for name, fmt in self.spec.formats.items():
            names += [f"{name}.{reply}" for reply in fmt.replies]
        return [quote(name) for name in names]

    def types(self) -> list[m.DeviceType]:
        return [one for fmt in self.spec.formats.values() for one in fmt.types.values()]
