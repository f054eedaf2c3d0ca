"""The pages of a long list; the page number is kept while the reader is elsewhere."""

from __future__ import annotations

import streamlit as st

from app.domain.text import counted


def page_number(name: str) -> int:
    """The open page of a list, counted from 0."""
    return max(0, int(st.session_state.get(f"page-{name}", 0)))


def turn_to(name: str, page: int) -> None:
    """Open a page of a list."""
    st.session_state[f"page-{name}"] = page


def draw_pager(name: str, *, total: int, size: int, noun: str, nouns: str = "") -> None:
    """Buttons for back and next, and the number of rows and pages."""
    last = max(0, -(-total // size) - 1)
    page = page_number(name)
    if page > last:  # the list grew shorter
        turn_to(name, last)
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key=f"pager-{name}"):
        st.caption(counted(total, noun, nouns), width="content")
        if last == 0:
            return
        st.button(
            "Back",
            icon=":material/chevron_left:",
            key=f"back-{name}",
            disabled=page == 0,
            on_click=turn_to,
            args=(name, page - 1),
        )
        st.caption(f"Page {page + 1} of {last + 1}", width="content")
        st.button(
            "Next",
            icon=":material/chevron_right:",
            icon_position="right",
            key=f"next-{name}",
            disabled=page == last,
            on_click=turn_to,
            args=(name, page + 1),
        )


def keep_filters() -> None:
    """Keep the filters while an image is open: Streamlit forgets widgets that are not drawn."""
    for key in list(st.session_state):
        if str(key).startswith("filter-"):
            st.session_state[key] = st.session_state[key]
