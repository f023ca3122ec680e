# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What a vector is for: its class, and what a careless reader gets wrong with it.

Both follow from the rule that is broken and from what the tree has in it that nobody knows, by
tables; nothing is said of a single vector.
"""

from __future__ import annotations

import re

from ... import model as m
from .node import Node
from .tree import ReplyTree, Tree

CLASSES = ("malformed", "invalid", "must-ignore", "valid")
CATCHES = (
    "cycle", "wrap32", "wrap64", "count", "off-by-one", "overread", "argsz-length", "caps-flag",
    "first-only", "version", "order", "duplicate", "overlap", "index-shift", "unknown-id",
    "fail-open", "truncation", "cap-offset", "alignment", "byte-order", "padding", "reserved",
    "cut-chain",
)

def level_of(rule: m.Rule | None, order: str, data: bytes) -> str | None:
    """How much a rule asks in this input. More than a reader knows of may be left unread by it,
    unless CAPS says that capabilities are among it."""
    if rule is None:
        return None
    if rule.level != "abi" or not rule.id.endswith(".argsz.more"):
        return rule.level
    flags = rule.body.flags_field
    caps = next(one.bit for one in flags.flagset.members if one.name == "CAPS")
    word = int.from_bytes(data[flags.offset:flags.offset + flags.width], order)
    return "abi" if word >> caps & 1 else "ours"


# Ends of ids of rules about a value that the layout does not hang on: an input that breaks one of
# them can be decoded. So can one that breaks a rule that the spec writes out.
OF_VALUES = ("is", "not", "in", "mask", "absent", "bus", "num_regions", "num_irqs", "config")
# Fields that say how the rest is laid out.
OF_LAYOUT = ("magic", "version", "total", "device_type")

# By kind of body (or shape, or 'chain') and end of the id, as the rows of build.ROWS; then by
# predicate.
BY_RULE: dict[tuple[str, str], tuple[str, ...]] = {
    ("header", "size"): ("overread", "truncation"),
    ("header", "magic.in"): ("byte-order", "unknown-id"),
    ("header", "version.in"): ("version",),
    ("header", "version.is"): ("version",),
    ("header", "total.is"): ("truncation",),
    ("header", "exact"): ("truncation", "off-by-one"),
    ("header", "tail.next"): ("overlap",),
    ("header", "tail_size.fits"): ("overread",),
    ("head", "size"): ("overread", "truncation"),
    ("head", "rec_len.min"): ("cycle", "overread"),
    ("head", "rec_len.multiple"): ("alignment",),
    ("head", "rec_len.fits"): ("overread",),
    ("head", "type.range"): ("reserved",),
    ("head", "type.since"): ("version",),
    ("head", "type.parent"): ("unknown-id",),
    ("head", "type.order"): ("order",),
    ("head", "type.twice"): ("duplicate", "first-only"),
    ("record", "first"): ("order", "truncation"),
    ("record", "size"): ("overread", "truncation"),
    ("record", "exact"): ("overread", "off-by-one"),
    ("record", "nul"): ("overread",),
    ("record", "pad"): ("padding",),
    ("record", "length"): ("overread", "count"),
    ("record", "multiple"): ("overread", "off-by-one"),
    ("record", "ascending"): ("order", "duplicate"),
    ("record", "last"): ("truncation",),
    ("record", "needed"): ("truncation",),
    ("slot", "counts"): ("count", "overread"),
    ("slot", "absent"): ("index-shift", "reserved"),
    ("slot", "tail.next"): ("overlap",),
    ("slot", "tail_size.fits"): ("overread",),
    ("array", "type.bus"): ("unknown-id",),
    ("array", "type.num_regions"): ("count",),
    ("array", "type.num_irqs"): ("count",),
    ("array", "type.config"): ("fail-open",),
    ("array", "tail.end"): ("truncation",),
    ("reply", "size"): ("overread", "truncation"),
    ("reply", "argsz.min"): ("argsz-length",),
    ("reply", "argsz.more"): ("argsz-length", "overread", "truncation"),
    ("reply", "counts"): ("count", "overread", "argsz-length"),
    ("reply", "cap_offset.size"): ("cap-offset", "overread"),
    ("reply", "index"): ("index-shift",),
    ("chain", "first"): ("cap-offset", "fail-open"),
    ("chain", "floor"): ("cap-offset", "overlap"),
    ("chain", "fits"): ("overread", "cut-chain"),
    ("chain", "cycle"): ("cycle",),
    ("chain", "backward"): ("order", "cycle"),
    ("chain", "apart"): ("overlap",),
    ("chain", "max"): ("count",),
    ("chain", "align"): ("alignment",),
    ("chain", "version"): ("version",),
    ("chain", "twice"): ("duplicate", "first-only"),
    ("chain", "overlap"): ("overlap",),
    ("capability", "size"): ("overread", "truncation"),
    ("capability", "counts"): ("count", "overread"),
    ("capability", "length"): ("count", "overread"),
    ("header", "write"): ("version",),
    ("model", "index"): ("count",),
    ("model", "inside"): ("fail-open", "overread"),
    ("model", "magic"): ("unknown-id",),
}
BY_PREDICATE: dict[str, tuple[str, ...]] = {
    "is": ("reserved",),
    "in": ("unknown-id",),
    "mask": ("reserved",),
    "range": ("off-by-one",),
    "fits": ("overread",),
    "needs": ("fail-open",),
    "excludes": ("fail-open",),
}
# What a too strict reader gets wrong with a good neighbour.
GOOD: dict[str, tuple[str, ...]] = {
    "in": ("unknown-id",),
    "range": ("off-by-one",),
    "fits": ("off-by-one",),
    "counts": ("off-by-one",),
    "multiple": ("off-by-one",),
    "apart": ("off-by-one",),
    "mask": ("reserved",),
}
# What the words of a case say.
BY_NOTE = (
    (re.compile(r"32-bit sum wraps|^0x[1-9a-f][0-9a-f]{7} of"), "wrap32"),
    (re.compile(r"64-bit sum wraps"), "wrap64"),
    (re.compile(r"\bone (more|less|byte over)\b"), "off-by-one"),
)
# What a tree has in it, by the names that `features` gives.
BY_FEATURE = {
    "capability": "unknown-id",
    "record": "unknown-id",
    "newer": "version",
    "bits": "reserved",
    "trailing": "argsz-length",
    "stale": "caps-flag",
    "several": "first-only",
    "big": "byte-order",
}
UNKNOWN = ("capability", "record", "newer", "bits", "trailing", "stale")


def kind_of(rule: m.Rule, spec: m.Spec) -> str:
    """The kind of body that a rule stands in, or what else it is about."""
    if rule.format == "model":
        return "model"
    if rule.body is not None:
        return rule.body.kind
    fmt = spec.formats[rule.format]
    return "chain" if fmt.chains else fmt.shape


def of_broken(spec: m.Spec, rule: m.Rule) -> str:
    """The class of an input that breaks a rule. A reply of which there is more is a good one, of
    which the caller asked for too little."""
    before, last = rule.id.split(".")[-2:]
    if (kind_of(rule, spec), before, last) == ("reply", "argsz", "more"):
        return "valid"
    if rule.format == "model":
        return "malformed" if rule.item is None else "invalid"
    if not rule.implied:
        return "invalid"
    if kind_of(rule, spec) == "chain" or before in OF_LAYOUT:
        return "malformed"
    return "invalid" if last in OF_VALUES else "malformed"


def by_rule(spec: m.Spec, rule: m.Rule) -> tuple[str, ...]:
    """What breaking a rule catches, whatever the case is."""
    kind, parts = kind_of(rule, spec), rule.id.split(".")
    for end in (".".join(parts[-2:]), parts[-1]):
        if (kind, end) in BY_RULE:
            return BY_RULE[kind, end]
    return BY_PREDICATE[rule.predicate]


def features(tree: Tree) -> set[str]:
    """What stands in a tree that a reader may stumble over though it is good."""
    found = {"big"} if tree.big else set()
    for node in tree.nodes():
        if node.body is None:
            found.add("capability" if isinstance(tree, ReplyTree) else "record")
        elif node.body.kind == "capability" and node.word > max(node.body.sizes_by_version):
            found.add("newer")
        if node.body is not None and _unknown_bits(node):
            found.add("bits")
    if isinstance(tree, ReplyTree):
        found |= _of_reply(tree)
    return found


def _unknown_bits(node: Node) -> bool:
    for field in node.body.fields:
        flags = field.flagset
        if flags is not None and flags.rest != "refuse":
            value = node.values.get(field.name, 0)
            if isinstance(value, int) and value & ~flags.mask():
                return True
    return False


def _of_reply(tree: ReplyTree) -> set[str]:
    found = set()
    if tree.end or tree.after:
        found.add("trailing")
    if len(tree.caps) > 1:
        found.add("several")
    if not tree.caps and tree.first is None and tree.reply.values.get("cap_offset"):
        found.add("stale")
    return found


def of_good(found: set[str]) -> str:
    """The class of a good input with these features."""
    return "must-ignore" if found.intersection(UNKNOWN) else "valid"


def catches(spec: m.Spec, rule: m.Rule | None, broken: bool, note: str,
            found: set[str], more: tuple[str, ...] = ()) -> list[str]:
    """All that a vector catches, in the order of CATCHES; `more` is what its maker adds."""
    said: set[str] = set(more)
    if rule is not None:
        said.update(by_rule(spec, rule) if broken else GOOD.get(rule.predicate, ()))
        if rule.predicate != "is":
            said.update(word for pattern, word in BY_NOTE if pattern.search(note))
    said.update(BY_FEATURE[one] for one in found if not broken or one == "big")
    return [word for word in CATCHES if word in said]
