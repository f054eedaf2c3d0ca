"""Several comparisons side by side: one page, made from their JSON alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dprotonet.bundle.figure_text import MISSING, figure_text
from dprotonet.errors import ReadableError
from training.comparison.page import spread_words

FIGURES = {"auroc": "AUROC", "accuracy": "Accuracy"}


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
    for figure, words in FIGURES.items():
        lines += _table(done, figure, words)
    open_ones = [p.parent.name for p in plans if p.parent.name not in done]
    if open_ones:
        lines += ["", f"Begun and not finished: {', '.join(open_ones)}."]
    return "\n".join(lines).strip() + "\n"


def _results(plan: Path) -> Path:
    name = json.loads(plan.read_text(encoding="utf-8"))["recipe"]["name"]
    return plan.parent / f"{name}.json"


def _table(done: Mapping[str, Any], figure: str, words: str) -> list[str]:
    """Each network's figure, then what separates the first one from the others."""
    names = _in_order(v for found in done.values() for v in found["variants"])
    pairs = _in_order(d for found in done.values() for d in found["differences"])
    lines = [
        "",
        f"## {words}",
        "",
        _row(["Study", "Images", *names]),
        _row(["---"] * (2 + len(names))),
    ]
    for study, found in done.items():
        cells = [
            spread_words(found["variants"][n][figure]) if n in found["variants"] else MISSING
            for n in names
        ]
        lines.append(_row([f"[{study}]({study}/)", str(found["films"]), *cells]))
    lines += ["", _row(["Difference", *pairs]), _row(["---"] * (1 + len(pairs)))]
    for study, found in done.items():
        cells = [
            figure_text(found["differences"].get(d, {}).get(figure), signed=True) for d in pairs
        ]
        lines.append(_row([study, *cells]))
    ahead = [_ahead(done, pair, figure) for pair in pairs]
    return [*lines, _row(["ahead, of these surely", *ahead])]


def _ahead(done: Mapping[str, Any], pair: str, figure: str) -> str:
    """In how many studies the difference is above 0, and in how many its interval is."""
    found = [d["differences"][pair][figure] for d in done.values() if pair in d["differences"]]
    above = sum(f["value"] > 0 for f in found)
    surely = sum(f["low"] > 0 for f in found)
    return f"{above} of {len(found)}, {surely}"


def _in_order(names: Any) -> Sequence[str]:
    return list(dict.fromkeys(names))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
