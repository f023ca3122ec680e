# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Scripts for readers: how a kernel may answer when one reply is asked for again and again.

A kernel here is a list of steps, one a call; the last one answers all further calls. Before a
script is written, a right reader, made here of the oracle and of nothing else, dances it with small
and with large first offers, and has to come to the verdict that the script promises.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any, Iterator

from ... import model as m
from .. import Refused
from . import about
from .build import Builder
from .cases import Spots
from .node import order_of
from .tree import ReplyTree

ENODEV, EINVAL, ENOSPC, EIO = 19, 22, 28, 5
E2BIG, EOVERFLOW = 7, 75
TOP32 = 0xFFFFFFFF
CALLS = 64  # more calls than this are a hang
PATIENCE = 3  # calls after which the right reader gives up
ROOM = 1 << 20  # bytes above which it does
UNKNOWN = 0xFFF0
HUGE = 0x1000
LARGE = 1024  # bytes: more than a reader may have thought enough
INDEX = 3  # asked for in the scripts that are not about index 0


@dataclass(eq=False)
class Step:
    """One answer of the kernel."""

    data: bytes
    errno: int = 0
    argsz: Any = None  # number put at 0, or {"offered": N}: N more than was offered
    below: int | None = None  # only where less than this is offered

    def json(self, least: int, last: bool) -> dict[str, Any]:
        expect = {"argsz_min": least}
        if self.below is not None:
            expect["argsz_max"] = self.below - 1
        out = {"expect": expect,
               "reply": {"errno": self.errno, "bytes": self.data.hex(), "argsz": self.argsz}}
        return {**out, "repeat": True} if last else out


@dataclass(eq=False)
class Dance:
    """A script of role reader."""

    name: str
    text: str
    steps: list[Step]
    verdict: str  # accept, reject or unspecified
    catches: tuple[str, ...]
    rule: str | None = None  # that it is about, without the format
    level: str = "robust"
    big: bool = False  # also in the other byte order
    least: dict[int, int] = field(default_factory=dict)  # step -> argsz_min, where not the reply's


class Kernel:
    """Trees of one reply, and the answers made of them."""

    def __init__(self, spec: m.Spec, reply: m.Body, big: bool, index: int = 0) -> None:
        self.spec, self.reply, self.big, self.index = spec, reply, big, index
        self.spots = Spots(spec, big).reply(reply)
        self.size = reply.full_size

    def make(self) -> ReplyTree:
        tree = self.spots()
        if self.index:
            tree.reply.values["index"] = self.index
        return tree

    def number(self, value: int) -> bytes:
        return value.to_bytes(4, order_of(self.big))

    def tree(self, known: bool = False, strangers: int = 0) -> ReplyTree:
        """A reply with a known capability, if asked for, and so many unknown ones behind it."""
        tree = self.make()
        if self.reply.item == "region":
            tree.put("region", "size", 0x8000)
        if known:
            bodies = [one for one in tree.chain.caps.values() if one.fields]
            body = next((one for one in bodies if one.variable and one.variable.struct), bodies[0])
            node = tree.add(body)
            if body.variable is not None and body.variable.struct is not None:
                node.values[body.variable.name] = [(0, 0x1000), (0x2000, 0x2FFF)]
        for number in range(strangers):
            node = tree.add(None, tag=UNKNOWN + number, version=1)
            node.extra = bytes(8)
        return tree

    def short(self, whole: bytes, caps: str) -> bytes:
        """What a kernel gives of a reply that does not fit, as it has it with its capabilities."""
        out = bytearray(whole[:self.size])
        flags, at = self.reply.flags_field, self.reply.cap_offset
        bit = 1 << next(one.bit for one in flags.flagset.members if one.name == "CAPS")
        word = int.from_bytes(out[flags.offset:flags.offset + 4], order_of(self.big))
        if caps == "clear":
            out[flags.offset:flags.offset + 4] = self.number(word & ~bit)
        if caps in ("clear", "zero"):
            out[at.offset:at.offset + 4] = self.number(0)
        return bytes(out)


