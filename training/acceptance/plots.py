"""Plots of a check as inline SVG: ROC, reliability, slices. No script, no outside host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

COLOURS = ("#1b6f8a", "#b3541e", "#6a4fa3", "#2f7a37", "#6b7780")
_GREY, _INK = "#c8d0d6", "#33414b"
_SIDE, _LEFT, _TOP, _RIGHT, _BOTTOM = 150.0, 34.0, 8.0, 8.0, 30.0  # px


def roc(curves: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """One curve for each class, and the line of chance; "" without any curve."""
    if not curves:
        return ""
    lines, names = [], []
    for (name, curve), colour in zip(curves.items(), COLOURS * len(curves), strict=False):
        points = zip(curve["false_positive_rate"], curve["true_positive_rate"], strict=True)
        lines.append(_polyline(points, colour))
        names.append((name, colour))
    return _square("ROC", "1 − specificity", "sensitivity", lines, names)


def reliability(series: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Accuracy over confidence of each series, and the line where they are equal.

    Args:
        series: name to bins with "confidence", "accuracy" and "films", the number of statements.
    """
    lines, names = [], []
    for (name, bins), colour in zip(series.items(), COLOURS, strict=False):
        if not bins:
            continue
        lines.append(_polyline([(b["confidence"], b["accuracy"]) for b in bins], colour))
        most = max(b["films"] for b in bins)
        lines += [
            f'<circle cx="{_x(b["confidence"])}" cy="{_y(b["accuracy"])}" '
            f'r="{1.5 + 3 * (b["films"] / most) ** 0.5:.1f}" fill="{colour}" '
            f'fill-opacity="0.7"/>'
            for b in bins
        ]
        names.append((name, colour))
    return _square("Reliability", "confidence", "accuracy", lines, names) if names else ""


def interval_bar(figure: Mapping[str, Any], whole: Mapping[str, Any], *, width: int = 120) -> str:
    """A figure in [0, 1] with its interval, and a line at that of all images; "" without one."""
    if figure.get("value") is None:
        return ""
    low, high = figure.get("low"), figure.get("high")
    parts = [f'<line x1="0" y1="7" x2="{width}" y2="7" stroke="{_GREY}" stroke-width="1"/>']
    if whole.get("value") is not None:
        at = f"{whole['value'] * width:.1f}"
        parts.append(f'<line x1="{at}" y1="0" x2="{at}" y2="14" stroke="{_INK}" '
                     'stroke-dasharray="2 2"/>')  # fmt: skip
    if low is not None and high is not None:
        parts.append(
            f'<line x1="{low * width:.1f}" y1="7" x2="{high * width:.1f}" y2="7" '
            f'stroke="{COLOURS[0]}" stroke-width="3"/>'
        )
    parts.append(f'<circle cx="{figure["value"] * width:.1f}" cy="7" r="3.5" fill="{COLOURS[0]}"/>')
    text = f'<svg role="img" aria-label="{figure["value"]:.3f}" width="{width}" height="14"'
    return f'{text} viewBox="-4 0 {width + 8} 14">{"".join(parts)}</svg>'


def _square(
    title: str,
    across: str,
    up: str,
    lines: Sequence[str],
    names: Sequence[tuple[str, str]],
) -> str:
    width, height = _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BOTTOM + 10 * len(names)
    parts = [
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" '
        f'stroke="{_GREY}"/>',
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="{_GREY}" '
        'stroke-dasharray="3 3"/>',
        *(_tick(value) for value in (0.0, 0.5, 1.0)),
        _text(_LEFT + _SIDE / 2, _TOP + _SIDE + 22, across, "middle"),
        f'<text transform="translate(9 {_TOP + _SIDE / 2}) rotate(-90)" font-size="9" '
        f'text-anchor="middle" fill="{_INK}">{escape(up)}</text>',
        *lines,
    ]
    for row, (name, colour) in enumerate(names):
        y = _TOP + _SIDE + _BOTTOM + 10 * row + 4
        parts.append(f'<rect x="{_LEFT}" y="{y - 6}" width="8" height="6" fill="{colour}"/>')
        parts.append(_text(_LEFT + 12, y, name, "start"))
    return (
        f'<svg role="img" aria-label="{escape(title)}" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif">{"".join(parts)}</svg>'
    )


def _tick(value: float) -> str:
    return _text(_LEFT + value * _SIDE, _TOP + _SIDE + 11, f"{value:g}", "middle") + _text(
        _LEFT - 4, _TOP + (1 - value) * _SIDE + 3, f"{value:g}", "end"
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="9" text-anchor="{anchor}" '
        f'fill="{_INK}">{escape(text)}</text>'
    )


def _polyline(points: Any, colour: str) -> str:
    text = " ".join(f"{_x(x)},{_y(y)}" for x, y in points)
    return f'<polyline points="{text}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _x(value: float) -> str:
    return f"{_LEFT + value * _SIDE:.1f}"


def _y(value: float) -> str:
    return f"{_TOP + (1 - value) * _SIDE:.1f}"
