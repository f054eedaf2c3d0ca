"""The stop switch of a model."""

from __future__ import annotations

import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.trust import LONGEST_REASON
from app.services.trust import stopping
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors_on_top

_HELP = (
    "Everybody who reads with it sees the reason. Cases that come, and those that wait, are not "
    "read with it; what it said before stays, with this note. It can be lifted again."
)


def draw_switch(workplace: Workplace, info: BundleInfo) -> None:
    """The button, for whoever may press it."""
    if not workplace.actor.may("change models"):
        return
    if stopping.stop_of(workplace, info.digest) is not None:
        st.button(
            "Lift the stop",
            icon=":material/play_arrow:",
            key="stop-lift",
            on_click=_lift,
            args=(workplace, info.digest),
        )
        return
    with st.popover("Stop", icon=":material/front_hand:", key=f"stop-{info.digest}"):
        st.text_area("Why is it stopped?", key="stop-reason", max_chars=LONGEST_REASON, height=80)
        st.caption(_HELP)
        st.button(
            "Stop this model",
            type="primary",
            key="stop-press",
            on_click=_stop,
            args=(workplace, info.digest),
        )


def _stop(workplace: Workplace, digest: str) -> None:
    with show_errors_on_top():
        stopping.stop(workplace, digest, str(st.session_state.get("stop-reason", "")))


def _lift(workplace: Workplace, digest: str) -> None:
    with show_errors_on_top():
        stopping.lift(workplace, digest)
