"""The list of cases with its filters, a page at a time; files of one study stand together."""

from __future__ import annotations

import streamlit as st

from app.domain.cases import CaseFilters, CasePage
from app.domain.noun import IMAGE
from app.services import models, review
from app.services.worklist import queue
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors, show_errors_on_top
from app.views.shared.navigation import open_case_id, show_case
from app.views.shared.pagination import draw_pager, page_number
from app.views.shared.upload import FORMS
from app.views.worklist.filters import clear_filters, draw_filters, draw_statuses
from app.views.worklist.rows import draw_rows

_REFRESH = 2.0  # seconds between two looks at the worker
SIZE = 12  # rows that fit under the filters at 800 pixels of height
NOTHING_LEFT = "no-case-left"
"""Key of the session's state: the last press on "Next unread" found none."""


def draw_cases(workplace: Workplace) -> None:
    """Filters, statuses, rows, pages."""
    filters = draw_filters(workplace)
    cases = review.list_cases(workplace, filters, page=page_number("cases"), size=SIZE)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        draw_statuses(filters, cases.counts)
        _draw_next(workplace, filters, cases)
    waiting = frozenset(row.case_id for row in cases.rows if row.status == "waiting")
    if waiting:
        st.fragment(_watch, run_every=_REFRESH)(workplace, cases, filters, waiting)
    else:
        _draw_page(workplace, cases, filters)


def _draw_next(workplace: Workplace, filters: CaseFilters, cases: CasePage) -> None:
    if not any(cases.counts.get(status) for status in ("new", "refused", "in progress")):
        return
    st.button(
        "Next unread",
        icon=":material/skip_next:",
        shortcut="N",
        key="next-unread",
        help="Opens the first case of this list that nobody has signed or works on",
        on_click=_open_next,
        args=(workplace, filters),
    )
    if st.session_state.pop(NOTHING_LEFT, False):
        st.caption("Nothing is left to be read: others work on the rest.")


def _open_next(workplace: Workplace, filters: CaseFilters) -> None:
    with show_errors_on_top():
        row = queue.next_unread(workplace, filters)
        if row is None:
            st.session_state[NOTHING_LEFT] = True
        else:
            show_case(row.case_id)


@show_errors()
def _watch(
    workplace: Workplace, cases: CasePage, filters: CaseFilters, waiting: frozenset[str]
) -> None:
    """Refresh while the worker reads: ask for the waiting cases, not for the whole list."""
    if open_case_id() is not None:
        st.rerun()  # a case was opened in here, and is another page
    if review.still_waiting(workplace, sorted(waiting)) != waiting:
        st.rerun()
    _draw_page(workplace, cases, filters)


def _draw_page(workplace: Workplace, cases: CasePage, filters: CaseFilters) -> None:
    if not cases.rows:
        _draw_empty(workplace, filters)
        return
    draw_rows(cases.rows, {info.digest: info for info in models.all(workplace)})
    draw_pager("cases", total=cases.total, size=cases.size, noun="case")


def _draw_empty(workplace: Workplace, filters: CaseFilters) -> None:
    if filters == CaseFilters(order=filters.order):
        active = models.active(workplace)
        noun = active.noun if active else IMAGE
        st.info(
            f"No {noun.several} yet. Add some with the field beside: {FORMS[noun.one]}.",
            icon=":material/add_photo_alternate:",
        )
        return
    st.info("No case matches these filters.", icon=":material/filter_alt_off:")
    st.button("Show all cases", key="show-all", on_click=clear_filters)
