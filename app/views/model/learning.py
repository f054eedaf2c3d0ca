"""“Learn from judgements”: what there is to learn from, the job, and its progress."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.jobs import Job
from app.services import jobs
from app.services.editing import learning
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors, show_errors_on_top
from app.views.shared.format import counted, plain

_EVERY = 1.0  # seconds between two looks at the job


def draw_learning(workplace: Workplace, info: BundleInfo) -> None:
    """The judgements of this model, and a way to let it learn from them."""
    st.markdown("##### Learn from judgements")
    state = learning.state(workplace, info.digest)
    st.caption(
        "A short training pushes prototypes away from what readers judged to be an artefact and "
        "keeps those judged useful. It takes minutes. The result is proposed above with its "
        "figures; it is never activated by itself."
    )
    st.markdown(judgements_text(state.judgements))
    if state.job is not None and state.is_running:
        st.fragment(_draw_job, run_every=_EVERY)(workplace, state.job)
        return
    if state.job is not None and state.job.state == "failed":
        st.error(plain(state.job.message), icon=":material/error:")
    if state.obstacle:
        st.info(plain(state.obstacle), icon=":material/info:")
    st.button(
        "Let it learn",
        key="learn-start",
        icon=":material/school:",
        disabled=bool(state.obstacle),
        on_click=_start,
        args=(workplace, info.digest),
    )


def judgements_text(judgements: Mapping[str, Mapping[str, int]]) -> str:
    """What was said of each prototype, on how many images, as Markdown."""
    if not judgements:
        return "No prototype of this model was judged yet."
    parts = [
        f"{plain(prototype)}: "
        + ", ".join(f"{plain(said)} on {counted(count, 'image')}" for said, count in of_one.items())
        for prototype, of_one in judgements.items()
    ]
    return "Judged so far: " + "; ".join(parts) + "."


def _start(workplace: Workplace, model: str) -> None:
    with show_errors_on_top():
        learning.start(workplace, model, actor=workplace.actor)


def _draw_job(workplace: Workplace, before: Job) -> None:
    with show_errors():
        job = jobs.get(workplace, before.job_id)
        if not job.is_active:
            st.rerun()  # the whole page: the proposal is there, or the reason why not
        with st.container(horizontal=True, vertical_alignment="center", key="learn-job"):
            st.progress(min(1.0, max(0.0, job.progress)), text=job_text(job))
            st.button(
                "Cancel",
                key="learn-cancel",
                disabled=job.cancel_requested,
                on_click=_cancel,
                args=(workplace, job.job_id),
            )


def job_text(job: Job) -> str:
    """What the worker does."""
    if job.cancel_requested:
        return "Learning: stopping…"
    return "Learning: waiting for the worker…" if job.state == "waiting" else "Learning…"


def _cancel(workplace: Workplace, job_id: str) -> None:
    with show_errors_on_top():
        jobs.cancel(workplace, job_id)
