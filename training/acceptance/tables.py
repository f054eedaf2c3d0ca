"""The rows of a check's report, the same in HTML and in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dprotonet.bundle.figure_text import TITLES, figure_text

Row = tuple[str, ...]
SLICES = 6  # rows of the worst slices
FILES = 4  # unreadable files that are named
CLASSES = 5  # classes whose own AUROC is named


def title(results: Mapping[str, Any]) -> str:
    """The report's heading."""
    site = f" at {results['site']}" if results["site"] else ""
    return f"{results['bundle']['name']}{site}: check on own images"


def facts(results: Mapping[str, Any]) -> str:
    """What was checked, by whom and when, in one line."""
    data = results["data"]
    patients = "" if data["patients"] is None else f" of {data['patients']} patients"
    classes = ", ".join(f"{name} {count}" for name, count in data["images_by_class"].items())
    return (
        f"{data['images']} images{patients} ({classes}). Model {results['bundle']['digest'][:12]}. "
        f"{results['made_at'][:10]}, {results['made_by']}."
    )


def figure_rows(results: Mapping[str, Any]) -> tuple[Row, list[Row]]:
    """Head and rows: each figure here, on the model card, and after the site's own calibration."""
    figures, card = results.get("figures", {}), results["card"]
    after = results.get("recalibrated", {}).get("after")
    head = ["Figure", "These images"]
    head += ["Model card"] if card else []
    head += ["With own calibration*"] if after else []
    rows = []
    for key, name in TITLES.items():
        if key not in figures:
            continue
        row = [name, figure_text(figures.get(f"{key}_interval", figures[key]))]
        row += [figure_text(card.get(key))] if card else []
        row += [figure_text(after.get(key))] if after else []
        rows.append(tuple(row))
    by_class = list(figures.get("auroc_by_class", {}).items())
    for name, figure in by_class[:CLASSES]:
        rows.append((f"AUROC {name}", figure_text(figure), *[""] * (len(head) - 2)))
    return tuple(head), rows


def gate_text(results: Mapping[str, Any]) -> str:
    """How many images the gate refuses."""
    gate = results["gate"]
    if not gate["has_gate"]:
        return "No gate: nothing is refused."
    text = (
        f"Gate: refuses {gate['refused_images']} of {gate['images']} images "
        f"({percent_text(gate['refused'])}), lets {percent_text(gate['caution'])} through with a "
        "caution. Figures are of the images that it lets through"
    )
    without = results.get("figures_without_gate", {}).get("auroc")
    return text + (f"; AUROC of all {figure_text(without)}." if without else ".")


def percent_text(figure: Mapping[str, Any]) -> str:
    """``2.1 % [0.8, 4.0]``."""
    if figure["value"] is None:
        return "–"
    text = f"{100 * figure['value']:.1f} %"
    if figure["low"] is None:
        return text
    return f"{text} [{100 * figure['low']:.1f}, {100 * figure['high']:.1f}]"


def worst_slices(results: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The worst slices that have enough images."""
    rows: Sequence[Mapping[str, Any]] = results.get("slices", {}).get("rows", [])
    return rows[:SLICES]


def slices_note(results: Mapping[str, Any]) -> str:
    """Which slices are not shown."""
    of = results.get("slices", {"rows": [], "left_out": {}, "least": 0})
    parts = []
    if len(of["rows"]) > SLICES:
        parts.append(f"{len(of['rows']) - SLICES} better slices are in acceptance.json.")
    if of["left_out"]:
        parts.append(
            f"{len(of['left_out'])} slices have fewer than {of['least']} images and no figures."
        )
    return " ".join(parts)


def unreadable_rows(results: Mapping[str, Any]) -> list[str]:
    """Files that cannot be read, by number and hash: their names may be those of persons."""
    files = results["data"]["unreadable"]
    rows = [
        f"Image {file['number']}"
        + (f" ({file['class_name']})" if file["class_name"] else "")
        + (f", SHA-256 {file['sha256']}…" if file["sha256"] else "")
        + f": {file['reason']}"
        for file in files[:FILES]
    ]
    more = len(files) - FILES
    return rows + ([f"{more} more are in acceptance.json."] if more > 0 else [])


def settings_text(results: Mapping[str, Any]) -> str:
    """What the site's own calibration is worth, or why there is none."""
    own = results.get("recalibrated")
    if own is None:
        return "No calibration of the site's own was fitted."
    if "why_not" in own:
        return f"No calibration of the site's own was fitted: {own['why_not']}."
    return (
        "* Calibration and threshold fitted on these images, judged by cross-validation: each "
        "image under settings that were fitted without its patient. The settings "
        f"({own['settings_digest'][:12]}) lie in site_settings.json beside this report; the model "
        "is not changed, and nothing uses them until somebody chooses them."
    )


def intervals_text(results: Mapping[str, Any]) -> str:
    """What the brackets are."""
    by = results["data"]["interval_by"]
    return f"In brackets 95 % bootstrap intervals by {by}. Research use, not for diagnosis."
