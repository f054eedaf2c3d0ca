"""The only errors that a page catches: those written for the person at the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from app.views.parts.words import plain
from dprotonet.errors import ReadableError


@contextmanager
def told() -> Iterator[None]:
    """Show a readable error in place of what was to be drawn; anything else is a defect."""
    try:
        yield
    except ReadableError as error:
        st.error(plain(str(error)), icon=":material/error:")
