# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The spec as plain objects, with every name resolved and every implied rule written out.

This is what lint judges and what the emitters read; nobody behind this module sees YAML. An object
says which format it belongs to by the name (a string); `Spec.formats` has the object.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as _field
from pathlib import Path
from typing import Any

from .load import Pos

WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}
CONSTRUCTS = (
    "scalar", "flags", "enum", "bytes", "string", "struct",
    "array", "records", "chain", "given", "growth",
)
PREDICATES = (
    "is", "in", "mask", "multiple", "range", "fits",
    "counts", "needs", "excludes", "ascending", "apart", "prefix",
)
# The predicates that a spec may write; the others come with constructs only.
WRITTEN_PREDICATES = ("is", "range", "fits", "needs", "excludes")
LEVELS = ("abi", "robust", "seen", "ours")
ROLES = ("producer", "reader", "responder")
GIVEN = {"size": "u32", "received": "u32", "index": "u32", "order": "order"}


# -- names that the whole spec shares --------------------------------------------------------------


@dataclass(eq=False)
class ModelFlag:
    """Something that holds of an item, or that an optional attribute of it is known."""

    name: str
    bit: int
    of: list[str]  # kinds of item
    knows: list[str]  # attributes that are known only with this flag
    without: list[str]  # flags that have to go where a layout cannot carry this one
    doc: str
    pos: Pos = _field(repr=False)


@dataclass(eq=False)
class Member:
    """One value of an enum."""

    name: str
    value: int
    doc: str
    pos: Pos = _field(repr=False)


@dataclass(eq=False)
class Enum:
    """A closed list of u32 values. `format` is None for an enum of the model."""

    name: str
    format: str | None
    doc: str
    members: list[Member]
    pos: Pos = _field(repr=False)

    def member(self, name: str) -> Member | None:
        return next((member for member in self.members if member.name == name), None)


@dataclass(eq=False)
class Bit:
    """One bit of a flag set, and what it does to the item."""

    name: str
    bit: int
    doc: str
    since: int  # first version that knows it; 1 where the spec says none
    wire: bool  # sets no model flag
    bus: str | None  # member of the model's enum bus that it stands for
    sets: ModelFlag | None  # set where the bit is 1
    clears: ModelFlag | None  # set where the bit is 0
    applies: dict[str, str]
    pos: Pos = _field(repr=False)


@dataclass(eq=False)
class FlagSet:
    """A u32 or u64 of bits."""

    name: str
    format: str
    doc: str
    width: int  # bytes: 4 or 8
    rest: Any  # 'refuse', 'ignore' or (KIND, 'more'): what becomes of the other bits
    members: list[Bit]
    of: str | None  # kind of item whose flags it sets; None: it sets none
    c: str | None  # prefix of the names in the Linux header
    pos: Pos = _field(repr=False)

    def mask(self, version: int | None = None) -> int:
        """The known bits, all or those of a version."""
        known = (bit for bit in self.members if version is None or bit.since <= version)
        return sum(1 << bit.bit for bit in known)


# -- rules -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Operand:
    """What a predicate looks at; `kind` says which of the other members counts.

    number   value
    field    field, a field of the body
    attr     item and name, an attribute of the item so far (item is None: of whichever parent)
    element  item, name and member: member of each element of an attribute (areas.offset)
    flag     flag, a model flag of the item: 1 or 0
    flags    the flag set of the item
    device   name, an attribute of the device
    given    name, one of GIVEN
    test     field, and member (of its enum) or name (of a given): 1 where equal, else 0
    place    name, something that the loop of the shape knows (implied rules only)
    """

    kind: str
    value: int | None = None
    name: str | None = None
    item: str | None = None
    member: Any = None
    field: "Field | None" = None
    flag: ModelFlag | None = None

    def __str__(self) -> str:
        if self.kind == "number":
            return str(self.value)
        if self.kind in ("device", "given"):
            return f"{self.kind}.{self.name}"
        if self.kind == "field":
            return self.field.name
        if self.kind == "flag":
            return self.flag.name
        if self.kind == "flags":
            return "flags"
        if self.kind == "element":
            return f"{self.name}.{self.member}"
        if self.kind == "test":
            wanted = self.member.name if self.member else f"given.{self.name}"
            return f"{self.field.name} = {wanted}"
        return self.name


