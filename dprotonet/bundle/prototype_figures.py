"""The figures of a card's prototypes as rows of text, the same on every page that shows them.

A card holds them under two keys of its metrics: "prototypes", from the predictions of the test
images, and "prototype_looks", from disturbed images and from findings whose place is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dprotonet.bundle.figure_text import MISSING, figure_text

Figures = Mapping[str, Any]
TITLES: Mapping[str, str] = {
    "within_class_cosine": "Cosine within a class",
    "pairs": "Nearly equal pairs",
    "effective_rank": "Effective rank",
    "dead": "Dead, duplicates",
    "class_purity": "Class purity",
    "distinct": "Distinct images",
    "consistency": "Consistency",
    "stability": "Stability",
    "purity": "Purity",
    "focused_change": "Shown region replaced",
    "dual_change": "All else replaced",
    "focused_falls_more": "Falls more by the first",
    "inside": "Own map's peak inside",
    "near": "Own map's peak near",
    "energy": "Own map's energy inside",
    "energy_over_area": "Energy over area",
}
"""What a figure of prototypes is called on pages, in cards and in comparisons."""


@dataclass(frozen=True)
class FigureRow:
    """One figure of the prototypes.

    Attributes:
        title: what is measured.
        value: with its interval where it has one.
        meaning: how it is read, in a clause.
    """

    title: str
    value: str
    meaning: str


def prototype_rows(metrics: Figures) -> tuple[FigureRow, ...]:
    """A row for each figure that a card has; none for a card that was written without them.

    Args:
        metrics: of a card, or what ``python -m training evaluate`` prints.
    """
    return (
        *_of_vectors(metrics.get("prototypes", {})),
        *_of_looks(metrics.get("prototype_looks", {})),
        *_of_own_maps(metrics.get("prototype_looks", {}).get("own_map", {})),
    )


def _of_vectors(own: Figures) -> Iterator[FigureRow]:
    if own.get("within_class_cosine") is not None:
        yield FigureRow(
            TITLES["within_class_cosine"],
            f"{figure_text(own['within_class_cosine'])}, "
            f"largest {figure_text(own.get('largest_cosine'))}",
            "mean over pairs of one class; 1 means that two prototypes are the same",
        )
        yield FigureRow(
            TITLES["pairs"],
            f"{own.get('pairs_above_95', MISSING)} above 0.95, "
            f"{own.get('pairs_above_90', MISSING)} above 0.9, of {own.get('pairs', MISSING)}",
            "pairs of one class, by their cosine",
        )
    if "effective_rank" in own:
        classes = max(1, len(own.get("effective_rank_by_class", {})))
        yield FigureRow(
            TITLES["effective_rank"],
            f"{own['effective_rank']:.2f} of {own.get('count', 0) / classes:.2f}",
            "directions that the prototypes of a class span, of their number; mean over classes",
        )
    if "dead" in own:
        yield FigureRow(
            TITLES["dead"],
            f"{len(own['dead'])}, {len(own.get('duplicates', ()))} of {own.get('count', MISSING)}",
            "prototypes that say the same of every training image, or the same as another",
        )
    if "class_purity" in own:
        yield FigureRow(
            TITLES["class_purity"],
            figure_text(own["class_purity"]),
            f"images of the prototype's class among {own.get('class_purity_of', 'the nearest')}",
        )
    if "distinct" in own:
        yield FigureRow(
            TITLES["distinct"],
            figure_text(own["distinct"]),
            "different images among the 5 nearest of all prototypes of a class; 1 means that no "
            "image is shown twice",
        )


def _of_looks(looks: Figures) -> Iterator[FigureRow]:
    for key, meaning in (
        ("consistency", "prototypes that keep to one named part"),
        ("stability", f"under noise, {looks.get('stability_of', 'the parts')} stays"),
        ("purity", "the commonest part among the 10 nearest images"),
    ):
        if key in looks:
            yield FigureRow(TITLES[key], figure_text(looks[key]), meaning)
    for key, meaning in (
        ("focused_change", "change of the similarity; it should fall"),
        ("dual_change", "change of the similarity; it should stay"),
    ):
        if key in looks:
            yield FigureRow(TITLES[key], figure_text(looks[key], signed=True), meaning)
    if "focused_falls_more" in looks:
        yield FigureRow(
            TITLES["focused_falls_more"],
            figure_text(looks["focused_falls_more"]),
            f"of the images; the shown region is {figure_text(looks.get('shown_area'))} of them",
        )


def _of_own_maps(own: Figures) -> Iterator[FigureRow]:
    if not own.get("images"):
        return
    centre = own.get("centre", {})
    for key, meaning in (
        ("inside", f"the finding, on {own['images']} images"),
        ("near", f"within {own.get('tolerance_px', 15)} px of the finding"),
        ("energy", f"the area is {figure_text(own.get('area'))}"),
        ("energy_over_area", "1 is what an even map has"),
    ):
        if key in own:
            beside = figure_text(centre.get(key))
            yield FigureRow(
                TITLES[key], figure_text(own[key]), f"{meaning}; of a centred Gaussian {beside}"
            )
