"""The reading room as a part of a page: one component that owns the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.viewer.assets import viewer_assets
from app.viewer.words import pane_data

_ASSETS = viewer_assets()
_component = st.components.v2.component(
    "dprotonet_room", js=_ASSETS.room_loader, css=_ASSETS.room_style
)


def reading_room(
    case_id: str,
    *,
    study: str,
    words: Mapping[str, str],
    keys: Sequence[Mapping[str, Any]],
) -> bool:
    """Show a case; everything that a hand does there goes by the room's own routes.

    Args:
        case_id: to begin with.
        study: id of the reader study; empty for free review.
        words: on the room's own buttons.
        keys: id, key, title and group of everything that a key does.

    Returns:
        True in the one run in which the reader asked for the list.
    """
    result = _component(
        key="room",
        data={
            "case": case_id,
            "study": study,
            "pane": pane_data(),
            "words": dict(words),
            "keys": [dict(key) for key in keys],
        },
        on_leave_change=lambda: None,
    )
    return bool(result.get("leave"))
