# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What spec/calls/ becomes: the rows that the kernel check goes through, and a page for people."""

from __future__ import annotations

import re

from ...calls import load, lock_text
from ...model import Spec
from .. import MARK, environment

TEMPLATES = {
    "conformance/kernel/guest/generated/answers.c": "answers.c.j2",
    "conformance/kernel/guest/generated/kernel_rules.h": "kernel_rules.h.j2",
    "conformance/kernel/guest/generated/kernel_rules.c": "kernel_rules.c.j2",
    "spec/calls.md": "calls.md.j2",
}


def symbol(rule_id: str) -> str:
    """A rule's id as part of a C name."""
    return rule_id.replace(".", "_")


def cell(text: str) -> str:
    """Text that stands in a cell of a Markdown table."""
    return text.replace("|", "\\|")


def shown(value: int) -> str:
    return str(value) if abs(value) < 1024 else hex(value)


def request(answer, fields) -> str:
    """What a request has in it, in words."""
    if answer.argument == "none":
        return "a bad address"
    if answer.argument == "number":
        return shown(answer.stores[0].plus)
    words = []
    for store in answer.stores:
        names = [one.name for one in fields if one.offset == store.at]
        term = "" if store.term == "number" else store.term.replace("_", " ")
        plus = shown(store.plus) if not term else f" {store.plus:+d}" if store.plus else ""
        words.append(f"{names[0] if names else 'data'} = {term}{plus}")
    return ", ".join(words)


def outcome(answer) -> str:
    if answer.errnos:
        return " or ".join(answer.errnos)
    return f"returns {answer.result}" if answer.result or answer.argument == "number" else "succeeds"


def render(spec: Spec) -> dict[str, str]:
    found = load(spec)
    if not found:
        return {}
    env = environment(__file__)
    env.filters.update(symbol=symbol, cell=cell)
    env.globals.update(mark=MARK, calls=found, request=request, outcome=outcome)
    texts = {path: env.get_template(name).render() for path, name in TEMPLATES.items()}
    page = "spec/calls.md"
    texts[page] = re.sub(r"\n{3,}", "\n\n", texts[page])
    texts["spec/calls/ids.lock"] = lock_text(spec, found)
    return texts
