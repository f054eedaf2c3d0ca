"""How well a model does: figures with intervals beside a black box, and the plots behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.views.shared.format import chart_text, counted, plain
from dprotonet.bundle.figure_text import figure_text
from dprotonet.bundle.model_card import ModelCard

Figures = Mapping[str, Any]
_ROWS = {
    "auroc": "AUROC",
    "accuracy": "Accuracy",
    "exact_match": "Images without any error",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "ece": "Calibration error (ECE)",
    "brier": "Brier score",
}
_OWN, _RIVAL = "#1b8aa5", "#c0651a"
_CLASSES = ("#1b8aa5", "#c0651a", "#7a5fb5", "#3f8f44", "#8d9aa1")


def draw_measures(card: ModelCard) -> None:
    """Table and plots of the card's metrics; a card without any says so."""
    own = card.metrics
    if "auroc" not in own:
        st.info(
            "This card holds no results. `python -m training evaluate BUNDLE --data DIR` gives "
            "them.",
            icon=":material/query_stats:",
        )
        return
    rival = own.get("black_box") or {}
    st.caption(about_words(own))
    left, right = st.columns(2, gap="medium")
    with left:
        st.dataframe(figure_table(own, rival), hide_index=True, height="content")
        if rival:
            st.caption(rival_words(own))
    with right:
        _draw_chart(view_chart(own, rival), "Per view", "chart-view")
    curves = own.get("curves", {})
    with left:
        _draw_chart(roc_chart(curves.get("roc", {})), "ROC", "chart-roc")
    with right:
        _draw_chart(
            reliability_chart(curves.get("reliability", [])), "Reliability", "chart-reliability"
        )
    rest = {key: value for key, value in own.items() if key != "curves"}
    with st.expander("All figures"):
        st.json(rest, expanded=1)


def about_words(own: Figures) -> str:
    """How many images of how many patients the figures rest on."""
    parts = [str(own["split"]) + " split" if "split" in own else ""]
    if "films" in own:
        parts.append(counted(int(own["films"]), "image"))
    if "patients" in own:
        parts.append(counted(int(own["patients"]), "patient"))
    if "auroc_kind" in own:
        parts.append(f"AUROC {own['auroc_kind']}")
    if "interval" in own:
        parts.append(f"in brackets {own['interval']}")
    return plain(" · ".join(part for part in parts if part))


def rival_words(own: Figures) -> str:
    """What the black box is, and how far apart the two are on the same images."""
    words = "Black box: a plain linear head on the same backbone, data and training."
    found = own.get("auroc_minus_black_box")
    if isinstance(found, Mapping) and None not in (found.get(k) for k in ("value", "low", "high")):
        difference = figure_text(found, signed=True).replace("-", "−")
        words += f" AUROC of this model minus the black box: {difference}."
    return words


def figure_table(own: Figures, rival: Figures) -> pd.DataFrame:
    """One line a figure; AUROC by class below."""
    rows = [(words, own.get(key), rival.get(key)) for key, words in _ROWS.items() if key in own]
    by_class = rival.get("auroc_by_class", {})
    rows += [
        (f"AUROC {name}", value, by_class.get(name))
        for name, value in own.get("auroc_by_class", {}).items()
    ]
    table = {
        "Figure": [words for words, _, _ in rows],
        "This model": [figure_text(value) for _, value, _ in rows],
    }
    if rival:
        table["Black box"] = [figure_text(value) for _, _, value in rows]
    return pd.DataFrame(table)


def roc_chart(curves: Mapping[str, Mapping[str, list[float]]]) -> go.Figure | None:
    """One curve a class, and the line of chance."""
    if not curves:
        return None
    figure = _square("False positive rate", "True positive rate")
    for (name, curve), colour in zip(curves.items(), _CLASSES * 4, strict=False):
        figure.add_scatter(
            x=curve["false_positive_rate"],
            y=curve["true_positive_rate"],
            name=chart_text(name),
            line={"color": colour, "width": 2},
            mode="lines",
        )
    return figure


def reliability_chart(bins: list[Mapping[str, float]]) -> go.Figure | None:
    """Accuracy over confidence; the size of a point is its number of images."""
    if not bins:
        return None
    figure = _square("Confidence", "Share that was right")
    most = max(place["films"] for place in bins)
    figure.add_scatter(
        x=[place["confidence"] for place in bins],
        y=[place["accuracy"] for place in bins],
        text=[counted(int(place["films"]), "image") for place in bins],
        mode="lines+markers",
        line={"color": _OWN, "width": 1},
        marker={"size": [6 + 14 * (place["films"] / most) ** 0.5 for place in bins]},
        name="This model",
        hovertemplate="%{x:.2f}: %{y:.2f}, %{text}<extra></extra>",
    )
    figure.update_layout(showlegend=False)
    return figure


def view_chart(own: Figures, rival: Figures) -> go.Figure | None:
    """AUROC of each view with its interval, beside the black box."""
    views = {view: found for view, found in own.get("by_view", {}).items() if _value(found)}
    if not views:
        return None
    figure = go.Figure()
    others = rival.get("by_view", {})
    for name, source, colour in (("This model", views, _OWN), ("Black box", others, _RIVAL)):
        found = {view: source[view]["auroc"] for view in views if _value(source.get(view, {}))}
        if not found:
            continue
        centre = [value["value"] for value in found.values()]
        figure.add_scatter(
            x=[chart_text(f"{view} ({views[view].get('films', 0)})") for view in found],
            y=centre,
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [
                    _gap(v.get("high"), c) for v, c in zip(found.values(), centre, strict=True)
                ],
                "arrayminus": [
                    _gap(c, v.get("low")) for v, c in zip(found.values(), centre, strict=True)
                ],
            },
            mode="markers",
            marker={"size": 10, "color": colour},
            name=name,
        )
    figure.update_layout(
        height=270,
        margin={"l": 48, "r": 8, "t": 28, "b": 30},
        yaxis={"title": "AUROC", "range": [0, 1.03]},
        scattermode="group",
        legend={"orientation": "h", "y": 1.14},
    )
    return figure


def _value(found: Figures) -> bool:
    return isinstance(found.get("auroc"), Mapping) and found["auroc"].get("value") is not None


def _gap(upper: float | None, lower: float | None) -> float:
    return 0.0 if upper is None or lower is None else max(0.0, upper - lower)


def _square(across: str, up: str) -> go.Figure:
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"dash": "dot", "color": "#8d9aa1", "width": 1},
        showlegend=False,
        hoverinfo="skip",
    )
    figure.update_layout(
        height=270,
        margin={"l": 48, "r": 8, "t": 8, "b": 40},
        xaxis={"title": across, "range": [0, 1.03]},
        yaxis={"title": up, "range": [0, 1.06]},
        legend={"x": 0.98, "xanchor": "right", "y": 0.05},
    )
    return figure


def _draw_chart(figure: go.Figure | None, title: str, key: str) -> None:
    if figure is None:
        return
    st.markdown(f"##### {title}")
    st.plotly_chart(figure, config={"displayModeBar": False}, key=key)
