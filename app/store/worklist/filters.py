"""The filters of the list as conditions, and its orders as columns.

Every order is an index of the case table (``rows.CaseEntry``) that also holds the columns which the
conditions name, so that a page is found in the index alone. Patients, batches and what is sent are
found by indexes of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, literal, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.cases import CaseFilters
from app.domain.studies.onlooker import Onlooker
from app.store.case_summary import name_key
from app.store.rows import CaseEntry, JobItemEntry, labelled
from app.store.sending.outbox import of_state
from app.store.studies.blinding import hidden
from app.store.worklist.walked import Walked


class Sorting(NamedTuple):
    """By which columns the list is sorted; the last one tells all rows apart."""

    columns: tuple[InstrumentedAttribute[Any], ...]
    is_falling: bool

    def clauses(self, *, forward: bool = True) -> tuple[Any, ...]:
        """For ORDER BY; backward, from the end of the list."""
        falls = self.is_falling == forward
        return tuple(column.desc() for column in self.columns) if falls else self.columns

    def beyond(self, place: Sequence[Any], *, forward: bool) -> ColumnElement[bool]:
        """The rows behind a place in the list, or before it; it costs the same in each place.

        Args:
            place: the columns of the row there.
            forward: behind it.
        """
        named = zip(place, self.columns, strict=True)
        values = tuple_(*(literal(value, column.type) for value, column in named))
        own = tuple_(*self.columns)
        return own < values if self.is_falling == forward else own > values


# The time of a study is that of its newest file, so that a late file brings the others along.
_STUDIES = CaseEntry.study_newest, CaseEntry.study_key, CaseEntry.created_at, CaseEntry.id
_SORTINGS = {
    # One index serves both: it is walked from either end.
    "newest": Sorting(_STUDIES, True),
    "oldest": Sorting(_STUDIES, False),
    "name": Sorting((CaseEntry.name_key, CaseEntry.id), False),
    "probability": Sorting((CaseEntry.finding_probability, CaseEntry.id), True),
    "doubt": Sorting((CaseEntry.doubt, CaseEntry.id), True),
}


def sorting(filters: CaseFilters, onlooker: Onlooker | None = None) -> Sorting:
    """The order that is asked for; for whom something is hidden, none that would tell it."""
    if onlooker is not None and filters.order in ("probability", "doubt"):
        return _SORTINGS["newest"]
    return _SORTINGS[filters.order]


def tells(filters: CaseFilters) -> bool:
    """Do they ask for what a model or a reader answered?"""
    answers = filters.verdict, filters.reader, filters.disagreement, filters.label
    return any((*answers, filters.sending))  # what is sent was signed


def conditions(filters: CaseFilters, onlooker: Onlooker | None = None) -> list[ColumnElement[bool]]:
    """What the filters leave, but for the status; by what is hidden from somebody, nothing is found
    for them."""
    found = [
        Walked(column) == wanted
        for column, wanted in (
            (CaseEntry.verdict, filters.verdict),
            (CaseEntry.model, filters.model),
            (CaseEntry.source, filters.source),
            (CaseEntry.modality, filters.modality),
            (CaseEntry.view_position, filters.view),
            (CaseEntry.reader, filters.reader),
            (CaseEntry.disagreement, filters.disagreement),
        )
        if wanted
    ]
    if filters.patient:
        found.append(CaseEntry.patient == filters.patient)
    part = filters.text.strip()
    if part:
        found.append(
            or_(
                CaseEntry.name_key.contains(name_key(part), autoescape=True),
                CaseEntry.id.startswith(part, autoescape=True),
            )
        )
    if filters.label:
        found.append(labelled(CaseEntry.label, filters.label))
    added: ColumnElement[datetime] = Walked(CaseEntry.created_at)
    if filters.since is not None:
        found.append(added >= filters.since)
    if filters.until is not None:
        found.append(added < filters.until)
    if onlooker is not None and tells(filters):
        found.append(~hidden(onlooker))
    if filters.batch:
        of_batch = select(JobItemEntry.case_id).where(
            JobItemEntry.job_id == filters.batch, JobItemEntry.case_id.is_not(None)
        )
        found.append(CaseEntry.id.in_(of_batch))
    if filters.sending:
        found.append(CaseEntry.id.in_(of_state(filters.sending)))
    return found
