"""What distinct and pure prototypes cost: AUROC against both, network by network, as a plot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dprotonet.bundle.prototype_figures import TITLES
from training.io import write_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS = {
    "within_class_cosine": f"{TITLES['within_class_cosine']} (lower: more distinct)",
    "class_purity": f"{TITLES['class_purity']} of the 10 nearest images",
}
_COLOURS = ("#1b8aa5", "#c0651a", "#7a5fb5", "#3f8f44", "#8a4b2d", "#5b6770")


def plot_trade(variants: Mapping[str, Any], file: Path) -> bool:
    """A panel for each figure: points are seeds, bars the 95 % of the mean, dashes a black box.

    Args:
        variants: of a table from :func:`training.comparison.table.tabulate`.

    Returns:
        Whether it was written: not where no network's rows have the figures.
    """
    from matplotlib.figure import Figure

    if not any(_has(figures, key) for figures in variants.values() for key in PANELS):
        return False
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    panels = figure.subplots(1, len(PANELS), sharey=True)
    for panel, (key, title) in zip(panels, PANELS.items(), strict=True):
        _draw(panel, variants, key)
        panel.set(xlabel=title)
    panels[0].set(ylabel="AUROC")
    panels[-1].legend(fontsize=8)
    write_svg(file, figure)
    return True


def _draw(panel: Axes, variants: Mapping[str, Any], key: str) -> None:
    for number, (name, figures) in enumerate(variants.items()):
        colour, auroc = _COLOURS[number % len(_COLOURS)], figures["auroc"]
        if not figures.get("prototypes"):
            panel.axhline(auroc["mean"], color=colour, lw=1, ls="--", label=name)
        elif _has(figures, key):
            x = figures["prototypes"][key]
            panel.plot([x, x], [auroc["low"], auroc["high"]], color=colour, lw=1)
            each = figures["prototypes_each_seed"][key]
            panel.plot(each, auroc["each_seed"], "o", color=colour, ms=4, label=name)


def _has(figures: Mapping[str, Any], key: str) -> bool:
    return key in figures.get("prototypes_each_seed", {})
