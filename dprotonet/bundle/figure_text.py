"""A figure with its interval as text, the same on every page that shows one.

A figure is what a card's metrics and the results of a benchmark hold as JSON: a number, or an
object with "value" and the ends of its 95 % interval, "low" and "high".
"""

from __future__ import annotations

from collections.abc import Mapping

MISSING = "–"
TITLES: Mapping[str, str] = {
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "accuracy": "Accuracy",
    "exact_match": "Exact match (all labels)",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "ece": "Calibration error (ECE)",
    "brier": "Brier score",
    "log_loss": "Log loss",
}
"""What a figure of a model's calls is called on pages and in reports, in their order."""


def figure_text(figure: object, *, signed: bool = False) -> str:
    """``0.921 [0.899, 0.942]``; a dash where there is no figure, no brackets where no interval is.

    Args:
        figure: a number, an object with "value", "low" and "high", or None.
        signed: write a plus sign too, as for a difference: ``+0.015 [+0.007, +0.024]``.
    """
    if isinstance(figure, int | float):
        return _number(figure, signed)
    if not isinstance(figure, Mapping) or figure.get("value") is None:
        return MISSING
    text = _number(figure["value"], signed)
    if figure.get("low") is None or figure.get("high") is None:
        return text
    return f"{text} {interval_text(figure['low'], figure['high'], signed=signed)}"


def interval_text(low: float, high: float, *, signed: bool = False) -> str:
    """``[0.899, 0.942]``."""
    return f"[{_number(low, signed)}, {_number(high, signed)}]"


def _number(value: float, signed: bool) -> str:
    return f"{value:+.3f}" if signed else f"{value:.3f}"
