# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Whole inputs as trees, one class a shape, with one interface for attributes, flags and bodies.

A tree is good as it is made, and as small as its format allows. Whoever breaks it changes values,
or what is otherwise fixed up when it is serialised.
"""

from __future__ import annotations

from typing import Any, Iterator

from ... import model as m
from .node import Node, order_of, records

UNTIL_SAID = {"num_regions": 0xFFFFFFFF, "num_irqs": 0xFFFFFFFF}
TOP32 = 0xFFFFFFFF
HEAD = 8  # of a capability
CAP_ALIGN = 8


class Tree:
    """What the shapes share. `producer` and `index` are given beside the bytes."""

    def __init__(self, spec: m.Spec, fmt: m.Format, big: bool) -> None:
        self.spec = spec
        self.fmt = fmt
        self.big = big
        self.version = 1 << 16
        self.index: int | None = None
        self.producer = False
        self.cut: int | None = None  # only so many bytes of it
        self.after = b""  # behind everything
        self.named = True  # the format is given, not told by the first bytes
        self.where: list[str] = []  # the place in it that somebody had in mind

    def place_name(self) -> str:
        """Format, variant, place and byte order, as ids of vectors have them."""
        return ".".join([self.format, *self.variant(), *self.where, *(["big"] if self.big else [])])

    # What a shape says of itself.

    @property
    def format(self) -> str:
        return self.fmt.name

    def variant(self) -> list[str]:
        """Which of the forms of its format it has, where there are several."""
        return []

    def nodes(self) -> Iterator[Node]:
        raise NotImplementedError

    def need(self, body: m.Body, owner: Node | None = None) -> Node:
        """The first node of a body, made if there is none."""
        raise NotImplementedError

    def item(self, kind: str) -> Node | None:
        """The node that makes the first item of a kind; None where the format has none."""
        raise NotImplementedError

    def helpers(self, item: Node, kind: str) -> list[m.Body]:
        """Bodies that may stand below an item and say more of it."""
        raise NotImplementedError

    def below(self, item: Node) -> list[Node]:
        """The list in which they stand."""
        return item.children

    def serialise(self) -> bytes:
        raise NotImplementedError

    # The rest is the same for all.

    def bytes(self) -> bytes:
        data = self.serialise() + self.after
        return data if self.cut is None else data[:self.cut]

    def find(self, body: m.Body) -> Node | None:
        return next((node for node in self.nodes() if node.body is body), None)

    def field_of(self, kind: str, attribute: str) -> tuple[m.Body, m.Field] | None:
        """The body and field that carry an attribute, in the item's own body or below it."""
        item = self.item(kind)
        if item is None:
            return None
        for body in [item.body, *self.helpers(item, kind)]:
            for field in body.fields:
                if field.attr in ((kind, attribute), (None, attribute)):
                    return body, field
        return None

    def settable(self, kind: str, attribute: str) -> bool:
        return self.field_of(kind, attribute) is not None

    def put(self, kind: str, attribute: str, value: Any) -> tuple[Node, m.Field] | None:
        """Says an attribute of the first item of a kind; where it then stands, or None."""
        found = self.field_of(kind, attribute)
        if found is None:
            return None
        body, field = found
        if field.enum is not None and attribute in self.spec.model.items[kind].attributes:
            value = self._mapped(field, kind, attribute, value)
        if not field.variable and not 0 <= value < 1 << 8 * field.width:
            return None
        item = self.item(kind)
        if field.not_ is not None and value == field.not_:
            return item, field  # it says so by not being there
        if value and attribute == "error":
            self.blank(kind)
        node = item if body is item.body else self.need(body, item)
        node.values[field.name] = value
        for flag in self.spec.model.flags.values():
            if kind in flag.of and attribute in flag.knows and node.body.knows is not flag:
                self.flag(kind, flag.name, True)
        return node, field

    def _mapped(self, field: m.Field, kind: str, attribute: str, value: int) -> int:
        """A value of the model's enum as the field's own enum has it."""
        own = self.spec.model.items[kind].attributes[attribute].enum
        if own is None or field.enum is own:
            return value
        name = next(member.name for member in own.members if member.value == value)
        return field.enum.member(name).value

    def blank(self, kind: str) -> None:
        """Takes back what may not be said of an item that could not be read."""
        item = self.item(kind)
        for rule in self.spec.model.items[kind].rules:
            if rule.predicate != "excludes" or rule.operands[0].name != "error":
                continue
            for operand in rule.operands[1:]:
                if operand.kind == "flags":
                    self.clear(kind)
                elif self.settable(kind, operand.name):
                    body, field = self.field_of(kind, operand.name)
                    node = item if body is item.body else self.find(body)
                    if node is not None and node.body.needed:
                        node.values[field.name] = 0
                    elif node is not None and node is not item:
                        self.below(item).remove(node)
                    elif node is not None:
                        node.values.pop(field.name, None)

    def clear(self, kind: str) -> None:
        for name, flag in self.spec.model.flags.items():
            if kind in flag.of:
                self.flag(kind, name, False)

    def flags_at(self, item: Node, kind: str) -> tuple[m.FlagSet, str | None] | None:
        """The flags of an item and the field they stand in; None is a record's flags word."""
        for field in item.body.fields:
            if field.flagset is not None and field.attr == (kind, "flags"):
                return field.flagset, field.name
        if item.body.flags is not None and item.body.flags_attr == kind:
            return item.body.flags, None
        return None

    def flag(self, kind: str, name: str, on: bool) -> bool:
        """Sets or clears a model flag of the first item of a kind; False without a place for it."""
        item = self.item(kind)
        if item is None:
            return False
        there = self.flags_at(item, kind)
        for bit in there[0].members if there else ():
            if bit.since > self.version:
                continue
            if bit.sets is not None and bit.sets.name == name:
                self._bit(item, there[1], bit.bit, on)
                return True
            if bit.clears is not None and bit.clears.name == name:
                self._bit(item, there[1], bit.bit, not on)
                return True
        for body in self.helpers(item, kind):
            if body.knows is not None and body.knows.name == name:
                node = next((one for one in self.below(item) if one.body is body), None)
                if on and node is None:
                    self.need(body, item)
                if not on and node is not None:
                    self.below(item).remove(node)
                return True
        return False

    @staticmethod
    def _bit(node: Node, field: str | None, bit: int, on: bool) -> None:
        value = node.word if field is None else node.values.get(field, 0)
        value = value | 1 << bit if on else value & ~(1 << bit)
        if field is None:
            node.word = value
        else:
            node.values[field] = value

    def made(self, node: Node, kind: str | None) -> Node:
        """What a new node asks of its item: nothing else is said of one that could not be read."""
        for field in node.body.fields:
            if field.attr and field.attr[1] == "error" and node.value(field) and kind:
                self.blank(kind)
        return node