@dataclass(eq=False)
class Rule:
    """One thing that a format demands."""

    id: str
    number: int  # from ids.lock, never changes; 0 is no rule
    predicate: str
    operands: list[Operand]  # `needs`: the flag is the last
    level: str
    roles: tuple[str, ...]  # ('producer', 'reader') unless the spec narrows it
    source: str  # key in the sources of its file
    source_text: str
    text: str
    verdict: str  # 'reject' or 'need-more'
    format: str  # 'model' for the rules of model.yaml
    body: "Body | None" = _field(repr=False)
    field: "Field | None" = _field(repr=False)
    implied: bool
    item: str | None  # kind of item, for rules of attributes and items
    attribute: str | None  # for rules of attributes
    applies: dict[str, str]
    pos: Pos = _field(repr=False)

    @property
    def producer_only(self) -> bool:
        return self.roles == ("producer",)


# -- the model -------------------------------------------------------------------------------------


@dataclass(eq=False)
class Attribute:
    """What can be known of an item. `type`: u8..u64, an enum of the model, string, kept, or a list:
    the name of a struct of the model in the plural."""

    name: str
    type: str
    doc: str
    default: int | None
    lossy: str | None  # what to do where a layout cannot carry it
    rules: list[Rule]
    enum: Enum | None
    element: "Struct | None"  # of a list
    pos: Pos = _field(repr=False)


@dataclass(eq=False)
class Item:
    """A kind of item: device, region, irq, iommu, hot_reset."""

    name: str
    doc: str
    attributes: dict[str, Attribute]
    rules: list[Rule]
    pos: Pos = _field(repr=False)


@dataclass(eq=False)
class Model:
    """model.yaml."""

    name: str
    doc: str
    sources: dict[str, str]
    enums: dict[str, Enum]
    flags: dict[str, ModelFlag]
    structs: dict[str, "Struct"]
    items: dict[str, Item]
    rules: list[Rule]  # those that no item or attribute owns
    pos: Pos = _field(repr=False)

    def element(self, type_name: str) -> "Struct | None":
        """The struct of which a type is the plural."""
        return self.structs.get(type_name[:-1]) if type_name.endswith("s") else None


# -- bodies ----------------------------------------------------------------------------------------


@dataclass(eq=False)
class Struct:
    """Scalars one after the other, the element of arrays."""

    name: str
    format: str | None
    doc: str
    fields: list["Field"]
    size: int
    pos: Pos = _field(repr=False)


@dataclass(eq=False)
class Field:
    """A field of a body or struct."""

    name: str
    cname: str  # its name in our C: `as`, else name
    type_name: str
    kind: str  # 'scalar', 'enum', 'flags', 'bytes', 'string', 'array'
    width: int  # bytes; of one element for array, 1 for bytes and string
    offset: int | None  # from the first field of the body; the head in front is not counted
    doc: str
    attr: tuple[str | None, str] | None  # is: (kind or None for whichever parent, attribute)
    must: Operand | None  # number or given
    not_: int | None
    count: "Field | str | None"  # the counting field, or 'rest'
    length: "Field | None"
    since: int
    late: bool
    when: str | None  # the flag of the body without which attr is not taken
    c_member: str | None  # name in the Linux header; None: it has none there
    enum: Enum | None
    flagset: FlagSet | None
    struct: Struct | None
    applies: dict[str, str]
    pos: Pos = _field(repr=False)
    rules: dict[str, Rule] = _field(default_factory=dict, repr=False)  # implied, by last part of id

    @property
    def variable(self) -> bool:
        return self.kind in ("bytes", "string", "array")


@dataclass(eq=False)
class Key:
    """How siblings of one kind are told apart; `without`: what stands in where no field said it."""

    attribute: str
    without: list[tuple]  # ('attr', NAME), ('flag', ModelFlag, number) or ('next',)


@dataclass(eq=False)
class Body:
    """A run of fields: a header, record head, record, slot, reply or capability."""

    kind: str  # 'header', 'head', 'record', 'slot', 'reply', 'capability'
    format: str
    name: str
    lname: str
    doc: str
    source: str
    fields: list[Field]
    fixed_size: int  # F: fields of fixed size, not late, known in version 1
    full_size: int  # all fields of fixed size
    sizes_by_version: dict[int, int]  # version -> F, for each version that adds a field, and 1
    pos: Pos = _field(repr=False)
    rules: list[Rule] = _field(default_factory=list, repr=False)  # all, in the order of judgement
    # by the id after FORMAT.BODY.
    implied: dict[str, Rule] = _field(default_factory=dict, repr=False)
    explicit: list[Rule] = _field(default_factory=list, repr=False)
    item: str | None = None
    knows: ModelFlag | None = None
    tag: int | None = None
    parents: list[str] = _field(default_factory=list)  # `in`
    many: bool = False
    needed: bool = False
    since: int = 1
    place: str | None = None  # 'first' or 'last'
    open_: bool = False
    kept: bool = False
    flags: FlagSet | None = None  # of the record's flags word; None: it is 0
    flags_attr: str | None = None  # kind of item that the flags word sets the flags of
    key: Key | None = None
    c: str | None = None  # C type in the Linux header
    applies: dict[str, str] = _field(default_factory=dict)
    align: int | None = None  # head: what a length is a multiple of
    first_unknown: int | None = None  # head: lowest tag that is not listed
    count: Field | None = None  # slot: the header's field that counts them
    tail: Field | None = None  # header and slots of array: offset of the part of the tail
    tail_size: Field | None = None
    call: str | None = None  # reply: name of the ioctl
    ioctl: int | None = None  # reply: number of the ioctl
    min: int | None = None  # reply: bytes that argsz has to cover
    flags_field: Field | None = None  # reply
    cap_offset: Field | None = None  # reply with a chain
    chain: str | None = None  # reply: name of its chain; capability: name of the chain it is in

    @property
    def variable(self) -> Field | None:
        """The variable field that ends it, if any."""
        return self.fields[-1] if self.fields and self.fields[-1].variable else None

    def field(self, name: str) -> Field | None:
        return next((one for one in self.fields if one.name == name), None)

    def size_in(self, version: int) -> int:
        """F in a version; a version above the highest known one has all fields."""
        known = max(since for since in self.sizes_by_version if since <= max(version, 1))
        return self.sizes_by_version[known]


