"""The list of batches, and one batch: its name, progress and actions."""

from __future__ import annotations

import streamlit as st

from app.domain.figures.batch_view import LONGEST_NAME
from app.domain.jobs import BatchProgress
from app.domain.noun import IMAGE, Noun
from app.domain.text import counted, local_time
from app.services import batch_export, batches, jobs, models
from app.services.checks import site_choice
from app.services.workplace import Workplace
from app.views.batch.files import draw_files
from app.views.shared.download import draw_download
from app.views.shared.errors import show_errors, show_errors_on_top
from app.views.shared.format import plain
from app.views.shared.header import draw_stop_note
from app.views.shared.navigation import OPEN_BATCH

_REFRESH = 1.5  # seconds between two looks at the worker
_JOB_STATES = {
    "waiting": "waiting for the worker",
    "running": "running",
    "done": "finished",
    "failed": "failed",
    "cancelled": "cancelled",
}
_EXPORTS = (
    ("csv", "text/csv", batch_export.as_csv),
    ("json", "application/json", batch_export.as_json),
    ("parquet", "application/vnd.apache.parquet", batch_export.as_parquet),
    ("zip", "application/zip", batch_export.as_zip),
)

_LABELS = {"parquet": "Parquet", "zip": "ZIP with heatmaps"}


def open_batch(workplace: Workplace) -> str | None:
    """The batch in the address, else the newest."""
    named = st.query_params.get(OPEN_BATCH)
    if named:
        return str(named)
    newest = batches.batches(workplace, limit=1)
    return newest[0].job.job_id if newest else None


def show_batch(job_id: str) -> None:
    """Put a batch into the address."""
    st.query_params[OPEN_BATCH] = job_id


def draw_batch_list(workplace: Workplace) -> None:
    """The latest batches, to choose one."""
    latest = batches.batches(workplace, limit=8)
    if not latest:
        return
    st.markdown("##### Batches")
    with st.container(key="rows-batches", gap=None):
        for state in latest:
            with st.container(key=f"row-{state.job.job_id}"):
                st.button(
                    f"{plain(state.title)} · {_JOB_STATES[state.job.state]}",
                    key=f"batch-{state.job.job_id}",
                    type="tertiary",
                    on_click=show_batch,
                    args=(state.job.job_id,),
                    width="stretch",
                )


def draw_batch(workplace: Workplace, job_id: str | None) -> None:
    """One batch; while it runs, its part of the page refreshes itself."""
    if job_id is None:
        st.markdown("##### No batch yet")
        st.caption(
            "A batch reads many files in the background. It continues when you close the page, "
            "and after a restart. A file that cannot be read gets a row that says why."
        )
        return
    with show_errors():
        state = batches.progress(workplace, job_id)
        every = _REFRESH if state.job.is_active else None
        st.fragment(_draw_state, run_every=every)(workplace, job_id)


def _draw_state(workplace: Workplace, job_id: str) -> None:
    with show_errors():
        state = batches.progress(workplace, job_id)
        if not state.job.is_active and st.session_state.get("watched-batch") == job_id:
            del st.session_state["watched-batch"]
            st.rerun()
        if state.job.is_active:
            st.session_state["watched-batch"] = job_id
        _draw_name(workplace, state)
        st.progress(_fraction_done(state), text=progress_text(state, _noun(workplace, state)))
        if state.job.message and state.job.state in ("waiting", "running", "done"):
            st.caption(f":material/info: {plain(state.job.message)}")
        if state.job.site:
            text = site_choice.text(workplace, state.job.model or "", state.job.site)
            st.caption(f"Read with the {plain(text)}.")
        draw_stop_note(workplace, state.job.model or "", "Its model")
        _draw_actions(workplace, state)
        draw_files(workplace, state)


def _draw_name(workplace: Workplace, state: BatchProgress) -> None:
    """The batch's name, and a way to change it."""
    job_id = state.job.job_id
    with st.container(horizontal=True, vertical_alignment="center", key="batch-title"):
        st.markdown(f"##### {plain(state.title)}", width="content")
        if not workplace.actor.may("add images"):
            return
        with st.popover("Rename", icon=":material/edit:", key=f"rename-{job_id}"):
            st.text_input(
                "Name of the batch",
                value=state.title,
                key=f"name-{job_id}",
                max_chars=LONGEST_NAME,
                help="Everybody sees it, also in exports. Write no name of a patient.",
            )
            st.button("Save", key="batch-rename", on_click=_rename, args=(workplace, job_id))


def _rename(workplace: Workplace, job_id: str) -> None:
    with show_errors_on_top():
        batches.rename(workplace, job_id, str(st.session_state.get(f"name-{job_id}", "")))


def _fraction_done(state: BatchProgress) -> float:
    if state.total == 0:
        return 0.0 if state.job.is_active else 1.0
    return min(1.0, state.finished / state.total)


def progress_text(state: BatchProgress, noun: Noun = IMAGE) -> str:
    """12 of 40 files, 1 error, running."""
    parts = [f"{state.finished:,} of {counted(state.total, 'file')}"]
    if state.listing and state.job.is_active:
        parts.append("still listing the folder")
    for key, name in (
        ("error", "not readable"),
        ("skipped", f"not {noun.file}"),
        ("duplicate", "already imported"),
        ("refused", "refused by the model"),
    ):
        count = state.counts.get(key, 0)  # type: ignore[call-overload]
        if count:
            parts.append(f"{count:,} {name}")
    parts.append("stopping" if _is_stopping(state) else _JOB_STATES[state.job.state])
    if state.job.state == "failed" and state.job.message:
        parts.append(plain(state.job.message))
    return " · ".join(parts)


def _noun(workplace: Workplace, state: BatchProgress) -> Noun:
    """What the batch's model reads; an image where the model is gone."""
    found = (one.noun for one in models.all(workplace) if one.digest == state.job.model)
    return next(found, IMAGE)


def _is_stopping(state: BatchProgress) -> bool:
    return state.job.is_active and state.job.cancel_requested


def _draw_actions(workplace: Workplace, state: BatchProgress) -> None:
    job_id = state.job.job_id
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if state.job.is_active:
            st.button(
                "Cancel",
                icon=":material/stop_circle:",
                key="batch-cancel",
                disabled=state.job.cancel_requested,
                on_click=cancel,
                args=(workplace, job_id),
            )
        else:
            if state.finished < state.total or state.listing:
                _draw_restart_button(
                    "Resume", ":material/play_arrow:", workplace, job_id, failed_too=False
                )
            if state.counts.get("error"):
                _draw_restart_button(
                    "Retry failed", ":material/replay:", workplace, job_id, failed_too=True
                )
        for name, mime, export in _EXPORTS if workplace.actor.may("export") else ():
            draw_download(
                workplace,
                _LABELS.get(name, name.upper()),
                export,
                job_id,
                file_name=f"batch-{job_id}.{name}",
                kind=mime,
            )
        st.caption(f"Started {local_time(state.job.created_at)}", width="content")


def _draw_restart_button(
    label: str, icon: str, workplace: Workplace, job_id: str, *, failed_too: bool
) -> None:
    if st.button(label, icon=icon, key=f"batch-{label}"):
        restart = batches.retry if failed_too else batches.resume
        restart(workplace, job_id)
        st.rerun(scope="app")


def cancel(workplace: Workplace, job_id: str) -> None:
    """Ask the worker to stop; a job that has ended stays as it is."""
    with show_errors_on_top():
        jobs.cancel(workplace, job_id)
