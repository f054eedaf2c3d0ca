"""The open case in the page's address, so that a reload or a restart returns to it."""

from __future__ import annotations

import streamlit as st

REVIEW = "views/review/page.py"
_CASE = "case"


def open_case_id() -> str | None:
    """The case in the address; None for the list."""
    return st.query_params.get(_CASE) or None


def show_case(case_id: str | None) -> None:
    """Put a case, or none, into the address; for callbacks of the review page."""
    if case_id is None:
        st.query_params.clear()
    else:
        st.query_params[_CASE] = case_id


def go_to_case(case_id: str) -> None:
    """Leave another page for the review of a case."""
    st.switch_page(REVIEW, query_params={_CASE: case_id})
