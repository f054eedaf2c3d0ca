"""The figures of a card's concepts as rows of text; they stand under "concepts" of its metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dprotonet.bundle.figure_text import MISSING
from dprotonet.bundle.prototype_figures import FigureRow

Figures = Mapping[str, Any]


def concept_rows(metrics: Figures) -> tuple[FigureRow, ...]:
    """A row for each axis and one for how far they are apart; none for a card without concepts.

    Args:
        metrics: of a card.
    """
    return tuple(_rows(metrics["concepts"])) if metrics.get("concepts") else ()


def _rows(own: Figures) -> Iterator[FigureRow]:
    for name, axis in own["axes"].items():
        yield FigureRow(
            name,
            spread_text(axis["auroc"]),
            f"AUROC of its axis on test images: {axis['shown']} show the concept, "
            f"{axis['absent']} do not",
        )
    if own.get("correlation") is not None:
        yield FigureRow(
            "Mean |correlation|",
            f"{own['correlation']:.3f}",
            "between the concepts' axes; 0 means that none says what another says",
        )


def spread_text(figure: Mapping[str, float | None]) -> str:
    """``0.912 ± 0.011``, or a dash."""
    value, sd = figure["value"], figure["sd"]
    if value is None:
        return MISSING
    return f"{value:.3f}" if sd is None else f"{value:.3f} ± {sd:.3f}"
