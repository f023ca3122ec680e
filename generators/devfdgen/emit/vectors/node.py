# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""One body of an input as a tree has it: values by field name, lengths and counts fixed up."""

from __future__ import annotations

from typing import Any, Iterable, Iterator

from ... import model as m

ALIGN = 4  # of a record's content


def order_of(big: bool) -> str:
    return "big" if big else "little"


def member_but(field: m.Field, body: m.Body | None) -> int:
    """A member of the enum of a field, if possible none that a rule of the body tests for."""
    tested = set()
    for rule in body.explicit if body else ():
        for operand in rule.operands:
            if operand.kind == "test" and operand.field is field and operand.member:
                tested.add(operand.member.value)
    values = [member.value for member in field.enum.members]
    if 0 in values:
        return 0
    return next((value for value in values if value not in tested), values[0])


class Node:
    """A body with the values of its fields. A field without one has the least that is good.

    `word` is a record's flags word or a capability's version. What stands in `head` is not fixed
    up: type and rec_len of a record, id and next of a capability, and `at` to move a capability.
    """

    def __init__(self, body: m.Body | None, values: dict[str, Any] | None = None, *,
                 tag: int = 0, word: int = 0, children: Iterable["Node"] = ()) -> None:
        self.body = body
        self.values = dict(values or {})
        self.fixed: dict[str, int] = {}  # values that serialising fixes up, where none is given
        self.block = b""  # of a capability: what stands behind its head
        self.tag = body.tag if body is not None and body.tag is not None else tag
        self.word = word
        self.children = list(children)
        self.raw: bytes | None = None  # content in place of the fields
        self.extra = b""  # between fields and children
        self.after = b""  # behind the children
        self.head: dict[str, int] = {}
        self.at = self.end = 0
        self.heads: dict[str, int] = {}  # where the fields of the head stand
        self.places: dict[str, int] = {}  # where its own fields stand

    @property
    def name(self) -> str | None:
        return self.body.name if self.body else None

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child.walk()

    def value(self, field: m.Field) -> Any:
        """The value of a field: the one given, a count that fits, or the least good one."""
        if field.name in self.values:
            return self.values[field.name]
        if field.name in self.fixed:
            return self.fixed[field.name]
        if field.variable:
            return b"" if field.kind in ("bytes", "string") else []
        for other in self.body.fields if self.body else ():
            if other.count is field or other.length is field:
                return len(self.value(other))
        if field.must is not None and field.must.kind == "number":
            return field.must.value
        if field.not_ is not None:
            return field.not_ + 1
        if field.enum is not None:
            return member_but(field, self.body)
        return 0

    def fields(self, big: bool, at: int, version: int = 1 << 16,
               count: int | None = None) -> bytes:
        """The fields known in a version, or the first `count` of them, from `at` on."""
        out = bytearray()
        for field in self.body.fields[:count]:
            if field.since > version:
                continue
            self.places[field.name] = at + len(out)
            value = self.value(field)
            if field.kind in ("bytes", "string"):
                out += value
            elif field.kind == "array":
                for element in value:
                    for member, number in zip(field.struct.fields, element):
                        out += number.to_bytes(member.width, order_of(big))
            else:
                out += value.to_bytes(field.width, order_of(big))
        return bytes(out)


def content(node: Node, big: bool, at: int, version: int) -> bytes:
    """What stands behind the head of a record, without its children."""
    if node.raw is not None:
        return node.raw + node.extra
    if node.body is None:
        return node.extra
    out = node.fields(big, at, version)
    last = node.body.variable
    if last is not None and last.kind == "string":
        out += b"\0"
    out += bytes(-len(out) % ALIGN)
    return out + node.extra


def record(node: Node, big: bool, at: int, version: int) -> bytes:
    """A record with its sub-records, its length fixed up."""
    node.at = at
    node.heads = {"type": at, "rec_len": at + 4, "flags": at + 8}
    body = content(node, big, at + 12, version)
    body += records(node.children, big, at + 12 + len(body), version)
    body += node.after
    node.end = at + 12 + len(body)
    head = (node.head.get("type", node.tag), node.head.get("rec_len", 12 + len(body)), node.word)
    return b"".join(number.to_bytes(4, order_of(big)) for number in head) + body


def records(nodes: Iterable[Node], big: bool, at: int, version: int) -> bytes:
    out = b""
    for node in nodes:
        out += record(node, big, at + len(out), version)
    return out
