"""What a heatmap finds and whether it is stable, as tables in Markdown with their legends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dprotonet.bundle.figure_text import MISSING, figure_text
from training.benchmarks.heatmaps.measures.stability import CHANGES, DRAW, IMAGES, SIGMA
from training.benchmarks.heatmaps.measures.summary import ALL, COMPARED
from training.benchmarks.heatmaps.statistics import AHEAD, BEHIND
from training.evaluation.evidence.places import FOUND
from training.evaluation.localisation import TOLERANCE
from training.evaluation.sanity import QUALITY

Results = Mapping[str, Any]
NAMES: Mapping[str, str] = {
    "recall_10": "top 10 %",
    "peak_near": "peak near",
    "peak_inside": "peak inside",
    "energy": "energy",
}
_CHANGE_NAMES = {"noise": "noise", "jpeg": "JPEG", "shift": "shift", DRAW: "another draw"}


def measure_lines(table: Results) -> list[str]:
    """All sections that have figures, each after an empty line.

    Args:
        table: from :func:`training.benchmarks.heatmaps.table.tabulate`.
    """
    lines: list[str] = []
    if table["evidence"]:
        lines += ["", "## Known evidence", "", *_evidence_lines(table)]
    if table["localisation"]:
        groups = {"finding": table["localisation"]}
        lines += ["", "## Known findings", "", *_place_table(table, groups), "", _finding_legend()]
    if table["stability"]:
        lines += ["", "## Stability", "", *_stability_lines(table)]
    return lines


def _evidence_lines(table: Results) -> list[str]:
    groups = table["evidence"]
    kinds = ", ".join(
        f"{group['films']} images of {group['patients']} patients with {name}"
        for name, group in groups.items()
        if name != ALL
    )
    whole = groups[ALL]
    return [
        f"{whole['films']} images of {whole['patients']} patients that this network calls as their "
        "class, and otherwise without the evidence"
        + (f" ({kinds})" if kinds else "")
        + f". {table['unconfirmed']} others were tried and left out: the network calls them "
        "otherwise, or the same without it.",
        "",
        *_place_table(table, groups),
        "",
        *_place_legend(),
    ]


def _place_table(table: Results, groups: Results) -> list[str]:
    """A row for each group and method, then for chance alone."""
    first, body = table["first"], table["outside_body"]
    columns = ["Of", "Method", "Top 2 / 5 / 10 %", "Half in top 10 %", "Peak inside"]
    columns += ["Peak near", "Energy", *(f"{first} − this: {NAMES[name]}" for name in COMPARED)]
    columns += ["Outside the body"] if body else []
    lines = _head(columns)
    for group_name, group in groups.items():
        for method, entry in group["methods"].items():
            recalls = (_value(entry[f"recall_{top}"]) for top in (2, 5, 10))
            cells = [
                f"{group_name} ({group['films']})",
                method,
                " / ".join(recalls),
                *(_value(entry[name]) for name in ("hit_10", "peak_inside", "peak_near")),
                _value(entry["energy"]),
                *(_difference(entry.get("differences", {}).get(name)) for name in COMPARED),
                *([_value(body[method])] if body else []),
            ]
            lines.append(_row(cells))
        chance = group["by_chance"]
        recalls = (f"{chance[f'recall_{top}']:.2f}" for top in (2, 5, 10))
        known = [" / ".join(recalls), "", f"{chance['peak_inside']:.3f}", ""]
        cells = [group_name, "(by chance)", *known, f"{chance['energy']:.3f}"]
        lines.append(_row([*cells, *[""] * (len(columns) - len(cells))]))
    return lines


def _place_legend() -> list[str]:
    return [
        "Top 2, 5, 10 %: the fraction of the evidence's pixels among so many of the image's "
        f"pixels, the heatmap's highest. Half in top 10 %: how often that is at least {FOUND}. "
        f"Peak near: within {TOLERANCE} px. Equal pixels count by chance, so that an even heatmap "
        "gets what chance gives. Differences are paired, with 95 % intervals by patient.",
    ]


def _finding_legend() -> str:
    return (
        "Images that were called rightly and whose finding is known. That the network calls them "
        "by their finding was not asked for: known evidence is what --evidence scores."
    )


def _stability_lines(table: Results) -> list[str]:
    first = table["first"]
    columns = ["Method", *(_CHANGE_NAMES[change] for change in CHANGES)]
    columns += ["Mean of the images [95 %]", f"{first} − this"]
    lines = _head(columns)
    for method, entry in table["stability"].items():
        cells = [
            method,
            *(_pair(entry[change]) for change in CHANGES),
            figure_text(entry["mean"]),
            _difference(entry.get("difference")),
        ]
        lines.append(_row(cells))
    changes = ", ".join(_CHANGE_NAMES[change] for change in IMAGES)
    return [
        *lines,
        "",
        "Spearman's rank correlation with the class's heatmap of the image as it is, and after "
        "the stroke how far the highest tenths overlap (intersection over union; .05 by chance). "
        f"Noise: standard deviation {SIGMA} of the pixel range; JPEG: quality {QUALITY}; shift: "
        f"one pixel. The mean is that of {changes}. Another draw: of all that is random; a dash "
        "where nothing is.",
    ]


def _pair(figures: Results) -> str:
    if figures["rank"]["value"] is None:
        return MISSING
    return f"{figures['rank']['value']:.2f} / {figures['overlap']['value']:.2f}"


def _value(figure: Results) -> str:
    return MISSING if figure["value"] is None else f"{figure['value']:.3f}"


def _difference(figure: Results | None) -> str:
    """With the adjusted p where it was declared, and whether the first is ahead."""
    if figure is None or figure["value"] is None:
        return MISSING
    text = figure_text(figure, signed=True)
    if "holm_p" in figure:
        text += f", Holm p {figure['holm_p']:.4f}"
    verdict = figure["verdict"]
    return f"{text} **{verdict}**" if verdict in (AHEAD, BEHIND) else text


def _head(columns: Sequence[str]) -> list[str]:
    return [_row(columns), "|" + "---|" * len(columns)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
