"""Figures for groups of images: by view, sex and age; groups that are too small are named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation.scored_predictions import ScoredPredictions

AGES = ((0, 17), (18, 39), (40, 59), (60, 79), (80, None))  # years, both ends included
LEAST = 10  # images of a group by sex or age that gets figures


def age_group(age: float) -> str:
    """The group of an age in years, "" where it is unknown (nan) or negative."""
    for low, high in AGES:
        if age >= low and (high is None or age < high + 1):
            return f"{low}+" if high is None else f"{low}-{high}"
    return ""


def by_group(
    predictions: ScoredPredictions,
    figures: Callable[[ScoredPredictions], dict[str, Any]],
    least: int = LEAST,
) -> dict[str, Any]:
    """``by_view``, ``by_sex`` and ``by_age`` where they are known.

    A group by sex or age that has fewer than ``least`` images, or images of one class alone, gets
    no figures; ``groups_left_out`` says which and why. Views all get them, small or not.
    """
    groups: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    for kind, names in _kinds(predictions):
        groups[kind] = {}
        for name in sorted(set(names.tolist()) - {""}):
            group = predictions.subset(names == name)
            reason = "" if kind == "by_view" else _too_small(group, least)
            if reason:
                left_out[f"{kind}: {name}"] = reason
            else:
                groups[kind][str(name)] = figures(group)
    return groups | ({"groups_left_out": left_out} if left_out else {})


def _kinds(predictions: ScoredPredictions) -> Iterator[tuple[str, NDArray[Any]]]:
    yield "by_view", predictions.views
    if predictions.sexes is not None and (predictions.sexes != "").any():
        yield "by_sex", predictions.sexes
    if predictions.ages is not None and not np.isnan(predictions.ages).all():
        yield "by_age", np.array([age_group(age) for age in predictions.ages.tolist()])


def _too_small(group: ScoredPredictions, least: int) -> str:
    if len(group.labels) < least:
        return f"{len(group.labels)} image(s), fewer than {least}"
    if len(np.unique(group.labels, axis=0)) < 2:
        return f"{len(group.labels)} images, all of one class"
    return ""
