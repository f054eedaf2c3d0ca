"""The header of every page: the warning, the active model and the reader."""

from __future__ import annotations

import streamlit as st

from app.services import models
from app.views.shared.errors import draw_callback_error
from app.views.shared.format import plain
from app.views.shared.style import STYLE
from app.views.shared.workplace import current_workplace

WARNING = "Research use only, not for diagnosis"
PRIVACY = "Images are stored unchanged, for one local reader"


def draw_page_header() -> None:
    """Draw the header line and load the pages' style."""
    st.html(STYLE)
    workplace = current_workplace()
    active = models.active(workplace)
    model = f"**{plain(active.title_of_version)}** `{active.short}`" if active else "none yet"
    with st.container(key="page-header", horizontal=True, horizontal_alignment="distribute"):
        st.caption(f":material/science: **{WARNING}**. {PRIVACY}.", width="content")
        st.caption(
            f":material/model_training: Active model {model}  ·  "
            f":material/person: Reader **{plain(workplace.reader)}**",
            width="content",
        )
    draw_callback_error()
