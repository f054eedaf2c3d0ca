"""The progress of a job that a program of its own does, with a way to stop it."""

from __future__ import annotations

import streamlit as st

from app.domain.jobs import Job
from app.services import jobs
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors, show_errors_on_top

EVERY = 1.0  # seconds between two looks at the job


def draw_progress(
    workplace: Workplace,
    before: Job,
    doing: str,
    *,
    key: str,
    title: str = "",
    beside: bool = False,
) -> None:
    """A fragment: how far the job is; the whole page again once it is over.

    Args:
        before: the job as it was when the page was drawn.
        doing: what the program does, such as "Checking".
        key: of the page's part, such as "check".
        title: stands above.
        beside: the button stands beside the bar, not below it.
    """
    with show_errors():
        job = jobs.get(workplace, before.job_id)
        if not job.is_active:
            st.rerun()  # the result is there, or the reason why not
        if title:
            st.markdown(f"##### {title}")
        with st.container(
            horizontal=beside,
            vertical_alignment="center" if beside else "top",
            key=f"{key}-job",
        ):
            st.progress(min(1.0, max(0.0, job.progress)), text=job_text(job, doing))
            st.button(
                "Cancel",
                key=f"{key}-cancel",
                disabled=job.cancel_requested,
                on_click=_cancel,
                args=(workplace, job.job_id),
            )


def job_text(job: Job, doing: str) -> str:
    """What the worker does."""
    if job.cancel_requested:
        return f"{doing}: stopping…"
    return f"{doing}: waiting for the worker…" if job.state == "waiting" else f"{doing}…"


def _cancel(workplace: Workplace, job_id: str) -> None:
    with show_errors_on_top():
        jobs.cancel(workplace, job_id)