def common(kernel: Kernel) -> Iterator[Dance]:
    """What can happen with every reply."""
    plain = kernel.tree().bytes()
    counted = kernel.reply.variable is not None
    for name, number in (("einval", EINVAL), ("enodev", ENODEV), ("eio", EIO)):
        yield Dance(f"fails.{name}", f"The call fails with errno {number}.",
                    [Step(b"", number)], "reject", ("fail-open",))
    yield Dance("argsz.zero", "argsz comes back as 0.", [Step(plain, argsz=0)], "reject",
                ("argsz-length",), "argsz.min")
    yield Dance("argsz.short", "argsz comes back as one byte less than the struct has.",
                [Step(plain, argsz=kernel.reply.min - 1)], "reject",
                ("argsz-length", "off-by-one"), "argsz.min")
    yield Dance("argsz.all-bits", "argsz is 0xffffffff whatever is offered.",
                [Step(plain, argsz=TOP32)], "reject", ("argsz-length", "overread", "wrap32"),
                "argsz.more")
    yield Dance("argsz.for-ever", "argsz is 8 more than was offered, for ever.",
                [Step(plain, argsz={"offered": 8})], "reject", ("argsz-length", "cycle"),
                "argsz.more", big=True)
    yield Dance("argsz.all-bits-once", "argsz is 0xffffffff once, then the reply is whole.",
                [Step(plain, argsz=TOP32), Step(plain)], "unspecified", ("argsz-length",),
                "argsz.more")
    yield Dance("writes.nothing", "The call succeeds and nothing is written.",
                [Step(b"")], "unspecified", ("fail-open",))
    if not counted:
        for name, number in TEMPTING:
            yield Dance(f"fails.more.{name}", f"The call fails with errno {number} and asks for "
                        f"more; asked again, it would succeed.",
                        [Step(plain, number, {"offered": 8}), Step(plain)], "reject",
                        ("fail-open",), "argsz.more")
        # Whether ENOSPC is worth another call where nothing is counted, no text says.
        yield Dance("fails.more.enospc", f"The call fails with errno {ENOSPC} and asks for more; "
                    f"asked again, it would succeed.",
                    [Step(plain, ENOSPC, {"offered": 8}), Step(plain)], "reject",
                    ("fail-open",), "argsz.more", level="ours")
        yield Dance("argsz.huge-once", f"argsz is {HUGE} once, then the reply is whole.",
                    [Step(plain, argsz=HUGE, below=HUGE), Step(plain)], "accept",
                    ("argsz-length",), "argsz.more")
        more = kernel.size + 48
        yield Dance("argsz.alternates", f"argsz is {more}, then {kernel.size}, and so on.",
                    [Step(plain, argsz=more, below=more), Step(plain), Step(plain, argsz=more)],
                    "accept", ("argsz-length", "truncation"), "argsz.more", level="abi")
        yield Dance("argsz.shrinks", "argsz asks for more, and then for the least that is right.",
                    [Step(plain, argsz=more, below=more), Step(plain, argsz=kernel.reply.min)],
                    "accept", ("argsz-length",), "argsz.more", level="abi")
        yield Dance("fails.second", "The call asks for more, and fails when asked again.",
                    [Step(plain, argsz=more, below=more), Step(b"", ENODEV)], "reject",
                    ("fail-open", "truncation"), "argsz.more")
    if kernel.reply.field("index"):
        other = bytearray(plain)
        place = kernel.reply.field("index").offset
        other[place:place + 4] = kernel.number(1)
        yield Dance("index.other", "The reply is about another index than was asked for.",
                    [Step(bytes(other))], "reject", ("index-shift",), "index")
        yield Dance("index.second", "Asked again, the reply is about another index.",
                    [Step(plain, argsz=kernel.size + 8, below=kernel.size + 8),
                     Step(bytes(other))], "reject", ("index-shift",), "index")


# Errnos that a reader might take for ENOSPC, which alone says that a list did not fit.
TEMPTING = (("e2big", E2BIG), ("einval", EINVAL), ("eoverflow", EOVERFLOW))

DIALECTS = {
    "zero": "CAPS is set and cap_offset is 0",
    "clear": "CAPS is clear and cap_offset is 0",
    "dangling": "CAPS is set and nothing stands where cap_offset says",
    "cut": "the chain is cut in the middle of a capability",
}


