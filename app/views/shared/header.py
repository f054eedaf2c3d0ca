"""The header of every page: the warning, the active model and the reader."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.domain.actors import Actor
from app.domain.noun import IMAGE, Kind
from app.domain.text import RESEARCH_ONLY
from app.services import models
from app.services.trust import stopping
from app.services.workplace import Workplace
from app.viewer.connection import connection_notice
from app.views.shared.errors import draw_callback_error
from app.views.shared.format import plain
from app.views.shared.style import STYLE
from app.views.shared.workplace import current_workplace

ACCOUNT = "/sign-in"
"""Of the entrance: where somebody signs out or changes a password."""
PRIVACY: Mapping[Kind, str] = {
    "image": "Images are stored unchanged",
    "row": "Of rows only the values that the model reads are stored",
}
DEIDENTIFIED: Mapping[Kind, str] = {
    "image": "Images are de-identified on their way in",
    "row": "Of rows only the values that the model reads are stored, and a pseudonym",
}
NOTHING_YET = "Nothing is taken in yet"


def draw_page_header() -> None:
    """Draw the header line and load the pages' style."""
    st.html(STYLE)
    workplace = current_workplace()
    active = models.active(workplace)
    model = f"**{plain(active.title_of_version)}** `{active.short}`" if active else "none yet"
    if active is None and models.chosen(workplace) is not None:
        model = "none: it is stopped"
    with st.container(key="page-header", horizontal=True, horizontal_alignment="distribute"):
        kind = IMAGE.one if active is None else active.noun.one
        privacy = (PRIVACY if workplace.pseudonyms is None else DEIDENTIFIED)[kind]
        privacy += ", for one local reader" if workplace.actor.is_alone else ""
        privacy = NOTHING_YET if workplace.awaits_choice else privacy
        st.caption(f":material/science: **{RESEARCH_ONLY}**. {privacy}.", width="content")
        st.caption(
            f":material/model_training: Active model {model}  ·  "
            f":material/person: {_who(workplace.actor)}",
            width="content",
        )
    _draw_stop(workplace)
    with st.container(key="connection"):
        connection_notice()
    draw_callback_error()


def draw_stop_note(workplace: Workplace, digest: str, subject: str) -> None:
    """That a model is stopped, by whom and why, where the page's head does not say it already.

    Args:
        workplace: where.
        digest: of the model.
        subject: what the sentence begins with, such as “This model”.
    """
    chosen = models.chosen(workplace)
    stopped = stopping.stop_of(workplace, digest) if digest else None
    if stopped is not None and (chosen is None or chosen.digest != digest):
        st.warning(f"{subject} is {plain(stopped.text)}", icon=":material/front_hand:")


def _draw_stop(workplace: Workplace) -> None:
    """That the model for new images is stopped, by whom and why."""
    chosen = models.chosen(workplace)
    stopped = stopping.stop_of(workplace, chosen.digest) if chosen is not None else None
    if chosen is not None and stopped is not None:
        st.warning(
            f"**{plain(chosen.title_of_version)}** `{chosen.short}` is {plain(stopped.text)} New "
            "cases are not read. What it said before stays as it is.",
            icon=":material/front_hand:",
        )


def _who(actor: Actor) -> str:
    """The local reader, or who is signed in, with the roles that they have."""
    if actor.is_alone:
        return f"Reader **{plain(actor.name)}**"
    roles = ", ".join(sorted(actor.roles))
    return f"**{plain(actor.name)}** ({roles}) · [Account]({ACCOUNT})"
