"""The list of studies, and which one is open."""

from __future__ import annotations

import streamlit as st

from app.domain.studies.study import StudyState
from app.services.studies import managing
from app.services.workplace import Workplace
from app.views.shared.format import plain

STATES: dict[StudyState, str] = {
    "draft": "draft",
    "open": "is being read",
    "closed": "closed",
}
_OPEN = "study"


def open_study(workplace: Workplace) -> str | None:
    """The study in the address, else the newest."""
    named = st.query_params.get(_OPEN)
    if named:
        return str(named)
    newest = managing.studies(workplace)
    return newest[0].study_id if newest else None


def show_study(study_id: str | None) -> None:
    """Put a study, or none, into the address."""
    if study_id is None:
        st.query_params.pop(_OPEN, None)
    else:
        st.query_params[_OPEN] = study_id


def draw_study_list(workplace: Workplace) -> None:
    """The studies that this person may see, to choose one."""
    found = managing.studies(workplace)
    st.markdown("##### Studies")
    if not found:
        st.caption("You are named in no study yet.")
    with st.container(key="rows-studies", gap=None):
        for study in found:
            with st.container(key=f"row-{study.study_id}"):
                st.button(
                    f"{plain(study.name)} · {STATES[study.state]}",
                    key=f"study-{study.study_id}",
                    type="tertiary",
                    on_click=show_study,
                    args=(study.study_id,),
                    width="stretch",
                )
