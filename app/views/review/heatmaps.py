"""Asking for heatmaps: the one over the image, how it was made, and the list of all saved ones."""

from __future__ import annotations

import streamlit as st

from app.domain.cases import Sheet
from app.domain.explanations import USUAL, OfferedHeatmap, SavedExplanation, Tier
from app.domain.jobs import Job
from app.services import explanations
from app.services.workplace import Workplace
from app.views.review.job_progress import note_request, watch
from app.views.review.reliability import (
    MEANING,
    draw_curves,
    draw_faithfulness,
    heatmap_title,
    node_title,
    origin_text,
)
from app.views.shared.errors import show_errors_on_top
from app.views.shared.format import counted, plain


def _key(sheet: Sheet, name: str) -> str:
    return f"{name}-heatmap-{sheet.case.case_id}-{sheet.frame}"


def selected_heatmap(sheet: Sheet) -> OfferedHeatmap | None:
    """The heatmap that the reader asked for last, in its best version so far.

    None at first, so that heatmaps begin switched off. A heatmap that is not ready yet leaves the
    current one in place.
    """
    wanted = st.session_state.get(_key(sheet, "wanted"))
    if wanted and find_heatmap(sheet, wanted):
        select_heatmap(sheet, wanted)
        del st.session_state[_key(sheet, "wanted")]
    selected = st.session_state.get(_key(sheet, "selected"))
    return find_heatmap(sheet, selected) if selected else None


def request_count(sheet: Sheet) -> int:
    """How often the reader asked for a heatmap; a better version of one does not count."""
    return int(st.session_state.get(_key(sheet, "requests"), 0))


def select_heatmap(sheet: Sheet, heatmap_id: str) -> None:
    """Lay a heatmap over the image."""
    st.session_state[_key(sheet, "selected")] = heatmap_id
    st.session_state[_key(sheet, "requests")] = request_count(sheet) + 1


def find_heatmap(sheet: Sheet, heatmap_id: str) -> OfferedHeatmap | None:
    """One of the heatmaps on offer; the name of a node finds its best one."""
    return next((offered for offered in sheet.maps if offered.heatmap_id == heatmap_id), None)


def _job_of(sheet: Sheet, node: str) -> Job | None:
    return next((job for job in sheet.jobs if job.kind == "explain" and job.node == node), None)


def request_heatmap(workplace: Workplace, sheet: Sheet, node: str, tier: Tier = USUAL) -> None:
    """Show a node's heatmap: at once where there is one, else when the worker has a first one."""
    with show_errors_on_top():
        answer = explanations.request(
            workplace, sheet.case.case_id, frame=sheet.frame, node=node, tier=tier
        )
        st.session_state[_key(sheet, "wanted")] = answer.node
        if isinstance(answer, Job):
            note_request(sheet, answer)


def draw_explain_button(workplace: Workplace, sheet: Sheet, node: str, *, key: str) -> None:
    """Explain, or Show heatmap where there is one already."""
    offered = find_heatmap(sheet, node)
    is_running = offered is None and _job_of(sheet, node) is not None
    st.button(
        "Show heatmap" if offered else "Explain",
        key=key,
        icon=":material/layers:" if offered else ":material/troubleshoot:",
        help=f"Heatmap of the evidence for: {plain(node_title(node))}",
        disabled=is_running or (offered is None and not sheet.model_name),
        on_click=request_heatmap,
        args=(workplace, sheet, node),
    )


def draw_jobs(workplace: Workplace, sheet: Sheet) -> None:
    """The work for this image, without the job that the selected heatmap shows itself."""
    selected = selected_heatmap(sheet)
    own_job = _job_of(sheet, selected.saved.node) if selected else None
    watch(workplace, [job for job in sheet.jobs if job != own_job])