def chained(kernel: Kernel) -> Iterator[Dance]:
    """What can happen with a reply that has capabilities behind it."""
    chain = f"{kernel.reply.chain}.first"
    whole = kernel.tree(True, 1).bytes()
    need = len(whole)
    for name, words in DIALECTS.items():
        if name == "cut":
            first = whole[:need - 4]
        else:
            first = kernel.short(whole, name)
        yield Dance(f"grows.{name}", f"Where the reply does not fit, {words}; then it is whole.",
                    [Step(first, below=need), Step(whole)], "accept",
                    ("argsz-length", "truncation", "cut-chain", "fail-open"), "argsz.more",
                    level="abi", big=True, least={1: need})
        yield Dance(f"stays.{name}", f"Where the reply does not fit, {words}; then the call fails.",
                    [Step(first, below=need), Step(b"", EINVAL)], "reject",
                    ("fail-open", "truncation"), "argsz.more")
    longer = kernel.tree(True, 3).bytes()
    yield Dance("changes.longer", "Between the calls the reply becomes longer.",
                [Step(kernel.short(whole, "zero"), below=need),
                 Step(kernel.short(longer, "zero"), below=len(longer)), Step(longer)], "accept",
                ("argsz-length", "truncation", "fail-open"), "argsz.more", level="abi",
                least={1: need, 2: len(longer)})
    large = kernel.tree(True, 2)
    large.caps[-2].extra = bytes(LARGE)
    filled = large.bytes()
    yield Dance("grows.large", f"A capability of more than {LARGE} bytes stands between others.",
                [Step(kernel.short(filled, "zero"), below=len(filled)), Step(filled)], "accept",
                ("argsz-length", "truncation"), "argsz.more", level="abi",
                least={1: len(filled)})
    plain = kernel.tree().bytes()
    yield Dance("changes.none", "Between the calls the capabilities go.",
                [Step(kernel.short(whole, "zero"), below=need), Step(plain)], "accept",
                ("cap-offset", "caps-flag"), "argsz.more", level="abi", least={1: need})
    zero = bytearray(kernel.short(whole, "zero"))
    zero[:4] = kernel.number(len(zero))
    yield Dance("caps.zero", "The reply claims to be whole, with CAPS and cap_offset 0.",
                [Step(bytes(zero))], "reject", ("cap-offset", "fail-open"), chain)
    loop = kernel.tree(False, 2)
    loop.bytes()
    loop.caps[1].head["next"] = loop.caps[0].at
    looped = loop.bytes()
    yield Dance("caps.cycle", "The second call brings a chain that leads to its own beginning.",
                [Step(kernel.short(looped, "zero"), below=len(looped)), Step(looped)], "reject",
                ("cycle",), f"{kernel.reply.chain}.cycle", least={1: len(looped)})


