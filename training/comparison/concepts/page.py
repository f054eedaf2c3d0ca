"""The study of a concept network as a page in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from dprotonet.bundle.concept_figures import spread_text
from dprotonet.bundle.figure_text import MISSING, figure_text

RIVAL_TITLES = {"svm": "linear SVM", "cav": "CAV (logistic)", "channel": "best channel"}
NETWORK_TITLES = {"concepts": "with concepts", "plain": "without"}
LEAST_PULL = 0.02  # of the share called, between images that show a concept and those that do not


def markdown(found: Mapping[str, Any], command: str) -> str:
    """The page.

    Args:
        found: from :func:`training.comparison.concepts.study.study`.
        command: that wrote it.
    """
    networks, images = found["networks"], found["images"]
    lines = [
        f"# {found['recipe']['name']}: axes that are concepts",
        "",
        f"{images['test']} test images of {found['patients']} patients; {images['train']} to train "
        f"on, {images['validation']} to choose by. Seeds: {', '.join(map(str, found['seeds']))}; "
        "figures are means over them. A re-implementation of Concept Whitening (Chen, Bei & Rudin "
        "2020): that the layer stands after the backbone is inferred.",
        "",
        f"    {command}",
        "",
        "| Network | Accuracy [95 %] | AUROC [95 %] | Training, s |",
        "|---|---|---|---|",
        *(
            f"| {title} | {figure_text(networks[key]['accuracy'])} "
            f"| {figure_text(networks[key]['auroc'])} | {networks[key]['seconds']:.0f} |"
            for key, title in NETWORK_TITLES.items()
        ),
        f"| difference | {figure_text(networks['difference']['accuracy'], signed=True)} | | |",
        "",
        "AUROC of each concept, mean ± sd over resamples of patients: its axis, then a direction "
        "that is fitted afterwards to the same features, then to those of the network without "
        "concepts. *Importance*: by how much the AUROC of the classes falls where the axis is "
        "shuffled.",
        "",
        _row(
            "Concept",
            "shown",
            "**axis**",
            *RIVAL_TITLES.values(),
            *(f"{title}, plain" for title in RIVAL_TITLES.values()),
            "importance",
        ),
        _row(*["---"] * (4 + 2 * len(RIVAL_TITLES))),
        *(_concept_row(name, figures) for name, figures in found["concepts"].items()),
        _mean_row(list(found["concepts"].values())),
        "",
        *_seed_lines(found),
        f"Mean |correlation| between the concepts' axes: {_number(found['correlation'])}. "
        f"Oracle impurity: {_number(found['impurity'])} (0: an axis tells no more of another "
        "concept than the concepts tell of each other). "
        f"Niche impurity: {_number(found['niche_impurity'])} (0.5: what lies outside of a "
        "concept's niche of axes tells nothing of it).",
        "",
        *_pull_lines(found["pulls"]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _concept_row(name: str, figures: Mapping[str, Any]) -> str:
    own = [spread_text(figures[rival]) for rival in RIVAL_TITLES]
    plain = [spread_text(figures["plain"][rival]) for rival in RIVAL_TITLES]
    shown = f"{figures['shown']} of {figures['shown'] + figures['absent']}"
    axis = f"**{spread_text(figures['axis'])}**"
    return _row(name, shown, axis, *own, *plain, f"{figures['importance']:+.3f}")


def _mean_row(concepts: Sequence[Mapping[str, Any]]) -> str:
    """The means over the concepts."""

    def mean(figures: Sequence[Mapping[str, Any]]) -> str:
        values = [figure["value"] for figure in figures]
        return _number(None if None in values else fmean(values))

    axis = f"**{mean([one['axis'] for one in concepts])}**"
    own = [mean([one[rival] for one in concepts]) for rival in RIVAL_TITLES]
    plain = [mean([one["plain"][rival] for one in concepts]) for rival in RIVAL_TITLES]
    return _row("mean", "", axis, *own, *plain, "")


def _seed_lines(found: Mapping[str, Any]) -> list[str]:
    """Each seed's axes beside its linear SVM; nothing of a single seed."""
    if len(found["seeds"]) == 1:
        return []
    return [
        "In each seed: accuracy of the two networks; AUROC of each axis, and by how much it is "
        "above the linear SVM's.",
        "",
        _row("", *(f"seed {seed}" for seed in found["seeds"])),
        _row(*["---"] * (1 + len(found["seeds"]))),
        *(
            _row(title, *map(_number, found["networks"][key]["accuracy"]["each_seed"]))
            for key, title in NETWORK_TITLES.items()
        ),
        *(
            _row(
                name,
                *(
                    MISSING if None in (axis, svm) else f"{axis:.3f} ({axis - svm:+.3f})"
                    for axis, svm in zip(
                        one["axis"]["each_seed"], one["svm"]["each_seed"], strict=True
                    )
                ),
            )
            for name, one in found["concepts"].items()
        ),
        "",
    ]


def _pull_lines(pulls: list[Mapping[str, Any]]) -> list[str]:
    """The concepts that pull images towards a class that they do not have."""
    strong = [pull for pull in pulls if _strength(pull["before"]) >= LEAST_PULL]
    if not strong:
        return ["No concept pulls images towards a class that they do not have."] if pulls else []
    return [
        "Of the images that do not have a class, the share that is called it, by whether they show "
        "a concept; and the same once the concept's axis is switched off:",
        "",
        _row("Concept", "Class", "shown", "not shown", "shown, off", "not shown, off"),
        _row(*["---"] * 6),
        *(
            _row(
                pull["concept"],
                pull["class"],
                *(
                    _number(pull[when][which])
                    for when in ("before", "after")
                    for which in ("shown", "absent")
                ),
            )
            for pull in sorted(strong, key=lambda pull: -_strength(pull["before"]))
        ),
    ]


def _strength(shares: Mapping[str, float | None]) -> float:
    shown, absent = shares["shown"], shares["absent"]
    return 0.0 if shown is None or absent is None else shown - absent


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:.3f}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
