"""A batch's files narrowed and sorted in SQL.

The conditions and orders speak of the columns that the report of a batch joins.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, func, or_

from app.domain.figures.batch_view import BatchFilters, BatchOrder
from app.store.rows import CaseEntry, JobItemEntry, PredictionEntry, labelled

_LAST = "\U0010fffd"  # behind every text
_STATES = ("error", "refused", "running", "waiting", "done", "duplicate", "skipped", "deleted")
"""In which order files stand by state: first those that somebody may have to look after."""


def conditions(
    filters: BatchFilters, agreement: ColumnElement[str], state: ColumnElement[str]
) -> list[ColumnElement[bool]]:
    """What the filters leave.

    Args:
        filters: of the page.
        agreement: agreed, disagreed or unread, of each file.
        state: of each file, as whoever looks may know it.
    """
    left: list[ColumnElement[bool]] = []
    if filters.states:
        left.append(state.in_(filters.states))
    part = filters.text.strip()
    if part:
        left.append(
            or_(
                JobItemEntry.name.icontains(part, autoescape=True),
                JobItemEntry.shown_path.icontains(part, autoescape=True),
            )
        )
    if filters.label:
        left.append(labelled(PredictionEntry.label, filters.label))
    if filters.agreement:
        # A file without a prediction is none that a reader could agree with.
        left += [PredictionEntry.id.is_not(None), agreement == filters.agreement]
    return left


def order(by: BatchOrder, state: ColumnElement[str]) -> tuple[Any, ...]:
    """The order of the files; equal ones stay as they came, those without a figure come last."""
    keys: dict[BatchOrder, tuple[Any, ...]] = {
        "file": (),
        "study": (func.coalesce(CaseEntry.study_key, _LAST), CaseEntry.series_uid),
        "name": (func.lower(JobItemEntry.name),),
        "finding": (func.coalesce(PredictionEntry.finding_probability, -1.0).desc(),),
        "doubt": (case((PredictionEntry.id.is_not(None), CaseEntry.doubt), else_=-3.0).desc(),),
        "label": (func.coalesce(PredictionEntry.label, _LAST),),
        "state": (case({s: n for n, s in enumerate(_STATES)}, value=state, else_=99),),
    }
    return (*keys[by], JobItemEntry.position)
