"""Rows to one table: what each method reaches, and what separates the first from the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.benchmarks.heatmaps.plan import SCALE, Plan
from training.benchmarks.heatmaps.statistics import difference, holm
from training.evaluation.metrics import interval, mean_interval, patient_draws, weighted_mean

Array = NDArray[np.float64]
Row = Mapping[str, Any]
RESAMPLES = 10_000
LEVEL = 0.05
AHEAD, BEHIND, OPEN = "ahead", "behind", "not told apart"
_SMALL = 1e-9


@dataclass(frozen=True, eq=False)
class Rows:
    """The finished rows of N images."""

    images: Sequence[Row]
    resamples: int = RESAMPLES

    @cached_property
    def patients(self) -> NDArray[Any]:
        """``(N,)`` hashed ids."""
        return np.array([row["patient"] for row in self.images])

    @cached_property
    def draws(self) -> Array:
        """``(B, N)`` how often each image counts in each resample."""
        return patient_draws(self.patients, self.resamples)

    def column(self, method: str, node: str, *path: str) -> Array:
        """``(N,)`` one figure of a method, nan where an image has none."""
        return np.array([_at(row["methods"][method][node], path) for row in self.images])

    def end_value(self, node: str, scale: str, name: str) -> Array:
        """``(N,)`` values of the ``image`` or of a fill alone."""
        return np.array([row["ends"][node][scale][name] for row in self.images])

    def score(self, method: str, node: str, fill: str, scale: str) -> Array:
        """``(N,)`` insertion minus deletion area."""
        inserted = self.column(method, node, "fills", fill, scale, "insertion")
        return inserted - self.column(method, node, "fills", fill, scale, "deletion")

    def span(self, node: str, fill: str, scale: str) -> float:
        """Mean distance between the image's and the fill's value: one constant for all images."""
        distance = self.end_value(node, scale, "image") - self.end_value(node, scale, fill)
        return max(float(np.abs(distance).mean()), _SMALL)


def tabulate(
    plan: Plan, methods: Sequence[str], images: Sequence[Row], *, resamples: int = RESAMPLES
) -> dict[str, Any]:
    """All figures as plain values.

    Args:
        plan: as it was written down.
        methods: those that every image has, the plan's first one first.
        images: finished rows, at least one.
        resamples: of the bootstrap.
    """
    rows = Rows(images, resamples)
    sections = [_section(rows, plan, methods, n, f) for n in plan.nodes for f in plan.fills]
    _adjust(plan, sections)
    return {
        "bundle": plan.bundle,
        "split": plan.split,
        "films": len(images),
        "films_planned": len(plan.images),
        "patients": len(set(rows.patients.tolist())),
        "rightly_predicted": int(sum(bool(row["right"]) for row in images)),
        "films_with_a_truth": int(sum(row["truth_area"] is not None for row in images)),
        "resamples": resamples,
        "first": methods[0],
        "methods": list(methods),
        "unlike_code": _unlike_code(rows, methods),
        "even_maps": _even_maps(rows, methods, plan.nodes),
        "cost": {n: {m: _cost(rows, methods[0], m, n) for m in methods} for n in plan.nodes},
        "localisation": _localisation(rows, methods) if "class" in plan.nodes else {},
        "sections": sections,
    }


def _section(
    rows: Rows, plan: Plan, methods: Sequence[str], node: str, fill: str
) -> dict[str, Any]:
    """One kind of node under one fill: a row for every method."""
    primary, first = SCALE[node], methods[0]
    span = rows.span(node, fill, primary)
    entries: dict[str, Any] = {}
    for name in methods:
        entries[name] = entry = _figures(rows, name, node, fill, span)
        if name == first:
            continue
        for scale in ("log_odds", primary) if node == "class" else (primary,):
            key = "difference" if scale == primary else f"difference_{scale}"
            entry[key] = difference(
                rows.score(first, node, fill, scale),
                rows.score(name, node, fill, scale),
                rows.draws,
            ).to_json()
        entry["verdict"] = _verdict(entry["difference"])
    return {"node": node, "fill": fill, "scale": primary, "span": round(span, 4), "rows": entries}


def _figures(rows: Rows, method: str, node: str, fill: str, span: float) -> dict[str, Any]:
    """One method's own figures."""
    scale, once = SCALE[node], np.ones((1, len(rows.images)))

    def mean(values: Array) -> float:
        return round(float(weighted_mean(values, once)[0]), 4)

    score = rows.score(method, node, fill, scale)
    figures: dict[str, Any] = {
        name: mean(rows.column(method, node, "fills", fill, scale, name))
        for name in ("insertion", "deletion", "kept", "hidden")
    }
    figures["score"] = interval(lambda w: weighted_mean(score, w), rows.draws).to_json()
    figures["score_of_span"] = mean(score / span)
    if node == "class":
        odds = rows.score(method, node, fill, "log_odds")
        figures["score_log_odds"] = interval(lambda w: weighted_mean(odds, w), rows.draws).to_json()
    before = rows.end_value(node, scale, "image")
    after = rows.column(method, node, "fills", fill, scale, "masked")
    # Chattopadhay et al. 2018 (Grad-CAM++, section 4.1) divide by the image's own value; a cosine
    # may be 0 or negative, so a prototype's drop is divided by the one span of all images.
    whole = before if node == "class" else np.full(len(before), span)
    figures["average_drop"] = mean(np.maximum(0.0, before - after) / np.maximum(whole, _SMALL))
    figures["average_increase"] = mean((after > before).astype(np.float64))
    figures["mean_of_map"] = mean(rows.column(method, node, "mean_of_map"))
    return figures