def counted(kernel: Kernel) -> Iterator[Dance]:
    """What can happen with a list whose count says how much room it takes."""
    list_ = kernel.reply.variable
    rule = f"{list_.name}.counts"

    def reply(there: int, said: int) -> bytes:
        tree = kernel.make()
        element = tuple(range(1, len(list_.struct.fields) + 1))
        tree.reply.values = {list_.name: [element] * there, list_.count.name: said}
        return tree.bytes()

    least = kernel.reply.min
    need = least + 3 * list_.width
    fixed = reply(0, 3)
    for name, error in (("enospc", ENOSPC), ("success", 0)):
        yield Dance(f"grows.{name}",
                    f"Where the list does not fit, the call says errno {error} and the count.",
                    [Step(fixed, error, {"offered": 0}, need), Step(reply(3, 3))], "accept",
                    ("count", "truncation", "argsz-length", "fail-open"), rule, level="abi",
                    big=True, least={1: need})
    for name, error in TEMPTING:
        yield Dance(f"fails.more.{name}", f"The call fails with errno {error} and a count; asked "
                    f"again, it would succeed.",
                    [Step(fixed, error, {"offered": 0}), Step(reply(3, 3))], "reject",
                    ("fail-open", "count"), rule)
    yield Dance("grows.twice", "The list does not fit, and when asked again it has become longer.",
                [Step(reply(0, 1), ENOSPC, {"offered": 0}, least + list_.width),
                 Step(fixed, ENOSPC, {"offered": 0}, need), Step(reply(3, 3))], "accept",
                ("count", "truncation", "argsz-length"), rule, level="abi",
                least={1: least + list_.width, 2: need})
    many = LARGE // list_.width
    yield Dance("grows.large", f"The list has {many} elements.",
                [Step(reply(0, many), ENOSPC, {"offered": 0}, least + many * list_.width),
                 Step(reply(many, many))], "accept", ("count", "truncation", "argsz-length"), rule,
                level="abi", least={1: least + many * list_.width})
    yield Dance("count.alternates", "The call fails for ever; the count is 3, then 1, then 3.",
                [Step(fixed, ENOSPC, {"offered": 0}), Step(reply(0, 1), ENOSPC, {"offered": 0}),
                 Step(fixed, ENOSPC, {"offered": 0})], "reject", ("count", "cycle"), rule)
    yield Dance("count.for-ever", "The call fails for ever with ENOSPC, whatever room there is.",
                [Step(fixed, ENOSPC, {"offered": 0})], "reject", ("count", "cycle"), rule)
    for said in (TOP32, (1 << 32) // list_.width):
        yield Dance(f"count.{said:#x}", f"The call fails with ENOSPC and a count of {said:#x}.",
                    [Step(reply(0, said), ENOSPC, {"offered": 0})], "reject",
                    ("count", "wrap32", "overread"), rule)
    yield Dance("count.grows", "With each call the list is one longer than there is room.",
                [Step(reply(0, number), ENOSPC, {"offered": 0}, least + number * list_.width)
                 for number in range(1, 2 * CALLS)]
                + [Step(reply(0, 2 * CALLS), ENOSPC, {"offered": 0})], "reject",
                ("count", "cycle"), rule)


def all_dances(builder: Builder) -> list[dict[str, Any]]:
    """All scripts of role reader, danced by a right reader before they are told."""
    found = []
    for fmt in builder.spec.formats.values():
        for reply in fmt.replies.values():
            indexes = (0, INDEX) if reply.field("index") else (0,)
            for big, index in product((False, True), indexes):
                kernel = Kernel(builder.spec, reply, big, index)
                kinds = [common]
                if reply.chain:
                    kinds.append(chained)
                if reply.variable is not None:
                    kinds.append(counted)
                for kind in kinds:
                    found += [script(builder, fmt, kernel, dance) for dance in kind(kernel)
                              if dance.big or not big]
    return found


def script(builder: Builder, fmt: m.Format, kernel: Kernel, dance: Dance) -> dict[str, Any]:
    """A dance as the file has it."""
    name = f"{fmt.name}.{kernel.reply.name}"
    order = "big" if kernel.big else "little"
    given = {"index": kernel.index, "order": order, "role": "reader"}
    asked = f"index-{kernel.index}." if kernel.index else ""
    rule = None
    if dance.rule is not None:
        about_chain = dance.rule.partition(".")[0] in fmt.chains
        rule = f"{fmt.name}.{dance.rule}" if about_chain else f"{name}.{dance.rule}"
        if rule not in builder.rules:
            raise Refused(f"{name}: {dance.name} is about {rule}, which is no rule")
    level = dance.level
    if rule is not None and builder.rules[rule].level in ("ours", "seen"):
        level = builder.rules[rule].level
    elif rule is not None and dance.verdict == "reject":
        # A reader may do with what it has.
        levels = {about.level_of(builder.rules[rule], order, step.data) for step in dance.steps}
        if levels == {"ours"}:
            level = "ours"
    dump = confirm(builder, name, kernel, dance, given)
    catches = {*dance.catches, *(["byte-order"] if kernel.big else [])}
    last = len(dance.steps) - 1
    steps = [step.json(dance.least.get(number, kernel.reply.min), number == last)
             for number, step in enumerate(dance.steps)]
    return {
        "id": f"script/{name}/{asked}{dance.name}.{order}", "role": "reader", "format": name,
        "level": level, "rule": rule, "rules": [rule] if rule else [], "text": dance.text,
        "given": given, "class": "script",
        "catches": [word for word in about.CATCHES if word in catches], "steps": steps,
        "verdict": dance.verdict, "at": None, "need": None, "dump": dump, "calls": CALLS,
    }


def confirm(builder: Builder, name: str, kernel: Kernel, dance: Dance,
            given: dict[str, Any]) -> Any:
    """The dump that a right reader ends with; Refused if it comes to another verdict."""
    if dance.verdict == "unspecified":
        return None
    dumps = []
    for offered in (kernel.reply.min, kernel.size, 0x8000):
        verdict, dump = right_reader(builder, name, kernel, dance, given, offered)
        if verdict != dance.verdict:
            raise Refused(f"script/{name}/{dance.name}: a right reader that offers {offered} ends "
                          f"with {verdict}, not {dance.verdict}")
        dumps.append(dump)
    if any(dump != dumps[0] for dump in dumps):
        raise Refused(f"script/{name}/{dance.name}: the meaning hangs on the size first offered")
    return dumps[0]


def right_reader(builder: Builder, name: str, kernel: Kernel, dance: Dance,
                 given: dict[str, Any], offered: int) -> tuple[str, Any]:
    """Verdict and dump of a reader that does all that the specification says."""
    at = 0
    for _ in range(PATIENCE):
        least = dance.least.get(at, kernel.reply.min)
        while dance.steps[at].below is not None and offered >= dance.steps[at].below:
            at += 1
            least = dance.least.get(at, kernel.reply.min)
        if offered < least:
            raise Refused(f"script/{name}/{dance.name}: step {at} wants {least}, not {offered}")
        step = dance.steps[at]
        at = min(at + 1, len(dance.steps) - 1)
        buffer = bytearray(kernel.number(offered) + bytes(offered - 4))
        fits = step.data[:offered]
        buffer[:len(fits)] = fits
        if step.argsz is not None:
            said = step.argsz
            said = min(offered + said["offered"], TOP32) if isinstance(said, dict) else said
            buffer[:4] = kernel.number(said)
        if step.errno and not (kernel.reply.variable is not None and step.errno == ENOSPC):
            return "reject", None
        verdict = builder.oracle.judge(bytes(buffer), name, **given)
        if verdict.verdict != "need-more":
            failed = step.errno or verdict.verdict == "reject"
            return ("reject", None) if failed else ("accept", verdict.dump)
        if verdict.need > ROOM:
            return "reject", None
        offered = verdict.need
    return "reject", None
