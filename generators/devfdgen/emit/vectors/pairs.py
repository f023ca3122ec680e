# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Optional parts in combination: any two of them, there or not, in as few good inputs as possible.

Each format has factors (an attribute with its record or flag, a capability in each version, the
byte order ...) with levels. A covering array, made greedily and without chance, has every pair of
levels that may stand together.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Callable, Iterator

from ... import model as m
from .build import Builder, Vector
from .cases import Spots
from .good import UNKNOWN, filled, keep, sample
from .tree import RecordsTree, ReplyTree, SlotsTree, Tree

Act = Callable[[Any], None]
NEVER_OPTIONAL = ("index", "error", "kept", "bus", "num_regions", "num_irqs", "offset", "size",
                  "count", "dependents")
ROOM = 0x4000  # bytes of a region with areas


@dataclass(eq=False)
class Factor:
    """Something that can be so or otherwise: the words of its levels, and what each does."""

    name: str
    levels: list[tuple[str, Act | None]]


Forbidden = Callable[[dict[str, str]], bool]


def rows(factors: list[Factor], forbidden: Forbidden) -> list[list[int]]:
    """A covering array of strength 2: for each row the level of each factor."""
    sizes = [len(factor.levels) for factor in factors]
    open_ = {(a, i, b, j): None for a, b in combinations(range(len(factors)), 2)
             for i in range(sizes[a]) for j in range(sizes[b])
             if not forbidden(words(factors, {a: i, b: j}))}
    found = []
    while open_:
        a, i, b, j = next(iter(open_))
        row = {a: i, b: j}
        for place in range(len(factors)):
            if place not in row:
                row[place] = _best(factors, forbidden, open_, row, place)
        if forbidden(words(factors, row)):
            del open_[a, i, b, j]  # no row can have it
            continue
        found.append([row[place] for place in range(len(factors))])
        for one, other in combinations(sorted(row), 2):
            open_.pop((one, row[one], other, row[other]), None)
    return found


def words(factors: list[Factor], row: dict[int, int]) -> dict[str, str]:
    """The levels chosen so far, by the name of the factor."""
    return {factors[place].name: factors[place].levels[level][0] for place, level in row.items()}


def _best(factors: list[Factor], forbidden: Forbidden, open_: dict[tuple, None],
          row: dict[int, int], place: int) -> int:
    """The level that covers most with what the row has; the first one of equals."""
    scores = []
    for level in range(len(factors[place].levels)):
        if forbidden(words(factors, {**row, place: level})):
            scores.append(-1)
            continue
        keys = ((place, level, other, held) if place < other else (other, held, place, level)
                for other, held in row.items())
        scores.append(sum(key in open_ for key in keys))
    return scores.index(max(scores))


# -- layouts ---------------------------------------------------------------------------------------


def of_layout(spec: m.Spec, make: Callable[[], Tree]) -> list[Factor]:
    """What may be said of a device and of its first region and interrupt."""
    tree = make()
    factors = []
    for kind in ("device", "region", "irq"):
        if not _has(tree, kind):
            continue
        factors += _attributes(spec, tree, kind)
        knowing = [flag.name for flag in spec.model.flags.values() if flag.knows]
        for name, flag in spec.model.flags.items():
            if kind in flag.of and name not in knowing and make().flag(kind, name, True):
                factors.append(Factor(f"{kind} {name}", [
                    ("off", None), ("on", lambda tree, k=kind, n=name: _flag(tree, k, n))]))
        if isinstance(tree, RecordsTree) and tree.version > 1 or (
                isinstance(tree, SlotsTree) and tree.fmt.tail is not None):
            factors.append(Factor(f"{kind} kept", [
                ("no", None), ("yes", lambda tree, k=kind: _keep(spec, tree, k))]))
    return factors


def _has(tree: Tree, kind: str) -> bool:
    """Whether there is an item of a kind: some device types have no slot for one."""
    typed = isinstance(tree, SlotsTree) and tree.type is not None and tree.type.indexes is not None
    if typed and kind in tree.slots and not tree.slots[kind]:
        return False
    return tree.item(kind) is not None


def _flag(tree: Tree, kind: str, name: str) -> None:
    tree.flag(kind, name, True)


def _keep(spec: m.Spec, tree: Tree, kind: str) -> None:
    top = kind == "device" and isinstance(tree, RecordsTree)
    keep(spec, tree, None if top else tree.item(kind))


def _attributes(spec: m.Spec, tree: Tree, kind: str) -> Iterator[Factor]:
    """Attributes that may be left out, those that one flag knows together."""
    item = spec.model.items[kind]
    groups: dict[str, list[str]] = {}
    for name in item.attributes:
        if name in NEVER_OPTIONAL or not tree.settable(kind, name):
            continue
        flag = next((one.name for one in spec.model.flags.values()
                     if kind in one.of and name in one.knows), name)
        groups.setdefault(flag, []).append(name)
    for name, members in groups.items():
        def say(tree: Tree, members: list[str] = members) -> None:
            if "areas" in members:
                tree.put(kind, "size", ROOM)
            for one in members:
                tree.put(kind, one, sample(spec, kind, item.attributes[one]))
        yield Factor(f"{kind} {name}", [("off", None), ("on", say)])


# -- replies ---------------------------------------------------------------------------------------


