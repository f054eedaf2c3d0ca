"""Asking for heatmaps, watching the worker make them, and what they are worth."""

from __future__ import annotations

import streamlit as st

from app.domain.cases import Sheet
from app.domain.explanations import SavedExplanation
from app.domain.jobs import Job
from app.services import explain, jobs
from app.services.workplace import Workplace
from app.views.parts.errors import told, told_on_top
from app.views.parts.faith import draw_faithfulness, faithfulness_words, node_words
from app.views.parts.words import counted, plain

_EVERY = 1.0  # seconds between two looks at the worker


def _shown_key(sheet: Sheet) -> str:
    return f"shown-map-{sheet.case.case_id}-{sheet.frame}"


def shown_map(sheet: Sheet) -> str | None:
    """Id of the map that the reader asked for last; None at start, so that maps begin off."""
    shown = st.session_state.get(_shown_key(sheet))
    return shown if any(saved.explanation_id == shown for saved in sheet.explanations) else None


def show_map(sheet: Sheet, explanation_id: str | None) -> None:
    """Lay a saved map over the film."""
    st.session_state[_shown_key(sheet)] = explanation_id


def saved_map(sheet: Sheet, node: str) -> SavedExplanation | None:
    """The newest saved map of a node."""
    return next((saved for saved in sheet.explanations if saved.node == node), None)


def ask(place: Workplace, sheet: Sheet, node: str) -> None:
    """Show a node's map: at once where it was made before, else as soon as the worker has it."""
    with told_on_top():
        answer = explain.request(place, sheet.case.case_id, frame=sheet.frame, node=node)
        if isinstance(answer, SavedExplanation):
            show_map(sheet, answer.explanation_id)
        else:
            st.session_state[f"asked-{sheet.case.case_id}"] = answer.job_id


def explain_button(place: Workplace, sheet: Sheet, node: str, *, key: str) -> None:
    """Explain, or Show where the map is there already."""
    saved = saved_map(sheet, node)
    busy = any(job.kind == "explain" and job.node == node for job in sheet.jobs)
    st.button(
        "Show map" if saved else "Explain",
        key=key,
        icon=":material/layers:" if saved else ":material/troubleshoot:",
        help=f"Heatmap of what speaks for it on this film: {node_words(node)}",
        disabled=busy or (saved is None and not sheet.model_name),
        on_click=ask,
        args=(place, sheet, node),
    )


def draw_jobs(place: Workplace, sheet: Sheet) -> None:
    """The work under way for this film; the page is drawn anew when some of it ends."""
    waiting = [job for job in sheet.jobs if job.is_active]
    asked = st.session_state.get(f"asked-{sheet.case.case_id}")
    if asked and all(job.job_id != asked for job in waiting):
        _settle(place, sheet, asked)
    if waiting:
        st.fragment(_watch, run_every=_EVERY)(place, [job.job_id for job in waiting])


def _settle(place: Workplace, sheet: Sheet, job_id: str) -> None:
    """An explanation that was asked for has ended between two looks."""
    del st.session_state[f"asked-{sheet.case.case_id}"]
    with told():
        job = explain.progress(place, job_id)
        if job.explanation_id:
            show_map(sheet, job.explanation_id)
        elif job.state == "failed":
            st.error(plain(job.message), icon=":material/error:")


def _watch(place: Workplace, job_ids: list[str]) -> None:
    with told():
        found = [jobs.get(place, job_id) for job_id in job_ids]
        for job in found:
            if job.is_active:
                _draw_job(place, job)
        if any(not job.is_active for job in found):
            st.rerun()


def cancel(place: Workplace, job_id: str) -> None:
    """Ask the worker to stop; a job that is over by now stays as it is."""
    with told_on_top():
        jobs.cancel(place, job_id)


def _draw_job(place: Workplace, job: Job) -> None:
    what = (
        "Reading the film" if job.kind == "predict" else f"Explaining {node_words(job.node or '')}"
    )
    if job.cancel_requested:
        words = f"{what}: stopping…"
    elif job.state == "waiting":
        words = f"{what}: waiting for the worker…"
    else:
        words = f"{what}…"
    with st.container(horizontal=True, vertical_alignment="center", key=f"job-{job.job_id}"):
        st.progress(min(1.0, max(0.0, job.progress)), text=plain(words))
        if job.kind == "explain":
            st.button(
                "Cancel",
                key=f"cancel-{job.job_id}",
                disabled=job.cancel_requested,
                on_click=cancel,
                args=(place, job.job_id),
            )


def draw_shown_map(sheet: Sheet) -> None:
    """Beside the overlay: what it is, and how far it can be believed."""
    shown = shown_map(sheet)
    saved = next((saved for saved in sheet.explanations if saved.explanation_id == shown), None)
    if saved is None:
        return
    with st.container(key="shown-map", gap="xxsmall"):
        badge, words = faithfulness_words(saved)
        st.markdown(f"**{plain(node_words(saved.node))}** {badge}")
        st.caption(words)


def draw_maps(place: Workplace, sheet: Sheet) -> None:
    """All saved maps, each with its faithfulness; more can be asked for."""
    nodes = [f"class:{name}" for name in sheet.classes]
    nodes += [f"prototype:{match.match.prototype}" for match in sheet.matches]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        node = st.selectbox("Explain", nodes, format_func=node_words, key="map-node")
        if node:
            explain_button(place, sheet, node, key="map-explain")
    if not sheet.explanations:
        st.caption("No heatmap was made of this film yet.")
        return
    shown = shown_map(sheet)
    st.caption(
        f"{counted(len(sheet.explanations), 'heatmap')}. Every map runs from 0 to 1 on the same "
        "colours; it marks where the node looks, not how probable it is."
    )
    for saved in sheet.explanations:
        with st.container(border=True, key=f"map-{saved.explanation_id}", gap="xsmall"):
            with st.container(
                horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
            ):
                st.markdown(f"**{plain(node_words(saved.node))}**", width="content")
                st.button(
                    "Shown" if saved.explanation_id == shown else "Show map",
                    key=f"show-{saved.explanation_id}",
                    disabled=saved.explanation_id == shown,
                    on_click=show_map,
                    args=(sheet, saved.explanation_id),
                )
            draw_faithfulness(saved)
            st.caption(
                f"Made in {saved.seconds:.1f} s with {saved.passes_forward:,} passes forward and "
                f"{saved.passes_backward:,} back; seed {saved.seed}."
            )