def _verdict(interval: Mapping[str, Any]) -> str:
    if interval["low"] > 0:
        return AHEAD
    return BEHIND if interval["high"] < 0 else OPEN


def _adjust(plan: Plan, sections: Sequence[dict[str, Any]]) -> None:
    """Add the adjusted p to the declared differences, and correct their verdicts by it."""
    entries = {(s["node"], s["fill"]): s["rows"] for s in sections}
    declared = [
        entries[node, fill][other]
        for node, fill, other in plan.contrasts()
        if "difference" in entries[node, fill].get(other, {})
    ]
    adjusted = holm([entry["difference"]["p"] for entry in declared])
    for entry, p in zip(declared, adjusted, strict=True):
        entry["holm_p"] = round(p, 6)
        if p >= LEVEL:
            entry["verdict"] = OPEN


def _cost(rows: Rows, first: str, method: str, node: str) -> dict[str, Any]:
    """Medians. The machine may have had other work beside: seconds are no timing."""

    def median(name: str, of: str = method) -> float:
        return float(np.median(rows.column(of, node, name)))

    return {
        "seconds": round(median("seconds"), 3),
        "of_first": round(median("seconds") / max(median("seconds", first), _SMALL), 3),
        "forward": median("forward"),
        "backward": median("backward"),
        "measuring_passes": median("measuring_passes"),
        "measuring_seconds": round(median("measuring_seconds"), 3),
    }


def _localisation(rows: Rows, methods: Sequence[str]) -> dict[str, Any]:
    """Where the predicted class's heatmap lies, on rightly predicted images with a known truth.

    ``area`` is the energy that a constant heatmap would have.
    """
    areas = np.array([_number(row["truth_area"]) for row in rows.images])
    if np.isnan(areas).all():
        return {}
    figures: dict[str, Any] = {"area": round(float(np.nanmean(areas)), 4)}
    for method in methods:
        figures[method] = {
            name: mean_interval(
                rows.column(method, "class", name), rows.patients, rows.resamples
            ).to_json()
            for name in ("peak_inside", "peak_near", "energy")
        }
    return figures


def _unlike_code(rows: Rows, methods: Sequence[str]) -> list[str]:
    """Methods whose rows come from more than one state of the code."""
    return [m for m in methods if len({row["methods"][m]["code"] for row in rows.images}) > 1]


def _even_maps(rows: Rows, methods: Sequence[str], nodes: Sequence[str]) -> dict[str, int]:
    """How often a method's heatmap was empty: its pixels then rank by their rows alone."""
    counts = {
        f"{method}, {node}": int((rows.column(method, node, "mean_of_map") == 0).sum())
        for method in methods
        for node in nodes
    }
    return {name: count for name, count in counts.items() if count}


def _at(value: Any, path: Sequence[str]) -> float:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return _number(value)


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
