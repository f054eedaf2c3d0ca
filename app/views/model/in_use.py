"""“In use here”: images on which readers rejected a model, where most are, and its weeks."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.figures.performance import TOO_FEW, Failure, Slice, Slices
from app.domain.noun import IMAGE, Noun
from app.domain.text import counted, label_text, local_time, percent
from app.services.figures import performance
from app.services.workplace import Workplace
from app.views.model.drift import draw_drift
from app.views.shared.errors import show_errors
from app.views.shared.format import plain
from app.views.shared.navigation import go_to_case
from app.views.shared.pagination import draw_pager, page_number
from app.views.shared.thumbnail import thumbnail_markdown

_COLUMNS = 4
_SIZE = 8


def draw_in_use(workplace: Workplace, info: BundleInfo) -> None:
    """All of it, from what was predicted and signed here."""
    with show_errors():
        left, right = st.columns([0.55, 0.45], gap="large")
        with left:
            _draw_failures(workplace, info)
        with right:
            _draw_slices(performance.worst_slices(workplace, info.digest), info.noun)
        draw_drift(performance.drift(workplace, info.digest), info)


def _draw_failures(workplace: Workplace, info: BundleInfo) -> None:
    st.markdown("##### Rejected by readers")
    name = f"failures-{info.digest[:8]}"
    found = performance.failures(workplace, info.digest, page=page_number(name), size=_SIZE)
    if not found.rows:
        st.caption(f"No reader has rejected what this model says of {info.noun.an}.")
        return
    for start in range(0, len(found.rows), _COLUMNS):
        columns = st.columns(_COLUMNS, gap="small")
        for column, row in zip(columns, found.rows[start : start + _COLUMNS], strict=False):
            with column:
                _draw_failure(row, info)
    draw_pager(name, total=found.total, size=found.size, noun=info.noun.one)


def _draw_failure(row: Failure, info: BundleInfo) -> None:
    key = f"{row.case_id}-{row.frame}"
    with st.container(border=True, key=f"failure-{key}", gap="xsmall"):
        st.markdown(thumbnail_markdown(row.case_id, row.file_name))
        st.markdown(plain(said_text(row, info)))
        if row.text:
            st.caption(plain(row.text[:120] + ("…" if len(row.text) > 120 else "")))
        st.caption(plain(f"{row.reader}, {local_time(row.signed_at)}"))
        if st.button(
            plain(row.file_name), key=f"open-failure-{key}", type="tertiary", help="Open the case"
        ):
            go_to_case(row.case_id)


def said_text(row: Failure, info: BundleInfo) -> str:
    """What the model said and what the reader says instead."""
    if row.predicted is None or row.probability is None:
        said = "Refused"
    else:
        said = label_text(row.predicted, row.probability, ", ", of=info)
    return f"{said} → {row.corrected}" if row.corrected else f"{said}, rejected"


def _draw_slices(found: Slices, noun: Noun) -> None:
    st.markdown("##### Where readers reject most")
    if not found.overall.read:
        st.caption("No verdict was signed on what this model says.")
        return
    st.caption(overall_text(found, noun))
    st.dataframe(
        slices_table(found.rows),
        hide_index=True,
        height="content",
        column_config={"95 % interval": st.column_config.TextColumn(width="small")},
    )
    st.caption(
        f"The worst first, by the lower end of the interval; fewer than {TOO_FEW} {noun.several} "
        "read are too few for a rate. Sex, age and maker of the device are not kept here. Which "
        f"{noun.several} are read, and by whom, is not chance: a rate says where to look, not why."
    )


def overall_text(found: Slices, noun: Noun = IMAGE) -> str:
    """How many were read and rejected in all."""
    text = f"{counted(found.overall.read, noun.one)} read, {found.overall.rejected:,} rejected"
    if found.overall.has_rate:
        text += f": {percent(found.overall.rate)} ({_interval(found.overall)})"
    return f"{text}. Only the newest were looked at." if found.is_cut else f"{text}."


def slices_table(rows: tuple[Slice, ...]) -> pd.DataFrame:
    """One row a slice."""
    return pd.DataFrame(
        {
            "": [row.kind.capitalize() for row in rows],
            "Cases": [row.name for row in rows],
            "Read": [row.read for row in rows],
            "Rejected": [row.rejected for row in rows],
            "Rate": [percent(row.rate) if row.has_rate else "too few" for row in rows],
            "95 % interval": [_interval(row) if row.has_rate else "–" for row in rows],
        }
    )


def _interval(row: Slice) -> str:
    low, high = row.interval
    return f"{100 * low:.0f} to {100 * high:.0f} %"
