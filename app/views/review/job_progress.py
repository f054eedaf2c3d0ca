"""What the worker does for the open image, its progress, and a way to stop it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.domain.cases import Sheet
from app.domain.explanations import MEASURED, SavedExplanation
from app.domain.jobs import Job
from app.services import jobs
from app.services.workplace import Workplace
from app.views.review.reliability import node_title
from app.views.shared.errors import show_errors, show_errors_on_top
from app.views.shared.format import plain

_SOON = 0.3  # seconds between two looks while the reader waits for a first result
_LATER = 1.0  # while a result is there and a better one is being made


def note_request(sheet: Sheet, job: Job) -> None:
    """Remember that the reader waits for this job, so that the page says so if it fails."""
    st.session_state.setdefault(_requested_key(sheet), set()).add(job.job_id)


def _requested_key(sheet: Sheet) -> str:
    return f"requested-{sheet.case.case_id}"


def draw_failures(workplace: Workplace, sheet: Sheet) -> None:
    """Why a requested heatmap could not be made."""
    requested: set[str] = st.session_state.get(_requested_key(sheet), set())
    for job_id in requested - {job.job_id for job in sheet.jobs}:
        requested.discard(job_id)
        with show_errors():
            job = jobs.get(workplace, job_id)
            if job.state == "failed":
                st.error(plain(job.message), icon=":material/error:")


def watch(
    workplace: Workplace, known: Sequence[Job], *, current: SavedExplanation | None = None
) -> None:
    """Draw jobs and refresh them; the whole page is redrawn when one of them has a new result.

    Args:
        workplace: of the page.
        known: the jobs as the page knows them.
        current: the heatmap that the job will replace, where it is drawn beside one.
    """
    active = [job for job in known if job.is_active]
    if active:
        every = _SOON if any(job.awaits_first for job in active) else _LATER
        st.fragment(_refresh, run_every=every)(workplace, active, current)


def _refresh(workplace: Workplace, before: Sequence[Job], current: SavedExplanation | None) -> None:
    with show_errors():
        latest = [jobs.get(workplace, job.job_id) for job in before]
        for job in latest:
            if job.is_active:
                _draw_job(workplace, job, current)
        if any(
            now.is_active != then.is_active or now.awaits_first != then.awaits_first
            for now, then in zip(latest, before, strict=True)
        ):
            st.rerun()


def cancel(workplace: Workplace, job_id: str) -> None:
    """Ask the worker to stop; a job that has ended stays as it is."""
    with show_errors_on_top():
        jobs.cancel(workplace, job_id)


def job_text(job: Job, current: SavedExplanation | None = None) -> str:
    """What the worker does, and at which stage it is."""
    if job.kind == "predict":
        return "Reading the image"
    if job.tier == MEASURED:
        return f"Measuring the heatmap of {node_title(job.node or '')}"
    if job.awaits_first:
        return f"Explaining {node_title(job.node or '')}"
    if current is None:
        return f"{node_title(job.node or '')}: refining"
    if current.is_draft:
        return "Showing the first heatmap; refining"
    if current.is_of_earlier_settings:
        return "Showing an earlier heatmap; recomputing"
    return "Refining further"


def _draw_job(workplace: Workplace, job: Job, current: SavedExplanation | None) -> None:
    text = job_text(job, current)
    if job.cancel_requested:
        text = f"{text}: stopping…"
    elif job.state == "waiting" and job.awaits_first:
        text = f"{text}: waiting for the worker…"
    else:
        text = f"{text}…"
    with st.container(horizontal=True, vertical_alignment="center", key=f"job-{job.job_id}"):
        st.progress(min(1.0, max(0.0, job.progress)), text=plain(text))
        if job.kind == "explain":
            st.button(
                "Cancel",
                key=f"cancel-{job.job_id}",
                disabled=job.cancel_requested,
                on_click=cancel,
                args=(workplace, job.job_id),
            )