@dataclass(eq=False)
class Chain:
    """Capabilities behind a reply, found by links."""

    name: str
    format: str
    doc: str
    source: str
    origin: str  # member of the model's enum origin
    floor: int
    max: int
    align: dict[str, Any] | None  # {'to': N, 'roles': ..., 'source': ..., 'applies': ...}
    caps: dict[str, Body]
    pos: Pos = _field(repr=False)
    rules: list[Rule] = _field(default_factory=list, repr=False)
    # by the id after FORMAT.CHAIN.
    implied: dict[str, Rule] = _field(default_factory=dict, repr=False)


@dataclass(eq=False)
class DeviceType:
    """A fixed layout: which indexes there are and where each region begins."""

    name: str
    id: int
    bus: list[Member]
    source: str
    doc: str
    shift: int
    num_regions: int | None  # None: the header says it
    num_irqs: int | None
    indexes: list[int] | None  # region index of each slot; None: one for each index
    bars: list[int]
    config: int | None
    regions: list[str]  # names of the slots
    irqs: list[str]
    pos: Pos = _field(repr=False)


@dataclass(eq=False)
class Tail:
    """Where bodies of a fixed-size format put what does not fit: records of another format."""

    records: str  # name of the format
    parents: dict[str, str]  # body ('device' for the header) -> record that the part is judged as
    carries: list[str]  # names of the records that may stand there


@dataclass(eq=False)
class Format:
    """One file of spec/ but model.yaml."""

    name: str
    title: str
    shape: str  # 'records', 'array' or 'replies'
    doc: str
    level: str
    added: str
    sources: dict[str, str]
    decisions: dict[str, str]
    enums: dict[str, Enum]  # its own; with `types` there is one named types
    flags: dict[str, FlagSet]
    structs: dict[str, Struct]
    header: Body | None
    record: Body | None  # the head in front of every record
    records: dict[str, Body]
    slots: dict[str, Body]
    types: dict[str, DeviceType]
    types_doc: str
    tail: Tail | None
    replies: dict[str, Body]
    chains: dict[str, Chain]
    given: dict[str, str]  # what a verdict depends on beside the bytes: name -> doc
    pos: Pos = _field(repr=False)
    rules: list[Rule] = _field(default_factory=list, repr=False)  # all, in the order of judgement
    # those of the shape, by the id after FORMAT.
    implied: dict[str, Rule] = _field(default_factory=dict, repr=False)

    def bodies(self) -> list[Body]:
        """Every body, in the order of the file."""
        fixed = [body for body in (self.header, self.record) if body]
        caps = [cap for chain in self.chains.values() for cap in chain.caps.values()]
        groups = (self.records, self.slots, self.replies)
        return fixed + [body for group in groups for body in group.values()] + caps


@dataclass(eq=False)
class Spec:
    """Everything that spec/ says."""

    directory: Path
    model: Model
    formats: dict[str, Format]
    rules: list[Rule] = _field(default_factory=list, repr=False)  # model, then each format
    lock: dict[str, int] = _field(default_factory=dict, repr=False)  # ids.lock as the file has it
    lock_lines: dict[str, int] = _field(default_factory=dict, repr=False)

    def rule(self, rule_id: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.id == rule_id), None)


def load_spec(directory: str | Path) -> Spec:
    """Loads, resolves and expands; raises SpecError at the first thing that makes no sense."""
    # build and rules are made of the classes above.
    from . import build, rules

    spec = build.build(Path(directory))
    rules.expand(spec)
    return spec
