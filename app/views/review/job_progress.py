"""What the worker does for the open image, how far it has come, and a way to stop it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.domain.cases import Sheet
from app.domain.explanations import SavedExplanation
from app.domain.jobs import Job
from app.services import jobs
from app.services.workplace import Workplace
from app.views.review.reliability import node_words
from app.views.shared.errors import show_errors, show_errors_on_top
from app.views.shared.format import plain

_SOON = 0.3  # seconds between two looks while the reader has nothing to look at yet
_LATER = 1.0  # while something is there and a better one is on its way


def note_asked(sheet: Sheet, job: Job) -> None:
    """The reader waits for this job: should it fail, say so."""
    st.session_state.setdefault(_asked_key(sheet), set()).add(job.job_id)


def _asked_key(sheet: Sheet) -> str:
    return f"asked-{sheet.case.case_id}"


def draw_failures(workplace: Workplace, sheet: Sheet) -> None:
    """Why a map that was asked for does not come."""
    asked: set[str] = st.session_state.get(_asked_key(sheet), set())
    for job_id in asked - {job.job_id for job in sheet.jobs}:
        asked.discard(job_id)
        with show_errors():
            job = jobs.get(workplace, job_id)
            if job.state == "failed":
                st.error(plain(job.message), icon=":material/error:")


def watch(
    workplace: Workplace,
    sheet: Sheet,
    found: Sequence[Job],
    *,
    shown: SavedExplanation | None = None,
) -> None:
    """Draw jobs and look again by itself; the page is drawn anew when one has something to show.

    Args:
        place: where.
        sheet: the page's.
        found: as the page knows them.
        shown: the map beside which it stands, which the job will replace.
    """
    waiting = [job for job in found if job.is_active]
    if waiting:
        every = _SOON if any(job.awaits_first for job in waiting) else _LATER
        st.fragment(_look, run_every=every)(workplace, waiting, shown)


def _look(workplace: Workplace, drawn: Sequence[Job], shown: SavedExplanation | None) -> None:
    with show_errors():
        found = [jobs.get(workplace, job.job_id) for job in drawn]
        for job in found:
            if job.is_active:
                _draw_job(workplace, job, shown)
        if any(
            now.is_active != then.is_active or now.awaits_first != then.awaits_first
            for now, then in zip(found, drawn, strict=True)
        ):
            st.rerun()


def cancel(workplace: Workplace, job_id: str) -> None:
    """Ask the worker to stop; a job that is over by now stays as it is."""
    with show_errors_on_top():
        jobs.cancel(workplace, job_id)


def job_words(job: Job, shown: SavedExplanation | None = None) -> str:
    """What the worker does, and at which stage it is."""
    if job.kind == "predict":
        return "Reading the image"
    if job.awaits_first:
        return f"Explaining {node_words(job.node or '')}"
    if shown is None:
        return f"{node_words(job.node or '')}: refining"
    if shown.is_draft:
        return "A first map is shown; refining"
    if shown.is_of_earlier_settings:
        return "An earlier map is shown; making it anew"
    return "Refining further"


def _draw_job(workplace: Workplace, job: Job, shown: SavedExplanation | None) -> None:
    words = job_words(job, shown)
    if job.cancel_requested:
        words = f"{words}: stopping…"
    elif job.state == "waiting" and job.awaits_first:
        words = f"{words}: waiting for the worker…"
    else:
        words = f"{words}…"
    with st.container(horizontal=True, vertical_alignment="center", key=f"job-{job.job_id}"):
        st.progress(min(1.0, max(0.0, job.progress)), text=plain(words))
        if job.kind == "explain":
            st.button(
                "Cancel",
                key=f"cancel-{job.job_id}",
                disabled=job.cancel_requested,
                on_click=cancel,
                args=(workplace, job.job_id),
            )
