"""Asking for heatmaps: the one over the image, how it was made, and the ways to a better one."""

from __future__ import annotations

import streamlit as st

from app.domain.cases import Sheet
from app.domain.explanations import MEASURED, USUAL, OfferedHeatmap, Tier
from app.domain.instant_maps import InstantMap, instant_id
from app.domain.jobs import Job
from app.services import explanations
from app.services.workplace import Workplace
from app.views.review.job_progress import note_request, watch
from app.views.review.reliability import (
    heatmap_title,
    instant_origin,
    instant_title,
    node_title,
    origin_text,
)
from app.views.shared.errors import show_errors_on_top
from app.views.shared.format import plain


def _key(sheet: Sheet, name: str) -> str:
    return f"{name}-heatmap-{sheet.case.case_id}-{sheet.frame}"


def selected_id(sheet: Sheet) -> str | None:
    """The id of the heatmap that the reader asked for last.

    None at first, so that heatmaps begin switched off. A heatmap that is not ready yet leaves the
    current one in place.
    """
    wanted = st.session_state.get(_key(sheet, "wanted"))
    if wanted and _is_on_offer(sheet, wanted):
        select_heatmap(sheet, wanted)
        del st.session_state[_key(sheet, "wanted")]
    selected: str | None = st.session_state.get(_key(sheet, "selected"))
    return selected if selected and _is_on_offer(sheet, selected) else None


def selected_heatmap(sheet: Sheet) -> OfferedHeatmap | None:
    """That heatmap, in its best version so far; None where it is the mask reader's."""
    selected = selected_id(sheet)
    return find_heatmap(sheet, selected) if selected else None


def selected_instant(sheet: Sheet) -> InstantMap | None:
    """That heatmap, where it is the mask reader's."""
    selected = selected_id(sheet)
    return next((one for one in sheet.instant if one.heatmap_id == selected), None)


def _is_on_offer(sheet: Sheet, heatmap_id: str) -> bool:
    return find_heatmap(sheet, heatmap_id) is not None or any(
        one.heatmap_id == heatmap_id for one in sheet.instant
    )


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


def find_instant(sheet: Sheet, node: str) -> InstantMap | None:
    """The mask reader's map of a node, which is there with the prediction."""
    return next((one for one in sheet.instant if one.node == node), None)


def job_of(sheet: Sheet, node: str) -> Job | None:
    """The work on a node's heatmap, where there is any."""
    return next((job for job in sheet.jobs if job.kind == "explain" and job.node == node), None)


def request_heatmap(workplace: Workplace, sheet: Sheet, node: str, tier: Tier = USUAL) -> None:
    """Show a node's heatmap: at once where there is one, else when the worker has a first one.
    Measuring the mask reader's map shows that map."""
    with show_errors_on_top():
        answer = explanations.request(
            workplace, sheet.case.case_id, frame=sheet.frame, node=node, tier=tier
        )
        node = answer.node or node
        wanted = instant_id(node) if tier == MEASURED else node
        st.session_state[_key(sheet, "wanted")] = wanted
        if isinstance(answer, Job):
            note_request(sheet, answer)


def draw_explain_button(workplace: Workplace, sheet: Sheet, node: str, *, key: str) -> None:
    """Explain, or Show heatmap where there is one already: with a mask reader there always is."""
    instant = find_instant(sheet, node)
    if instant is not None:
        st.button(
            "Show heatmap",
            key=key,
            icon=":material/layers:",
            help=f"What the mask reader marked for: {plain(node_title(node))}",
            on_click=select_heatmap,
            args=(sheet, instant.heatmap_id),
        )
        return
    draw_search_button(workplace, sheet, node, key=key)


def draw_search_button(
    workplace: Workplace, sheet: Sheet, node: str, *, key: str, label: str = "Explain"
) -> None:
    """Compute a node's heatmap on the image, or show the one that was computed."""
    offered = find_heatmap(sheet, node)
    is_running = offered is None and job_of(sheet, node) is not None
    st.button(
        "Show heatmap" if offered else label,
        key=key,
        icon=":material/layers:" if offered else ":material/troubleshoot:",
        help=f"Heatmap of the evidence for: {plain(node_title(node))}",
        disabled=is_running or (offered is None and not sheet.model_name),
        on_click=request_heatmap,
        args=(workplace, sheet, node),
    )


def draw_jobs(workplace: Workplace, sheet: Sheet) -> None:
    """The work for this image, without the job that the selected heatmap shows itself."""
    selected, instant = selected_heatmap(sheet), selected_instant(sheet)
    node = selected.saved.node if selected else instant.node if instant else None
    own_job = job_of(sheet, node) if node else None
    watch(workplace, [job for job in sheet.jobs if job != own_job])


def draw_selected_heatmap(workplace: Workplace, sheet: Sheet) -> None:
    """The heatmap that was asked for last, how it was made, and whether a better one is coming.

    What was measured of it stands under the overlay, in the viewer, whose own list may have
    switched to another heatmap. The last line keeps its height, so that nothing moves when a
    better heatmap comes.
    """
    selected, instant = selected_heatmap(sheet), selected_instant(sheet)
    if selected is None and instant is None:
        return
    with st.container(key="selected-heatmap", gap="xxsmall"):
        title = heatmap_title(selected.saved) if selected else ""
        if instant is not None:
            title = instant_title(instant)
        st.markdown(f"Requested heatmap: **{plain(title)}**")
        with st.container(
            horizontal=True,
            vertical_alignment="center",
            horizontal_alignment="distribute",
            key="selected-heatmap-foot",
        ):
            if instant is not None:
                _draw_instant_foot(workplace, sheet, instant)
            elif selected is not None:
                _draw_foot(workplace, sheet, selected)


def _draw_foot(workplace: Workplace, sheet: Sheet, selected: OfferedHeatmap) -> None:
    job = job_of(sheet, selected.saved.node)
    if job is not None:
        watch(workplace, [job], current=selected.saved)
    else:
        st.caption(origin_text(selected.saved), width="content")
        draw_refine_button(workplace, sheet, selected, key="refine-selected")


def _draw_instant_foot(workplace: Workplace, sheet: Sheet, instant: InstantMap) -> None:
    job = job_of(sheet, instant.node)
    if job is not None:
        watch(workplace, [job])
    else:
        st.caption(instant_origin(instant), width="content")
        draw_measure_button(workplace, sheet, instant, key="measure-selected")


def draw_measure_button(
    workplace: Workplace, sheet: Sheet, instant: InstantMap, *, key: str
) -> None:
    """A quiet way to the faithfulness of the mask reader's map; none once it was measured."""
    if instant.measured is None:
        st.button(
            "Measure",
            key=key,
            type="tertiary",
            help="Hide and show what this heatmap marks, and see what the network says then.",
            disabled=not sheet.model_name or job_of(sheet, instant.node) is not None,
            on_click=request_heatmap,
            args=(workplace, sheet, instant.node, MEASURED),
        )


def draw_refine_button(
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