class RecordsTree(Tree):
    """A file of shape records, in one version."""

    def __init__(self, spec: m.Spec, fmt: m.Format, big: bool, version: int) -> None:
        super().__init__(spec, fmt, big)
        self.version = version
        self.header = Node(fmt.header, {"version": version})
        self.top: list[Node] = []
        for body in fmt.records.values():
            if body.place and body.since <= version:
                self.top.append(Node(body))

    def variant(self) -> list[str]:
        return [f"v{self.version}"]

    def nodes(self) -> Iterator[Node]:
        yield self.header
        for node in self.top:
            yield from node.walk()

    def item(self, kind: str) -> Node | None:
        for body in self.fmt.records.values():
            if body.item == kind and body.since <= self.version:
                return self.need(body)
        return None

    def helpers(self, item: Node, kind: str) -> list[m.Body]:
        found = [body for body in self.fmt.records.values()
                 if item.name in body.parents and body.since <= self.version]
        return found

    def field_of(self, kind: str, attribute: str) -> tuple[m.Body, m.Field] | None:
        if kind == "device":
            for field in self.fmt.header.fields:
                if field.attr == (kind, attribute):
                    return self.fmt.header, field
        return super().field_of(kind, attribute)

    def put(self, kind: str, attribute: str, value: Any) -> tuple[Node, m.Field] | None:
        found = self.field_of(kind, attribute)
        if found is None or found[0] is not self.fmt.header:
            return super().put(kind, attribute, value)
        self.header.values[found[1].name] = self._mapped(found[1], kind, attribute, value)
        return self.header, found[1]

    def need(self, body: m.Body, owner: Node | None = None) -> Node:
        if body is self.fmt.header:
            return self.header
        if owner is None:
            found = self.find(body)
        else:
            found = next((one for one in owner.children if one.body is body), None)
        return found or self.add(body, owner)

    def add(self, body: m.Body, owner: Node | None = None) -> Node:
        """One more record, where its type puts it, with the sub-records that it needs."""
        if owner is None and "top" not in body.parents:
            owner = self.need(self.fmt.records[body.parents[0]])
        node = Node(body)
        self.insert(node, owner)
        for child in self.fmt.records.values():
            if child.needed and body.name in child.parents and child.since <= self.version:
                node.children.append(Node(child))
        if body.key is not None:
            self._number(node)
        return self.made(node, owner.body.item if owner else None)

    def insert(self, node: Node, owner: Node | None = None) -> None:
        """Puts a record behind those of no greater type."""
        siblings = self.top if owner is None else owner.children
        place = len(siblings)
        while place and siblings[place - 1].tag > node.tag:
            if siblings[place - 1].body and siblings[place - 1].body.place == "first":
                break
            place -= 1
        siblings.insert(place, node)

    def _number(self, node: Node) -> None:
        """A further item of a kind takes the next number."""
        same = [one for one in self.top if one.body is node.body]
        for one in node.walk():
            for field in one.body.fields if one.body else ():
                if field.attr == (node.body.item, node.body.key.attribute):
                    one.values[field.name] = len(same) - 1

    def numbers(self, kind: str) -> list[int]:
        """The keys that the items of a kind say."""
        said = []
        for node in self.nodes():
            for field in node.body.fields if node.body else ():
                if field.attr == (kind, "index") and field.name in node.values:
                    said.append(node.values[field.name])
        return said

    def serialise(self) -> bytes:
        for node in self.top:
            if node.body is None or node.body.item != "device":
                continue
            for name, kind in (("num_regions", "region"), ("num_irqs", "irq")):
                node.fixed[name] = min(max(self.numbers(kind), default=-1) + 1, TOP32)
        data = self.header.fields(self.big, 0)
        return data + records(self.top, self.big, len(data), self.version)


