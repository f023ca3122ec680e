# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Runs that never were, with every outcome and with text that is hard to write down."""

from __future__ import annotations

from runner.case import Answer, Case, Result, Run, Want

NASTY = "a # b <i>&\"'</script> | `c` [d] \\ \x00\x1b\ufffe \u2028 \U0001f600\nsecond line"

RULES = {
    name: {"id": name, "format": form, "level": level, "text": f"Text of {name}.",
           "source": f"Source of {name}", "roles": ["producer", "reader"]}
    for name, form, level in (
        ("tlv.a", "tlv", "ours"), ("tlv.b", "tlv", "robust"), ("linux.c", "linux", "robust"),
        ("linux.d", "linux", "abi"), ("linux.e", "linux", "seen"),
        ("linux.unheard", "linux", "abi"))
}


def case(name, form, rule=None, *, family="vector", role="reader", cls="malformed", text=""):
    return Case(name, family, form, rule, (rule,) if rule else (), role,
                RULES[rule]["level"] if rule else None, cls,
                {"index": 0, "order": "little", "role": role}, b"\x01\x02\x03",
                Want("reject" if rule else "accept", rule, 4 if rule else None, None,
                     None if rule else {"schema": "devfd/1"}),
                catches=("wrap32",) if rule else (), text=text)


CASES = [
    case("tlv/good", "tlv", cls="valid"),
    case("tlv.a/x/one", "tlv", "tlv.a", text=NASTY),
    case("tlv.b/x/one", "tlv", "tlv.b"),
    case("tlv.b/x/two", "tlv", "tlv.b", role="producer"),
    *(case(f"prefix/tlv/good/{size}", "tlv", "tlv.b", family="prefix") for size in range(12)),
    case("linux.c/x/one", "linux.region_info", "linux.c"),
    case("linux.d/x/one", "linux.region_info", "linux.d", cls="invalid"),
    case("linux.d/x/two", "linux.irq_info", "linux.d", cls="invalid"),
    case("linux.e/x/one", "linux.irq_info", "linux.e"),
]

UNLIKE = {  # of the second run, whose other cases passed
    "tlv.a/x/one": ("note", Answer("accept"), "accept, not reject"),
    "tlv.b/x/one": ("fail", Answer("accept"), NASTY),
    "prefix/tlv/good/3": ("fail", Answer("accept"), "accept, not reject"),
    "prefix/tlv/good/4": ("fail", Answer("accept"), "accept, not reject"),
    "prefix/tlv/good/7": ("fail", Answer("accept"), "accept, not reject"),
    "linux.c/x/one": ("crash", None, "signal 11 (SIGSEGV)"),
    "linux.d/x/one": ("skip", Answer("skip", text="has none"), "has none"),
    "linux.e/x/one": ("unspecified", Answer("reject", 4), "reject at 4"),
}


def runs():
    """One that passes all, one that does all else, one that skips a format and was cut short."""
    started = "2026-01-31T12:34:56+00:00"
    good = Run({"name": "good", "version": "1.0", "package": "good-bin 1.0-1",
                "command": "good --pipe", "tells": ["at"]}, started, "1.0",
               [Result(one, "pass", Answer("reject", 4), "", 0.25) for one in CASES])
    bad = Run({"name": "bad <b>", "version": "2", "package": None, "command": NASTY, "tells": []},
              started, "1.0")
    for one in CASES:
        outcome, answer, detail = UNLIKE.get(one.id, ("pass", Answer("reject"), ""))
        stderr = NASTY if outcome == "crash" else ""
        bad.results.append(Result(one, outcome, answer, detail, 0.0, stderr))
    skips = Run({"name": "skips", "version": "", "command": "skips"}, started, "1.0",
                [Result(one, "skip", None, "testee does not read tlv") if one.format == "tlv"
                 else Result(one, "pass", Answer("reject")) for one in CASES[:-2]])
    return [good, bad, skips]


def faults():
    """Two that the suite has to fail: one that it does fail, and a hole in the suite."""
    out = []
    for name, outcome in (("told", "crash"), ("untold", "pass")):
        out.append(Run({"name": f"fault-{name}", "group": "made faults",
                        "command": f"fault --{name}", "fault": "forgets the count"},
                       "2026-01-31T12:34:56+00:00", "1.0",
                       [Result(one, outcome if one.rule == "linux.c" else "pass", None, NASTY)
                        for one in CASES if one.format != "tlv"]))
    return out
