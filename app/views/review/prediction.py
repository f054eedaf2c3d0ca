"""The prediction of an image: label, calibrated probabilities, threshold."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
import streamlit as st

from app.domain.cases import Sheet
from app.domain.text import distinct_percents, number, percent
from app.views.shared.format import chart_text, plain
from dprotonet.inference.prediction import Prediction

_CALLED_COLOUR, _OTHER_COLOUR, _MARK_COLOUR = "#1b8aa5", "#8d9aa1", "#c0651a"
_NUMBER_WIDTH = 0.12  # of the axis, about the width of a number


def draw_prediction(sheet: Sheet, prediction: Prediction) -> None:
    """Headline, bars, and a warning where no prototype is close."""
    st.markdown(
        f"#### {headline(prediction, sheet.negative_class)}",
        help="Calibrated probability: in the calibration data, about 80 of 100 images with 80 % "
        "had this label.",
    )
    chart = probability_chart(prediction, negative_class=sheet.negative_class)
    st.plotly_chart(
        chart, config={"displayModeBar": False, "staticPlot": True}, key="probabilities"
    )
    if prediction.no_prototype_is_close:
        st.warning(
            "**No prototype is close.** The highest similarity is "
            f"{number(prediction.closest_similarity)}, lower than for almost all training images. "
            "The prediction may not apply to this image.",
            icon=":material/warning:",
        )


def headline(prediction: Prediction, negative_class: str | None) -> str:
    """The label with its probability, of an image that the model did not refuse; several labels
    each with its own.

    A negative label stands alone: the threshold applies to the finding, whose probability
    :func:`threshold_text` gives.
    """
    if prediction.thresholds is not None:
        return " + ".join(_with_percent(prediction, n) for n in prediction.called) or "None called"
    label = prediction.require_leading()
    if label == negative_class and prediction.threshold is not None:
        return plain(label)
    return f"{plain(label)} · {percent(prediction.probabilities[label])}"


def _with_percent(prediction: Prediction, name: str) -> str:
    return f"{plain(name)} {percent(prediction.probabilities[name])}"


def probability_chart(prediction: Prediction, *, negative_class: str | None) -> go.Figure:
    """One bar per class, most probable first, with the threshold's mark where there is one."""
    ordered = sorted(prediction.probabilities.items(), key=lambda item: item[1])
    names = [name for name, _ in ordered]
    probabilities = [probability for _, probability in ordered]
    figure = go.Figure(
        go.Bar(
            x=probabilities,
            y=list(range(len(names))),
            orientation="h",
            marker_color=[
                _CALLED_COLOUR if name in prediction.called else _OTHER_COLOUR for name in names
            ],
            width=0.62,
        )
    )
    marks = threshold_marks(prediction, names, negative_class)
    for row, probability in enumerate(probabilities):
        mark = marks.get(row)
        # Where the mark would cover the number, the number goes to the right of the mark.
        is_covered = mark is not None and probability <= mark < probability + _NUMBER_WIDTH
        figure.add_annotation(
            x=mark if is_covered else probability,
            y=row,
            text=percent(probability),
            showarrow=False,
            xanchor="left",
            xshift=3,
        )
        if mark is not None:
            _add_mark(figure, row, mark)
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
    """The mark on each bar, by its position among the names.

    The threshold applies to the sum of all classes but the negative one; multi-label: one for each
    class. With two classes the mark is on the other class's bar; with more, on the negative one's.
    """
    if prediction.thresholds is not None:
        return {row: prediction.thresholds[name] for row, name in enumerate(names)}
    if prediction.threshold is None or negative_class not in names:
        return {}
    others = [name for name in names if name != negative_class]
    if len(others) == 1:
        return {names.index(others[0]): prediction.threshold}
    return {names.index(negative_class): 1 - prediction.threshold}


def _add_mark(figure: go.Figure, row: int, threshold: float) -> None:
    figure.add_shape(
        type="line",
        x0=threshold,
        x1=threshold,
        y0=row - 0.45,
        y1=row + 0.45,
        line={"color": _MARK_COLOUR, "width": 3},
    )


def threshold_text(prediction: Prediction, negative_class: str | None) -> str:
    """How the label follows from the probabilities, as Markdown."""
    if prediction.thresholds is not None:
        return _multi_label_text(prediction, prediction.thresholds)
    if prediction.threshold is None or negative_class is None:
        return "The label is the most probable class."
    others = [name for name in prediction.probabilities if name != negative_class]
    finding, threshold = 1 - prediction.probabilities[negative_class], prediction.threshold
    if len(others) == 1:
        return f"{plain(others[0])} {_compared(finding, threshold)} (mark)."
    mark = f"mark: {percent(1 - threshold)} of “{plain(negative_class)}”"
    return f"All findings together: {_compared(finding, threshold)} ({mark})."


def _multi_label_text(prediction: Prediction, thresholds: Mapping[str, float]) -> str:
    name = prediction.require_leading()
    marks = "Multi-label: each class has its own threshold (mark)."
    if prediction.called:
        return f"{marks} The prototypes explain “{plain(name)}”."
    comparison = _compared(prediction.probabilities[name], thresholds[name])
    return f"The closest class is {plain(name)}: {comparison}. {marks}"


def _compared(probability: float, threshold: float) -> str:
    """60 %, below the threshold of 62 %."""
    first, second = distinct_percents(probability, threshold)
    # A class is called at its threshold or above.
    relation = "below" if probability < threshold else "above" if probability > threshold else "at"
    return f"{first}, {relation} the threshold of {second}"


def explanation_offer(sheet: Sheet, prediction: Prediction) -> str:
    """Which class is explained first, as Markdown."""
    text = f"Heatmap of “{plain(sheet.offered_class or prediction.require_leading())}”."
    if sheet.offered_class == prediction.leading:
        return text
    return f"{text} Its prototypes come first."
