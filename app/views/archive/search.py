"""The fields of a search, and its newest answer, which stays in the session's memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from app.domain.archives.found import LONGEST_TEXT, Filters, StudyPage
from app.services.archives import searching
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors_on_top

SIZE = 25  # studies of a page
_ANSWER, _COUNT = "archive-answer", "archive-answers"


@dataclass(frozen=True)
class Answer:
    """One page of what an archive answered."""

    archive: str
    filters: Filters
    page: StudyPage
    number: int
    """Counts the answers of a session, so that what was chosen in one is not chosen in the next."""


def draw_search(workplace: Workplace, archives: Sequence[str]) -> Answer | None:
    """The fields; returns the newest answer, None before any search."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        archive = st.selectbox("Archive", archives, key="archive-name", width=160)
        patient = st.text_input(
            "Patient's id", key="archive-patient", max_chars=LONGEST_TEXT, width=180
        )
        accession = st.text_input(
            "Accession number", key="archive-accession", max_chars=LONGEST_TEXT, width=180
        )
        days = st.date_input("Day of the study", value=[], key="archive-days", width=220)
        modality = st.text_input(
            "Modality", key="archive-modality", max_chars=16, placeholder="DX", width=100
        )
        given = list(days) if isinstance(days, tuple | list) else []
        st.button(
            "Search",
            type="primary",
            key="archive-search",
            on_click=_search,
            args=(workplace, archive, patient, accession, given, modality),
        )
    answer = st.session_state.get(_ANSWER)
    return answer if isinstance(answer, Answer) else None


def turn_to(workplace: Workplace, answer: Answer, offset: int) -> None:
    """Ask the same again for another page; for a callback."""
    _ask(workplace, answer.archive, answer.filters, offset)


def _search(
    workplace: Workplace,
    archive: str,
    patient: str,
    accession: str,
    days: Sequence[object],
    modality: str,
) -> None:
    with show_errors_on_top():
        filters = Filters(
            patient_id=patient.strip(),
            accession_number=accession.strip(),
            since=days[0] if days else None,  # type: ignore[arg-type]
            until=days[1] if len(days) > 1 else None,  # type: ignore[arg-type]
            modality=modality.strip().upper(),
        )
        _ask(workplace, archive, filters, 0)


def _ask(workplace: Workplace, archive: str, filters: Filters, offset: int) -> None:
    st.session_state.pop(_ANSWER, None)
    number = st.session_state.get(_COUNT, 0) + 1
    st.session_state[_COUNT] = number
    with show_errors_on_top():
        page = searching.studies(workplace, archive, filters, limit=SIZE, offset=offset)
        st.session_state[_ANSWER] = Answer(archive, filters, page, number)
