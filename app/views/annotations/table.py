"""The table of annotations: filters, rows, one row in full, downloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, get_args

import pandas as pd
import streamlit as st

from app.domain.annotations import (
    ANNOTATION_ORDERS,
    VERDICTS,
    Annotation,
    AnnotationFilters,
    AnnotationOrder,
    AnnotationPage,
    AnnotationRow,
)
from app.domain.bundles import BundleInfo
from app.domain.text import counted, label_text, local_time
from app.services import annotations as notes
from app.services import models
from app.services.report import case_report
from app.services.workplace import Workplace
from app.views.shared.date_range import date_range
from app.views.shared.download import draw_download
from app.views.shared.format import plain
from app.views.shared.navigation import go_to_case
from app.views.shared.pagination import draw_pager
from app.views.shared.thumbnail import thumbnail_address

_YES_OR_NO = {True: "yes", False: "no", None: "–"}
_NO_FILTERS = AnnotationFilters()
Format = Literal["csv", "json"]
_AGREES = {"Agreed": True, "Disagreed": False}
_ORDERS: dict[AnnotationOrder, str] = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "name": "By file name",
    "finding": "Most probable finding first",
    "unsure": "Least confident first",
}
_MIME: dict[Format, str] = {"csv": "text/csv", "json": "application/json"}


def draw_filters(workplace: Workplace) -> AnnotationFilters:
    """One line of filters."""
    infos = [info for info in models.all(workplace) if not info.problem]
    names = {info.digest: f"{info.title_of_version} · {info.short}" for info in infos}
    labels = sorted({name for info in infos for name in info.classes})
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input(
            "Find", key="filter-notes-text", placeholder="File name or remark", width=200
        )
        verdict = st.selectbox(
            "Verdict",
            VERDICTS,
            index=None,
            format_func=str.capitalize,
            placeholder="Any",
            key="filter-notes-verdict",
            width=150,
        )
        label = _choice("Label", labels, 150)
        reader = _choice("Reader", list(notes.readers(workplace)), 120)
        model = st.selectbox(
            "Model",
            list(names),
            index=None,
            format_func=lambda digest: names[digest],
            placeholder="Any",
            key="filter-notes-model",
            width=190,
        )
        days = st.date_input("Signed", value=[], key="filter-notes-days", width=220)
        agrees = st.selectbox(
            "Prediction",
            list(_AGREES),
            index=None,
            placeholder="Any",
            key="filter-notes-agrees",
            width=130,
        )
        order = st.selectbox(
            "Order",
            ANNOTATION_ORDERS,
            format_func=_ORDERS.__getitem__,
            key="filter-notes-order",
            width=215,
        )
        shows_all = st.toggle("All revisions", key="filter-notes-every")
    since, until = date_range(days)
    return AnnotationFilters(
        text=(text or "").strip(),
        verdict=verdict,
        label=label,
        reader=reader,
        model=model,
        since=since,
        until=until,
        all_revisions=shows_all,
        agrees=_AGREES[agrees] if agrees else None,
        order=order,
    )


def _choice(name: str, options: list[str], width: int) -> str | None:
    return st.selectbox(
        name,
        options,
        index=None,
        placeholder="Any",
        key=f"filter-notes-{name.lower()}",
        width=width,
    )


def draw_table(
    workplace: Workplace, filters: AnnotationFilters, annotations: AnnotationPage
) -> None:
    """Rows, downloads, and the chosen row in full."""
    if not annotations.rows:
        if replace(filters, all_revisions=False, order=_NO_FILTERS.order) == _NO_FILTERS:
            st.info(
                "Nothing has been signed yet. Open a case in Review and sign a verdict.",
                icon=":material/edit_note:",
            )
        else:
            st.info("No annotation matches these filters.", icon=":material/filter_alt_off:")
        return
    infos = {info.digest: info for info in models.all(workplace)}
    selection = st.dataframe(
        table(annotations.rows, infos),
        hide_index=True,
        height="content",
        row_height=36,
        on_select="rerun",
        selection_mode="single-row",
        key="notes-table",
        column_config={
            "Case": st.column_config.ImageColumn(width=50),
            "Verdict": st.column_config.TextColumn(width=110),
            "Remarks": st.column_config.TextColumn(width="medium"),
        },
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        draw_pager("notes", total=annotations.total, size=annotations.size, noun="annotation")
        _draw_downloads(workplace, filters)
    selected = selection["selection"]["rows"] if selection else []
    if selected and selected[0] < len(annotations.rows):
        _draw_row(workplace, annotations.rows[selected[0]], infos)
    else:
        st.caption("Choose a row to see it in full and to open its case.")


def table(rows: tuple[AnnotationRow, ...], infos: Mapping[str, BundleInfo]) -> pd.DataFrame:
    """The table, one row per annotation."""
    return pd.DataFrame(
        {
            "Case": [thumbnail_address(row.annotation.case_id) for row in rows],
            "Signed": [local_time(row.annotation.created_at) for row in rows],
            "File": [row.file_name for row in rows],
            "Verdict": [row.annotation.verdict.capitalize() for row in rows],
            "Agrees": [_YES_OR_NO[row.annotation.agrees] for row in rows],
            "Predicted": [
                "refused"
                if row.annotation.support == "outside"
                else _predicted(row.annotation, infos) or "–"
                for row in rows
            ],
            "Corrected": [row.annotation.corrected_label or "–" for row in rows],
            "Confidence": [row.annotation.confidence for row in rows],
            "Revision": [
                f"{row.annotation.revision}{'' if row.is_latest else ' (older)'}" for row in rows
            ],
            "Reader": [row.annotation.reader for row in rows],
            "Model": [
                f"{row.annotation.model_name} {row.annotation.model[:8]}".strip() or "–"
                for row in rows
            ],
            "Remarks": [row.annotation.text for row in rows],
        }
    )


def _predicted(annotation: Annotation, infos: Mapping[str, BundleInfo]) -> str:
    """The prediction at the time of signing; empty for none and for a refused image."""
    if annotation.predicted_label is None or annotation.predicted_probability is None:
        return ""
    model = infos.get(annotation.model)
    return label_text(annotation.predicted_label, annotation.predicted_probability, ", ", of=model)


def _draw_downloads(workplace: Workplace, filters: AnnotationFilters) -> None:
    if not workplace.actor.may("export"):
        return
    formats: tuple[Format, ...] = get_args(Format)
    for name in formats:
        draw_download(
            workplace,
            f"Download {name.upper()}",
            notes.export,
            filters,
            format=name,
            file_name=f"annotations.{name}",
            kind=_MIME[name],
        )


def _draw_row(workplace: Workplace, row: AnnotationRow, infos: Mapping[str, BundleInfo]) -> None:
    annotation = row.annotation
    with st.container(border=True, key="note", gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(
                f"**{plain(row.file_name)}** · revision {annotation.revision} · "
                f"{annotation.verdict.capitalize()} · confidence {annotation.confidence}",
                width="content",
            )
            with st.container(horizontal=True, width="content"):
                if workplace.actor.may("export"):
                    draw_download(
                        workplace,
                        "Report (PDF)",
                        case_report.of_case,
                        annotation.case_id,
                        frame=annotation.frame,
                        file_name=case_report.file_name(annotation.case_id, annotation.frame),
                        kind=case_report.KIND,
                    )
                if st.button("Open case", icon=":material/open_in_new:", key="note-open"):
                    go_to_case(annotation.case_id)
        predicted = _predicted(annotation, infos)
        said = "Refused" if annotation.support == "outside" else f"Predicted {plain(predicted)},"
        if predicted or annotation.support == "outside":
            st.caption(f"{said} by {plain(annotation.model_name)} `{annotation.model[:8]}`")
        if annotation.text:
            st.text(annotation.text)
        if annotation.prototype_judgements:
            st.caption(
                counted(
                    len(annotation.prototype_judgements), "prototype judged", "prototypes judged"
                )
            )
            for name, judgement in annotation.prototype_judgements.items():
                similar = {True: "similar", False: "not similar", None: ""}[judgement.similar]
                parts = [similar, judgement.artefact or judgement.usefulness or ""]
                st.caption(f"{plain(name)}: {', '.join(part for part in parts if part)}")
        st.caption(f"SHA-256 of the file `{row.file_sha256}`")
