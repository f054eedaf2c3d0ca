"""An image that the model was not made for: no diagnosis, the measured distance, what to do.

What the network computed is shown on request only, and always beside the same caution. Of classes
it names those of prototypes and heatmaps, and never how probable one is.
"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app.domain.cases import Sheet, SheetMatch
from app.domain.evidence import SOURCES
from app.domain.text import number
from app.services.workplace import Workplace
from app.views.review.heatmaps import draw_explain_button
from app.views.review.prototypes import FIRST, draw_gallery_hint, draw_sources
from app.views.shared.format import plain
from dprotonet.inference.prediction import Prediction
from dprotonet.inference.support import Support

TITLE = "Unlike what this model was trained on"
CAUTION = (
    "This image is unlike what the model was trained on. What the network computed for it is not "
    "evidence for or against any finding."
)
_TITLE_AGAIN = f"{TITLE[0].lower()}{TITLE[1:]}: "  # a reason begins with it
_MEANING = (
    "How far an image is from the training images is measured on the network's features: one like "
    "them has a distance of about 1. The limit was set on images of the same kind that were not "
    "trained on."
)
WHAT_TO_DO = (
    "Check that this is the right file, shown the right way up and not inverted. If it is, choose "
    "a model for such images above."
)


def shows_network(sheet: Sheet) -> bool:
    """Is what the network computed on the page? Of a refused image only at the reader's request."""
    return not sheet.is_refused or bool(st.session_state.get(_key(sheet), False))


def visible_sheet(sheet: Sheet) -> Sheet:
    """The sheet without heatmaps and prototypes, until the reader asks for those of a refused
    image."""
    return sheet if shows_network(sheet) else replace(sheet, maps=(), instant=(), matches=())


def draw_refusal(sheet: Sheet, prediction: Prediction) -> None:
    """In place of a prediction: why there is none, what was measured, and what to do."""
    support = prediction.support
    with st.container(border=True, key="facts-refusal", gap="xsmall"):
        st.markdown(f"#### {TITLE}", help=_MEANING)
        st.markdown("The model gives no finding and no probability for this image.")
        if support is not None:
            st.markdown("\n".join(f"- {plain(line)}" for line in reasons(support)))
        st.markdown(WHAT_TO_DO)
        shows = shows_network(sheet)
        st.button(
            "Hide what the network computed" if shows else "Show what the network computed anyway",
            key="refusal-anyway",
            icon=":material/visibility_off:" if shows else ":material/visibility:",
            type="tertiary",
            on_click=_show,
            args=(sheet, not shows),
        )
        if shows:
            draw_caution_beside(sheet)


def draw_caution_beside(sheet: Sheet) -> None:
    """The caution, wherever something of a refused image is shown."""
    if sheet.is_refused:
        st.warning(CAUTION, icon=":material/warning:")


def draw_caution(support: Support | None) -> None:
    """A line under a prediction for an image at the edge of what the model was trained on."""
    if support is None or support.verdict != "caution":
        return
    st.warning(
        f"**Read with caution.** {plain(' '.join(reasons(support)))}",
        icon=":material/warning:",
    )


def reasons(support: Support) -> list[str]:
    """Why an image is refused or shown with a caution, a sentence each; the measured distance is
    among them, also where it was not the reason."""
    sentences = [_sentence(reason.removeprefix(_TITLE_AGAIN)) for reason in support.reasons]
    if support.distance is None or any("distance" in reason for reason in support.reasons):
        return sentences
    text = f"Distance {number(support.distance)}"
    limit = "" if support.threshold is None else f", its limit is {number(support.threshold)}"
    return [*sentences, f"{text}{limit}."]


def draw_similarities(workplace: Workplace, sheet: Sheet) -> None:
    """The most similar prototypes of a refused image; they count for no class."""
    draw_caution_beside(sheet)
    if not any(source.has_picture for row in sheet.matches for source in row.sources):
        draw_gallery_hint()
    for row in sheet.matches[:FIRST]:
        _draw_similarity(workplace, sheet, row)
    if len(sheet.matches) > FIRST:
        st.caption(f"The {FIRST} most similar of {len(sheet.matches)} prototypes.")


def _draw_similarity(workplace: Workplace, sheet: Sheet, row: SheetMatch) -> None:
    match = row.match
    with st.container(border=True, key=f"match-{match.prototype}", gap="xsmall"):
        st.markdown(f"**{plain(match.prototype)}** · prototype of “{plain(match.class_name)}”")
        draw_sources(sheet.model or "", match.prototype, row.sources[:SOURCES])
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Similarity {number(match.similarity, 3)}", width="content")
            draw_explain_button(
                workplace, sheet, f"prototype:{match.prototype}", key=f"explain-{match.prototype}"
            )


def _key(sheet: Sheet) -> str:
    return f"anyway-{sheet.case.case_id}-{sheet.frame}-{sheet.model}"


def _show(sheet: Sheet, shows: bool) -> None:
    st.session_state[_key(sheet)] = shows


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}."
