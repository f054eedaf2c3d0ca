"""A comparison as a page: the table in Markdown, and a plot of the differences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dprotonet.bundle.figure_text import MISSING, figure_text, interval_text
from dprotonet.bundle.prototype_figures import TITLES
from training.io import write_svg

PROTOTYPE_TITLES = (
    TITLES["within_class_cosine"],
    f"{TITLES['pairs']}, above 0.9",
    *(TITLES[key] for key in ("effective_rank", "class_purity", "distinct", "stability")),
)
"""Heads of :func:`prototype_cells`."""


def markdown(plan: dict[str, Any], table: dict[str, Any], command: str) -> str:
    """The page.

    Args:
        plan: as it was written down before the first training.
        table: from :func:`training.comparison.table.tabulate`.
        command: that wrote it.
    """
    lines = [
        f"# {plan['recipe']['name']}: the family compared",
        "",
        f"{table['films']} images of {table['patients']} patients, {_folds(plan['folds'])}, "
        f"{len(plan['seeds'])} seeds. Every network had the same images, epochs and number of "
        "settings to choose from on validation images.",
        "",
        f"    {command}",
        "",
        "| Network | AUROC, mean ± sd | [95 %] | Accuracy, mean ± sd | [95 %] "
        "| dead / double prototypes |",
        "|---|---|---|---|---|---|",
        *(_row(name, figures) for name, figures in table["variants"].items()),
        "",
        "| Difference (paired, by patient) | AUROC [95 %] | Accuracy [95 %] |",
        "|---|---|---|",
        *(
            f"| {name} | {figure_text(difference['auroc'], signed=True)} "
            f"| {figure_text(difference['accuracy'], signed=True)} |"
            for name, difference in table["differences"].items()
        ),
        "",
        *_prototype_lines(table["variants"]),
        "Written down before the first training:",
        "",
        *(f"- {sentence}" for sentence in plan["primary"]),
        f"- settings chosen by: {plan['chosen_by']}",
        "",
    ]
    return "\n".join(lines)


def plot(table: dict[str, Any], file: Path) -> None:
    """AUROC of every network, and what separates each from the first, as SVG."""
    from matplotlib.figure import Figure

    names = list(table["variants"])[::-1]
    figure = Figure(figsize=(9.0, 1.0 + 0.5 * len(names)), layout="constrained")
    left, right = figure.subplots(1, 2)
    for y, name in enumerate(names):
        auroc = table["variants"][name]["auroc"]
        left.plot([auroc["low"], auroc["high"]], [y, y], color="#3b6ea5")
        left.plot(auroc["each_seed"], [y] * len(auroc["each_seed"]), "o", color="#3b6ea5", ms=4)
    left.set(yticks=range(len(names)), yticklabels=names, xlabel="AUROC (points: seeds; bar: 95 %)")
    pairs = list(table["differences"].items())[::-1]
    for y, (_, differences) in enumerate(pairs):
        auroc = differences["auroc"]
        right.plot([auroc["low"], auroc["high"]], [y, y], color="#8a4b2d")
        right.plot([auroc["value"]], [y], "o", color="#8a4b2d", ms=5)
    right.axvline(0.0, color="0.6", lw=1)
    right.set(
        yticks=range(len(pairs)), yticklabels=[n for n, _ in pairs], xlabel="difference in AUROC"
    )
    write_svg(file, figure)


def _folds(folds: int) -> str:
    return "the test split" if folds == 1 else f"out of {folds} folds by patient"


def _row(name: str, figures: dict[str, Any]) -> str:
    prototypes = figures.get("prototypes")
    counted = "–"
    if prototypes:
        counted = f"{prototypes['dead']:g} / {prototypes['doubles']:g} of {prototypes['count']:g}"
    auroc, accuracy = (_mean_and_interval(figures[key]) for key in ("auroc", "accuracy"))
    return f"| {name} | {auroc} | {accuracy} | {counted} |"


def _prototype_lines(variants: dict[str, Any]) -> list[str]:
    """How distinct, pure and steady the prototypes are; nothing for rows that do not say it."""
    rows = [
        f"| {name} | {' | '.join(prototype_cells(figures['prototypes']))} |"
        for name, figures in variants.items()
        if "class_purity" in figures.get("prototypes", {})
    ]
    if not rows:
        return []
    titles = " | ".join(PROTOTYPE_TITLES)
    return [f"| Prototypes of | {titles} |", "|---" * (len(PROTOTYPE_TITLES) + 1) + "|", *rows, ""]


def prototype_cells(figures: dict[str, Any]) -> list[str]:
    """The figures under :data:`PROTOTYPE_TITLES`, a dash where a network has none."""
    pairs = MISSING
    if "pairs_above_90" in figures:
        pairs = f"{figures['pairs_above_90']:g} of {figures['pairs']:g}"
    cosine, rank, *others = (
        figure_text(figures.get(key))
        for key in (
            *("within_class_cosine", "effective_rank"),
            *("class_purity", "distinct", "stability"),
        )
    )
    return [cosine, pairs, rank, *others]


def _mean_and_interval(figures: dict[str, Any]) -> str:
    return f"{mean_text(figures)} | {interval_text(figures['low'], figures['high'])}"


def mean_text(figures: dict[str, Any]) -> str:
    """Mean and standard deviation over the seeds: ``0.905 ± 0.005``."""
    sd = "" if figures["sd"] is None else f" ± {figures['sd']:.3f}"
    return f"{figures['mean']:.3f}{sd}"
