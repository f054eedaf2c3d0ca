"""“Learn from judgements”: what there is to learn from, the job, and its progress."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.text import counted
from app.services.editing import learning
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors_on_top
from app.views.shared.format import plain
from app.views.shared.program_progress import EVERY, draw_progress

OF_PROTOTYPES = (
    "A short training pushes prototypes away from what readers judged to be an artefact and keeps "
    "those judged useful. It takes minutes."
)
OF_CONCEPTS = (
    "The last layer is fitted again: concepts judged to be an artefact add less on such images, "
    "those judged useful count no less than before, and where such an image's class was corrected, "
    "that is learned too. The axes stay as they are."
)


def draw_learning(workplace: Workplace, info: BundleInfo) -> None:
    """The judgements of this model, and a way to let it learn from them."""
    st.markdown("##### Learn from judgements")
    state = learning.state(workplace, info.digest)
    st.caption(
        (OF_CONCEPTS if info.concepts else OF_PROTOTYPES)
        + " The result is proposed above with its figures; it is never activated by itself."
    )
    st.markdown(judgements_text(state.judgements, "concept" if info.concepts else "prototype"))
    if state.job is not None and state.is_running:
        st.fragment(draw_progress, run_every=EVERY)(
            workplace, state.job, "Learning", key="learn", beside=True
        )
        return
    if state.job is not None and state.job.state == "failed":
        st.error(plain(state.job.message), icon=":material/error:")
    if state.obstacle:
        st.info(plain(state.obstacle), icon=":material/info:")
    st.button(
        "Let it learn",
        key="learn-start",
        icon=":material/school:",
        disabled=bool(state.obstacle),
        on_click=_start,
        args=(workplace, info.digest),
    )


def judgements_text(judgements: Mapping[str, Mapping[str, int]], reason: str) -> str:
    """What was said of each prototype or concept, on how many images, as Markdown.

    Args:
        reason: what is judged, "prototype" or "concept".
    """
    if not judgements:
        return f"No {reason} of this model was judged yet."
    parts = [
        f"{plain(prototype)}: "
        + ", ".join(f"{plain(said)} on {counted(count, 'case')}" for said, count in of_one.items())
        for prototype, of_one in judgements.items()
    ]
    return "Judged so far: " + "; ".join(parts) + "."


def _start(workplace: Workplace, model: str) -> None:
    with show_errors_on_top():
        learning.start(workplace, model)
