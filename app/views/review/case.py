"""One case: the image on the left; prediction, prototypes and verdict on the right."""

from __future__ import annotations

import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.cases import Sheet
from app.services import models, review
from app.services.studies import blinding
from app.services.workplace import Workplace
from app.viewer.colours import COLOUR_TABLE_HEX
from app.viewer.component import image_viewer
from app.views.review.case_bar import draw_bar
from app.views.review.heatmap_list import draw_heatmaps
from app.views.review.heatmaps import (
    draw_explain_button,
    draw_jobs,
    draw_selected_heatmap,
    request_count,
    selected_id,
)
from app.views.review.job_progress import draw_failures
from app.views.review.overlays import overlays
from app.views.review.prediction import draw_prediction, explanation_offer, threshold_text
from app.views.review.prototypes import draw_matches
from app.views.review.site import draw_site
from app.views.review.support import (
    draw_caution,
    draw_caution_beside,
    draw_refusal,
    draw_similarities,
    shows_network,
    visible_sheet,
)
from app.views.review.verdict import draw_revisions, draw_verdict
from app.views.shared.errors import show_errors_on_top
from app.views.shared.format import plain
from app.views.shared.navigation import show_case
from dprotonet.errors import ReadableError

_IMAGE_HEIGHT = 476  # CSS pixels: with bars and text it ends at the bottom of 1280 × 800


def draw_sheet(workplace: Workplace, case_id: str) -> None:
    """The whole page of one case, or why it cannot be shown."""
    try:
        sheet = review.open_case(workplace, case_id, frame=_frame(case_id))
    except ReadableError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.button("All cases", icon=":material/arrow_back:", on_click=show_case, args=(None,))
        return
    sheet = visible_sheet(sheet)
    draw_bar(workplace, sheet)
    left, right = st.columns([0.64, 0.36], gap="small")
    with right:
        _draw_findings(workplace, sheet)
    with left, st.container(key="image-side"):
        _draw_image(sheet)


def _frame(case_id: str) -> int:
    return int(st.session_state.get(f"frame-{case_id}", 0))


def _draw_image(sheet: Sheet) -> None:
    case = sheet.case
    frame = image_viewer(
        case_id=case.case_id,
        frame=sheet.frame,
        frames=case.facts.frames,
        image_url=f"/api/pixels/{case.case_id}/{sheet.frame}",
        heatmaps=overlays(sheet),
        requested=selected_id(sheet),
        requests=request_count(sheet),
        colours=COLOUR_TABLE_HEX,
        height=_IMAGE_HEIGHT,
        key=f"image-{case.case_id}",
    )
    if frame != sheet.frame:
        st.session_state[f"frame-{case.case_id}"] = frame
        st.rerun()


def _draw_findings(workplace: Workplace, sheet: Sheet) -> None:
    """Every part has its own container, so that one that comes or goes moves no other."""
    prediction = sheet.prediction
    if sheet.is_hidden:
        st.info(blinding.HIDDEN, icon=":material/visibility_off:")
        return
    with st.container(gap="small"):
        _draw_problem(workplace, sheet)
        if prediction is not None and sheet.is_refused:
            draw_refusal(sheet, prediction)
            draw_site(workplace, sheet)
        elif prediction is not None:
            info = _info(workplace, sheet)
            draw_prediction(sheet, prediction)
            draw_caution(prediction.support)
            with st.container(gap="xxsmall", key="facts-prediction"):
                st.caption(threshold_text(prediction, sheet.negative_class))
                if info and info.note_on_classes:
                    st.caption(plain(info.note_on_classes))
                draw_site(workplace, sheet)
            with st.container(horizontal=True, vertical_alignment="center", key="facts"):
                name = sheet.offered_class or prediction.require_leading()
                draw_explain_button(workplace, sheet, f"class:{name}", key="explain-label")
                st.caption(explanation_offer(sheet, prediction), width="stretch")
        elif not sheet.problem:
            st.markdown("#### Reading the image…")
            st.caption("The prediction will appear here.")
    if shows_network(sheet):
        with st.container(gap="small"):
            draw_failures(workplace, sheet)
            draw_jobs(workplace, sheet)
    with st.container(gap="small"):
        draw_selected_heatmap(workplace, sheet)
    _draw_tabs(workplace, sheet)


def _draw_problem(workplace: Workplace, sheet: Sheet) -> None:
    if not sheet.problem:
        return
    st.error(plain(sheet.problem), icon=":material/error:")
    if sheet.model_name:
        st.button("Try again", on_click=_retry, args=(workplace, sheet))


def _draw_tabs(workplace: Workplace, sheet: Sheet) -> None:
    if not shows_network(sheet):
        verdict, revisions = st.tabs(["Verdict", f"Revisions ({len(sheet.revisions)})"])
        with verdict, st.container(gap="xsmall"):
            st.fragment(draw_verdict)(workplace, sheet)
        with revisions:
            draw_revisions(sheet)
        return
    prototypes, verdict, heatmaps, revisions = st.tabs(
        [
            "Prototypes",
            "Verdict",
            f"Heatmaps ({len(sheet.instant) + len(sheet.maps)})",
            f"Revisions ({len(sheet.revisions)})",
        ]
    )
    with prototypes:
        if sheet.prediction is None:
            st.caption("The prototypes appear with the prediction.")
        elif not sheet.matches:
            st.caption("The prototypes appear when their model is available.")
        elif sheet.is_refused:
            draw_similarities(workplace, sheet)
        else:
            expected = sheet.annotation.revision if sheet.annotation else 0
            draw_matches(workplace, sheet, sheet.prediction, expected=expected)
    with verdict, st.container(gap="xsmall"):
        # A fragment: while the reader fills the form, only the form is redrawn.
        st.fragment(draw_verdict)(workplace, sheet)
    with heatmaps:
        draw_caution_beside(sheet)
        draw_heatmaps(workplace, sheet)
    with revisions:
        draw_revisions(sheet)


def _info(workplace: Workplace, sheet: Sheet) -> BundleInfo | None:
    return next((info for info in models.all(workplace) if info.digest == sheet.model), None)


def _retry(workplace: Workplace, sheet: Sheet) -> None:
    with show_errors_on_top():
        review.retry_prediction(workplace, sheet.case.case_id, frame=sheet.frame)
