"""The performance of a model: metrics with intervals beside a black box, and plots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.domain.noun import IMAGE, Noun
from app.domain.text import counted
from app.views.shared.format import chart_text, plain
from dprotonet.bundle.figure_text import TITLES, figure_text
from dprotonet.bundle.model_card import ModelCard

Metrics = Mapping[str, Any]
FIGURES = ("auroc", "accuracy", "exact_match", "sensitivity", "specificity", "ece", "brier")
"""The figures of a model that its pages show in tables, where it has them."""
_OWN, _BLACK_BOX = "#1b8aa5", "#c0651a"
_CLASSES = ("#1b8aa5", "#c0651a", "#7a5fb5", "#3f8f44", "#8d9aa1")


def draw_measures(card: ModelCard, noun: Noun) -> None:
    """Table and plots of the card's metrics, or how to get them."""
    own = card.metrics
    if "auroc" not in own:
        st.info(
            "This card has no results. Get them with: "
            "`python -m training evaluate BUNDLE --data DIR`",
            icon=":material/query_stats:",
        )
        return
    black_box = own.get("black_box") or {}
    st.caption(data_text(own, noun))
    left, right = st.columns(2, gap="medium")
    with left:
        st.dataframe(metrics_table(own, black_box), hide_index=True, height="content")
        if black_box:
            st.caption(black_box_text(own))
    with right:
        _draw_chart(view_chart(own, black_box), "Per view", "chart-view")
    curves = own.get("curves", {})
    with left:
        _draw_chart(roc_chart(curves.get("roc", {})), "ROC", "chart-roc")
    with right:
        _draw_chart(
            reliability_chart(curves.get("reliability", []), noun),
            "Reliability",
            "chart-reliability",
        )
    other_metrics = {key: value for key, value in own.items() if key != "curves"}
    with st.expander("All metrics"):
        st.json(other_metrics, expanded=1)


def data_text(own: Metrics, noun: Noun = IMAGE) -> str:
    """The data behind the metrics: split, images, patients."""
    parts = [str(own["split"]) + " split" if "split" in own else ""]
    if "films" in own:
        parts.append(counted(int(own["films"]), noun.one))
    if "patients" in own:
        parts.append(counted(int(own["patients"]), "patient"))
    if "auroc_kind" in own:
        parts.append(f"AUROC {own['auroc_kind']}")
    if "interval" in own:
        parts.append(f"interval in brackets: {own['interval']}")
    return plain(" · ".join(part for part in parts if part))


def black_box_text(own: Metrics) -> str:
    """What the black box is, and the difference of the two on the same images."""
    text = "Black box: a plain linear head on the same backbone, data and training."
    difference = own.get("auroc_minus_black_box")
    if isinstance(difference, Mapping) and None not in (
        difference.get(key) for key in ("value", "low", "high")
    ):
        minus = figure_text(difference, signed=True).replace("-", "−")
        text += f" AUROC of this model minus the black box: {minus}."
    return text


def metrics_table(own: Metrics, black_box: Metrics) -> pd.DataFrame:
    """One row per metric; AUROC by class below."""
    rows = [(TITLES[key], own.get(key), black_box.get(key)) for key in FIGURES if key in own]
    by_class = black_box.get("auroc_by_class", {})
    rows += [
        (f"AUROC {name}", value, by_class.get(name))
        for name, value in own.get("auroc_by_class", {}).items()
    ]
    table = {
        "Metric": [title for title, _, _ in rows],
        "This model": [figure_text(value) for _, value, _ in rows],
    }
    if black_box:
        table["Black box"] = [figure_text(value) for _, _, value in rows]
    return pd.DataFrame(table)


def roc_chart(curves: Mapping[str, Mapping[str, list[float]]]) -> go.Figure | None:
    """One curve per class, and the line of chance."""
    if not curves:
        return None
    figure = _unit_square("False positive rate", "True positive rate")
    for (name, curve), colour in zip(curves.items(), _CLASSES * 4, strict=False):
        figure.add_scatter(
            x=curve["false_positive_rate"],
            y=curve["true_positive_rate"],
            name=chart_text(name),
            line={"color": colour, "width": 2},
            mode="lines",
        )
    return figure


def reliability_chart(bins: list[Mapping[str, float]], noun: Noun = IMAGE) -> go.Figure | None:
    """Accuracy over confidence; the size of a point is its number of images."""
    if not bins:
        return None
    figure = _unit_square("Confidence", "Accuracy")
    most = max(entry["films"] for entry in bins)
    figure.add_scatter(
        x=[entry["confidence"] for entry in bins],
        y=[entry["accuracy"] for entry in bins],
        text=[counted(int(entry["films"]), noun.one) for entry in bins],
        mode="lines+markers",
        line={"color": _OWN, "width": 1},
        marker={"size": [6 + 14 * (entry["films"] / most) ** 0.5 for entry in bins]},
        name="This model",
        hovertemplate="%{x:.2f}: %{y:.2f}, %{text}<extra></extra>",
    )
    figure.update_layout(showlegend=False)
    return figure


def view_chart(own: Metrics, black_box: Metrics) -> go.Figure | None:
    """AUROC of each view with its interval, beside the black box."""
    views = {
        view: metrics for view, metrics in own.get("by_view", {}).items() if _has_auroc(metrics)
    }
    if not views:
        return None
    figure = go.Figure()
    others = black_box.get("by_view", {})
    for name, source, colour in (("This model", views, _OWN), ("Black box", others, _BLACK_BOX)):
        aurocs = {view: source[view]["auroc"] for view in views if _has_auroc(source.get(view, {}))}
        if not aurocs:
            continue
        centre = [value["value"] for value in aurocs.values()]
        figure.add_scatter(
            x=[chart_text(f"{view} ({views[view].get('films', 0)})") for view in aurocs],
            y=centre,
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [
                    _gap(v.get("high"), c) for v, c in zip(aurocs.values(), centre, strict=True)
                ],
                "arrayminus": [
                    _gap(c, v.get("low")) for v, c in zip(aurocs.values(), centre, strict=True)
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


def _has_auroc(metrics: Metrics) -> bool:
    auroc = metrics.get("auroc")
    return isinstance(auroc, Mapping) and auroc.get("value") is not None


def _gap(upper: float | None, lower: float | None) -> float:
    return 0.0 if upper is None or lower is None else max(0.0, upper - lower)


def _unit_square(x_title: str, y_title: str) -> go.Figure:
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
        xaxis={"title": x_title, "range": [0, 1.03]},
        yaxis={"title": y_title, "range": [0, 1.06]},
        legend={"x": 0.98, "xanchor": "right", "y": 0.05},
    )
    return figure


def _draw_chart(figure: go.Figure | None, title: str, key: str) -> None:
    if figure is None:
        return
    st.markdown(f"##### {title}")
    st.plotly_chart(figure, config={"displayModeBar": False}, key=key)
