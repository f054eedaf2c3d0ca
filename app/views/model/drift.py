"""Week by week: the probability of a finding, how often one is called, what is refused, and which
prototypes speak."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.figures.performance import QUANTILES, Drift, Week
from app.domain.noun import IMAGE, Noun
from app.domain.text import counted
from app.services.figures.performance import LOOKED_AT, MOST_WEEKS
from app.views.shared.format import chart_text, plain

_HEIGHT = 260  # px
_MOST_TICKS = 6  # days that fit under a chart
_MOST_PROTOTYPES = 7  # that get a colour; the others stand together
_LINE, _OTHER, _BAND = "#1b8aa5", "#c0651a", "rgba(27, 138, 165, {})"
_COLOURS = ("#1b8aa5", "#c0651a", "#7a5fb5", "#3f8f44", "#b3476b", "#a38a1f", "#4a6fb3", "#8d9aa1")
_REST = "all others"


def draw_drift(drift: Drift, info: BundleInfo) -> None:
    """Three charts, or that there is nothing to see yet."""
    st.markdown("##### Week by week")
    if not drift.weeks:
        st.caption(f"This model has read no {info.noun.one} here.")
        return
    st.caption(plain(drift_text(drift, info.noun)))
    for column, (title, chart, key) in zip(
        st.columns(3, gap="medium"),
        (
            ("Probability of a finding", score_chart(drift.weeks), "drift-scores"),
            ("Called, and refused by the gate", rate_chart(drift.weeks), "drift-rates"),
            ("Share of the evidence", use_chart(drift.weeks, info), "drift-use"),
        ),
        strict=True,
    ):
        with column:
            st.markdown(f"**{title}**")
            st.plotly_chart(chart, config={"displayModeBar": False}, key=key)
    with st.expander("As a table"):
        st.dataframe(weeks_table(drift.weeks), hide_index=True)


def drift_text(drift: Drift, noun: Noun = IMAGE) -> str:
    """Of what the charts are."""
    images = sum(week.images for week in drift.weeks)
    text = (
        f"{counted(images, noun.one)} in {counted(len(drift.weeks), 'week')}, by the day of the "
        f"prediction, {MOST_WEEKS} weeks at most. Lines: median, with the middle half and the "
        f"middle 80 % around it. Evidence, for and against, of up to {LOOKED_AT} "
        f"{noun.several} a week."
    )
    return f"{text} Only the newest {noun.several} were looked at." if drift.is_cut else text


def score_chart(weeks: Sequence[Week]) -> go.Figure:
    """The median with the middle half and the middle 80 %."""
    shown = [week for week in weeks if week.quantiles]
    days = [week.start for week in shown]
    figure = go.Figure()
    for low, high, opacity in ((0, 4, 0.15), (1, 3, 0.3)):
        for at, fill in ((high, None), (low, "tonexty")):
            figure.add_scatter(
                x=days,
                y=[week.quantiles[at] for week in shown],
                mode="lines",
                line={"width": 0},
                fill=fill,
                fillcolor=_BAND.format(opacity),
                hovertemplate=f"{QUANTILES[at] * 100:.0f} % lie below %{{y:.2f}}<extra></extra>",
            )
    figure.add_scatter(
        x=days,
        y=[week.quantiles[2] for week in shown],
        mode="lines+markers",
        line={"color": _LINE, "width": 2},
        customdata=[week.images for week in shown],
        hovertemplate="median %{y:.2f} of %{customdata}<extra></extra>",
    )
    return _laid_out(figure, weeks, is_legend_shown=False)


def rate_chart(weeks: Sequence[Week]) -> go.Figure:
    """The fractions that were called and that were refused."""
    figure = go.Figure()
    rates = (
        ("called", _LINE, [week.fraction_called for week in weeks]),
        ("refused", _OTHER, [week.refused / week.images for week in weeks]),
    )
    for name, colour, values in rates:
        figure.add_scatter(
            x=[week.start for week in weeks],
            y=values,
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"symbol": "circle" if name == "called" else "diamond"},
            customdata=[week.images for week in weeks],
            hovertemplate=f"{name} %{{y:.0%}} of %{{customdata}}<extra></extra>",
        )
    return _laid_out(figure, weeks)


def use_chart(weeks: Sequence[Week], info: BundleInfo) -> go.Figure:
    """Bars that add up to 1: what speaks most has a colour of its own."""
    sums = {name: sum(week.use.get(name, 0.0) for week in weeks) for name in info.prototypes}
    most = sorted(sums, key=lambda name: -sums[name])[:_MOST_PROTOTYPES]
    figure = go.Figure()
    for number, name in enumerate([*most, _REST]):
        shares = [
            week.use.get(name, 0.0)
            if name != _REST
            else sum(value for other, value in week.use.items() if other not in most)
            for week in weeks
        ]
        if any(shares):
            figure.add_bar(
                x=[week.start for week in weeks],
                y=shares,
                name=chart_text(name),
                marker={"color": _COLOURS[number]},
                customdata=[week.looked_at for week in weeks],
                hovertemplate=f"{chart_text(name)} %{{y:.0%}} of %{{customdata}}<extra></extra>",
            )
    figure.update_layout(barmode="stack", bargap=0.25)
    return _laid_out(figure, weeks)


def weeks_table(weeks: Sequence[Week]) -> dict[str, list[object]]:
    """The same in numbers."""
    return {
        "Week of": [week.start for week in weeks],
        "Read": [week.images for week in weeks],
        "Called": [week.called for week in weeks],
        "Refused": [week.refused for week in weeks],
        "Median": [round(week.quantiles[2], 3) if week.quantiles else None for week in weeks],
        "Most evidence": [
            ", ".join(
                f"{n} {week.use[n]:.0%}" for n in sorted(week.use, key=lambda n: -week.use[n])[:3]
            )
            for week in weeks
        ],
    }


def _laid_out(
    figure: go.Figure, weeks: Sequence[Week], *, is_legend_shown: bool = True
) -> go.Figure:
    days = [week.start for week in weeks]
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
        showlegend=is_legend_shown,
        legend={"orientation": "h", "y": -0.2},
        yaxis={"range": [0, 1.03], "tickformat": ".0%", "fixedrange": True, "automargin": True},
        xaxis={
            "fixedrange": True,
            "automargin": True,
            "tickformat": "%d %b",
            "tickvals": days[:: math.ceil(len(days) / _MOST_TICKS)],
        },
        hovermode="x unified",
    )
    return figure
