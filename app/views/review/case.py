"""The open case: the reading room over the whole page."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from app.services.room.keys import KEYS
from app.services.room.words import WORDS
from app.viewer.room import reading_room
from app.views.shared.navigation import open_study_id, show_case


def draw_case(case_id: str) -> None:
    """The room; back to the list when the reader asks for it."""
    wants_list = reading_room(
        case_id,
        study=open_study_id(),
        words=WORDS,
        keys=[asdict(key) for key in KEYS],
        actions=[],
    )
    if wants_list:
        show_case(None)
        st.rerun()
