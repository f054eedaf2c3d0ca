"""What the model says of a film: label, calibrated probabilities, threshold."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from app.domain.cases import Sheet
from app.views.parts.words import number, percent, plain
from dprotonet.prediction import Prediction

_CHOSEN, _OTHER, _MARK = "#1b8aa5", "#8d9aa1", "#c0651a"


def draw_prediction(sheet: Sheet, prediction: Prediction, *, negative_class: str | None) -> None:
    """Headline, bars, and how close the closest prototype is."""
    st.markdown(
        f"#### {headline(prediction)}",
        help="Calibrated probability: of films with 80 %, about 80 in 100 carried this label in "
        "the data the model was calibrated on.",
    )
    chart = probability_chart(prediction, negative_class=negative_class)
    st.plotly_chart(
        chart, config={"displayModeBar": False, "staticPlot": True}, key="probabilities"
    )
    if prediction.no_prototype_is_close:
        st.warning(
            "**No prototype is close.** The closest has a similarity of "
            f"{number(prediction.closest_similarity)}, less than nearly every film the model "
            "learned from. The prediction may not apply to this film.",
            icon=":material/warning:",
        )


def headline(prediction: Prediction) -> str:
    """The label with its probability; of several classes each with its own."""
    if prediction.thresholds is not None:
        if not prediction.called:
            return f"None called · highest: {_with_share(prediction, prediction.leading)}"
        return " + ".join(_with_share(prediction, name) for name in prediction.called)
    return f"{plain(prediction.label)} · {percent(prediction.probability)}"


def _with_share(prediction: Prediction, name: str) -> str:
    return f"{plain(name)} {percent(prediction.probabilities[name])}"


def probability_chart(prediction: Prediction, *, negative_class: str | None) -> go.Figure:
    """One bar a class, most probable first, with the threshold's mark where there is one."""
    ordered = sorted(prediction.probabilities.items(), key=lambda item: item[1])
    names = [name for name, _ in ordered]
    shares = [share for _, share in ordered]
    figure = go.Figure(
        go.Bar(
            x=shares,
            y=list(range(len(names))),
            orientation="h",
            marker_color=[_CHOSEN if name in prediction.called else _OTHER for name in names],
            text=[percent(share) for share in shares],
            textposition="outside",
            cliponaxis=False,
            width=0.62,
        )
    )
    _mark_threshold(figure, prediction, names, negative_class)
    figure.update_layout(
        height=14 + 25 * len(names),
        margin={"l": 4, "r": 48, "t": 4, "b": 4},
        showlegend=False,
        xaxis={"range": [0, 1], "visible": False, "fixedrange": True},
        yaxis={
            "tickvals": list(range(len(names))),
            "ticktext": [name.replace("<", "‹") for name in names],
            "automargin": True,
            "fixedrange": True,
        },
        bargap=0.2,
    )
    return figure


def _mark_threshold(
    figure: go.Figure, prediction: Prediction, names: list[str], negative_class: str | None
) -> None:
    """The threshold is one on "anything but the negative class"; multi-label: one on each class.

    With two classes that is a mark on the other class's bar; with more, on the negative class's.
    """
    if prediction.thresholds is not None:
        for row, name in enumerate(names):
            _mark(figure, row, prediction.thresholds[name])
        return
    if prediction.threshold is None or negative_class not in names:
        return
    others = [name for name in names if name != negative_class]
    if len(others) == 1:
        row, at = names.index(others[0]), prediction.threshold
    else:
        row, at = names.index(negative_class), 1 - prediction.threshold
    _mark(figure, row, at)


def _mark(figure: go.Figure, row: int, at: float) -> None:
    figure.add_shape(
        type="line", x0=at, x1=at, y0=row - 0.45, y1=row + 0.45, line={"color": _MARK, "width": 3}
    )


def threshold_words(prediction: Prediction, negative_class: str | None) -> str:
    """How the label follows from the probabilities."""
    if prediction.thresholds is not None:
        return (
            "Marks: each class is called by itself, from its own mark on. "
            f"Explain and the prototypes are about “{plain(prediction.leading)}”."
        )
    if prediction.threshold is None or negative_class is None:
        return "The most probable class is the label."
    others = [name for name in prediction.probabilities if name != negative_class]
    if len(others) == 1:
        return f"Mark: “{plain(others[0])}” is called from {percent(prediction.threshold)}."
    return (
        f"Mark: a finding is called while “{plain(negative_class)}” "
        f"is not above {percent(1 - prediction.threshold)}."
    )
