# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Writes out the rules that constructs bring by themselves, and numbers all rules by ids.lock.

language.md says which rule a construct brings and in which order rules are judged; the parts of
this module are its sections. A rule that cannot be broken is not made: a body without a fixed part
has no `size`, a scalar without options has no rule at all.
"""

from __future__ import annotations

import re
from pathlib import Path

from . import model as m
from .load import Pos, SpecError

ROLES = ("producer", "reader")
HEAD_OF_CAPABILITY = 8  # u16 id, u16 version, u32 next
PAD = 3  # most padding bytes behind a string or bytes
LOCK_HEADER = """\
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# ids.lock: the number of every rule id, given once and never changed; `devfdgen generate` appends.
"""


def number(value: int) -> m.Operand:
    return m.Operand("number", value=value)


def of(field: m.Field) -> m.Operand:
    return m.Operand("field", field=field)


def place(name: str) -> m.Operand:
    return m.Operand("place", name=name)


def top_of(width: int) -> int:
    """The greatest value of so many bytes."""
    return (1 << 8 * width) - 1


def title(body: m.Body) -> str:
    """What a sentence calls a body."""
    if body.kind == "header":
        return f"the {body.format} header"
    if body.kind == "head":
        return f"the head of a {body.format} record"
    if body.kind == "reply":
        return body.c or f"the {body.name} reply"
    what = {"record": "record", "slot": "slot", "capability": "capability"}[body.kind]
    return f"the {body.name} {what}"


def sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


class Expander:
    """Expands the rules of one format, in the order in which they are judged."""

    def __init__(self, fmt: m.Format):
        self.fmt = fmt

    def add(
        self,
        owner: m.Body | m.Chain | None,
        suffix: str,
        predicate: str,
        operands: list[m.Operand],
        text: str,
        field: m.Field | None = None,
        level: str | None = None,
        source: str | None = None,
        verdict: str = "reject",
        roles: tuple[str, ...] = ROLES,
        applies: dict[str, str] | None = None,
    ) -> None:
        """One implied rule; its id is FORMAT.OWNER.SUFFIX, or FORMAT.SUFFIX without an owner."""
        body = owner if isinstance(owner, m.Body) else None
        prefix = self.fmt.name
        if owner is not None:
            prefix += "." + (owner.lname if body else owner.name)
        source = source or self._source(owner, level)
        if source not in self.fmt.sources:
            raise SpecError.at(self.fmt.pos, f"{prefix}.{suffix} needs a source '{source}'")
        rule = m.Rule(
            id=f"{prefix}.{suffix}",
            number=0,
            predicate=predicate,
            operands=operands,
            level=level or self.fmt.level,
            roles=roles,
            source=source,
            source_text=self.fmt.sources[source],
            text=sentence(text),
            verdict=verdict,
            format=self.fmt.name,
            body=body,
            field=field,
            implied=True,
            item=body.item if body else None,
            attribute=None,
            applies=applies or {},
            pos=field.pos if field else (owner or self.fmt).pos,
        )
        (owner or self.fmt).implied[suffix] = rule
        if owner is not None:
            owner.rules.append(rule)
        self.fmt.rules.append(rule)
        if field is not None and suffix.startswith(field.name + "."):
            field.rules[suffix.rpartition(".")[2]] = rule

    def _source(self, owner: m.Body | m.Chain | None, level: str | None) -> str:
        """`robust` and `ours` rules of an ABI are written nowhere, whatever the body's source."""
        if self.fmt.level == "abi" and level == "robust":
            return "robust"
        if self.fmt.level == "abi" and level == "ours":
            return "devfd"
        return owner.source if owner is not None else "devfd"

    def written(self, body: m.Body) -> None:
        """The rules that the spec writes for a body."""
        body.rules.extend(body.explicit)
        self.fmt.rules.extend(body.explicit)

    # -- section 4: one body -----------------------------------------------------------------------

    def size(self, body: m.Body) -> None:
        needed = max(body.sizes_by_version.values())
        level = "robust" if body.kind == "capability" else None
        if needed and body.kind == "header":
            self.add(
                body, "size", "fits", [number(0), number(needed), place("size")],
                f"a file has at least the {needed} bytes of {title(body)}",
            )
        elif needed:
            self.add(
                body, "size", "fits", [number(0), number(needed), place("room")],
                f"{title(body)} has room for {self._sizes(body)}", level=level,
            )
        if body.kind == "record" and not body.open_ and not body.variable:
            content = f"exactly {needed} bytes of content" if needed else "no content"
            self.add(
                body, "exact", "is", [place("room"), number(needed)],
                f"{title(body)} has {content}",
            )

    @staticmethod
    def _sizes(body: m.Body) -> str:
        sizes = body.sizes_by_version
        if len(sizes) == 1:
            return f"its fixed part of {sizes[1]} bytes"
        parts = [f"{size} bytes in version {version}" for version, size in sizes.items()]
        return "its fixed part: " + ", ".join(parts[:-1]) + f" and {parts[-1]} and later ones"

    def flags_word(self, body: m.Body, head: m.Body) -> None:
        word = head.field("flags")
        if body.flags is None:
            self.add(
                body, "flags.is", "is", [of(word), number(0)],
                f"the flags word of {title(body)} is 0",
            )
        else:
            self._mask(body, "flags", word, body.flags, f"the flags word of {title(body)}")

    def _mask(self, body: m.Body, name: str, field: m.Field, flags: m.FlagSet, what: str) -> None:
        if flags.rest != "refuse" or flags.mask(1) == top_of(flags.width):
            return
        newer = any(bit.since > 1 for bit in flags.members)
        known = f"bits of {flags.name}" + (" that the version knows" if newer else "")
        self.add(
            body, f"{name}.mask", "mask", [of(field), number(flags.mask())],
            f"{what} sets only {known}", field=field if field in body.fields else None,
        )

    def field(self, body: m.Body, one: m.Field) -> None:
        """The rules of one field, in the order of section 4."""
        what = f"in {title(body)}, {one.name}"
        if one.must is not None:
            equals = f"is {one.must}" if one.must.kind == "number" else self._given(one.must)
            self.add(body, f"{one.name}.is", "is", [of(one), one.must], f"{what} {equals}", one)
        if one.not_ is not None:
            self.add(
                body, f"{one.name}.not", "range",
                [of(one), number(one.not_ + 1), number(top_of(one.width))],
                f"{what} is not {one.not_}", one,
            )
        if one.enum is not None:
            members = ", ".join(member.name for member in one.enum.members)
            self.add(body, f"{one.name}.in", "in", [of(one)], f"{what} is one of {members}", one)
        if one.flagset is not None:
            self._mask(body, one.name, one, one.flagset, what)
        if one.kind == "array":
            self._array(body, one)
        if one.kind == "bytes":
            self._bytes(body, one)
        if one.kind == "string":
            self._string(body, one)

    @staticmethod
    def _given(operand: m.Operand) -> str:
        names = {
            "size": "the size of the input",
            "received": "the number of bytes received",
            "index": "the index that was asked for",
            "order": "the byte order of the input",
        }
        return f"equals {names[operand.name]}"

    def _array(self, body: m.Body, one: m.Field) -> None:
        level = "robust" if body.kind == "capability" else None
        again = ", else the call is repeated with that much" if body.kind == "reply" else ""
        if one.count == "rest":
            self.add(
                body, f"{one.name}.multiple", "multiple", [place("room"), number(one.width)],
                f"in {title(body)}, {one.name} is a whole number of {one.width}-byte elements",
                one, level,
            )
            return
        self.add(
            body, f"{one.name}.counts", "counts",
            [of(one.count), number(one.width), place("room")],
            f"in {title(body)}, there is room for as many {one.name} as {one.count.name} says{again}",
            one, level, verdict="need-more" if again else "reject",
        )

    def _bytes(self, body: m.Body, one: m.Field) -> None:
        level = "robust" if body.kind == "capability" else None
        closely = f", with at most {PAD} bytes left over" if body.kind == "record" else ""
        self.add(
            body, f"{one.name}.length", "fits", [number(0), of(one.length), place("room")],
            f"in {title(body)}, there is room for as many bytes of {one.name} as "
            f"{one.length.name} says{closely}", one, level,
        )
        if body.kind == "record":
            self.add(
                body, f"{one.name}.pad", "is", [place("padding"), number(0)],
                f"in {title(body)}, each byte of padding behind {one.name} is 0", one,
            )

    def _string(self, body: m.Body, one: m.Field) -> None:
        self.add(
            body, f"{one.name}.nul", "fits", [number(0), place("nul"), place("room")],
            f"in {title(body)}, {one.name} is closed by a NUL", one,
        )
        self.add(
            body, f"{one.name}.pad", "is", [place("padding"), number(0)],
            f"in {title(body)}, at most {PAD} bytes follow the NUL of {one.name}, and each is 0",
            one,
        )

    def fields(self, body: m.Body) -> None:
        for one in body.fields:
            self.field(body, one)
        self.written(body)

    # -- section 5: records ------------------------------------------------------------------------

    def records(self) -> None:
        fmt = self.fmt
        self.size(fmt.header)
        self.fields(fmt.header)
        self._length(fmt.record)
        self._place(fmt.record)
        for body in fmt.records.values():
            self._record(body)
        for body in fmt.records.values():
            if body.place == "last":
                self._last(body)

    def _length(self, head: m.Body) -> None:
        need, length = head.fixed_size, head.field("rec_len")
        self.add(
            head, "size", "fits", [place("at"), number(need), place("end")],
            f"where a record begins, the {need} bytes of its head are left",
        )
        self.add(
            head, "rec_len.min", "range", [of(length), number(need), number(top_of(length.width))],
            f"the length rec_len counts at least the {need} bytes of the head", length,
        )
        if head.align and head.align > 1:
            self.add(
                head, "rec_len.multiple", "multiple", [of(length), number(head.align)],
                f"the length rec_len is a multiple of {head.align}", length, source="devfd",
            )
        self.add(
            head, "rec_len.fits", "fits", [place("at"), of(length), place("end")],
            "a record ends within its parent, or within the file at top level", length,
        )

    def _place(self, head: m.Body) -> None:
        kind = head.field("type")
        records = self.fmt.records.values()
        decided = {"field": kind, "source": "devfd"}
        self.add(
            head, "type.range", "range", [of(kind), number(1), number(top_of(kind.width))],
            "a record's type is not 0", **decided,
        )
        if any(body.since > 1 for body in records):
            self.add(
                head, "type.since", "range", [place("since"), number(1), place("version")],
                "a known record stands only in a file whose version has it", **decided,
            )
        self.add(
            head, "type.parent", "in", [of(kind), place("parent")],
            "a known record stands only in a parent that may hold it", **decided,
        )
        for body in records:
            if body.place == "first":
                self.add(
                    body, "first", "is", [place("first"), number(body.tag)],
                    f"from version {body.since} on, the first record and no other is {body.name}",
                )
        self.add(
            head, "type.order", "ascending", [of(kind)],
            "records of one parent stand in the order of their types", **decided,
        )
        if any(not body.many for body in records):
            self.add(
                head, "type.twice", "ascending", [of(kind)],
                "a known record that may stand once in its parent does not stand there twice",
                **decided,
            )

    def _record(self, body: m.Body) -> None:
        self.size(body)
        self.flags_word(body, self.fmt.record)
        self.fields(body)
        for child in self.fmt.records.values():
            if child.needed and body.name in child.parents:
                since = f"from version {child.since} on, " if child.since > 1 else ""
                self.add(
                    body, f"{child.lname}.needed", "needs", [number(1), place(child.name)],
                    f"{since}{title(body)} holds {child.name}", source=child.source,
                )
        if body.key:
            self.add(
                body, "ascending", "ascending",
                [m.Operand("attr", item=body.item, name=body.key.attribute)],
                f"the {body.key.attribute} of {title(body)} is greater than that of the one before",
                source="devfd",
            )

    def _last(self, body: m.Body) -> None:
        since = f"from version {body.since} on, " if body.since > 1 else ""
        self.add(
            body, "last", "is", [place("end"), place("size")],
            f"nothing stands behind {title(body)}",
        )
        self.add(
            body, "needed", "needs", [number(1), place(body.name)],
            f"{since}a file ends with {title(body)}",
        )

    # -- section 6: array --------------------------------------------------------------------------

    def array(self) -> None:
        fmt = self.fmt
        self.size(fmt.header)
        self.fields(fmt.header)
        if fmt.types:
            self._types()
        behind = "the header"
        for body in fmt.slots.values():
            slots = f"as many {body.name} slots as {body.count.name} says"
            if fmt.types:
                slots = f"the {body.name} slots of the device type, else {slots},"
            self.add(
                body, "counts", "counts",
                [of(body.count), number(body.fixed_size), place("room")],
                f"{slots} fit behind {behind}",
            )
            behind = f"the {body.name} slots"
        if fmt.types:
            self.add(
                fmt.header, "exact", "is", [place("slots_end"), place("size")],
                "nothing stands behind the last slot",
            )
        self._tail(fmt.header)
        for body in fmt.slots.values():
            self._slot(body)
        if fmt.tail:
            self.add(
                None, "tail.end", "is", [place("cursor"), place("size")],
                "nothing stands behind the last part of the tail",
            )

    def _types(self) -> None:
        header = self.fmt.header
        bus = header.field("bus")
        self.add(
            None, "type.bus", "in", [of(bus), place("type")],
            "the bus is one that the device type is for", bus, source=header.source,
        )
        rows = (
            ("num_regions", "else every region begins where a file offset can go"),
            ("num_irqs", "else it is free"),
        )
        for name, free in rows:
            field = header.field(name)
            self.add(
                None, f"type.{name}", "is", [of(field), place("type")],
                f"the header's {name} is that of the device type if it has one, {free}", field,
                source=header.source,
            )

    def _slot(self, body: m.Body) -> None:
        flags = next((one for one in body.fields if one.flagset), None)
        listed = flags and any(bit.name == "LISTED" for bit in flags.flagset.members)
        if listed:
            self.add(
                body, "absent", "needs", [place("slot"), place("LISTED")],
                f"each byte of {title(body)} is 0 where LISTED is clear",
            )
        self.fields(body)
        if body.item == "region" and any(one.config is not None for one in self.fmt.types.values()):
            self.add(
                None, "type.config", "is", [place("config"), number(0)],
                "the slot of PCI configuration space is listed and could be read",
                source=body.source,
            )
        self._tail(body)

    def _tail(self, body: m.Body) -> None:
        if body.tail is None or body.tail_size is None:
            return
        self.add(
            body, "tail.next", "is", [of(body.tail), place("cursor")],
            f"in {title(body)}, tail is where the tail part before it ends, or 0 without a part",
            body.tail,
        )
        self.add(
            body, "tail_size.fits", "fits", [place("cursor"), of(body.tail_size), place("size")],
            f"the tail part of {title(body)} ends within the file", body.tail_size,
        )

    # -- section 7: replies ------------------------------------------------------------------------

    def replies(self) -> None:
        for body in self.fmt.replies.values():
            self._reply(body)
        for chain in self.fmt.chains.values():
            self._chain(chain)

    def _reply(self, body: m.Body) -> None:
        argsz = body.field("argsz")
        what = title(body)
        self.add(
            body, "size", "fits", [number(0), number(body.min), m.Operand("given", name="size")],
            f"at least the first {body.min} bytes of {what} were received",
            level="robust", verdict="need-more",
        )
        self.add(
            body, "argsz.min", "range",
            [of(argsz), number(body.min), number(top_of(argsz.width))],
            f"in {what}, argsz covers at least the first {body.min} bytes", argsz, level="robust",
        )
        # Without a chain nothing is known to stand behind the struct.
        level = "abi" if body.chain else "ours"
        self.add(
            body, "argsz.more", "fits",
            [number(0), of(argsz), m.Operand("given", name="size")],
            f"as many bytes of {what} as argsz says were received, else the call is repeated with "
            "that many", argsz, level=level, verdict="need-more",
        )
        self.fields(body)
        if body.cap_offset and body.cap_offset.late:
            self.add(
                body, "cap_offset.size", "prefix", [of(body.cap_offset), place("end")],
                f"with CAPS, {what} is long enough to hold cap_offset", body.cap_offset,
                level="robust",
            )

    def _chain(self, chain: m.Chain) -> None:
        link, prev, end = place("link"), place("prev"), place("end")
        head = number(HEAD_OF_CAPABILITY)
        robust, ours = "robust", "ours"
        rows = (
            ("first", "range", [link, number(1), number(top_of(4))], ours,
             "with CAPS, cap_offset is not 0"),
            ("floor", "range", [link, number(chain.floor), number(top_of(4))], robust,
             f"a link leads behind the first {chain.floor} bytes of the reply"),
            ("fits", "fits", [link, head, end], robust,
             f"the {HEAD_OF_CAPABILITY} bytes of a capability's head end within the reply"),
            ("cycle", "apart", [link, place("visited")], robust,
             "a link does not lead to a capability that was visited"),
            ("backward", "ascending", [link, prev], ours,
             "a link leads forward"),
            ("apart", "apart", [prev, head, link], ours,
             "the head of a capability does not overlap the head before it"),
            ("max", "range", [place("visited"), number(0), number(chain.max)], ours,
             f"a reply has at most {chain.max} capabilities"),
        )
        for suffix, predicate, operands, level, text in rows:
            self.add(chain, suffix, predicate, operands, text, level=level)
        if chain.align and chain.align["to"] > 1:
            self.add(
                chain, "align", "multiple", [link, number(chain.align["to"])],
                f"a link is a multiple of {chain.align['to']}", level="abi",
                roles=tuple(chain.align.get("roles", ROLES)), source=chain.align.get("source"),
                applies=dict(chain.align.get("applies", {})),
            )
        if not chain.caps:
            return
        self.add(
            chain, "version", "range", [place("version"), number(1), number(top_of(2))],
            "the version of a known capability is not 0", level=ours,
        )
        self.add(
            chain, "twice", "excludes", [place("id"), place("visited")],
            "a known capability comes once", level=ours,
        )
        for cap in chain.caps.values():
            self.size(cap)
            self.fields(cap)
        self.add(
            chain, "overlap", "apart", [place("at"), place("taken"), place("next")],
            "a known capability ends before the next one begins", level=ours,
        )


