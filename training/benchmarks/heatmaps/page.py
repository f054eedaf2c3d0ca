"""The table as a page in Markdown: losses stand as plainly as gains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dprotonet.bundle.figure_text import figure_text
from training.benchmarks.heatmaps.legend import legend
from training.benchmarks.heatmaps.table import AHEAD, BEHIND, LEVEL, OPEN

ALONE = "Alone: s, MB, of best rate, five ÷ one"
FEW = 20  # patients, below which a bootstrap of them is not to be trusted
Found = Mapping[str, Any]


def markdown(plan: Found, table: Found, command: str) -> str:
    """The page.

    Args:
        plan: what was written down beforehand, as plain values.
        table: from :func:`training.benchmarks.heatmaps.table.tabulate`, with ``alone`` where costs
            were measured.
        command: that made it.
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
        "",
        "Written down before the first image:",
        "",
        f"- figure: {plan['figure']}",
        *(f"- {sentence}" for sentence in plan["contrasts"] or ("no primary contrast",)),
        f"- adjusted by {plan['adjusted_by']}",
        "",
    ]
    return "\n".join(lines)


def table_lines(table: Found) -> list[str]:
    """The one table: a row for each node, fill and method."""
    columns = _columns(table)
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for section in table["sections"]:
        for name, row in section["rows"].items():
            cells = _cells(table, section, name, row)
            lines.append("| " + " | ".join(cells[column] for column in columns) + " |")
    return lines


def _columns(table: Found) -> list[str]:
    """Those that anything is known for."""
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


def _cells(table: Found, section: Found, name: str, row: Found) -> dict[str, str]:
    first, node = table["first"], section["node"]
    apart, cost = row.get("difference"), table["cost"][node][name]
    once = section is next(s for s in table["sections"] if s["node"] == node)
    odds = row.get("score_log_odds")
    return {
        "Node, fill": f"{node}, {section['fill']}",
        "Method": name,
        "Insertion": f"{row['insertion']:.3f}",
        "Deletion": f"{row['deletion']:.3f}",
        "Ins − del [95 %]": figure_text(row["score"], signed=True),
        "of span": f"{row['score_of_span']:+.2f}",
        "log-odds": f"{odds['value']:+.2f}" if odds else "–",
        f"{first} − this [95 %]": figure_text(apart, signed=True),
        "p": _p(apart["p"]) if apart else "–",
        "Holm p": _p(row["holm_p"]) if "holm_p" in row else "–",
        f"{first} is": _loud(row["verdict"]) if apart else "–",
        "Fifth kept / hidden": f"{row['kept']:.3f} / {row['hidden']:.3f}",
        "Drop / increase %": f"{100 * row['average_drop']:.0f} / "
        f"{100 * row['average_increase']:.0f}",
        "Energy; peak inside / near": _place(table, name) if node == "class" and once else "",
        "Passes": f"{cost['forward']:.0f} + {cost['backward']:.0f}" if once else "",
        "s, × first": f"{cost['seconds']:.2f}, {cost['of_first']:.2f}" if once else "",
        "Alone: s, MB, of best rate, five ÷ one": _alone(table, name)
        if node == "class" and once
        else "",
    }


def _place(table: Found, name: str) -> str:
    if not table["localisation"]:
        return "–"
    found = table["localisation"][name]
    return (
        f"{found['energy']['value']:.3f}; {100 * found['peak_inside']['value']:.0f} / "
        f"{100 * found['peak_near']['value']:.0f} %"
    )


def _alone(table: Found, name: str) -> str:
    found = table.get("alone", {}).get(name)
    if found is None:
        return "–"
    memory = "–" if found["peak_mb"] is None else f"{found['peak_mb']:.0f}"
    together = found["together_seconds"] / max(found["one_prototype_seconds"], 1e-9)
    return (
        f"{found['seconds']:.3f}, {memory}, {100 * found['share_of_best_rate']:.1f} %, "
        f"{together:.1f}"
    )


def _images(table: Found) -> list[str]:
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


def _outcome(table: Found) -> list[str]:
    """How often the first is ahead and behind, and where it is behind by name."""
    first = table["first"]
    every = [(s, name, row) for s in table["sections"] for name, row in s["rows"].items()]
    lines = []
    for what, rows in (
        (f"Primary contrasts (Holm, {LEVEL:.0%})", [e for e in every if "holm_p" in e[2]]),
        (
            "All other contrasts (95 % intervals, not adjusted)",
            [e for e in every if "difference" in e[2] and "holm_p" not in e[2]],
        ),
    ):
        if not rows:
            continue
        by = {v: [e for e in rows if e[2]["verdict"] == v] for v in (AHEAD, BEHIND, OPEN)}
        lost = "; ".join(f"{s['node']}, {s['fill']}: {name}" for s, name, _ in by[BEHIND])
        lines.append(
            f"- {what}: {first} is ahead in {len(by[AHEAD])}, behind in {len(by[BEHIND])}"
            f"{f' ({lost})' if lost else ''}, not told apart in {len(by[OPEN])} of {len(rows)}."
        )
    return lines


def _p(value: float) -> str:
    return f"{value:.4f}" if value < 0.1 else f"{value:.2f}"


def _loud(verdict: str) -> str:
    return f"**{verdict}**" if verdict in (AHEAD, BEHIND) else verdict
