"""The list of cases: found by filters, a page at a time, files of one study together."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Literal, TypeVar

import streamlit as st

from app.domain.annotations import VERDICTS
from app.domain.bundles import BundleInfo
from app.domain.cases import STATUSES, CaseFilters, CasePage, CaseRow, Source
from app.services import models, review
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors
from app.views.shared.format import counted, label_words, plain, when
from app.views.shared.navigation import show_case
from app.views.shared.pagination import draw_pager, page_number

_EVERY = 2.0  # seconds between two looks at the worker
SIZE = 14  # rows that fit under the filters at 800 pixels of height
Option = TypeVar("Option", bound=str)
Order = Literal["newest", "oldest", "name", "probability"]
_WIDTHS = [3.8, 0.9, 1.3, 3.5, 1.5, 2.0]
_STATUS = {
    "waiting": ":gray-badge[waiting]",
    "new": ":blue-badge[new]",
    "read": ":green-badge[read]",
    "failed": ":red-badge[failed]",
}
_ORDERS: dict[Order, str] = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "name": "By name",
    "probability": "Most probable finding first",
}
_SOURCES: dict[Source, str] = {"upload": "Uploads", "demo": "Demo cases", "folder": "From folders"}


def draw_cases(workplace: Workplace) -> None:
    """Filters, rows, pages."""
    filters = _draw_filters(workplace)
    found = review.list_cases(workplace, filters, page=page_number("cases"), size=SIZE)
    waiting = frozenset(row.case_id for row in found.rows if row.status == "waiting")
    if waiting:
        st.fragment(_watch, run_every=_EVERY)(workplace, found, filters, waiting)
    else:
        _draw_page(workplace, found, filters)


@show_errors()
def _watch(
    workplace: Workplace, found: CasePage, filters: CaseFilters, waiting: frozenset[str]
) -> None:
    """While the worker reads, look again by itself: at those that wait, not at the whole list."""
    if review.still_waiting(workplace, sorted(waiting)) != waiting:
        st.rerun()
    _draw_page(workplace, found, filters)


def _draw_page(workplace: Workplace, found: CasePage, filters: CaseFilters) -> None:
    if not found.rows:
        _draw_none(filters)
        return
    _draw_rows(workplace, found)
    draw_pager("cases", total=found.total, size=found.size, noun="case")


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
        source = _choice("Source", tuple(_SOURCES), "filter-cases-source", 130, words=_SOURCES)
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
    words: dict[Option, str] | None = None,
) -> Option | None:
    return st.selectbox(
        label,
        options,
        index=None,
        format_func=lambda option: words[option] if words else option.capitalize(),
        placeholder=label,
        key=key,
        label_visibility="collapsed",
        width=width,
    )


def _draw_none(filters: CaseFilters) -> None:
    if filters == CaseFilters(order=filters.order):
        st.info(
            "No images yet. Add some at the right: DICOM, PNG, JPEG, TIFF, BMP or WebP.",
            icon=":material/add_photo_alternate:",
        )
    else:
        st.info("No case fits these filters. Clear one of them.", icon=":material/filter_alt_off:")


def _draw_rows(workplace: Workplace, found: CasePage) -> None:
    infos = {info.digest: info for info in models.all(workplace)}
    with st.container(key="rows-cases", gap=None):
        titles = ("File", "View", "Status", "Prediction", "Verdict", "Added")
        for column, title in zip(st.columns(_WIDTHS, gap="small"), titles, strict=True):
            column.caption(f"**{title}**")
        for _, rows in groupby(found.rows, key=lambda row: row.study_key):
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
        if name.button(
            plain(row.file_name) + frames,
            key=f"open-{row.case_id}",
            type="tertiary",
            help="Open the image",
            width="stretch",
        ):
            show_case(row.case_id)
            st.rerun()  # the whole page, also from inside the watched part
        view.caption(plain(row.view_position) or "–")
        status.markdown(_STATUS[row.status])
        if row.label is not None and row.probability is not None:
            model = infos.get(row.model or "")
            prediction.markdown(label_words(row.label, row.probability, of=model))
        else:
            prediction.caption("–")
        verdict.markdown(row.verdict.capitalize() if row.verdict else "–")
        added.caption(when(row.created_at))
