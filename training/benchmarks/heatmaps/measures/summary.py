"""Rows to figures of evidence and stability, and what separates the first method from the others.

Letters: N images.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.benchmarks.heatmaps.measures import stability
from training.benchmarks.heatmaps.row_columns import Rows
from training.benchmarks.heatmaps.statistics import difference, verdict
from training.evaluation.evidence import places

Array = NDArray[np.float64]
COMPARED = ("recall_10", "peak_near", "peak_inside", "energy")
"""Figures of which the first method is compared with the others."""
ALL = "all"
_EXPECTED = {"recall_2": 0.02, "recall_5": 0.05, "recall_10": 0.10}


def truth_figures(rows: Rows, methods: Sequence[str]) -> dict[str, Any]:
    """Of rightly predicted images with a known finding; empty where there is none.

    Rows of earlier versions know only peak and energy; what they lack is None.
    """
    areas = rows.head("truth_area")
    return {} if np.isnan(areas).all() else _figures(rows, methods, (), areas)


def evidence_figures(rows: Rows, methods: Sequence[str]) -> dict[str, Any]:
    """By kind of evidence, and over all under "all"; empty where none is known."""
    areas, kinds = rows.head("evidence", "area"), rows.texts("evidence", "kind")
    if np.isnan(areas).all():
        return {}
    groups = {ALL: ~np.isnan(areas)}
    names = sorted({kind for kind in kinds if kind})
    groups |= {name: np.array([kind == name for kind in kinds]) for name in names}
    return {
        name: _figures(rows, methods, ("evidence",), np.where(among, areas, np.nan))
        for name, among in groups.items()
        if name == ALL or len(names) > 1
    }


def _figures(
    rows: Rows, methods: Sequence[str], path: Sequence[str], areas: Array
) -> dict[str, Any]:
    """Of the images whose area is a number.

    Args:
        path: in a method's entry of the class, where the figures are.
    """
    among, first = ~np.isnan(areas), methods[0]

    def column(method: str, figure: str) -> Array:
        return np.where(among, rows.column(method, "class", *path, figure), np.nan)

    area = round(float(np.nanmean(areas)), 4)
    entries: dict[str, Any] = {}
    for method in methods:
        entries[method] = entry = {
            figure: rows.mean(column(method, figure)) for figure in places.FIGURES
        }
        if method != first:
            entry["differences"] = {
                figure: compared(rows, column(first, figure), column(method, figure))
                for figure in COMPARED
            }
    return {
        "films": int(among.sum()),
        "patients": len(set(rows.patients[among].tolist())),
        "area": area,
        "by_chance": _EXPECTED | {"peak_inside": area, "energy": area},
        "methods": entries,
    }


def stability_summary(rows: Rows, methods: Sequence[str]) -> dict[str, Any]:
    """By method; empty where stability was not measured.

    ``mean`` is over the changed images (noise, JPEG, shift), first image by image, so that
    ``difference`` is paired.
    """
    means = {m: _mean_rank(rows, m) for m in methods}
    if all(np.isnan(mean).all() for mean in means.values()):
        return {}
    entries: dict[str, Any] = {}
    for method in methods:
        entries[method] = entry = {
            change: {
                figure: rows.mean(rows.column(method, "stability", change, figure))
                for figure in stability.FIGURES
            }
            for change in stability.CHANGES
        }
        entry["mean"] = rows.mean(means[method])
        if method != methods[0]:
            entry["difference"] = compared(rows, means[methods[0]], means[method])
    return entries


def outside_body(rows: Rows, methods: Sequence[str]) -> dict[str, Any]:
    """The mean fraction of the class's heatmap outside the body; empty where no body is known."""
    columns = {method: rows.column(method, "class", "outside_body") for method in methods}
    if all(np.isnan(column).all() for column in columns.values()):
        return {}
    return {method: rows.mean(column) for method, column in columns.items()}


def _mean_rank(rows: Rows, method: str) -> Array:
    columns = [rows.column(method, "stability", change, "rank") for change in stability.IMAGES]
    result: Array = np.mean(columns, axis=0)
    return result


def compared(rows: Rows, first: Array, other: Array) -> dict[str, Any]:
    """``first - other`` on the images that have both, with the verdict; value None without any."""
    known = ~(np.isnan(first) | np.isnan(other))
    if not known.any():
        return {"value": None, "low": None, "high": None, "p": None}
    result = difference(first[known], other[known], rows.draws_of(known)).to_json()
    return result | {"verdict": verdict(result)}
