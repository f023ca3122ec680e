# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""How things of the spec are put into words and table cells for spec/reference.md."""

from __future__ import annotations

from ...model import Attribute, Bit, Body, Chain, Field, FlagSet, Format, Rule
from ..tables.rows import CAP_HEAD

CAP_HEAD_SIZE = sum(width for _, _, width, _ in CAP_HEAD)

LEVELS = {
    "abi": "a published text says so; the source names it",
    "robust": "the text is silent, but a reader that does not check it crashes, hangs, reads out "
    "of bounds or fails open",
    "seen": "every producer measured does so, and nobody promised it",
    "ours": "a decision of this specification; never a failure of somebody else's program",
}


def cell(text: object) -> str:
    """Text that does not end a table cell."""
    return str(text).replace("|", "\\|")


def code(text: object) -> str:
    return f"`{text}`"


def tag(value: int) -> str:
    return str(value) if value < 256 else f"0x{value:x}"


def sentence(text: str) -> str:
    """A doc of the spec, which may be a mere phrase, as a sentence."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def world(applies: dict[str, str]) -> str:
    """In which kernels something exists."""
    return ", ".join(f"{name.capitalize()} {since(bound)}" for name, bound in applies.items())


def since(bound: str) -> str:
    return f"{bound[2:]} and later" if bound.startswith(">=") else bound


# -- bodies ----------------------------------------------------------------------------------------


def head_size(fmt: Format, body: Body) -> int:
    """Bytes in front of the fields of a body."""
    if body.kind == "record":
        return fmt.record.fixed_size
    return CAP_HEAD_SIZE if body.kind == "capability" else 0


def heading(body: Body) -> str:
    names = {
        "header": "header",
        "head": "head of a record",
        "record": f"{body.name} record, type {tag(body.tag or 0)}",
        "slot": f"{body.name} slot",
        "reply": f"{body.name} reply",
        "capability": f"{body.name} capability, id {tag(body.tag or 0)}",
    }
    return names[body.kind]


def facts(fmt: Format, body: Body) -> list[str]:
    """What is said of a body as a whole, as short sentences."""
    found = [sentence(body.doc)]
    if body.call:
        found.append(f"Answer to `{body.call}` (ioctl {body.ioctl}), as `{body.c}`.")
    elif body.c:
        found.append(f"`{body.c}` in the Linux headers.")
    if body.parents:
        found.append(f"Stands {places(body)}{f', {body.place}' if body.place else ''}.")
    if body.many:
        found.append("More than one may stand there.")
    if body.needed:
        found.append("Each parent has one.")
    if body.since > 1:
        found.append(f"Known from version {body.since} on.")
    if body.open_:
        found.append("Sub-records follow the fixed part.")
    if body.kept:
        found.append("Its content is kept byte for byte.")
    if body.item:
        found.append(f"Makes {'an' if body.item[0] in 'aeiou' else 'a'} {body.item} item.")
    if body.knows:
        found.append(f"Sets {body.knows.name}.")
    if body.count:
        found.append(
            f"There is one for each {body.item} of the device type." if fmt.types
            else f"There are as many as the header's `{body.count.name}` says."
        )
    if body.first_unknown:
        found.append(f"Types from {body.first_unknown} on that are not listed are kept unread.")
    if body.applies:
        found.append(f"Exists in {world(body.applies)}.")
    if body.kind in ("record", "slot", "reply", "capability"):
        found.append(f"Source: {body.source}.")
    return found


def places(body: Body) -> str:
    names = ["at top level" if name == "top" else f"in {name}" for name in body.parents]
    return " or ".join(names)


def sizes(fmt: Format, body: Body) -> str:
    """The size of the fixed part; offsets in the table count the head too."""
    head = head_size(fmt, body)
    if len(body.sizes_by_version) > 1:
        versions = sorted(body.sizes_by_version.items())
        each = [f"{head + size} in version {number}" for number, size in versions]
        return ", ".join(each) + " and later ones"
    if body.full_size > body.fixed_size:
        return f"{body.fixed_size}, or up to {body.full_size} with its later fields"
    more = ", then what its last field holds" if body.variable else ""
    return f"{head + body.fixed_size}{more}"


def offset(fmt: Format, body: Body, field: Field) -> int:
    return head_size(fmt, body) + (field.offset or 0)


def size(field: Field) -> str:
    if field.kind == "array":
        times = "as many as fit" if field.count == "rest" else f"`{field.count.name}`"
        return f"{field.width} × {times}"
    if field.kind == "bytes":
        return f"`{field.length.name}`"
    if field.kind == "string":
        return "the rest"
    return str(field.width)


def type_name(field: Field) -> str:
    kinds = {"enum": "enum ", "flags": "flags "}
    return f"{kinds.get(field.kind, '')}{field.type_name}"


def meaning(field: Field) -> str:
    """Doc and options of a field."""
    found = [field.doc]
    if field.must is not None and field.doc != "zero":
        found.append(f"always {must(field)}")
    if field.not_ is not None:
        found.append(f"never {field.not_}")
    if field.attr:
        kind, name = field.attr
        found.append(f"gives `{f'{kind}.' if kind else ''}{name}`")
    if field.when:
        found.append(f"taken only with {field.when}")
    if field.since > 1:
        found.append(f"from version {field.since} on")
    if field.late:
        found.append("there if it ends within the reply")
    if field.applies:
        found.append(f"exists in {world(field.applies)}")
    if field.c_member is None:
        found.append("has no name in the Linux header")
    elif field.c_member != field.name:
        found.append(f"`{field.c_member}` in the Linux header")
    return "; ".join(found)


def must(field: Field) -> str:
    """What a field always is."""
    if field.must.kind == "given" and field.must.name == "size":
        return "the size of the input"
    return str(field.must)


def cap_head() -> tuple[tuple[str, int, int, str], ...]:
    return CAP_HEAD


# -- flags, enums, attributes ----------------------------------------------------------------------


def rest(flags: FlagSet) -> str:
    if flags.rest == "refuse":
        return "Any other bit is refused."
    if flags.rest == "ignore":
        return "Any other bit is dropped."
    kind, name = flags.rest
    return f"Any other bit is kept in `{kind}.{name}`."


def bit_meaning(bit: Bit) -> str:
    found = [bit.doc]
    if bit.bus:
        found.append(f"the bus is {bit.bus}")
    if bit.clears:
        found.append(f"{bit.clears.name} is set where this is clear")
    if bit.since > 1:
        found.append(f"from version {bit.since} on")
    if bit.applies:
        found.append(f"exists in {world(bit.applies)}")
    return "; ".join(found)


def attribute_meaning(one: Attribute) -> str:
    found = [one.doc]
    if one.default is not None:
        found.append(f"{one.default} where a layout does not say it")
    return "; ".join(found)


LOSSY = {
    "refuse": "every layout carries it",
    "drop": "it goes",
    "absent": "the item is left out",
    None: "",
}


# -- rules -----------------------------------------------------------------------------------------


def demand(rule: Rule) -> str:
    """The text of a rule and what limits it."""
    found = [rule.text]
    if rule.verdict == "need-more":
        found.append("Verdict: need-more.")
    if rule.producer_only:
        found.append("Binds producers only.")
    if rule.applies:
        found.append(f"Applies to {world(rule.applies)}.")
    return " ".join(found)


def loose_rules(fmt: Format) -> list[Rule]:
    """Rules of a format that belong to no body and no chain."""
    owned = {rule.id for body in fmt.bodies() for rule in body.rules}
    owned |= {rule.id for chain in fmt.chains.values() for rule in chain.rules}
    return [rule for rule in fmt.rules if rule.id not in owned]


def align(chain: Chain) -> str:
    if not chain.align:
        return ""
    where = world(chain.align["applies"])
    return f"Links of a producer are multiples of {chain.align['to']} ({where})."
