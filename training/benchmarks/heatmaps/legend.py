"""What the columns of the table mean, with the constants that they were divided by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.evaluation.localisation import TOLERANCE

Found = Mapping[str, Any]


def legend(table: Found) -> list[str]:
    """Paragraphs with a blank line between them; of what the table does not hold nothing is said.

    Args:
        table: from :func:`training.benchmarks.heatmaps.table.tabulate`.
    """
    paragraphs = [*_values(table), _cost(table)]
    if table["localisation"]:
        paragraphs.append(
            f"Energy is the heatmap's share inside the finding, on {table['films_with_a_truth']} "
            "images that were called rightly and whose finding is known (its mean area: "
            f"{table['localisation']['area']:.3f} of the image); near: within {TOLERANCE} px."
        )
    if table.get("alone"):
        paragraphs.append(_alone(table))
    return [line for paragraph in paragraphs for line in (paragraph, "")][:-1]


def _values(table: Found) -> list[str]:
    spans = "; ".join(f"{s['node']}, {s['fill']} {s['span']:.3f}" for s in table["sections"])
    return [
        "Class nodes are the predicted class's calibrated probability, prototype nodes the "
        "similarity of that class's strongest prototype. “of span” divides insertion − deletion "
        f"by the mean distance between image and fill over the images ({spans}); “log-odds” is the "
        "same figure of the class on that scale.",
        "Fifth: the value where only the heatmap's highest fifth of the image shows the image, and "
        "where only that fifth is hidden. Drop: by how much the value falls under the heatmap as a "
        "mask, in shares of the image's value (of a prototype: of the span); increase: images on "
        "which it rises.",
    ]


def _cost(table: Found) -> str:
    cost = next(iter(table["cost"].values()))
    passes = [found["measuring_passes"] for found in cost.values()]
    seconds = [found["measuring_seconds"] for found in cost.values()]
    return (
        "Passes are images forward + backward for one node alone, and seconds theirs: medians, "
        f"without what a method's own measuring adds ({min(passes):.0f} to {max(passes):.0f} "
        f"passes, {min(seconds):.2f} to {max(seconds):.2f} s). Seconds were taken while images "
        "were judged, perhaps beside other work: they are no timing."
    )


def _alone(table: Found) -> str:
    return (
        "Alone: each method in a process of its own, the class node of "
        f"{table['alone_films']} images: median seconds, without measuring; peak memory above that "
        "of a loaded network, frozen copy and measuring included; the share of the rate of a large "
        "dense convolution, measured in the same process and precision, that its passes reach; and "
        "the seconds of five prototypes in one call over those of one."
    )
