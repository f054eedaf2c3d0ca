"""Asking for heatmaps: the one shown, how far it can be believed, and all that are saved."""

from __future__ import annotations

import streamlit as st

from app.domain.cases import Sheet
from app.domain.explanations import USUAL, OfferedHeatmap, SavedExplanation, Tier
from app.domain.jobs import Job
from app.services import explanations
from app.services.workplace import Workplace
from app.views.review.job_progress import note_asked, watch
from app.views.review.reliability import (
    MEANING,
    draw_curves,
    draw_faithfulness,
    map_words,
    node_words,
    origin_words,
)
from app.views.shared.errors import show_errors_on_top
from app.views.shared.format import counted, plain


def _key(sheet: Sheet, what: str) -> str:
    return f"{what}-map-{sheet.case.case_id}-{sheet.frame}"


def shown_map(sheet: Sheet) -> OfferedHeatmap | None:
    """The map that the reader asked for last, as good as it is by now.

    None at start, so that maps begin off; and one that is still to come leaves what is shown.
    """
    wanted = st.session_state.get(_key(sheet, "wanted"))
    if wanted and offered_heatmap(sheet, wanted):
        show_map(sheet, wanted)
        del st.session_state[_key(sheet, "wanted")]
    shown = st.session_state.get(_key(sheet, "shown"))
    return offered_heatmap(sheet, shown) if shown else None


def turn(sheet: Sheet) -> int:
    """Grows whenever the reader asks for a map; not when a better one takes its place."""
    return int(st.session_state.get(_key(sheet, "turn"), 0))


def show_map(sheet: Sheet, heatmap_id: str) -> None:
    """Lay a map over the image."""
    st.session_state[_key(sheet, "shown")] = heatmap_id
    st.session_state[_key(sheet, "turn")] = turn(sheet) + 1


def offered_heatmap(sheet: Sheet, heatmap_id: str) -> OfferedHeatmap | None:
    """One of the maps to look at; by the name of a node its best."""
    return next((shown for shown in sheet.maps if shown.heatmap_id == heatmap_id), None)


def _job_of(sheet: Sheet, node: str) -> Job | None:
    return next((job for job in sheet.jobs if job.kind == "explain" and job.node == node), None)


def ask(workplace: Workplace, sheet: Sheet, node: str, tier: Tier = USUAL) -> None:
    """Show a node's map: at once where one is there, else as soon as the worker has a first one."""
    with show_errors_on_top():
        answer = explanations.request(
            workplace, sheet.case.case_id, frame=sheet.frame, node=node, tier=tier
        )
        st.session_state[_key(sheet, "wanted")] = answer.node
        if isinstance(answer, Job):
            note_asked(sheet, answer)


def explain_button(workplace: Workplace, sheet: Sheet, node: str, *, key: str) -> None:
    """Explain, or Show where a map is there already."""
    known = offered_heatmap(sheet, node)
    busy = known is None and _job_of(sheet, node) is not None
    st.button(
        "Show map" if known else "Explain",
        key=key,
        icon=":material/layers:" if known else ":material/troubleshoot:",
        help=f"Heatmap of what speaks for it on this image: {plain(node_words(node))}",
        disabled=busy or (known is None and not sheet.model_name),
        on_click=ask,
        args=(workplace, sheet, node),
    )


def draw_jobs(workplace: Workplace, sheet: Sheet) -> None:
    """The work under way for this image, but for what is said beside the shown map."""
    shown = shown_map(sheet)
    beside = _job_of(sheet, shown.saved.node) if shown else None
    watch(workplace, sheet, [job for job in sheet.jobs if job != beside])


def draw_shown_map(workplace: Workplace, sheet: Sheet) -> None:
    """The map that was asked for last, how it was made, and whether a better one comes.

    What was measured of it stands under the overlay, in the viewer, whose own list may have another
    map shown by now. The last line has one height, whatever it says, so that nothing moves when a
    better map comes.
    """
    shown = shown_map(sheet)
    if shown is None:
        return
    saved = shown.saved
    with st.container(key="shown-map", gap="xxsmall"):
        st.markdown(f"Heatmap asked for: **{plain(map_words(saved))}**")
        job = _job_of(sheet, saved.node)
        with st.container(
            horizontal=True,
            vertical_alignment="center",
            horizontal_alignment="distribute",
            key="map-foot",
        ):
            if job is not None:
                watch(workplace, sheet, [job], shown=saved)
            else:
                st.caption(origin_words(saved), width="content")
                _better_button(workplace, sheet, shown, key="better-shown")


def _better_button(workplace: Workplace, sheet: Sheet, shown: OfferedHeatmap, *, key: str) -> None:
    """A quiet way to a better map than the one that is there."""
    saved = shown.saved
    if shown.is_superseded:
        return
    if saved.is_draft:
        words, tier, said = "Refine", USUAL, "Make the usual map: more faithful, and slower."
    elif saved.is_of_earlier_settings:
        tier = saved.tier or USUAL
        words, said = "Make anew", "It was made with settings that are not in use any more."
    elif saved.tier == USUAL:
        words, tier = "Refine further", "full"
        said = "The most faithful map there is; it takes several times as long."
    else:
        return
    st.button(
        words,
        key=key,
        type="tertiary",
        help=said,
        disabled=not sheet.model_name,
        on_click=ask,
        args=(workplace, sheet, saved.node, tier),
    )


def draw_maps(workplace: Workplace, sheet: Sheet) -> None:
    """The best map of every node, each with its faithfulness; more can be asked for."""
    classes = sorted(sheet.classes, key=lambda name: name != sheet.offered_class)
    nodes = [f"class:{name}" for name in classes]
    nodes += [f"prototype:{match.match.prototype}" for match in sheet.matches]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        node = st.selectbox("Explain", nodes, format_func=node_words, key="map-node")
        if node:
            explain_button(workplace, sheet, node, key="map-explain")
    if not sheet.maps:
        st.caption("No heatmap was made of this image yet.")
        return
    st.caption(
        f"{counted(len(sheet.maps), 'heatmap')}, all from 0 to 1 on the same colours. {MEANING}"
    )
    chosen = shown_map(sheet)
    for shown in sheet.maps:
        _draw_map(workplace, sheet, shown, is_shown=chosen is shown)


def _draw_map(workplace: Workplace, sheet: Sheet, shown: OfferedHeatmap, *, is_shown: bool) -> None:
    saved, heatmap_id = shown.saved, shown.heatmap_id
    with st.container(border=True, key=f"map-{heatmap_id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(map_words(saved))}**", width="stretch")
            if _job_of(sheet, saved.node) is None:
                _better_button(workplace, sheet, shown, key=f"better-{heatmap_id}")
            st.button(
                "Shown" if is_shown else "Show map",
                key=f"show-{heatmap_id}",
                disabled=is_shown,
                on_click=show_map,
                args=(sheet, heatmap_id),
            )
        draw_faithfulness(shown)
        draw_curves(saved)
        st.caption(cost_words(saved))


def cost_words(saved: SavedExplanation) -> str:
    """How it was made, and what that took."""
    measuring = (
        f" {saved.measuring_seconds:.1f} s of it measured how far to believe it."
        if saved.measuring_seconds
        else ""
    )
    return (
        f"{origin_words(saved)}{measuring} {saved.passes_forward:,} passes forward and "
        f"{saved.passes_backward:,} back; seed {saved.seed}."
    )
