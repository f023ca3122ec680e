# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Tables of a campaign, for the eye and for RESULTS.md: every number comes from its state."""
from __future__ import annotations

from typing import Any

from .state import State


def grouped(number: float) -> str:
    return f"{number:,.0f}"


def duration(seconds: float) -> str:
    """As in 2 h 5 min."""
    whole = int(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def engine_rows(state: State) -> list[list[str]]:
    rows = []
    for target, entry in sorted(state.data["targets"].items()):
        for engine, one in sorted(entry["engines"].items()):
            spent = one["seconds"]
            since = {key: one[key] - one["last_new"][key] for key in ("executions", "seconds")}
            rows.append([target, engine, grouped(one["executions"]), duration(spent),
                         grouped(one["executions"] / spent) if spent else "-",
                         str(one["edges"]), grouped(since["executions"]),
                         duration(since["seconds"])])
    return rows


def target_rows(state: State) -> list[list[str]]:
    rows = []
    for target, entry in sorted(state.data["targets"].items()):
        corpus: dict[str, Any] = entry.get("corpus", {})
        spec: dict[str, Any] = entry.get("spec", {})
        flat = "-"
        if spec:
            done = sum(one["executions"] for one in entry["engines"].values())
            flat = grouped(done - spec["last_new"]["executions"])
        rows.append([
            target, str(corpus.get("files", "-")), grouped(corpus.get("bytes", 0)),
            f"{spec['rules']} of {spec['rules_of']}" if spec else "-",
            f"{spec['points']} of {spec['of']}" if spec else "-", flat,
            str(len(state.data["findings"].get(target, {})))])
    return rows


ENGINE_HEAD = ["target", "engine", "executions", "process time", "a second", "edges",
               "executions since the last new edge", "time since"]
TARGET_HEAD = ["target", "inputs", "bytes", "rules broken", "points of the spec",
               "executions since the last new point", "findings open"]


def markdown(head: list[str], rows: list[list[str]], left: int = 1) -> str:
    line = "|" + "".join("---|" if i < left else "--:|" for i in range(len(head)))
    return "\n".join([f"| {' | '.join(head)} |", line, *(f"| {' | '.join(row)} |" for row in rows)])


def aligned(head: list[str], rows: list[list[str]], left: int = 1) -> str:
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = []
    for row in [head, *rows]:
        cells = [cell.ljust(width) if i < left else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def total(state: State) -> str:
    """One line over all."""
    engines: dict[str, list[float]] = {}
    for entry in state.data["targets"].values():
        for engine, one in entry["engines"].items():
            sums = engines.setdefault(engine, [0, 0])
            sums[0] += one["executions"]
            sums[1] += one["seconds"]
    parts = [f"{grouped(done)} executions of {engine} in {duration(spent)}"
             for engine, (done, spent) in sorted(engines.items())]
    done = sum(one[0] for one in engines.values())
    return (f"{grouped(done)} executions in all ({'; '.join(parts) or 'none yet'}); "
            f"{state.finding_count()} findings open")


def figures(state: State, reached: dict[str, Any] | None) -> str:
    """Markdown for RESULTS.md."""
    parts = [markdown(ENGINE_HEAD, engine_rows(state), 2),
             markdown(TARGET_HEAD, target_rows(state)), total(state) + "."]
    if reached:
        parts.append(reached["spec_table"])
        if reached.get("coverage_table"):
            parts.append(reached["coverage_table"])
        if reached.get("never"):
            parts.append("Reached by no target: " + ", ".join(reached["never"]) + ".")
    return "\n\n".join(parts)


def status(state: State) -> str:
    """For a terminal."""
    if not state.data["targets"]:
        return "no campaign has run here yet"
    lines = [aligned(ENGINE_HEAD, engine_rows(state), 2), "",
             aligned(TARGET_HEAD, target_rows(state)), "", total(state)]
    for target, found in sorted(state.data["findings"].items()):
        for name, entry in sorted(found.items()):
            lines.append(f"{target}: {name}: {entry['reproduce']}")
    return "\n".join(lines)