def of_reply(spec: m.Spec, reply: m.Body, make: Callable[[], ReplyTree]) -> list[Factor]:
    """Flags, capabilities, fields by size, and bytes that belong to nothing."""
    flags = reply.flags_field
    factors = []
    late = sum(field.late for field in reply.fields)
    if late:
        factors.append(Factor("late", [(str(count), lambda tree, c=count: _late(tree, c))
                                       for count in range(late, -1, -1)]))
    for bit in flags.flagset.members:
        if bit.name != "CAPS":
            factors.append(Factor(bit.name, [
                ("off", None), ("on", lambda tree, b=bit.bit: _bits(tree, flags, 1 << b))]))
    unknown = 1 << flags.flagset.mask().bit_length()
    factors.append(Factor("unknown bits", [
        ("none", None), ("lowest", lambda tree: _bits(tree, flags, unknown)),
        ("highest", lambda tree: _bits(tree, flags, 1 << 31))]))
    chain = spec.formats[reply.format].chains[reply.chain] if reply.chain else None
    for body in chain.caps.values() if chain else ():
        newest = max(body.sizes_by_version)
        levels = [("no", None)]
        for version in [*body.sizes_by_version, newest + 1]:
            levels.append((f"v{version}", lambda tree, b=body, v=version: _cap(tree, b, v)))
        factors.append(Factor(body.name, levels))
    if chain:
        factors.append(Factor("unknown capability", [
            ("no", None), ("last", lambda tree: _stranger(tree, len(tree.caps))),
            ("first", lambda tree: _stranger(tree, 0))]))
        factors.append(Factor("behind the chain", [
            ("nothing", None), ("5 bytes", lambda tree: setattr(tree, "end", b"\xaa" * 5))]))
    if reply.variable is not None:
        element = tuple(range(1, len(reply.variable.struct.fields) + 1))
        factors.append(Factor("count", [
            (str(count), lambda tree, c=count: _list(tree, reply.variable, [element] * c))
            for count in (0, 1, 3)]))
    factors.append(Factor("received", [
        ("argsz", None), ("3 bytes more", lambda tree: setattr(tree, "after", b"\xbb" * 3))]))
    return factors


def _late(tree: ReplyTree, count: int) -> None:
    tree.late = count


def _bits(tree: ReplyTree, flags: m.Field, bits: int) -> None:
    tree.reply.values[flags.name] = tree.reply.values.get(flags.name, 0) | bits


def _list(tree: ReplyTree, field: m.Field, value: list[tuple[int, ...]]) -> None:
    tree.reply.values[field.name] = value


def _cap(tree: ReplyTree, body: m.Body, version: int) -> None:
    node = filled(tree.add(body, version=version))
    if version > max(body.sizes_by_version):
        node.extra = b"\xcc" * 4
    if tree.reply.body.item == "region":
        tree.put("region", "size", ROOM)


def _stranger(tree: ReplyTree, place: int) -> None:
    node = tree.add(None, tag=UNKNOWN, version=7)
    node.extra = b"keep"
    tree.caps.remove(node)
    tree.caps.insert(place, node)


# -- both ------------------------------------------------------------------------------------------


def no_go(spec: m.Spec, reply: m.Body | None) -> Forbidden:
    """Levels that a rule of the model or the shape of the reply does not let stand together."""
    excluded, needed = [], []
    for item in spec.model.items.values():
        prefix = "" if reply is not None else f"{item.name} "
        for rule in item.rules:
            names = [one.flag.name for one in rule.operands if one.kind == "flag"]
            if rule.predicate == "excludes" and len(names) == len(rule.operands):
                excluded.append([prefix + name for name in names])
            if rule.predicate == "needs" and reply is not None and reply.item == item.name:
                needed.append(names)
    caps = ()
    if reply is not None and reply.chain:
        listed = spec.formats[reply.format].chains[reply.chain].caps
        caps = (*listed, "unknown capability")

    def forbidden(said: dict[str, str]) -> bool:
        if any(all(said.get(name) == "on" for name in names) for names in excluded):
            return True
        if any(said.get(names[0]) == "on" and said.get(names[-1]) == "off" for names in needed):
            return True
        if said.get("late") == "0" and any(said.get(name, "no") != "no" for name in caps):
            return True
        return False

    return forbidden


def combined(builder: Builder, name: str, make: Callable[[bool], Tree], factors: list[Factor],
             forbidden: Forbidden) -> Iterator[Vector | None]:
    """A vector for each row; the byte order is one more factor."""
    factors = [*factors, Factor("order", [("little", None), ("big", None)])]
    for row in rows(factors, forbidden):
        said = words(factors, dict(enumerate(row)))
        tree = make(said["order"] == "big")
        for factor, level in zip(factors, row):
            act = factor.levels[level][1]
            if act is not None:
                act(tree)
        note = ", ".join(f"{key} {value}" for key, value in said.items()
                         if value not in ("no", "off", "none", "nothing"))
        mark = hashlib.sha256(note.encode()).hexdigest()[:8]
        yield builder.accept(f"pairs/{name}/{mark}", tree, note)


def all_pairs(builder: Builder) -> list[Vector]:
    spec = builder.spec
    found: list[Vector | None] = []
    for fmt in spec.formats.values():
        if fmt.shape == "replies":
            for reply in fmt.replies.values():
                def make(big: bool, reply: m.Body = reply) -> ReplyTree:
                    return Spots(spec, big).reply(reply)()
                factors = of_reply(spec, reply, lambda make=make: make(False))
                found += combined(builder, f"{fmt.name}.{reply.name}", make, factors,
                                  no_go(spec, reply))
            continue
        for number, (maker, _) in enumerate(Spots(spec, False).trees(fmt)):
            def make_(big: bool, number: int = number, fmt: m.Format = fmt) -> Tree:
                return list(Spots(spec, big).trees(fmt))[number][0]()
            name = ".".join([fmt.name, *maker().variant()])
            found += combined(builder, name, make_, of_layout(spec, maker), no_go(spec, None))
    return [one for one in found if one is not None]
