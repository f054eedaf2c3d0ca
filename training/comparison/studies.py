"""Several comparisons side by side: one page, made from their JSON alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dprotonet.bundle.figure_text import MISSING, TITLES, figure_text
from dprotonet.errors import ReadableError
from training.comparison.page import PROTOTYPE_TITLES, mean_text, prototype_cells

FIGURES = ("auroc", "accuracy")


def overview(folder: Path) -> str:
    """All finished comparisons below a folder, as Markdown.

    Raises:
        ReadableError: there is none.
    """
    plans = sorted(folder.glob("*/plan.json"))
    done = {
        plan.parent.name: json.loads(results.read_text(encoding="utf-8"))
        for plan in plans
        if (results := _results(plan)).is_file()
    }
    if not done:
        raise ReadableError(
            f"{folder} holds no finished comparison. Give the folder in which those of "
            "`python -m training compare` lie."
        )
    lines: list[str] = []
    for figure in FIGURES:
        lines += _table(done, figure, TITLES[figure])
    lines += _prototypes(done)
    unfinished = [plan.parent.name for plan in plans if plan.parent.name not in done]
    if unfinished:
        lines += ["", f"Begun and not finished: {', '.join(unfinished)}."]
    return "\n".join(lines).strip() + "\n"


def _results(plan: Path) -> Path:
    name = json.loads(plan.read_text(encoding="utf-8"))["recipe"]["name"]
    return plan.parent / f"{name}.json"


def _table(done: Mapping[str, Any], figure: str, title: str) -> list[str]:
    """Each network's figure, then what separates the first one from the others."""
    names = _in_order(name for table in done.values() for name in table["variants"])
    pairs = _in_order(pair for table in done.values() for pair in table["differences"])
    lines = [
        "",
        f"## {title}",
        "",
        _row(["Study", "Images", *names]),
        _row(["---"] * (2 + len(names))),
    ]
    for study, table in done.items():
        cells = [
            mean_text(table["variants"][n][figure]) if n in table["variants"] else MISSING
            for n in names
        ]
        lines.append(_row([f"[{study}]({study}/)", str(table["films"]), *cells]))
    lines += ["", _row(["Difference", *pairs]), _row(["---"] * (1 + len(pairs)))]
    for study, table in done.items():
        cells = [
            figure_text(table["differences"].get(d, {}).get(figure), signed=True) for d in pairs
        ]
        lines.append(_row([study, *cells]))
    ahead = [_ahead(done, pair, figure) for pair in pairs]
    return [*lines, _row(["ahead, of these surely", *ahead])]


def _prototypes(done: Mapping[str, Any]) -> list[str]:
    """How distinct, pure and steady each network's prototypes are, where its rows say it."""
    rows = [
        _row([study, name, *prototype_cells(figures["prototypes"])])
        for study, table in done.items()
        for name, figures in table["variants"].items()
        if "class_purity" in figures.get("prototypes", {})
    ]
    if not rows:
        return []
    head = ["Study", "Network", *PROTOTYPE_TITLES]
    return ["", "## Prototypes", "", _row(head), _row(["---"] * len(head)), *rows]


def _ahead(done: Mapping[str, Any], pair: str, figure: str) -> str:
    """In how many studies the difference is above 0, and in how many its interval is."""
    differences = [
        table["differences"][pair][figure]
        for table in done.values()
        if pair in table["differences"]
    ]
    above = sum(difference["value"] > 0 for difference in differences)
    surely = sum(difference["low"] > 0 for difference in differences)
    return f"{above} of {len(differences)}, {surely}"


def _in_order(names: Iterable[str]) -> Sequence[str]:
    return list(dict.fromkeys(names))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
