"""The studies of an answer: chosen, looked into, brought in."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.domain.archives.found import MOST_PRIORS, FoundSeries, FoundStudy, StudyPage
from app.domain.text import counted
from app.services.archives import bringing, searching
from app.services.workplace import Workplace
from app.views.archive.search import SIZE, Answer, turn_to
from app.views.shared.errors import show_errors
from app.views.shared.navigation import go_to_batch

_NO_TEXT = "–"


def draw_studies(workplace: Workplace, answer: Answer) -> None:
    """The table with its pages, the series of a chosen study, and the button that brings in."""
    page = answer.page
    if not page.studies:
        st.info("The archive has no such study.", icon=":material/search_off:")
        _draw_pager(workplace, answer)
        return
    above = st.container(key="archive-chosen")  # in sight, however long the table is
    selection = st.dataframe(
        studies_table(page.studies),
        hide_index=True,
        height="content",
        row_height=31,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"archive-studies-{answer.number}",
    )
    _draw_pager(workplace, answer)
    rows = selection["selection"]["rows"] if selection else []
    chosen = [page.studies[row] for row in rows if row < len(page.studies)]
    with above:
        if not chosen:
            st.caption("Choose studies to bring in, or one to see its series.")
            return
        _draw_bring_in(workplace, answer.archive, chosen)
        if len(chosen) == 1:
            _draw_series(workplace, answer.archive, chosen[0])


def studies_table(studies: Sequence[FoundStudy]) -> pd.DataFrame:
    """One row a study."""
    return pd.DataFrame(
        {
            "Day": [study.day.isoformat() if study.day else _NO_TEXT for study in studies],
            "Patient": [study.patient.patient_id or _NO_TEXT for study in studies],
            "Modality": ["/".join(study.modalities) or _NO_TEXT for study in studies],
            "Description": [study.description or _NO_TEXT for study in studies],
            "Accession number": [study.accession_number or _NO_TEXT for study in studies],
            "Series": [_count(study.series) for study in studies],
            "Images": [_count(study.instances) for study in studies],
        }
    )


def series_table(series: Sequence[FoundSeries]) -> pd.DataFrame:
    """One row a series."""
    return pd.DataFrame(
        {
            "Number": [_count(one.number) for one in series],
            "Modality": [one.modality or _NO_TEXT for one in series],
            "Description": [one.description or _NO_TEXT for one in series],
            "Images": [_count(one.instances) for one in series],
        }
    )


def _draw_bring_in(workplace: Workplace, archive: str, chosen: Sequence[FoundStudy]) -> None:
    with (
        show_errors(),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        priors = st.number_input(
            "Earlier studies of the same patient",
            min_value=0,
            max_value=MOST_PRIORS,
            key="archive-priors",
            width=260,
            help="So many come with each study, at most.",
        )
        count = counted(len(chosen), "study", "studies")
        if st.button(f"Bring in {count}", type="primary", key="archive-bring"):
            uids = [study.study_uid for study in chosen]
            job = bringing.start(workplace, archive, uids, priors=int(priors))
            go_to_batch(job.job_id)


def _draw_series(workplace: Workplace, archive: str, study: FoundStudy) -> None:
    with show_errors():
        if st.button("Show its series", key="archive-series"):
            series = searching.series(workplace, archive, study.study_uid)
            st.dataframe(series_table(series), hide_index=True, height="content")


def _draw_pager(workplace: Workplace, answer: Answer) -> None:
    page: StudyPage = answer.page
    if page.offset == 0 and page.is_last:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="pager-archive"):
        st.button(
            "Back",
            icon=":material/chevron_left:",
            key="back-archive",
            disabled=page.offset == 0,
            on_click=turn_to,
            args=(workplace, answer, max(0, page.offset - SIZE)),
        )
        st.caption(f"From study {page.offset + 1}", width="content")
        st.button(
            "Next",
            icon=":material/chevron_right:",
            icon_position="right",
            key="next-archive",
            disabled=page.is_last,
            on_click=turn_to,
            args=(workplace, answer, page.offset + len(page.studies)),
        )


def _count(number: int | None) -> str:
    return _NO_TEXT if number is None else f"{number:,}"
