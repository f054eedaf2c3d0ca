"""The list of batches, and one batch: progress, actions, files."""

from __future__ import annotations

import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.jobs import BatchProgress, BatchRow, ItemState
from app.domain.text import counted, local_time
from app.services import batch_export, batches, models
from app.services.checks import site_choice
from app.services.workplace import Workplace
from app.views.review.job_progress import cancel
from app.views.shared.download import draw_download
from app.views.shared.errors import show_errors
from app.views.shared.format import plain
from app.views.shared.navigation import go_to_case
from app.views.shared.pagination import draw_pager, page_number
from app.views.shared.prediction_cell import draw_prediction_cell

_SIZE = 12
_REFRESH = 1.5  # seconds between two looks at the worker
_WIDTHS = [2.8, 2.0, 3.5, 1.2, 3.4]
_OPEN = "batch"
_JOB_STATES = {
    "waiting": "waiting for the worker",
    "running": "running",
    "done": "finished",
    "failed": "failed",
    "cancelled": "cancelled",
}
_ITEM_STATES: dict[ItemState, str] = {
    "waiting": ":gray-badge[waiting]",
    "running": ":blue-badge[running]",
    "done": ":green-badge[read]",
    "duplicate": ":green-badge[already imported]",
    "refused": ":orange-badge[refused]",
    "skipped": ":gray-badge[not an image]",
    "error": ":red-badge[error]",
    "deleted": ":gray-badge[deleted]",
}
_EXPORTS = (
    ("csv", "text/csv", batch_export.as_csv),
    ("json", "application/json", batch_export.as_json),
)
_FILTERS: dict[str, tuple[ItemState, ...]] = {
    "All": (),
    "Read": ("done", "duplicate"),
    "Refused": ("refused",),
    "Errors": ("error",),
    "Not an image": ("skipped",),
    "To do": ("waiting", "running"),
}


def open_batch(workplace: Workplace) -> str | None:
    """The batch in the address, else the newest."""
    named = st.query_params.get(_OPEN)
    if named:
        return str(named)
    newest = batches.batches(workplace, limit=1)
    return newest[0].job.job_id if newest else None


def show_batch(job_id: str) -> None:
    """Put a batch into the address."""
    st.query_params[_OPEN] = job_id


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
            "A batch reads many images in the background. It continues when you close the page, "
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
        st.markdown(f"##### {plain(state.title)}")
        st.progress(_fraction_done(state), text=progress_text(state))
        if state.job.message and state.job.state in ("waiting", "running", "done"):
            st.caption(f":material/info: {plain(state.job.message)}")
        if state.job.site:
            text = site_choice.text(workplace, state.job.model or "", state.job.site)
            st.caption(f"Read with the {plain(text)}.")
        _draw_actions(workplace, state)
        _draw_rows(workplace, state)


def _fraction_done(state: BatchProgress) -> float:
    if state.total == 0:
        return 0.0 if state.job.is_active else 1.0
    return min(1.0, state.finished / state.total)


def progress_text(state: BatchProgress) -> str:
    """12 of 40 files, 1 error, running."""
    parts = [f"{state.finished:,} of {counted(state.total, 'file')}"]
    if state.listing and state.job.is_active:
        parts.append("still listing the folder")
    for key, name in (
        ("error", "not readable"),
        ("skipped", "not an image"),
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
                name.upper(),
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


def _draw_rows(workplace: Workplace, state: BatchProgress) -> None:
    job_id = state.job.job_id
    model = next((info for info in models.all(workplace) if info.digest == state.job.model), None)
    choice = st.segmented_control(
        "Show",
        list(_FILTERS),
        default="All",
        key="batch-shown",
        label_visibility="collapsed",
    )
    states = _FILTERS[choice or "All"]
    name = f"batch-{job_id}-{choice}"
    files = batches.rows(workplace, job_id, page=page_number(name), size=_SIZE, states=states)
    if not files.rows:
        st.caption("No files in this view.")
        return
    with st.container(key="rows-files", gap=None):
        titles = ("File", "State", "Prediction", "Verdict", "Remark")
        for column, title in zip(st.columns(_WIDTHS, gap="small"), titles, strict=True):
            column.caption(f"**{title}**")
        for row in files.rows:
            _draw_row(row, model)
    draw_pager(name, total=files.total, size=files.size, noun="file")


def _draw_row(row: BatchRow, model: BundleInfo | None) -> None:
    with st.container(key=f"row-{row.position}"):
        name, state, prediction, verdict, remark = st.columns(
            _WIDTHS, gap="small", vertical_alignment="center"
        )
        if row.case_id:
            if name.button(
                plain(_row_name(row)),
                key=f"open-{row.position}",
                type="tertiary",
                help="Open the image in Review",
                width="stretch",
            ):
                go_to_case(row.case_id)
        else:
            name.markdown(plain(_row_name(row)))
        state.markdown(_ITEM_STATES[row.state])
        support = row.support.verdict if row.support else None
        draw_prediction_cell(
            *(prediction, row.label, row.probability, support), of=model, is_hidden=row.is_hidden
        )
        verdict.markdown(row.verdict.capitalize() if row.verdict else "–")
        remark.caption(plain(remark_text(row)) or "–")


def remark_text(row: BatchRow) -> str:
    """What is to be said of a file, and that its heatmaps were not measured where that is so."""
    unmeasured = "Heatmaps by the mask reader, not measured." if row.is_measured is False else ""
    return " ".join(part for part in (row.message, unmeasured) if part)


def _row_name(row: BatchRow) -> str:
    """The file's name, or its path where another file of the batch has the same name."""
    return row.path if row.shares_name else row.name