class SlotsTree(Tree):
    """A file of shape array, for fixed of one device type."""

    def __init__(self, spec: m.Spec, fmt: m.Format, big: bool,
                 type_: m.DeviceType | None = None) -> None:
        super().__init__(spec, fmt, big)
        self.header = Node(fmt.header)
        self.type = type_
        # What is added to values that were fixed up: total, and tail and tail_size of one node.
        self.off: dict[str, int] = {}
        self.off_node: Node | None = None
        self.slots: dict[str, list[Node]] = {name: [] for name in fmt.slots}
        # Slots without LISTED are all zero. The type of fixed says how many there are.
        if type_ is not None:
            self.header.values["device_type"] = type_.id
            self.header.values["bus"] = type_.bus[0].value
            if type_.indexes is not None:
                self.slots["region"] = [Node(fmt.slots["region"]) for _ in type_.indexes]
                self.slots["irq"] = [Node(fmt.slots["irq"]) for _ in range(type_.num_irqs)]
            if type_.config is not None:
                self.list(self.slots["region"][type_.indexes.index(type_.config)])

    def variant(self) -> list[str]:
        return [self.type.name.lower()] if self.type else []

    def nodes(self) -> Iterator[Node]:
        yield from self.header.walk()
        for slots in self.slots.values():
            for node in slots:
                yield from node.walk()

    def list(self, node: Node) -> Node:
        """Says that a slot says something."""
        for field in node.body.fields:
            for bit in field.flagset.members if field.flagset else ():
                if bit.name == "LISTED":
                    self._bit(node, field.name, bit.bit, True)
        return node

    def item(self, kind: str) -> Node | None:
        if kind == self.fmt.header.item:
            return self.header
        body = next((one for one in self.fmt.slots.values() if one.item == kind), None)
        return self.need(body) if body is not None else None

    def helpers(self, item: Node, kind: str) -> list[m.Body]:
        tail = self.fmt.tail
        if tail is None:
            return []
        listed = self.spec.formats[tail.records].records
        parent = tail.parents["device" if kind == "device" else item.name]
        return [listed[name] for name in tail.carries if parent in listed[name].parents]

    def settable(self, kind: str, attribute: str) -> bool:
        full = self.type is not None and kind == "region" and self.type.num_regions == 0
        return not full and super().settable(kind, attribute)

    def need(self, body: m.Body, owner: Node | None = None) -> Node:
        if body is self.fmt.header:
            return self.header
        if body.kind == "slot":
            slots = self.slots[body.name]
            return self.list(slots[0] if slots else self.add(body))
        if owner is None:
            tail = self.fmt.tail
            names = {parent: name for name, parent in tail.parents.items()}
            name = names[next(one for one in body.parents if one in names)]
            owner = self.header if name == "device" else self.need(self.fmt.slots[name])
        found = next((one for one in owner.children if one.body is body), None)
        if found is not None:
            return found
        node = Node(body)
        owner.children.append(node)
        owner.children.sort(key=lambda one: one.tag)
        return self.made(node, owner.body.item)

    def add(self, body: m.Body) -> Node:
        """One more slot, which says something."""
        if self.type is not None and self.type.indexes is not None:
            raise ValueError(f"{self.type.name} has the slots that it has")
        node = self.list(Node(body))
        self.slots[body.name].append(node)
        return node

    def serialise(self) -> bytes:
        header = self.header
        size = {name: body.fixed_size for name, body in self.fmt.slots.items()}
        cursor = header.body.fixed_size
        for name, slots in self.slots.items():
            cursor += size[name] * len(slots)
        parts = b""
        for node in [header, *(one for slots in self.slots.values() for one in slots)]:
            if node.body.tail is None:
                continue
            part = records(node.children, self.big, cursor, 1 << 16) + node.after
            at = cursor if part else 0
            off = self.off if node is self.off_node else {}
            node.fixed["tail"] = at + off.get("tail", 0)
            node.fixed["tail_size"] = len(part) + off.get("tail_size", 0)
            cursor += len(part)
            parts += part
        counted = {"num_regions": len(self.slots["region"]), "num_irqs": len(self.slots["irq"])}
        if self.type is not None and self.type.num_regions is not None:
            counted = {"num_regions": self.type.num_regions, "num_irqs": self.type.num_irqs}
        header.fixed.update(counted)
        total = cursor + len(self.after) if self.cut is None else self.cut
        header.fixed["total"] = total + self.off.get("total", 0)
        data = header.fields(self.big, 0)
        for slots in self.slots.values():
            for node in slots:
                node.at = len(data)
                data += node.fields(self.big, node.at)
        return data + parts


