"""The study of ProtoPNet's pruning as a page in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dprotonet.bundle.figure_text import MISSING, figure_text, interval_text
from training.comparison.page import mean_text
from training.comparison.protopnet.study import PRUNED, WHOLE

GOAL = 0.01
"""Of accuracy and of AUROC, what pruning may cost."""


def markdown(found: Mapping[str, Any], command: str) -> str:
    """The page.

    Args:
        found: from :func:`training.comparison.protopnet.study.study`.
        command: that wrote it.
    """
    images, rule, variants = found["images"], found["rule"], found["variants"]
    pairs = found["differences"]
    lines = [
        f"# {found['recipe']['name']}: ProtoPNet before and after pruning",
        "",
        f"{images['test']} test images of {found['patients']} patients; {images['train']} to train "
        f"on, {images['validation']} to choose by. Seeds: {', '.join(map(str, found['seeds']))}. "
        "All networks have the same images, backbone, epochs and rates; no settings were searched.",
        "",
        f"    {command}",
        "",
        f"A prototype goes when fewer than {rule['least']} of its {rule['nearest']} nearest "
        "training patches are of its class; then the last layer is fitted again, with an L1 "
        f"penalty of {rule['l1']:g} on weights to other classes. The third row shows the step "
        "between: the prototypes are gone, and the last layer is not fitted again.",
        "",
        "*Accuracy* is of the most probable class, as published; *at the threshold* is that of the "
        "class that is called, under a threshold that is chosen on validation for each network.",
        "",
        "| Network | Accuracy [95 %] | At the threshold [95 %] | AUROC [95 %] | Prototypes "
        "| Class purity |",
        "|---|---|---|---|---|---|",
        *(_row(name, figures, found["most_probable"]) for name, figures in variants.items()),
        "",
        "Class purity: of the 10 test images nearest to a prototype, the fraction of its class, as "
        "the mean over prototypes and seeds.",
        "",
        "| Difference (paired, by patient) | Accuracy [95 %] | At the threshold [95 %] "
        "| AUROC [95 %] |",
        "|---|---|---|---|",
        *(_difference(name, pair, found["most_probable"]) for name, pair in pairs.items()),
        "",
        _verdict(found),
        "",
        "| Seed | Prototypes before | Kept, by class |",
        "|---|---|---|",
        *(
            f"| {one['seed']} | {one['before']} | {_by_class(found['classes'], one)} |"
            for one in found["pruning"]
        ),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _row(name: str, figures: Mapping[str, Any], most_probable: Mapping[str, Any] | None) -> str:
    prototypes = figures.get("prototypes", {})
    count, purity = prototypes.get("count"), prototypes.get("class_purity")
    cells = [
        name,
        MISSING if most_probable is None else _with_interval(most_probable["variants"][name]),
        _with_interval(figures["accuracy"]),
        _with_interval(figures["auroc"]),
        MISSING if count is None else f"{count:g}",
        figure_text(purity),
    ]
    return f"| {' | '.join(cells)} |"


def _with_interval(figure: Mapping[str, Any]) -> str:
    return f"{mean_text(dict(figure))} {interval_text(figure['low'], figure['high'])}"


def _difference(name: str, pair: Mapping[str, Any], most_probable: Mapping[str, Any] | None) -> str:
    cells = [
        name,
        MISSING
        if most_probable is None
        else figure_text(most_probable["differences"][name], signed=True),
        *(figure_text(pair[key], signed=True) for key in ("accuracy", "auroc")),
    ]
    return f"| {' | '.join(cells)} |"


def _verdict(found: Mapping[str, Any]) -> str:
    """Whether pruning kept within what it may cost, in words."""
    name = f"{PRUNED} - {WHOLE}"
    pair, most_probable = found["differences"][name], found["most_probable"]
    costs = {
        "accuracy": None if most_probable is None else -most_probable["differences"][name]["value"],
        "accuracy at the threshold": -pair["accuracy"]["value"],
        "AUROC": -pair["auroc"]["value"],
    }
    said = [
        f"{cost + 0.0:+.3f} of {what}, {'within' if cost <= GOAL else 'more than'} the "
        f"{GOAL:g} that it may cost"
        for what, cost in costs.items()
        if cost is not None
    ]
    return f"Pruning costs (below 0: gains) {'; '.join(said)}."


def _by_class(classes: list[str], one: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {count}" for name, count in zip(classes, one["kept_by_class"], strict=True)
    )
