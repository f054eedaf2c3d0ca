"""The rows of the list: what each image is, what is known of it, and who is at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.domain.bundles import BundleInfo
from app.domain.cases import CaseRow, Status
from app.domain.sending.sending import SendState
from app.domain.text import counted, local_time, percent
from app.domain.worklist.doubt import DoubtReason
from app.views.shared.format import plain
from app.views.shared.navigation import show_case
from app.views.shared.prediction_cell import draw_prediction_cell

_WIDTHS = [0.62, 4.2, 1.7, 3.4, 1.7]
_TITLES = ("", "Case", "Status", "Prediction", "Verdict")
_STATUS: Mapping[Status, str] = {
    "new": ":blue-badge[new]",
    "in progress": ":violet-badge[in progress]",
    "read": ":blue-badge[read]",
    "revealed": ":blue-badge[revealed]",
    "needs second read": ":violet-badge[needs second read]",
    "done": ":green-badge[done]",
    "refused": ":orange-badge[refused]",
    "waiting": ":gray-badge[waiting]",
    "failed": ":red-badge[failed]",
}
_REASONS: Mapping[DoubtReason, str] = {
    "threshold": "near the threshold",
    "caution": "",  # its badge stands beside
    "prototypes": "no prototype is close",
    "confidence": "the reader was not sure",
}
_SENDING: Mapping[SendState, str] = {
    "waiting": ":gray-badge[to be sent]",
    "sending": ":gray-badge[being sent]",
    "sent": ":green-badge[sent]",
    "refused": ":red-badge[not sent: refused]",
    "failed": ":red-badge[not sent: failed]",
    "cancelled": "",  # nobody has to do anything
}
_NEAR = 0.8  # a doubt from which its reason is worth a word
_DISAGREEMENT = {
    "model": ":orange-badge[against the model]",
    "readers": ":orange-badge[readers differ]",
}


def draw_rows(rows: Sequence[CaseRow], infos: Mapping[str, BundleInfo]) -> None:
    """One page of the list; files of one study stand together."""
    with st.container(key="rows-cases", gap=None):
        for column, title in zip(st.columns(_WIDTHS, gap="small"), _TITLES, strict=True):
            if title:
                column.caption(f"**{title}**")
        for _, of_study in groupby(rows, key=lambda row: row.study_key):
            group = list(of_study)
            if group[0].study_files == 1:
                _draw_row(group[0], infos)
                continue
            with st.container(key=f"group-{group[0].case_id}", gap=None):
                files = counted(group[0].study_files, "file")
                st.caption(f":material/folder_open: Study of {files}")
                for row in group:
                    _draw_row(row, infos)


def facts_of(row: CaseRow) -> str:
    """PAT-1 · DX · PA · 3 frames · 2026-03-01 12:30."""
    frames = counted(row.frames, "frame") if row.frames > 1 else ""
    said = (plain(part) for part in (row.patient, row.modality, row.view_position))
    return " · ".join(part for part in (*said, frames, local_time(row.created_at)) if part)


def doubt_text(row: CaseRow) -> str:
    """Doubt 97 %, near the threshold; empty where nothing is known."""
    if row.doubt is None or row.doubt_reason is None:
        return ""
    reason = _REASONS[row.doubt_reason] if row.doubt >= _NEAR else ""
    return ", ".join(part for part in (f"Doubt {percent(row.doubt)}", reason) if part)


def holder_text(row: CaseRow) -> str:
    """Who works on the image, also where it is signed already, and that the reader left a draft;
    empty where nobody does."""
    holder = "" if row.held_by is None else "by you" if row.is_own else f"by {plain(row.held_by)}"
    return ", ".join(part for part in (holder, "your draft" if row.has_draft else "") if part)


def _draw_row(row: CaseRow, infos: Mapping[str, BundleInfo]) -> None:
    with st.container(key=f"row-{row.case_id}"):
        picture, image, status, prediction, verdict = st.columns(
            _WIDTHS, gap="small", vertical_alignment="center"
        )
        _draw_thumbnail(picture, row)
        with image.container(gap=None):
            st.button(
                plain(row.file_name),
                key=f"open-{row.case_id}",
                type="tertiary",
                help="Open the case",
                width="stretch",
                on_click=show_case,
                args=(row.case_id,),
            )
            st.caption(facts_of(row))
        with status.container(gap=None):
            st.markdown(_STATUS[row.status])
            if holder := holder_text(row):
                st.caption(holder)
        with prediction.container(gap=None):
            _draw_prediction(st, row, infos)  # type: ignore[arg-type]
        with verdict.container(gap=None):
            st.markdown(row.verdict.capitalize() if row.verdict else "–")
            if row.disagreement:
                st.markdown(_DISAGREEMENT[row.disagreement])
            elif row.reader:
                st.caption(plain(row.reader))
            if row.sending and _SENDING[row.sending]:
                st.markdown(_SENDING[row.sending])


def _draw_thumbnail(column: DeltaGenerator, row: CaseRow) -> None:
    # An image that waits is decoded by the worker in this moment, which makes its thumbnail then.
    is_there = row.status != "waiting"
    with column.container(key=f"thumbnail-{row.case_id}"):
        st.markdown(f"![](/api/thumbnail/{row.case_id})" if is_there else "&nbsp;")


def _draw_prediction(column: DeltaGenerator, row: CaseRow, infos: Mapping[str, BundleInfo]) -> None:
    draw_prediction_cell(
        column,
        row.label,
        row.probability,
        row.support,
        of=infos.get(row.model or ""),
        is_hidden=row.is_hidden,
    )
    said = [doubt_text(row), "site's threshold" if row.site else ""]
    if any(said):
        column.caption(" · ".join(part for part in said if part))
