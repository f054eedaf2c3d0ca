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
        "| Network | Accuracy, mean ± sd | [95 %] | AUROC, mean ± sd | [95 %] | Prototypes "
        "| Class purity | Training, min |",
        "|---|---|---|---|---|---|---|---|",
        *(_row(name, figures) for name, figures in variants.items()),
        "",
        "Class purity: of the 10 test images nearest to a prototype, the fraction of its class, as "
        "the mean over prototypes and seeds.",
        "",
        "| Difference (paired, by patient) | Accuracy [95 %] | AUROC [95 %] |",
        "|---|---|---|",
        *(
            f"| {name} | {figure_text(difference['accuracy'], signed=True)} "
            f"| {figure_text(difference['auroc'], signed=True)} |"
            for name, difference in found["differences"].items()
        ),
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


def _row(name: str, figures: Mapping[str, Any]) -> str:
    prototypes = figures.get("prototypes", {})
    count, purity = prototypes.get("count"), prototypes.get("class_purity")
    cells = [
        name,
        *(text for key in ("accuracy", "auroc") for text in _mean_and_interval(figures[key])),
        MISSING if count is None else f"{count:g}",
        figure_text(purity),
        f"{figures['minutes']:.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def _mean_and_interval(figure: Mapping[str, Any]) -> tuple[str, str]:
    return mean_text(dict(figure)), interval_text(figure["low"], figure["high"])


def _verdict(found: Mapping[str, Any]) -> str:
    """Whether pruning kept within what it may cost, in words."""
    difference = found["differences"][f"{PRUNED} - {WHOLE}"]
    costs = {key: -difference[key]["value"] for key in ("accuracy", "auroc")}
    names = {"accuracy": "accuracy", "auroc": "AUROC"}
    said = " and ".join(f"{cost:+.3f} of {names[key]}" for key, cost in costs.items())
    kept = all(cost <= GOAL for cost in costs.values())
    return (
        f"Pruning costs {said} (below 0: a gain), "
        f"{'within' if kept else 'more than'} the {GOAL:g} that it may cost."
    )


def _by_class(classes: list[str], one: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {count}" for name, count in zip(classes, one["kept_by_class"], strict=True)
    )
