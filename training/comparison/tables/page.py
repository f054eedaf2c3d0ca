"""The study of a table as a page in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dprotonet.bundle.figure_text import MISSING

TITLES = {
    "boosting": "gradient boosting, on the table",
    "logistic": "logistic regression, on the table",
    "cpcr": "CPC-R",
    "tinto": "TINTO",
    "igtd": "IGTD",
    "refined": "REFINED",
    "deepinsight": "DeepInsight",
    "fotomics": "Fotomics",
    "supertml": "SuperTML",
    "bargraph": "BarGraph",
    "distancematrix": "DistanceMatrix",
    "combination": "Combination",
    "featurewrap": "FeatureWrap",
    "bie": "BIE",
}
CLOSE = 0.005  # of AUROC, up to which two models count as equal
SHOWN = 8  # attributes


def markdown(found: Mapping[str, Any]) -> str:
    """The page.

    Args:
        found: what ``tabular-study`` wrote as JSON.
    """
    models, best = found["models"], found["best_table_model"]
    ranked = sorted(models, key=lambda name: -models[name]["auroc"]["mean"])
    lines = [
        f"# {found['table']}: rows as images, and the table itself",
        "",
        f"{found['rows']} rows of {found['groups']} groups, {found['attributes']} attributes; "
        f"classes: {', '.join(f'{name} {n}' for name, n in found['classes'].items())}. "
        "5 × 2 folds by group: five times, half of the groups to train and choose on and half to "
        "test. Scales, encoding, epoch and calibration come from the training half alone.",
        "",
        f"    {found['command']}",
        "",
        "| Model | AUROC, mean ± sd | minus the best table model | Attributes found |",
        "|---|---|---|---|",
        *(_row(name, models[name], best) for name in ranked),
        "",
        *_verdict(found),
        "",
        "*Attributes found*: rank correlation (Spearman) of the attributes' shares of MDM's "
        "heatmaps with what shuffling each attribute costs the same network, in log-loss; "
        f"{found['explained']} rows of two folds. 1: the heatmaps rank the attributes as "
        "shuffling does; 0: they say nothing of it.",
        *_background(models),
        "",
        *_attributes(found),
        f"Licence of the data: {found['licence']} {found['note']}",
        "",
    ]
    return "\n".join(lines)


def _row(name: str, figures: Mapping[str, Any], best: str) -> str:
    apart = MISSING if name == best else _figure(figures["minus_best"], signed=True)
    found = figures.get("rank_correlation")
    correlation = MISSING if found is None else f"{found:+.2f}"
    return f"| {TITLES[name]} | {_figure(figures['auroc'])} | {apart} | {correlation} |"


def _figure(figure: Mapping[str, float], *, signed: bool = False) -> str:
    mean = f"{figure['mean']:+.3f}" if signed else f"{figure['mean']:.3f}"
    return f"{mean} ± {figure['sd']:.3f}"


def _verdict(found: Mapping[str, Any]) -> list[str]:
    models, best = found["models"], found["best_table_model"]
    encodings = [name for name in models if name not in ("boosting", "logistic")]
    if not encodings:
        return ["No encoding was measured."]
    leading = max(encodings, key=lambda name: models[name]["auroc"]["mean"])
    apart = models[leading]["auroc"]["mean"] - models[best]["auroc"]["mean"]
    table, rows = TITLES[best].split(",")[0], TITLES[leading]
    chosen = (
        [f"It is the best of {len(encodings)} encodings on these very folds, which flatters it."]
        if len(encodings) > 1
        else []
    )
    close = f": less than the {CLOSE} that count as a difference here" if apart <= CLOSE else ""
    if apart < -CLOSE:
        return [
            f"**The table itself wins.** {table.capitalize()} is ahead of the best encoding, "
            f"{rows}, by {-apart:.4f}. Where the prediction is all that matters, take it.",
            *chosen,
        ]
    if apart <= 0:
        return [
            f"{table.capitalize()} on the table itself is ahead of the best encoding, {rows}, by "
            f"{-apart:.4f}{close}.",
            *chosen,
        ]
    return [
        f"The best encoding, {rows}, is ahead of {table} on the table itself by "
        f"{apart:.4f}{close}.",
        *chosen,
    ]


def _background(models: Mapping[str, Any]) -> list[str]:
    on = {n: m["on_attributes"] for n, m in models.items() if "on_attributes" in m}
    if not on:
        return []
    parts = ", ".join(f"{TITLES[name]} {value:.0%}" for name, value in on.items())
    return [f"Of the heatmaps lies on what attributes painted: {parts}; the rest is background."]


def _attributes(found: Mapping[str, Any]) -> list[str]:
    """The first attributes by CPC-R's shares, beside what shuffling costs network and boosting."""
    table = found.get("attributes_of_cpcr")
    if not table:
        return []
    head = ["| Attribute | share of the heatmaps | shuffled, CPC-R | shuffled, boosting |"]
    ranked = sorted(table, key=lambda name: -table[name]["share"])[:SHOWN]
    return [
        *head,
        "|---|---|---|---|",
        *(
            f"| {name} | {table[name]['share']:.1%} | {table[name]['network']:+.4f} "
            f"| {table[name]['boosting']:+.4f} |"
            for name in ranked
        ),
        "",
    ]
