"""Faithfulness against seconds, one panel for each node and fill."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.io import write_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEAST = 1e-3  # s, below which a method is plotted at the edge


def plot(table: Mapping[str, Any], file: Path) -> None:
    """Insertion minus deletion with its interval over the median seconds, as SVG.

    Args:
        table: from :func:`training.benchmarks.heatmaps.table.tabulate`.
        file: to write.
    """
    from matplotlib.figure import Figure

    nodes = list(dict.fromkeys(s["node"] for s in table["sections"]))
    fills = list(dict.fromkeys(s["fill"] for s in table["sections"]))
    size = (1.0 + 4.2 * len(fills), 0.6 + 3.4 * len(nodes))
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(len(nodes), len(fills), squeeze=False)
    for section in table["sections"]:
        panel = panels[nodes.index(section["node"])][fills.index(section["fill"])]
        _panel(panel, table, section)
    write_svg(file, figure)


def _panel(panel: Axes, table: Mapping[str, Any], section: Mapping[str, Any]) -> None:
    is_timed = section["node"] == "class" and table.get("alone")
    for name, row in section["rows"].items():
        alone = table["alone"].get(name) if is_timed else None
        seconds = (alone or table["cost"][section["node"]][name])["seconds"]
        x, score = max(seconds, _LEAST), row["score"]
        colour = "#8a4b2d" if name == table["first"] else "#3b6ea5"
        panel.plot([x, x], [score["low"], score["high"]], color=colour, lw=1.5)
        panel.plot([x], [score["value"]], "o", color=colour, ms=5)
        panel.annotate(name, (x, score["value"]), (4, 4), textcoords="offset points", fontsize=7)
    panel.margins(x=0.25)  # room for the names
    panel.axhline(0.0, color="0.7", lw=1)
    panel.set(
        xscale="log",
        xlabel="seconds a heatmap" + (", alone" if is_timed else ", while judging"),
        ylabel=f"insertion − deletion, {section['scale']}",
        title=f"{section['node']}, fill {section['fill']}",
    )
