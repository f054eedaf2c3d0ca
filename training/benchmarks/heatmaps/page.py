"""The table as a page in Markdown, with a legend: losses stand as plainly as gains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dprotonet.bundle.figure_text import MISSING, figure_text
from training.benchmarks.heatmaps.cost_page import cost_lines
from training.benchmarks.heatmaps.measures.names import STABILITY
from training.benchmarks.heatmaps.measures.pages import NAMES, measure_lines
from training.benchmarks.heatmaps.measures.summary import ALL
from training.benchmarks.heatmaps.statistics import AHEAD, BEHIND, OPEN
from training.benchmarks.heatmaps.table import LEVEL
from training.evaluation.localisation import TOLERANCE

ALONE = "Alone: s, MB, of best rate, five ÷ one"
FEW = 20  # patients, below which a bootstrap of them is not to be trusted
Results = Mapping[str, Any]


def markdown(plan: Results, table: Results, command: str) -> str:
    """The page.

    Args:
        plan: as it was written down before the first image, as plain values.
        table: from :func:`training.benchmarks.heatmaps.table.tabulate`, with ``alone`` where costs
            were measured.
        command: that wrote it.
    """
    lines = [
        f"# {table['bundle']}: heatmap methods on held-out images",
        "",
        f"    {command}",
        "",
        *_images(table),
        *_outcome(table),
        "",
        *table_lines(table),
        "",
        *legend(table),
        *measure_lines(table),
        *cost_lines(table),
        "",
        "Written down before the first image:",
        "",
        f"- figure: {plan['figure']}",
        *(f"- {sentence}" for sentence in plan["contrasts"] or ("no primary contrast",)),
        f"- adjusted by {plan['adjusted_by']}",
        "",
    ]
    return "\n".join(lines)


def table_lines(table: Results) -> list[str]:
    """The one table: a row for each node, fill and method."""
    columns = _columns(table)
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for section in table["sections"]:
        for name, row in section["rows"].items():
            cells = _cells(table, section, name, row)
            lines.append("| " + " | ".join(cells[column] for column in columns) + " |")
    return lines


def _columns(table: Results) -> list[str]:
    """Those that have a value in some row."""
    first = table["first"]
    columns = ["Node, fill", "Method", "Insertion", "Deletion", "Ins − del [95 %]", "of span"]
    if any(section["node"] == "class" for section in table["sections"]):
        columns.append("log-odds")
    columns += [f"{first} − this [95 %]", "p"]
    if any("holm_p" in row for s in table["sections"] for row in s["rows"].values()):
        columns.append("Holm p")
    columns += [f"{first} is", "Fifth kept / hidden", "Drop / increase %"]
    if table["localisation"]:
        columns.append("Energy; peak inside / near")
    columns += ["Passes", "s, × first"]
    if table.get("alone"):
        columns.append(ALONE)
    return columns


def _cells(table: Results, section: Results, name: str, row: Results) -> dict[str, str]:
    first, node = table["first"], section["node"]
    difference, cost = row.get("difference"), table["cost"][node][name]
    is_first_of_node = section is next(s for s in table["sections"] if s["node"] == node)
    is_first_of_class = is_first_of_node and node == "class"
    odds = row.get("score_log_odds")
    return {
        "Node, fill": f"{node}, {section['fill']}",
        "Method": name,
        "Insertion": f"{row['insertion']:.3f}",
        "Deletion": f"{row['deletion']:.3f}",
        "Ins − del [95 %]": figure_text(row["score"], signed=True),
        "of span": f"{row['score_of_span']:+.2f}",
        "log-odds": f"{odds['value']:+.2f}" if odds else MISSING,
        f"{first} − this [95 %]": figure_text(difference, signed=True),
        "p": _p(difference["p"]) if difference else MISSING,
        "Holm p": _p(row["holm_p"]) if "holm_p" in row else MISSING,
        f"{first} is": _emphasised(row["verdict"]) if difference else MISSING,
        "Fifth kept / hidden": f"{row['kept']:.3f} / {row['hidden']:.3f}",
        "Drop / increase %": f"{100 * row['average_drop']:.0f} / "
        f"{100 * row['average_increase']:.0f}",
        "Energy; peak inside / near": _localisation(table, name) if is_first_of_class else "",
        "Passes": f"{cost['forward']:.0f} + {cost['backward']:.0f}" if is_first_of_node else "",
        "s, × first": f"{cost['seconds']:.2f}, {cost['of_first']:.2f}" if is_first_of_node else "",
        ALONE: _alone(table, name) if is_first_of_class else "",
    }


def _localisation(table: Results, name: str) -> str:
    if not table["localisation"]:
        return MISSING
    figures = table["localisation"]["methods"][name]
    return (
        f"{figures['energy']['value']:.3f}; {100 * figures['peak_inside']['value']:.0f} / "
        f"{100 * figures['peak_near']['value']:.0f} %"
    )


def _alone(table: Results, name: str) -> str:
    cost = table.get("alone", {}).get(name)
    if cost is None:
        return MISSING
    memory = MISSING if cost["peak_mb"] is None else f"{cost['peak_mb']:.0f}"
    together = cost["together_seconds"] / max(cost["one_prototype_seconds"], 1e-9)
    return (
        f"{cost['seconds']:.3f}, {memory}, {100 * cost['share_of_best_rate']:.1f} %, {together:.1f}"
    )


def _images(table: Results) -> list[str]:
    images, planned = table["films"], table["films_planned"]
    lines = [
        f"{images} images of {table['patients']} patients of the {table['split']} split, "
        f"{table['rightly_predicted']} of them rightly predicted; intervals and p from "
        f"{table['resamples']} resamples of patients.",
        "",
    ]
    if table["patients"] < FEW:
        lines += [
            f"**Fewer than {FEW} patients: intervals and p from so few are too narrow.**",
            "",
        ]
    if images < planned:
        lines += [f"**{planned - images} of {planned} planned images are not judged yet.**", ""]
    if table.get("unfinished"):
        lines += [f"Begun and not finished: {', '.join(table['unfinished'])}.", ""]
    if table["unlike_code"]:
        lines += [
            "Drawn by more than one state of the code, so their rows do not go together: "
            f"{', '.join(table['unlike_code'])}.",
            "",
        ]
    if table["even_maps"]:
        even = "; ".join(f"{name}: {count}" for name, count in table["even_maps"].items())
        lines += [f"Maps without any mark, judged by the order of their rows: {even}.", ""]
    return lines


def _outcome(table: Results) -> list[str]:
    """How often the first is ahead and behind, and where it is behind by name."""
    first = table["first"]
    contrasts = [
        (f"{section['node']}, {section['fill']}: {name}", row)
        for section in table["sections"]
        for name, row in section["rows"].items()
        if "difference" in row
    ]
    contrasts += _measured_contrasts(table)
    primary = [(name, row) for name, row in contrasts if "holm_p" in row]
    others = [(name, row) for name, row in contrasts if "holm_p" not in row]
    lines = []
    for title, rows in (
        (f"Primary contrasts (Holm, {LEVEL:.0%})", primary),
        ("All other contrasts (95 % intervals, not adjusted)", others),
    ):
        if not rows:
            continue
        by = {v: [name for name, row in rows if row["verdict"] == v] for v in (AHEAD, BEHIND, OPEN)}
        lost = f" ({'; '.join(by[BEHIND])})" if by[BEHIND] else ""
        lines.append(
            f"- {title}: {first} is ahead in {len(by[AHEAD])}, behind in {len(by[BEHIND])}{lost}, "
            f"not told apart in {len(by[OPEN])} of {len(rows)}."
        )
    return lines


def _measured_contrasts(table: Results) -> list[tuple[str, Results]]:
    """The differences of evidence, over all kinds, and of stability."""
    contrasts = [
        (f"evidence, {NAMES[figure]}: {name}", difference)
        for name, entry in table["evidence"].get(ALL, {}).get("methods", {}).items()
        for figure, difference in entry.get("differences", {}).items()
    ]
    contrasts += [
        (f"{STABILITY}: {name}", entry["difference"])
        for name, entry in table["stability"].items()
        if "difference" in entry
    ]
    return [(name, row) for name, row in contrasts if row["value"] is not None]


def _p(value: float) -> str:
    return f"{value:.4f}" if value < 0.1 else f"{value:.2f}"


def _emphasised(verdict: str) -> str:
    return f"**{verdict}**" if verdict in (AHEAD, BEHIND) else verdict


def legend(table: Results) -> list[str]:
    """What the columns mean, with the constants that they were divided by.

    Paragraphs with a blank line between them, and none about columns that the table lacks.

    Args:
        table: from :func:`training.benchmarks.heatmaps.table.tabulate`.
    """
    paragraphs = [*_values_legend(table), _cost_legend(table)]
    if table["localisation"]:
        paragraphs.append(
            f"Energy is the heatmap's share inside the finding, on {table['films_with_a_truth']} "
            "images that were called rightly and whose finding is known (its mean area: "
            f"{table['localisation']['area']:.3f} of the image); near: within {TOLERANCE} px."
        )
    if table.get("alone"):
        paragraphs.append(_alone_legend(table))
    return [line for paragraph in paragraphs for line in (paragraph, "")][:-1]


def _values_legend(table: Results) -> list[str]:
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


def _cost_legend(table: Results) -> str:
    costs = next(iter(table["cost"].values())).values()
    passes = [cost["measuring_passes"] for cost in costs]
    seconds = [cost["measuring_seconds"] for cost in costs]
    return (
        "Passes are images forward + backward for one node alone, and seconds theirs: medians, "
        f"without what a method's own measuring adds ({min(passes):.0f} to {max(passes):.0f} "
        f"passes, {min(seconds):.2f} to {max(seconds):.2f} s). Seconds were taken while images "
        "were judged, perhaps beside other work: they are no timing."
    )


def _alone_legend(table: Results) -> str:
    return (
        "Alone: each method in a process of its own, the class node of "
        f"{table['alone_films']} images: median seconds, without measuring; peak memory above that "
        "of a loaded network, frozen copy and measuring included; the share of the rate of a large "
        "dense convolution, measured in the same process and precision, that its passes reach; and "
        "the seconds of five prototypes in one call over those of one."
    )
