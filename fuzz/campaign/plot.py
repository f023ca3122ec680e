# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Draws what the mutator gains as one SVG: a small picture a target, all with one meaning."""
from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from .gain import VARIANTS, targets_of, values
from .house import Problem

COLOURS = {"plain": "#8a8f98", "libfuzzer": "#0b6e99"}
COLUMNS = 4


def draw(data: dict[str, Any], known: dict[str, int], out: Path) -> None:
    """Points of the spec at each moment, a dot a seed and a line of medians; known: most that a
    target can reach."""
    try:
        import matplotlib
    except ImportError as error:
        raise Problem("the plot needs Debian's python3-matplotlib") from error
    matplotlib.use("svg")
    from matplotlib import pyplot

    # Text stays text, and the same figures give the same bytes.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "devfd", "font.size": 9,
                                "font.family": "sans-serif", "axes.spines.top": False,
                                "axes.spines.right": False})
    targets = targets_of(data)
    rows = -(-len(targets) // COLUMNS)
    figure, axes = pyplot.subplots(rows, COLUMNS, figsize=(9.2, 2.1 * rows + 0.5), squeeze=False)
    places = [axis for row in axes for axis in row]
    for axis, target in zip(places, targets):
        one_target(axis, data, target, known.get(target, 0))
    for axis in places[len(targets):]:
        axis.set_visible(False)
    for row in axes:
        row[0].set_ylabel("points of the spec")
    handles = [pyplot.Line2D([], [], color=COLOURS[variant], marker="o", markersize=4, linewidth=2,
                             label=f"{how} our mutator") for variant, how in VARIANTS.items()]
    handles.append(pyplot.Line2D([], [], color="#333333", linestyle=":", linewidth=1,
                                 label="all that can be reached"))
    figure.legend(handles=handles, loc="upper center", ncol=3, frameon=False)
    figure.supxlabel("processor time", fontsize=9)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.32 / (2.1 * rows + 0.5)))
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, format="svg", facecolor="white",
                   metadata={"Date": None, "Title": "Points of the spec reached over time"})
    pyplot.close(figure)


def one_target(axis: Any, data: dict[str, Any], target: str, most: int) -> None:
    moments = data["moments"]
    for shift, (variant, colour) in zip((-0.1, 0.1), COLOURS.items()):
        medians = []
        for place, moment in enumerate(moments):
            found = values(data, target, variant, moment, "points")
            axis.scatter([place + shift] * len(found), found, s=9, color=colour, alpha=0.6,
                         linewidths=0)
            medians.append(statistics.median(found) if found else 0)
        axis.plot([place + shift for place in range(len(moments))], medians, color=colour,
                  linewidth=2)
    if most:
        axis.axhline(most, color="#333333", linestyle=":", linewidth=1)
    axis.set_title(target, fontsize=9)
    axis.set_xticks(range(len(moments)), [f"{moment} s" for moment in moments])
    axis.set_xlim(-0.4, len(moments) - 0.6)
    axis.set_ylim(bottom=0, top=1.1 * max(most, 1))
    axis.yaxis.get_major_locator().set_params(integer=True, nbins=4)


def write(data: dict[str, Any], known: dict[str, int], out: Path) -> None:
    draw(data, known, out)
    text = out.read_text(encoding="utf-8")
    mark = "<!-- SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause -->\n" \
           "<!-- Written by fuzz/run gain from its figures; do not edit. -->\n"
    head, _, rest = text.partition("\n")
    out.write_text(f"{head}\n{mark}{rest}", encoding="utf-8")
