"""The batches there are, and one of them: progress, what can be done with it, its files."""

from __future__ import annotations

import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.jobs import BatchProgress, BatchRow, ItemState
from app.services import batch_export, batches, models
from app.services.workplace import Workplace
from app.views.review.job_progress import cancel
from app.views.shared.errors import show_errors
from app.views.shared.format import counted, label_words, plain, when
from app.views.shared.navigation import go_to_case
from app.views.shared.pagination import draw_pager, page_number

_SIZE = 12
_EVERY = 1.5  # seconds between two looks at the worker
_WIDTHS = [3.2, 1.3, 3.7, 1.4, 3.3]
_OPEN = "batch"
_JOB_WORDS = {
    "waiting": "waiting for the worker",
    "running": "running",
    "done": "finished",
    "failed": "failed",
    "cancelled": "cancelled",
}
_STATES: dict[ItemState, str] = {
    "waiting": ":gray-badge[waiting]",
    "running": ":blue-badge[running]",
    "done": ":green-badge[read]",
    "duplicate": ":green-badge[here already]",
    "skipped": ":gray-badge[no image]",
    "error": ":red-badge[error]",
    "deleted": ":gray-badge[deleted]",
}
_SHOWN: dict[str, tuple[ItemState, ...]] = {
    "All": (),
    "Read": ("done", "duplicate"),
    "Errors": ("error",),
    "No image": ("skipped",),
    "To do": ("waiting", "running"),
}


def open_batch(workplace: Workplace) -> str | None:
    """The batch in the address; else the newest."""
    named = st.query_params.get(_OPEN)
    if named:
        return str(named)
    found = batches.batches(workplace, limit=1)
    return found[0].job.job_id if found else None


def show_batch(job_id: str) -> None:
    """Name a batch in the address."""
    st.query_params[_OPEN] = job_id


def draw_batch_list(workplace: Workplace) -> None:
    """The latest batches, to choose one."""
    found = batches.batches(workplace, limit=8)
    if not found:
        return
    st.markdown("##### Batches")
    with st.container(key="rows-batches", gap=None):
        for state in found:
            with st.container(key=f"row-{state.job.job_id}"):
                st.button(
                    f"{plain(state.title)} · {_JOB_WORDS[state.job.state]}",
                    key=f"batch-{state.job.job_id}",
                    type="tertiary",
                    on_click=show_batch,
                    args=(state.job.job_id,),
                    width="stretch",
                )


def draw_batch(workplace: Workplace, job_id: str | None) -> None:
    """One batch; while it runs, its part of the page looks again by itself."""
    if job_id is None:
        st.markdown("##### No batch yet")
        st.caption(
            "A batch reads a folder's worth of images in the background. It goes on when the page "
            "is closed, and after a restart; a file that cannot be read is a row that says why."
        )
        return
    with show_errors():
        state = batches.progress(workplace, job_id)
        every = _EVERY if state.job.is_active else None
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
        st.progress(_share(state), text=progress_words(state))
        if state.job.message and state.job.state in ("waiting", "running", "done"):
            st.caption(f":material/info: {plain(state.job.message)}")
        _draw_actions(workplace, state)
        _draw_rows(workplace, state)


def _share(state: BatchProgress) -> float:
    if state.total == 0:
        return 0.0 if state.job.is_active else 1.0
    return min(1.0, state.finished / state.total)


def progress_words(state: BatchProgress) -> str:
    """12 of 40 files, 1 error, running."""
    words = [f"{state.finished:,} of {counted(state.total, 'file')}"]
    if state.listing and state.job.is_active:
        words.append("still listing the folder")
    for key, name in (
        ("error", "not readable"),
        ("skipped", "no image"),
        ("duplicate", "here already"),
    ):
        count = state.counts.get(key, 0)  # type: ignore[call-overload]
        if count:
            words.append(f"{count:,} {name}")
    words.append("stopping" if _is_stopping(state) else _JOB_WORDS[state.job.state])
    if state.job.state == "failed" and state.job.message:
        words.append(plain(state.job.message))
    return " · ".join(words)


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
                _again_button(
                    "Resume", ":material/play_arrow:", workplace, job_id, failed_too=False
                )
            if state.counts.get("error"):
                _again_button(
                    "Retry failed", ":material/replay:", workplace, job_id, failed_too=True
                )
        # Made when asked for: a large batch is not written out on every look at the worker.
        st.download_button(
            "CSV",
            lambda: batch_export.as_csv(workplace, job_id),
            file_name=f"batch-{job_id}.csv",
            mime="text/csv",
            icon=":material/download:",
            key="batch-csv",
            on_click="ignore",
        )
        st.download_button(
            "JSON",
            lambda: batch_export.as_json(workplace, job_id),
            file_name=f"batch-{job_id}.json",
            mime="application/json",
            icon=":material/download:",
            key="batch-json",
            on_click="ignore",
        )
        st.caption(f"Begun {when(state.job.created_at)}", width="content")


def _again_button(
    words: str, icon: str, workplace: Workplace, job_id: str, *, failed_too: bool
) -> None:
    if st.button(words, icon=icon, key=f"batch-{words}"):
        again = batches.retry if failed_too else batches.resume
        again(workplace, job_id)
        st.rerun(scope="app")


def _draw_rows(workplace: Workplace, state: BatchProgress) -> None:
    job_id = state.job.job_id
    model = next((info for info in models.all(workplace) if info.digest == state.job.model), None)
    shown = st.segmented_control(
        "Show",
        list(_SHOWN),
        default="All",
        key="batch-shown",
        label_visibility="collapsed",
    )
    states = _SHOWN[shown or "All"]
    name = f"batch-{job_id}-{shown}"
    found = batches.rows(workplace, job_id, page=page_number(name), size=_SIZE, states=states)
    if not found.rows:
        st.caption("No files here.")
        return
    with st.container(key="rows-files", gap=None):
        titles = ("File", "State", "Prediction", "Verdict", "Remark")
        for column, title in zip(st.columns(_WIDTHS, gap="small"), titles, strict=True):
            column.caption(f"**{title}**")
        for row in found.rows:
            _draw_row(row, model)
    draw_pager(name, total=found.total, size=found.size, noun="file")


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
        state.markdown(_STATES[row.state])
        if row.label is not None and row.probability is not None:
            prediction.markdown(label_words(row.label, row.probability, of=model))
        else:
            prediction.caption("–")
        verdict.markdown(row.verdict.capitalize() if row.verdict else "–")
        remark.caption(plain(row.message) or "–")


def _row_name(row: BatchRow) -> str:
    """The file's name; where another file of the batch has the same, its path."""
    return row.path if row.shares_name else row.name