def draw_selected_heatmap(workplace: Workplace, sheet: Sheet) -> None:
    """The heatmap that was asked for last, how it was made, and whether a better one is coming.

    What was measured of it stands under the overlay, in the viewer, whose own list may have
    switched to another heatmap. The last line keeps its height, so that nothing moves when a
    better heatmap comes.
    """
    selected = selected_heatmap(sheet)
    if selected is None:
        return
    saved = selected.saved
    with st.container(key="selected-heatmap", gap="xxsmall"):
        st.markdown(f"Requested heatmap: **{plain(heatmap_title(saved))}**")
        job = _job_of(sheet, saved.node)
        with st.container(
            horizontal=True,
            vertical_alignment="center",
            horizontal_alignment="distribute",
            key="selected-heatmap-foot",
        ):
            if job is not None:
                watch(workplace, [job], current=saved)
            else:
                st.caption(origin_text(saved), width="content")
                _draw_refine_button(workplace, sheet, selected, key="refine-selected")


def _draw_refine_button(
    workplace: Workplace, sheet: Sheet, offered: OfferedHeatmap, *, key: str
) -> None:
    """A quiet way to a better heatmap than this one."""
    saved = offered.saved
    if offered.is_superseded:
        return
    if saved.is_draft:
        label, tier, tip = "Refine", USUAL, "Compute a more faithful heatmap. It takes longer."
    elif saved.is_of_earlier_settings:
        tier = saved.tier or USUAL
        label, tip = "Recompute", "It was made with settings that are no longer in use."
    elif saved.tier == USUAL:
        label, tier = "Refine further", "full"
        tip = "Compute the most faithful heatmap. It takes several times as long."
    else:
        return
    st.button(
        label,
        key=key,
        type="tertiary",
        help=tip,
        disabled=not sheet.model_name,
        on_click=request_heatmap,
        args=(workplace, sheet, saved.node, tier),
    )


def draw_heatmaps(workplace: Workplace, sheet: Sheet) -> None:
    """The best heatmap of every node, each with its faithfulness; the reader can ask for more."""
    classes = sorted(sheet.classes, key=lambda name: name != sheet.offered_class)
    nodes = [f"class:{name}" for name in classes]
    nodes += [f"prototype:{match.match.prototype}" for match in sheet.matches]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        node = st.selectbox(
            "Explain",
            nodes,
            # An image that the model refused has no class to begin with: the reader chooses.
            index=None if sheet.is_refused else 0,
            placeholder="Choose a class or a prototype",
            format_func=node_title,
            key="heatmap-node-refused" if sheet.is_refused else "heatmap-node",
        )
        if node:
            draw_explain_button(workplace, sheet, node, key="heatmap-explain")
    if not sheet.maps:
        st.caption("There is no heatmap of this image yet.")
        return
    st.caption(f"{counted(len(sheet.maps), 'heatmap')} on one colour scale from 0 to 1. {MEANING}")
    selected = selected_heatmap(sheet)
    for offered in sheet.maps:
        _draw_heatmap(workplace, sheet, offered, is_selected=selected is offered)


def _draw_heatmap(
    workplace: Workplace, sheet: Sheet, offered: OfferedHeatmap, *, is_selected: bool
) -> None:
    saved, heatmap_id = offered.saved, offered.heatmap_id
    with st.container(border=True, key=f"heatmap-{heatmap_id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(heatmap_title(saved))}**", width="stretch")
            if _job_of(sheet, saved.node) is None:
                _draw_refine_button(workplace, sheet, offered, key=f"refine-{heatmap_id}")
            st.button(
                "Shown" if is_selected else "Show heatmap",
                key=f"show-{heatmap_id}",
                disabled=is_selected,
                on_click=select_heatmap,
                args=(sheet, heatmap_id),
            )
        if not sheet.is_refused:  # the figures are of probabilities, which such an image has not
            draw_faithfulness(offered)
            draw_curves(saved)
        st.caption(cost_text(saved))


def cost_text(saved: SavedExplanation) -> str:
    """How the heatmap was made, and what that took."""
    measuring = (
        f" Measuring its faithfulness took {saved.measuring_seconds:.1f} s of that."
        if saved.measuring_seconds
        else ""
    )
    return (
        f"{origin_text(saved)}{measuring} {saved.passes_forward:,} forward and "
        f"{saved.passes_backward:,} backward passes; seed {saved.seed}."
    )
