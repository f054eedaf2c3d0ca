"""Rows to one table: what each method reaches, and what separates the first from the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.benchmarks.heatmaps.measures.names import STABILITY
from training.benchmarks.heatmaps.measures.summary import (
    ALL,
    evidence_figures,
    outside_body,
    stability_summary,
    truth_figures,
)
from training.benchmarks.heatmaps.plan import SCALE, Plan
from training.benchmarks.heatmaps.row_columns import RESAMPLES, SMALL, Row, Rows
from training.benchmarks.heatmaps.statistics import OPEN, difference, holm, verdict
from training.evaluation.metrics import interval, weighted_mean

Array = NDArray[np.float64]
LEVEL = 0.05
_MEASURED = ("localisation", "evidence", "stability", "outside_body")


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
    measured = _measured(rows, methods if "class" in plan.nodes else ())
    _adjust(plan, sections, measured)
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
        "unconfirmed": len(plan.unconfirmed),
        **measured,
        "sections": sections,
    }


def _measured(rows: Rows, methods: Sequence[str]) -> dict[str, Any]:
    """What is measured of the class's heatmap beside its faithfulness; nothing without methods."""
    if not methods:
        return {name: {} for name in _MEASURED}
    figures = (truth_figures, evidence_figures, stability_summary, outside_body)
    return {name: of(rows, methods) for name, of in zip(_MEASURED, figures, strict=True)}


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
        entry["verdict"] = verdict(entry["difference"])
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
    figures["average_drop"] = mean(np.maximum(0.0, before - after) / np.maximum(whole, SMALL))
    figures["average_increase"] = mean((after > before).astype(np.float64))
    figures["mean_of_map"] = mean(rows.column(method, node, "mean_of_map"))
    return figures


def _adjust(
    plan: Plan, sections: Sequence[dict[str, Any]], measured: Mapping[str, Mapping[str, Any]]
) -> None:
    """Add the adjusted p to the declared differences, and correct their verdicts by it.

    All of them are one family, whatever they are of: else the yardstick on which a method came out
    ahead could be picked afterwards.
    """
    entries = {(s["node"], s["fill"]): s["rows"] for s in sections}
    declared = [
        (entries[node, fill][other], entries[node, fill][other]["difference"]["p"])
        for node, fill, other in plan.contrasts()
        if "difference" in entries[node, fill].get(other, {})
    ]
    for figure, other in plan.other_contrasts():
        entry = _declared_entry(measured, figure, other)
        if entry.get("p") is not None:
            declared.append((entry, entry["p"]))
    adjusted = holm([p for _, p in declared])
    for (entry, _), p in zip(declared, adjusted, strict=True):
        entry["holm_p"] = round(p, 6)
        if p >= LEVEL:
            entry["verdict"] = OPEN


def _declared_entry(
    measured: Mapping[str, Mapping[str, Any]], figure: str, other: str
) -> dict[str, Any]:
    """The difference of a figure of evidence, over all kinds, or of stability; empty without."""
    if figure == STABILITY:
        entry = measured["stability"].get(other, {}).get("difference", {})
    else:
        methods = measured["evidence"].get(ALL, {}).get("methods", {})
        entry = methods.get(other, {}).get("differences", {}).get(figure, {})
    found: dict[str, Any] = entry
    return found


def _cost(rows: Rows, first: str, method: str, node: str) -> dict[str, Any]:
    """Medians. The machine may have had other work beside: seconds are no timing."""

    def median(name: str, of: str = method) -> float:
        return float(np.median(rows.column(of, node, name)))

    return {
        "seconds": round(median("seconds"), 3),
        "of_first": round(median("seconds") / max(median("seconds", first), SMALL), 3),
        "forward": median("forward"),
        "backward": median("backward"),
        "measuring_passes": median("measuring_passes"),
        "measuring_seconds": round(median("measuring_seconds"), 3),
    }


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
