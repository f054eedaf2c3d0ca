"""The only errors that a page catches: those written for the person at the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from app.views.shared.format import plain
from dprotonet.errors import ReadableError

_TROUBLE = "trouble"


@contextmanager
def show_errors() -> Iterator[None]:
    """Show a readable error in place of what was to be drawn; anything else is a defect."""
    try:
        yield
    except ReadableError as error:
        st.error(plain(str(error)), icon=":material/error:")


@contextmanager
def show_errors_on_top() -> Iterator[None]:
    """The same for a callback, which runs before the page: its place is under the head line.

    What a callback draws itself comes first on the page and moves everything else down, and then
    the browser builds the image viewer and the tabs anew.
    """
    try:
        yield
    except ReadableError as error:
        st.session_state[_TROUBLE] = str(error)


def draw_callback_error() -> None:
    """What the last callback could not do; the place is there even when it is empty."""
    with st.container(key="trouble"):
        trouble = st.session_state.pop(_TROUBLE, "")
        if trouble:
            st.error(plain(trouble), icon=":material/error:")
