"""What speaks for the called class rather than the next one, as bars that add up."""

from __future__ import annotations

import math
from collections.abc import Sequence

import streamlit as st

from app.domain.cases import Sheet
from app.domain.evidence import Bar, Reason, is_silent, waterfall
from app.domain.text import signed
from app.views.shared.format import html_text, plain
from dprotonet.inference.prediction import Prediction

_EVEN = 1.05  # odds that are not worth a number
_MOST_ODDS = 1000


def draw_waterfall(sheet: Sheet, prediction: Prediction, found: Sequence[Reason]) -> None:
    """The bars with their sum in words, or that no prototype says anything."""
    if is_silent(sheet.matches):
        st.info(
            "**No prototype speaks.** Nothing in this image is similar enough to any prototype to "
            "count for or against a class, so the model abstains. Do not rely on the probability.",
            icon=":material/voice_over_off:",
        )
        return
    st.html(waterfall_html(prediction, waterfall(found)))
    st.caption(sum_text(prediction))


def question(prediction: Prediction) -> str:
    """What the bars are about, such as: speaks for pneumonia rather than no pneumonia."""
    if prediction.runner_up is None:
        return f"speaks for “{prediction.leading}”"
    return f"speaks for “{prediction.leading}” rather than “{prediction.runner_up}”"


def waterfall_html(prediction: Prediction, bars: Sequence[Bar]) -> str:
    """A table with one row a bar; every number stands in it as text too."""
    ends = [0.0, *(bar.end for bar in bars), prediction.evidence]
    low, high = min(ends), max(ends)
    rows = "".join(
        _row(
            _name(bar), bar.evidence, bar.start, low, high, "for" if bar.evidence > 0 else "against"
        )
        for bar in bars
    )
    total = _row("Together", prediction.evidence, 0.0, low, high, "sum")
    return (
        f'<table class="waterfall"><caption>What {html_text(question(prediction))}</caption>'
        f"<tbody>{rows}</tbody><tfoot>{total}</tfoot></table>"
    )


def _name(bar: Bar) -> str:
    if bar.reason is None:
        return f"Others {'for' if bar.evidence > 0 else 'against'} ({bar.count})"
    return f"{', '.join(bar.reason.prototypes)} · {bar.reason.class_name}"


def _row(name: str, amount: float, start: float, low: float, high: float, kind: str) -> str:
    scale = 100 / ((high - low) or 1.0)
    left = (min(start, start + amount) - low) * scale
    zero = min(-low * scale, 99.6)
    return (
        f'<tr class="{kind}"><th scope="row">{html_text(name)}</th><td class="track">'
        f'<div class="measure" aria-hidden="true"><span class="{kind}" '
        f'style="left:{left:.2f}%;width:{max(abs(amount) * scale, 0.4):.2f}%"></span>'
        f'<span class="zero" style="left:{zero:.2f}%"></span></div></td>'
        f"<td>{signed(amount)}</td></tr>"
    )


def sum_text(prediction: Prediction) -> str:
    """What the sum means, as Markdown."""
    leading, total = plain(prediction.require_leading()), prediction.evidence
    if prediction.thresholds is not None:
        return (
            f"The bars add up to the logit of “{leading}”. In a multi-label model each class "
            "stands alone and is called from its own threshold."
        )
    if prediction.runner_up is None:
        return (
            f"This prediction was saved by an earlier version: the bars add up to the logit of "
            f"“{leading}” alone, and do not say what speaks for the next class."
        )
    text = f"Together, before calibration: {odds_text(prediction)}."
    if total < 0:
        text += f" “{leading}” is called nevertheless, because of its threshold."
    return text


def odds_text(prediction: Prediction) -> str:
    """The sum as odds, such as: about 6 to 1 for “pneumonia” against “no pneumonia”."""
    names = [plain(prediction.require_leading()), plain(prediction.runner_up or "")]
    odds = math.exp(min(abs(prediction.evidence), 50.0))
    if odds < _EVEN:
        return f"even odds between “{names[0]}” and “{names[1]}”"
    if prediction.evidence < 0:
        names.reverse()
    if odds > _MOST_ODDS:
        number = f"more than {_MOST_ODDS:,}"
    else:
        number = f"about {odds:.0f}" if odds >= 10 else f"about {odds:.1f}"
    return f"{number} to 1 for “{names[0]}” rather than “{names[1]}”"