def expand(spec: m.Spec) -> None:
    """Fills Spec.rules and the rules of every format, chain, body and field, and numbers them."""
    spec.rules.extend(spec.model.rules)
    for item in spec.model.items.values():
        for attribute in item.attributes.values():
            spec.rules.extend(attribute.rules)
        spec.rules.extend(item.rules)
    for fmt in spec.formats.values():
        expander = Expander(fmt)
        getattr(expander, fmt.shape)()
        spec.rules.extend(fmt.rules)
    spec.lock, spec.lock_lines = read_lock(spec.directory / "ids.lock")
    number_rules(spec)


# -- ids.lock --------------------------------------------------------------------------------------


def read_lock(path: Path) -> tuple[dict[str, int], dict[str, int]]:
    """The numbers that were given and the lines that say so, by id. A missing file gave none."""
    lock: dict[str, int] = {}
    lines: dict[str, int] = {}
    if not path.exists():
        return lock, lines
    owners: dict[int, str] = {}
    last = 0
    for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not text or text.startswith("#"):
            continue
        pos = Pos(str(path), line, 1)
        match = re.fullmatch(r"([1-9][0-9]*) ([a-z0-9_]+(?:\.[a-z0-9_]+)+)", text)
        if match is None:
            raise SpecError.at(pos, "a line is NUMBER ID")
        value, rule_id = int(match[1]), match[2]
        if value in owners:
            raise SpecError.at(pos, f"number {value} is that of {owners[value]} already")
        if rule_id in lock:
            raise SpecError.at(pos, f"{rule_id} has number {lock[rule_id]} already")
        if value < last:
            raise SpecError.at(pos, f"number {value} stands behind {last}")
        owners[value] = rule_id
        lock[rule_id] = last = value
        lines[rule_id] = line
    return lock, lines


def number_rules(spec: m.Spec) -> None:
    """Numbers from the lock; an id that it lacks takes the next one, in the order of Spec.rules."""
    last = max(spec.lock.values(), default=0)
    for rule in spec.rules:
        if rule.id not in spec.lock:
            last += 1
        rule.number = spec.lock.get(rule.id, last)


def lock_text(spec: m.Spec) -> str:
    """What ids.lock has to say: every number ever given, and those of new rules behind them."""
    numbers = {rule.number: rule.id for rule in spec.rules}
    numbers.update({value: rule_id for rule_id, value in spec.lock.items()})
    return LOCK_HEADER + "".join(f"{value} {numbers[value]}\n" for value in sorted(numbers))
