# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""How things of the spec are called in C."""

from __future__ import annotations

from ...model import Attribute, Body, Enum, Field, FlagSet, Member, ModelFlag, Rule, Spec, Struct

C_TYPES = {1: "uint8_t", 2: "uint16_t", 4: "uint32_t", 8: "uint64_t"}
# Words that C++ does not allow for a member.
RESERVED = {"class"}
# Attributes that every item has, in the order of the struct; the model has the rest.
COMMON = ("index", "error", "more")


def upper(name: str) -> str:
    return name.upper().replace(".", "_")


def rule(one: Rule | None) -> str:
    """The enumerator of a rule; 0 where there is none."""
    return f"DEVFD_RULE_{upper(one.id)}" if one else "0"


def flag(one: ModelFlag) -> str:
    return f"DEVFD_{one.name}"


def kind(item: str) -> str:
    return f"DEVFD_{item.upper()}"


def member(enum: Enum, one: Member) -> str:
    """State members are results of their own; the rest are prefixed with the enum."""
    return f"DEVFD_{one.name}" if enum.name == "state" else f"DEVFD_{enum.name.upper()}_{one.name}"


def attribute(name: str) -> str:
    return f"{name}_" if name in RESERVED else name


def leaf(body: Body) -> str:
    return f"devfd_leaf_{body.format}_{body.lname}"


def put(body: Body) -> str:
    return f"devfd_put_{body.format}_{body.lname}"


def place(body: Body, field: Field) -> str:
    """Offset of a field from the first byte of its body's fields."""
    return f"DEVFD_AT_{body.format.upper()}_{body.lname.upper()}_{field.name.upper()}"


def body_number(body: Body) -> str:
    return f"DEVFD_BODY_{body.format.upper()}_{body.lname.upper()}"


def hexa(value: int, width: int = 4) -> str:
    return f"0x{value:x}ull" if width == 8 else f"0x{value:x}u"


def attributes(spec: Spec) -> list[Attribute]:
    """Every attribute once, 64-bit ones first, in the order of the model."""
    found: dict[str, Attribute] = {}
    for item in spec.model.items.values():
        for one in item.attributes.values():
            found.setdefault(one.name, one)
    rest = [one for one in found.values() if one.name not in COMMON]
    wide = [one for one in rest if one.type == "u64"]
    views = [one for one in rest if one.element or one.type in ("string", "kept")]
    narrow = [one for one in rest if one not in wide and one not in views]
    return wide + narrow + views


def attribute_type(one: Attribute) -> str:
    if one.element:
        return "struct devfd_areas"
    if one.type == "string":
        return "struct devfd_bytes"
    if one.type == "kept":
        return "struct devfd_kept_list"
    return "uint64_t" if one.type == "u64" else "uint32_t"


def owners(spec: Spec, name: str) -> str:
    """The kinds of item that have an attribute."""
    return ", ".join(item.name for item in spec.model.items.values() if name in item.attributes)


def lists(spec: Spec) -> list[Attribute]:
    """The lists whose elements are handed out as they stand; an area has a function of its own."""
    return [one for one in attributes(spec) if one.element and one.type != "areas"]


def load(field: Field, order: str) -> str:
    """The value of a field of a struct at p."""
    start = f"p + {field.offset}" if field.offset else "p"
    return f"devfd_get8({start})" if field.width == 1 else f"devfd_get{8 * field.width}({start}, {order})"


def struct_getter(one: Struct) -> str:
    return f"devfd_{one.name}"


def flag_set_members(flags: FlagSet) -> list[tuple[str, int]]:
    prefix = flags.name.removesuffix("_flags").upper()
    return [(f"DEVFD_{flags.format.upper()}_{prefix}_{bit.name}", bit.bit) for bit in flags.members]
