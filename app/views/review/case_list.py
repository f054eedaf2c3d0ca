"""The list of cases with its filters, a page at a time; files of one study stand together."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Literal, TypeVar

import streamlit as st

from app.domain.annotations import VERDICTS
from app.domain.bundles import BundleInfo
from app.domain.cases import STATUSES, CaseFilters, CasePage, CaseRow, Source
from app.domain.text import counted, local_time
from app.services import models, review
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors
from app.views.shared.format import plain
from app.views.shared.navigation import open_case_id, show_case
from app.views.shared.pagination import draw_pager, page_number
from app.views.shared.prediction_cell import draw_prediction_cell

_REFRESH = 2.0  # seconds between two looks at the worker
SIZE = 14  # rows that fit under the filters at 800 pixels of height
Option = TypeVar("Option", bound=str)
Order = Literal["newest", "oldest", "name", "probability"]
_WIDTHS = [3.8, 0.9, 1.3, 3.5, 1.5, 2.0]
_STATUS = {
    "waiting": ":gray-badge[waiting]",
    "new": ":blue-badge[new]",
    "refused": ":orange-badge[refused]",
    "read": ":green-badge[read]",
    "failed": ":red-badge[failed]",
}
_ORDERS: dict[Order, str] = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "name": "By name",
    "probability": "Most probable finding first",
}
_SOURCES: dict[Source, str] = {
    "upload": "Uploads",
    "demo": "Demo cases",
    "folder": "Server folders",
}


def draw_cases(workplace: Workplace) -> None:
    """Filters, rows, pages."""
    filters = _draw_filters(workplace)
    cases = review.list_cases(workplace, filters, page=page_number("cases"), size=SIZE)
    waiting = frozenset(row.case_id for row in cases.rows if row.status == "waiting")
    if waiting:
        st.fragment(_watch, run_every=_REFRESH)(workplace, cases, filters, waiting)
    else:
        _draw_page(workplace, cases, filters)


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
        _draw_empty(filters)
        return
    _draw_rows(workplace, cases)
    draw_pager("cases", total=cases.total, size=cases.size, noun="case")


def _draw_filters(workplace: Workplace) -> CaseFilters:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        text = st.text_input(
            "Find",
            key="filter-cases-text",
            placeholder="File name",
            icon=":material/search:",
            label_visibility="collapsed",
            width=210,
        )
        status = _choice("Status", STATUSES, "filter-cases-status", 130)
        verdict = _choice("Verdict", VERDICTS, "filter-cases-verdict", 130)
        source = _choice("Source", tuple(_SOURCES), "filter-cases-source", 130, names=_SOURCES)
        order = st.selectbox(
            "Order",
            list(_ORDERS),
            format_func=_ORDERS.__getitem__,
            key="filter-cases-order",
            label_visibility="collapsed",
            width=170,
        )
    return CaseFilters(
        text=(text or "").strip(), status=status, verdict=verdict, source=source, order=order
    )


def _choice(
    label: str,
    options: tuple[Option, ...],
    key: str,
    width: int,
    *,
    names: dict[Option, str] | None = None,
) -> Option | None:
    return st.selectbox(
        label,
        options,
        index=None,
        format_func=lambda option: names[option] if names else option.capitalize(),
        placeholder=label,
        key=key,
        label_visibility="collapsed",
        width=width,
    )


def _draw_empty(filters: CaseFilters) -> None:
    if filters == CaseFilters(order=filters.order):
        st.info(
            "No images yet. Add some on the right: DICOM, PNG, JPEG, TIFF, BMP or WebP.",
            icon=":material/add_photo_alternate:",
        )
    else:
        st.info(
            "No case matches these filters. Clear one of them.", icon=":material/filter_alt_off:"
        )


def _draw_rows(workplace: Workplace, cases: CasePage) -> None:
    infos = {info.digest: info for info in models.all(workplace)}
    with st.container(key="rows-cases", gap=None):
        titles = ("File", "View", "Status", "Prediction", "Verdict", "Added")
        for column, title in zip(st.columns(_WIDTHS, gap="small"), titles, strict=True):
            column.caption(f"**{title}**")
        for _, rows in groupby(cases.rows, key=lambda row: row.study_key):
            group = list(rows)
            if group[0].study_files == 1:
                _draw_row(group[0], infos)
                continue
            with st.container(key=f"group-{group[0].case_id}", gap=None):
                st.caption(
                    f":material/folder_open: Study of {counted(group[0].study_files, 'file')}"
                )
                for row in group:
                    _draw_row(row, infos)


def _draw_row(row: CaseRow, infos: Mapping[str, BundleInfo]) -> None:
    with st.container(key=f"row-{row.case_id}"):
        name, view, status, prediction, verdict, added = st.columns(
            _WIDTHS, gap="small", vertical_alignment="center"
        )
        frames = f" ({counted(row.frames, 'frame')})" if row.frames > 1 else ""
        name.button(
            plain(row.file_name) + frames,
            key=f"open-{row.case_id}",
            type="tertiary",
            help="Open the image",
            width="stretch",
            on_click=show_case,
            args=(row.case_id,),
        )
        view.caption(plain(row.view_position) or "–")
        status.markdown(_STATUS[row.status])
        model = infos.get(row.model or "")
        draw_prediction_cell(
            *(prediction, row.label, row.probability, row.support),
            of=model,
            is_hidden=row.is_hidden,
        )
        if row.site:
            prediction.caption("site's threshold")
        verdict.markdown(row.verdict.capitalize() if row.verdict else "–")
        added.caption(local_time(row.created_at))