class ReplyTree(Tree):
    """One reply with the capabilities behind it."""

    def __init__(self, spec: m.Spec, fmt: m.Format, big: bool, reply: m.Body) -> None:
        super().__init__(spec, fmt, big)
        self.reply = Node(reply)
        self.chain = fmt.chains[reply.chain] if reply.chain else None
        self.caps: list[Node] = []
        self.late = 1 << 16  # how many late fields there are
        self.first: int | None = None  # cap_offset in place of the right one
        self.end = b""  # behind the last capability, counted by argsz

    @property
    def format(self) -> str:
        return f"{self.fmt.name}.{self.reply.name}"

    def nodes(self) -> Iterator[Node]:
        yield self.reply
        yield from self.caps

    def item(self, kind: str) -> Node | None:
        return self.reply if kind == self.reply.body.item else None

    def helpers(self, item: Node, kind: str) -> list[m.Body]:
        return list(self.chain.caps.values()) if self.chain else []

    def below(self, item: Node) -> list[Node]:
        return self.caps

    def need(self, body: m.Body, owner: Node | None = None) -> Node:
        return self.find(body) or self.add(body)

    def add(self, body: m.Body | None, version: int = 1, tag: int = 0) -> Node:
        """One more capability, behind the others."""
        node = Node(body, word=version, tag=tag)
        self.caps.append(node)
        return node

    def link(self, number: int) -> int:
        """Where the link to a capability stands."""
        if number == 0:
            return self.reply.places["cap_offset"]
        return self.caps[number - 1].heads["next"]

    def place(self) -> int:
        """Places each capability, behind the one before if it says nothing; where all ends."""
        at = last = len(self.reply.fields(self.big, 0, count=self.count()))
        for node in self.caps:
            at = node.head.get("at", at + -at % CAP_ALIGN)
            node.at = at
            node.heads = {"id": at, "version": at + 2, "next": at + 4}
            node.block = node.extra
            if node.raw is not None:
                node.block = node.raw + node.extra
            elif node.body is not None:
                node.block = node.fields(self.big, at + HEAD, max(node.word, 1)) + node.extra
            at += HEAD + len(node.block)
            last = max(last, at)
        return last

    def count(self) -> int:
        """How many fields of the reply there are."""
        late = sum(field.late for field in self.reply.body.fields)
        return len(self.reply.body.fields) - late + min(self.late, late)

    def serialise(self) -> bytes:
        body, order = self.reply.body, order_of(self.big)
        flags = body.flags_field
        self.reply.fixed = {}
        size = self.place()
        if self.caps or self.first is not None:
            bit = next(one.bit for one in flags.flagset.members if one.name == "CAPS")
            self.reply.fixed["cap_offset"] = self.caps[0].at if self.caps else 0
            self._bit(self.reply, flags.name, bit, True)
        if self.first is not None:
            self.reply.fixed["cap_offset"] = self.first
        out = bytearray(size) + self.end
        self.reply.fixed["argsz"] = len(out)
        if self.index is None and body.field("index"):
            self.index = self.reply.value(body.field("index"))
        fixed = self.reply.fields(self.big, 0, count=self.count())
        out[:len(fixed)] = fixed
        for number, node in enumerate(self.caps):
            following = self.caps[number + 1].at if number + 1 < len(self.caps) else 0
            head = (node.head.get("id", node.tag).to_bytes(2, order)
                    + node.word.to_bytes(2, order)
                    + node.head.get("next", following).to_bytes(4, order))
            out[node.at:node.at + HEAD + len(node.block)] = head + node.block
        return bytes(out)
