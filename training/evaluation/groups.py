"""Figures for groups of images: by view, sex and age; groups too small to be judged are named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from training.evaluation.report import Judged

AGES = ((0, 17), (18, 39), (40, 59), (60, 79), (80, None))  # years, both ends included
LEAST = 10  # images of a group that is judged


def age_group(age: float) -> str:
    """The group of an age in years, "" where it is unknown (nan) or negative."""
    for low, high in AGES:
        if age >= low and (high is None or age < high + 1):
            return f"{low}+" if high is None else f"{low}-{high}"
    return ""


def by_group(
    judged: Judged, figures: Callable[[Judged], dict[str, Any]], least: int = LEAST
) -> dict[str, Any]:
    """``by_view``, ``by_sex`` and ``by_age`` where they are known.

    A group of fewer than ``least`` images, or of one class alone, is not judged by sex and age;
    ``groups_left_out`` says which and why. Views are all judged, small or not.
    """
    found: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    for kind, names in _kinds(judged):
        found[kind] = {}
        for name in sorted(set(names.tolist()) - {""}):
            part = judged.some(names == name)
            why = "" if kind == "by_view" else _too_small(part, least)
            if why:
                left_out[f"{kind}: {name}"] = why
            else:
                found[kind][str(name)] = figures(part)
    return found | ({"groups_left_out": left_out} if left_out else {})


def _kinds(judged: Judged) -> Iterator[tuple[str, NDArray[Any]]]:
    yield "by_view", judged.views
    if judged.sexes is not None and (judged.sexes != "").any():
        yield "by_sex", judged.sexes
    if judged.ages is not None and not np.isnan(judged.ages).all():
        yield "by_age", np.array([age_group(age) for age in judged.ages.tolist()])


def _too_small(part: Judged, least: int) -> str:
    if len(part.labels) < least:
        return f"{len(part.labels)} image(s), fewer than {least}"
    if len(np.unique(part.labels, axis=0)) < 2:
        return f"{len(part.labels)} images, all of one class"
    return ""
