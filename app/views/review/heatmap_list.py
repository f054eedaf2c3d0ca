"""The tab of heatmaps: the mask reader's map of any node, and those computed on the image."""

from __future__ import annotations

import streamlit as st

from app.domain.cases import Sheet
from app.domain.explanations import OfferedHeatmap, SavedExplanation
from app.domain.instant_maps import InstantMap
from app.domain.text import counted
from app.services.workplace import Workplace
from app.views.review.heatmaps import (
    draw_explain_button,
    draw_measure_button,
    draw_refine_button,
    draw_search_button,
    find_heatmap,
    find_instant,
    job_of,
    select_heatmap,
    selected_heatmap,
    selected_instant,
)
from app.views.review.reliability import (
    MEANING,
    draw_curves,
    draw_faithfulness,
    draw_warnings,
    heatmap_title,
    instant_text,
    instant_title,
    instant_warnings,
    node_title,
    origin_text,
)
from app.views.shared.format import plain

_NODE_TITLES = {False: "Explain", True: "Heatmap of"}


def draw_heatmaps(workplace: Workplace, sheet: Sheet) -> None:
    """The best heatmap of every node, each with its faithfulness; the reader can ask for more."""
    classes = sorted(sheet.classes, key=lambda name: name != sheet.offered_class)
    nodes = [f"class:{name}" for name in classes]
    nodes += [f"prototype:{match.match.prototype}" for match in sheet.matches]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        node = st.selectbox(
            _NODE_TITLES[bool(sheet.instant)],
            nodes,
            # An image that the model refused has no class to begin with: the reader chooses.
            index=None if sheet.is_refused else 0,
            placeholder="Choose a class or a prototype",
            format_func=node_title,
            key=_choice_key(sheet),
        )
        if node and not sheet.instant:
            draw_explain_button(workplace, sheet, node, key="heatmap-explain")
    instant = find_instant(sheet, node) if node else None
    if instant is not None:
        _draw_instant(workplace, sheet, instant)
    elif not sheet.maps:
        st.caption("There is no heatmap of this image yet.")
    if sheet.maps:
        text = f"{counted(len(sheet.maps), 'heatmap')} on one colour scale from 0 to 1. {MEANING}"
        st.caption(f"Computed on this image: {text}" if sheet.instant else text)
    selected = selected_heatmap(sheet)
    for offered in sheet.maps:
        _draw_heatmap(workplace, sheet, offered, is_selected=selected is offered)


def _choice_key(sheet: Sheet) -> str:
    """Where a map is there already, each image begins with its own class."""
    if sheet.is_refused:
        return "heatmap-node-refused"
    own = f"-{sheet.case.case_id}-{sheet.frame}-{sheet.model}" if sheet.instant else ""
    return f"heatmap-node{own}"


def _draw_instant(workplace: Workplace, sheet: Sheet, instant: InstantMap) -> None:
    """The mask reader's map, what is known of it, and the ways to know more."""
    with st.container(border=True, key=f"heatmap-{instant.heatmap_id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(instant_title(instant))}**", width="stretch")
            draw_measure_button(workplace, sheet, instant, key=f"measure-{instant.heatmap_id}")
            is_selected = selected_instant(sheet) == instant
            st.button(
                "Shown" if is_selected else "Show heatmap",
                key=f"show-{instant.heatmap_id}",
                disabled=is_selected,
                on_click=select_heatmap,
                args=(sheet, instant.heatmap_id),
            )
        st.caption(plain(instant_text(sheet, instant)))
        draw_warnings(instant_warnings(sheet, instant))
        if instant.measured is not None:
            draw_curves(instant.measured)
            st.caption(cost_text(instant.measured))
    if find_heatmap(sheet, instant.node) is None:
        with st.container(horizontal=True, vertical_alignment="center"):
            draw_search_button(
                workplace, sheet, instant.node, key="heatmap-search", label="Refine on this image"
            )
            st.caption(
                "The map of several views of the image, moved by a few steps where that makes it "
                "more faithful. It takes about a second.",
                width="stretch",
            )


def _draw_heatmap(
    workplace: Workplace, sheet: Sheet, offered: OfferedHeatmap, *, is_selected: bool
) -> None:
    saved, heatmap_id = offered.saved, offered.heatmap_id
    with st.container(border=True, key=f"heatmap-{heatmap_id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(heatmap_title(saved))}**", width="stretch")
            if job_of(sheet, saved.node) is None:
                draw_refine_button(workplace, sheet, offered, key=f"refine-{heatmap_id}")
            st.button(
                "Shown" if is_selected else "Show heatmap",
                key=f"show-{heatmap_id}",
                disabled=is_selected,
                on_click=select_heatmap,
                args=(sheet, heatmap_id),
            )
        if not sheet.is_refused:  # the figures are of probabilities, which such an image has not
            draw_faithfulness(sheet, offered)
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
