"""Showing readable errors, the only kind that a page catches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from app.views.shared.format import plain
from dprotonet.errors import ReadableError

_CALLBACK_ERROR = "callback-error"


@contextmanager
def show_errors() -> Iterator[None]:
    """Show a readable error in place of the part that raised it; any other error is a defect."""
    try:
        yield
    except ReadableError as error:
        st.error(plain(str(error)), icon=":material/error:")


@contextmanager
def show_errors_on_top() -> Iterator[None]:
    """The same for a callback, which runs before the page: the error is shown under the header.

    Drawn by the callback, it would come first on the page and move everything else down, and the
    browser would rebuild the image viewer and the tabs.
    """
    try:
        yield
    except ReadableError as error:
        st.session_state[_CALLBACK_ERROR] = str(error)


def draw_callback_error() -> None:
    """The error of the last callback; the container is there even when it is empty."""
    with st.container(key="callback-error"):
        text = st.session_state.pop(_CALLBACK_ERROR, "")
        if text:
            st.error(plain(text), icon=":material/error:")
