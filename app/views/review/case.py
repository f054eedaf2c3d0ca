"""The open case: the reading room over the whole page."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from app.services.room.keys import IMAGE, Key, with_tools
from app.services.room.words import WORDS
from app.services.studies import reading
from app.services.workplace import Workplace
from app.viewer.actions import ACTIONS
from app.viewer.room import reading_room
from app.views.shared.errors import show_errors
from app.views.shared.navigation import open_study_id, show_case


def begin_study(workplace: Workplace, study_id: str) -> str | None:
    """The case that this reader reads next in a study; None, with a sentence, without any."""
    with show_errors():
        following = reading.next_case(workplace, study_id)
        if following is not None:
            show_case(following.read.key.case_id)
            return following.read.key.case_id
        st.info("There is nothing for you to read in this study now.", icon=":material/task_alt:")
    return None


def draw_case(case_id: str) -> None:
    """The room; back to the list when the reader asks for it."""
    wants_list = reading_room(
        case_id,
        study=open_study_id(),
        words=WORDS,
        keys=[asdict(key) for key in with_tools(image_keys())],
    )
    if wants_list:
        show_case(None)
        st.rerun()


def image_keys() -> list[Key]:
    """What the image's tools do, as the room writes keys: single letters small."""
    return [Key(action.id, _small(action.key), action.title, IMAGE) for action in ACTIONS]


def _small(key: str) -> str:
    *held, last = key.split("+") if len(key) > 1 else (key,)
    return "+".join([*held, last.lower() if len(last) == 1 else last])
