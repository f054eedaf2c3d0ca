"""The files of a batch: filters, order, and one line a file with what the readers say of it."""

from __future__ import annotations

import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.figures.agreement import AGREEMENTS, Agreement, AgreementCounts
from app.domain.figures.batch_view import BATCH_ORDERS, BatchFilters, BatchOrder
from app.domain.jobs import BatchProgress, BatchRow, ItemState
from app.domain.noun import IMAGE, Noun
from app.domain.text import percent
from app.services import batches, models
from app.services.workplace import Workplace
from app.views.shared.format import plain
from app.views.shared.navigation import go_to_case
from app.views.shared.pagination import draw_pager, page_number, turn_to
from app.views.shared.prediction_cell import draw_prediction_cell
from app.views.shared.thumbnail import thumbnail_markdown

_SIZE = 10
_WIDTHS = [0.8, 2.6, 1.7, 3.3, 1.9, 2.7]
_TITLES = ("", "File", "State", "Prediction", "Verdict", "Remark")
_ITEM_STATES: dict[ItemState, str] = {
    "waiting": ":gray-badge[waiting]",
    "running": ":blue-badge[running]",
    "done": ":green-badge[read]",
    "duplicate": ":green-badge[already imported]",
    "refused": ":orange-badge[refused]",
    "skipped": ":gray-badge[not {file}]",
    "error": ":red-badge[error]",
    "deleted": ":gray-badge[deleted]",
}
_STATES: dict[str, tuple[ItemState, ...]] = {
    "Read": ("done", "duplicate"),
    "Refused": ("refused",),
    "Errors": ("error",),
    "Not {file}": ("skipped",),
    "To do": ("waiting", "running"),
}
_AGREEMENTS: dict[Agreement, str] = {
    "agreed": "Agreed",
    "disagreed": "Disagreed",
    "unread": "Not yet read",
}
_MARKS: dict[Agreement, str] = {
    "agreed": ":green[:material/thumb_up: agrees]",
    "disagreed": ":red[:material/thumb_down: disagrees]",
}
_ORDERS: dict[BatchOrder, str] = {
    "file": "As they came",
    "study": "By study",
    "name": "By name",
    "finding": "Most probable finding first",
    "doubt": "Most doubtful first",
    "label": "By label",
    "state": "By state, errors first",
}


def draw_files(workplace: Workplace, state: BatchProgress) -> None:
    """One page of a batch's files."""
    job_id = state.job.job_id
    model = next((info for info in models.all(workplace) if info.digest == state.job.model), None)
    counts = batches.agreement(workplace, job_id)
    if counts.total:
        st.markdown(agreement_text(counts))
    name = f"batch-{job_id}"
    filters = _draw_filters(name, model)
    files = batches.rows(workplace, job_id, page=page_number(name), size=_SIZE, filters=filters)
    if not files.rows:
        st.caption("No files in this view.")
        return
    with st.container(key="rows-files", gap=None):
        for column, title in zip(st.columns(_WIDTHS, gap="small"), _TITLES, strict=True):
            column.caption(f"**{title}**" if title else "")
        for row in files.rows:
            _draw_row(row, model)
    draw_pager(name, total=files.total, size=files.size, noun="file")


def agreement_text(counts: AgreementCounts) -> str:
    """How many predictions the readers agree with, as Markdown."""
    read = counts.agreed + counts.disagreed
    share = f" ({percent(counts.disagreed / read)} of those read)" if read else ""
    return (
        f"Readers agree with **{counts.agreed:,}** predictions, disagree with "
        f"**{counts.disagreed:,}**{share}; **{counts.unread:,}** not yet read."
    )


def _draw_filters(name: str, model: BundleInfo | None) -> BatchFilters:
    states = {_noun(model).say(title): states for title, states in _STATES.items()}

    def first_page() -> None:
        turn_to(name, 0)

    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        text = st.text_input(
            "Find",
            key="batch-text",
            placeholder="File name",
            icon=":material/search:",
            label_visibility="collapsed",
            on_change=first_page,
            width=150,
        )

        def choose(label: str, options: list[str], width: int) -> str | None:
            return st.selectbox(
                label,
                options,
                index=None,
                placeholder=label,
                key=f"batch-{label.lower()}",
                label_visibility="collapsed",
                on_change=first_page,
                width=width,
            )

        shown = choose("State", list(states), 125)
        label = choose("Label", list(model.classes) if model else [], 140)
        said = choose("Readers", [_AGREEMENTS[name] for name in AGREEMENTS], 135)
        order = st.selectbox(
            "Order",
            BATCH_ORDERS,
            format_func=_ORDERS.__getitem__,
            key="batch-order",
            label_visibility="collapsed",
            on_change=first_page,
            width=225,
        )
    return BatchFilters(
        states=states.get(shown or "", ()),
        text=(text or "").strip(),
        label=label,
        agreement=next((name for name, words in _AGREEMENTS.items() if words == said), None),
        order=order,
    )


def _draw_row(row: BatchRow, model: BundleInfo | None) -> None:
    with st.container(key=f"row-{row.position}"):
        picture, name, state, prediction, verdict, remark = st.columns(
            _WIDTHS, gap="small", vertical_alignment="center"
        )
        if row.case_id:
            picture.container(key=f"thumb-{row.position}").markdown(
                thumbnail_markdown(row.case_id, row.name)
            )
            if name.button(
                plain(_row_name(row)),
                key=f"open-{row.position}",
                type="tertiary",
                help="Open the case in Review",
                width="stretch",
            ):
                go_to_case(row.case_id)
        else:
            name.markdown(plain(_row_name(row)))
        state.markdown(_noun(model).say(_ITEM_STATES[row.state]))
        support = row.support.verdict if row.support else None
        draw_prediction_cell(
            *(prediction, row.label, row.probability, support), of=model, is_hidden=row.is_hidden
        )
        verdict.markdown(verdict_text(row))
        remark.caption(plain(remark_text(row)) or "–")


def _noun(model: BundleInfo | None) -> Noun:
    return IMAGE if model is None else model.noun


def verdict_text(row: BatchRow) -> str:
    """Whether the reader agrees with this model's prediction, or a verdict on something else of the
    image, as Markdown."""
    if row.agreement in _MARKS:
        return _MARKS[row.agreement]
    if row.verdict is not None:
        return f"{row.verdict.capitalize()} (another model or frame)"
    return "–"


def remark_text(row: BatchRow) -> str:
    """What is to be said of a file, and that its heatmaps were not measured where that is so."""
    unmeasured = "Heatmaps by the mask reader, not measured." if row.is_measured is False else ""
    return " ".join(part for part in (row.message, unmeasured) if part)


def _row_name(row: BatchRow) -> str:
    """The file's name, or its path where another file of the batch has the same name."""
    return row.path if row.shares_name else row.name
