"""What the model says of an image: label, calibrated probabilities, threshold."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
import streamlit as st

from app.domain.cases import Sheet
from app.views.shared.format import chart_text, number, percent, plain, two_percents
from dprotonet.inference.prediction import Prediction

_CHOSEN, _OTHER, _MARK = "#1b8aa5", "#8d9aa1", "#c0651a"
_NUMBER = 0.12  # of the axis, about as much as a number takes


def draw_prediction(sheet: Sheet, prediction: Prediction) -> None:
    """Headline, bars, and how close the closest prototype is."""
    st.markdown(
        f"#### {headline(prediction, sheet.negative_class)}",
        help="Calibrated probability: of images with 80 %, about 80 in 100 carried this label in "
        "the data the model was calibrated on.",
    )
    chart = probability_chart(prediction, negative_class=sheet.negative_class)
    st.plotly_chart(
        chart, config={"displayModeBar": False, "staticPlot": True}, key="probabilities"
    )
    if prediction.no_prototype_is_close:
        st.warning(
            "**No prototype is close.** The closest has a similarity of "
            f"{number(prediction.closest_similarity)}, less than nearly every image the model "
            "learned from. The prediction may not apply to this image.",
            icon=":material/warning:",
        )


def headline(prediction: Prediction, negative_class: str | None) -> str:
    """The label with its probability; of several classes each with its own.

    A negative label stands alone: what was compared with the threshold is the finding, whose
    probability :func:`threshold_words` tells.
    """
    if prediction.thresholds is not None:
        return " + ".join(_with_share(prediction, n) for n in prediction.called) or "None called"
    if prediction.label == negative_class and prediction.threshold is not None:
        return plain(prediction.label)
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
            width=0.62,
        )
    )
    marks = threshold_marks(prediction, names, negative_class)
    for row, share in enumerate(shares):
        mark = marks.get(row)
        # The number stands behind the mark where the mark would stand on it.
        after = mark if mark is not None and share <= mark < share + _NUMBER else share
        figure.add_annotation(
            x=after, y=row, text=percent(share), showarrow=False, xanchor="left", xshift=3
        )
        if mark is not None:
            _mark(figure, row, mark)
    figure.update_layout(
        height=14 + 25 * len(names),
        margin={"l": 4, "r": 48, "t": 4, "b": 4},
        showlegend=False,
        xaxis={"range": [0, 1], "visible": False, "fixedrange": True},
        yaxis={
            "tickvals": list(range(len(names))),
            "ticktext": [chart_text(name) for name in names],
            "automargin": True,
            "fixedrange": True,
        },
        bargap=0.2,
    )
    return figure


def threshold_marks(
    prediction: Prediction, names: list[str], negative_class: str | None
) -> dict[int, float]:
    """Position among the names to the mark on that bar.

    The threshold is one on "anything but the negative class"; multi-label: one on each class. With
    two classes that is a mark on the other class's bar; with more, on the negative class's.
    """
    if prediction.thresholds is not None:
        return {row: prediction.thresholds[name] for row, name in enumerate(names)}
    if prediction.threshold is None or negative_class not in names:
        return {}
    others = [name for name in names if name != negative_class]
    if len(others) == 1:
        return {names.index(others[0]): prediction.threshold}
    return {names.index(negative_class): 1 - prediction.threshold}


def _mark(figure: go.Figure, row: int, at: float) -> None:
    figure.add_shape(
        type="line", x0=at, x1=at, y0=row - 0.45, y1=row + 0.45, line={"color": _MARK, "width": 3}
    )


def threshold_words(prediction: Prediction, negative_class: str | None) -> str:
    """How the label follows from the probabilities, as Markdown."""
    if prediction.thresholds is not None:
        return _of_each_class(prediction, prediction.thresholds)
    if prediction.threshold is None or negative_class is None:
        return "The most probable class is the label."
    others = [name for name in prediction.probabilities if name != negative_class]
    share, at = 1 - prediction.probabilities[negative_class], prediction.threshold
    if len(others) == 1:
        return f"{plain(others[0])} {_compared(share, at)} it is called (mark)."
    on_bar = f"mark: {percent(1 - at)} of “{plain(negative_class)}”"
    return f"Findings together: {_compared(share, at)} one is called ({on_bar})."


def _of_each_class(prediction: Prediction, thresholds: Mapping[str, float]) -> str:
    name = prediction.leading
    marks = "Marks: each class is called by itself, from its own mark on."
    if prediction.called:
        return f"{marks} The prototypes are about “{plain(name)}”."
    compared = _compared(prediction.probabilities[name], thresholds[name])
    return f"{plain(name)} comes closest: {compared} it is called. {marks}"


def _compared(share: float, at: float) -> str:
    """60 %, below the 62 % from which …"""
    one, other = two_percents(share, at)
    # The decision rule calls from the threshold itself on.
    where = "below" if share < at else "above" if share > at else "just"
    return f"{one}, {where} the {other} from which"


def explained_words(sheet: Sheet, prediction: Prediction) -> str:
    """Which class is explained first; as Markdown."""
    offered = plain(sheet.offered_class or prediction.leading)
    also = "" if sheet.offered_class == prediction.leading else "; its prototypes come first"
    return f"Heatmap of “{offered}”{also}."
