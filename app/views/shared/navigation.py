"""What a page's address says: the open case, so that a reload or a restart returns to it, and the
prototype that a link to the model page speaks of."""

from __future__ import annotations

import streamlit as st

from app.domain.actors import Actor, Permission
from app.domain.errors import Forbidden

PAGES: tuple[tuple[str, str, str, Permission], ...] = (
    ("review", "Review", ":material/radiology:", "see cases"),
    ("batch", "Batch", ":material/stacks:", "see cases"),
    ("archive", "Archive", ":material/cloud_download:", "search archives"),
    ("annotations", "Annotations", ":material/edit_note:", "see cases"),
    ("studies", "Studies", ":material/groups:", "see cases"),
    ("model", "Model", ":material/model_training:", "see cases"),
    ("audit", "Audit", ":material/history:", "see the audit"),
    ("users", "Users", ":material/group:", "manage users"),
)
"""Every page: its folder, which is its address too, its title, its icon, and what it takes."""
REVIEW = "views/review/page.py"
BATCH = "views/batch/page.py"
OPEN_BATCH = "batch"
_CASE, _STUDY = "case", "study"
_MODEL, _OFF = "model", "off"


def pages_for(actor: Actor, *, has_archives: bool = True) -> list[tuple[str, str, str, Permission]]:
    """The pages that somebody may open.

    Args:
        actor: somebody.
        has_archives: the site names archives.

    Raises:
        Forbidden: there is none.
    """
    # One reader alone has no users to look after.
    needless = {"users": actor.is_alone, "archive": not has_archives}
    pages = [p for p in PAGES if actor.may(p[3]) and not needless.get(p[0])]
    if not pages:
        actor.check("see models")
        raise Forbidden("Your roles open no page yet. Ask an administrator for another role.")
    return pages


def open_case_id() -> str | None:
    """The case in the address; None for the list."""
    return st.query_params.get(_CASE) or None


def open_study_id() -> str:
    """The reader study in the address; empty for free review."""
    return st.query_params.get(_STUDY) or ""


def show_case(case_id: str | None) -> None:
    """Put a case, or none, into the address; for callbacks of the review page."""
    if case_id is None:
        st.query_params.pop(_CASE, None)
        st.query_params.pop(_STUDY, None)
    else:
        st.query_params[_CASE] = case_id


def note_place(title: str) -> None:
    """Remember which page is opened, or that a case is, and which was open before."""
    here = title if open_case_id() is None else _CASE
    if here != st.session_state.get("place"):
        st.session_state["place-before"] = st.session_state.get("place")
        st.session_state["place"] = here
        st.session_state["place-is-new"] = True
    else:
        st.session_state["place-is-new"] = False


def is_back() -> bool:
    """Did the reader come back to this page from a case or from another page just now?"""
    return bool(st.session_state.get("place-is-new") and st.session_state.get("place-before"))


def go_to_case(case_id: str) -> None:
    """Leave another page for the review of a case."""
    st.switch_page(REVIEW, query_params={_CASE: case_id})


def go_to_batch(job_id: str) -> None:
    """Leave another page for a batch."""
    st.switch_page(BATCH, query_params={OPEN_BATCH: job_id})


def link_to_reading(label: str, study_id: str) -> None:
    """A link to one's next read in a study."""
    st.page_link(REVIEW, label=label, icon=":material/play_arrow:", query_params={_STUDY: study_id})


def link_to_case(label: str, case_id: str) -> None:
    """A link to the review of a case."""
    st.page_link(REVIEW, label=label, icon=":material/radiology:", query_params={_CASE: case_id})


def asked_model() -> str | None:
    """Digest of the model that the address of the model page names."""
    return st.query_params.get(_MODEL) or None


def asked_prototype() -> str | None:
    """The prototype to be switched off that the address of the model page names."""
    return st.query_params.get(_OFF) or None


def forget_asked() -> None:
    """The address speaks of no model any more: the reader chose another one."""
    for name in (_MODEL, _OFF):
        st.query_params.pop(name, None)
