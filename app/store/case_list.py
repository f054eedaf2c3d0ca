"""The list of cases: a page is found in an index, and only its rows are looked up.

Both steps cost the same at 100 cases and, but for the walk along the index, at 100,000:
``python -m tests.benchmarks.case_list`` prints what they cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.domain.cases import CaseFilters, CasePage, CaseRow
from app.domain.errors import NotFound
from app.domain.studies.onlooker import Onlooker
from app.store.case_summary import NOT_KNOWN, name_key
from app.store.rows import CaseEntry, JobEntry, labelled
from app.store.studies.blinding import Blinding, hidden

_STUDY = aliased(CaseEntry)
_MOST_IN_STUDY = 200


def _awaited() -> tuple[ColumnElement[bool], ...]:
    return JobEntry.kind == "predict", JobEntry.state.in_(("waiting", "running"))


_WAITING = exists().where(JobEntry.case_id == CaseEntry.id, *_awaited())
_STATUS: ColumnElement[str] = case(
    (CaseEntry.read_state != "open", CaseEntry.read_state),
    (_WAITING, "waiting"),
    else_="failed",
)


class CaseList:
    """The list inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def page(
        self, filters: CaseFilters, *, page: int, size: int, onlooker: Onlooker | None = None
    ) -> CasePage:
        """One page of the list, counted from 0; files of one study lie together.

        Args:
            filters: what the list is narrowed to.
            page: from 0.
            size: rows of a page.
            onlooker: from whom answers are hidden: no filter, order or count tells them either.
        """
        conditions = _conditions(filters, onlooker)
        # Only columns of the index are named here: the rows themselves are not touched.
        total = self._session.scalar(select(func.count()).select_from(CaseEntry).where(*conditions))
        wanted = select(CaseEntry.id).where(*conditions).order_by(*_order(filters, onlooker))
        ids = self._session.scalars(wanted.limit(size).offset(page * size)).all()
        return CasePage(self._rows(ids, onlooker), total or 0, page, size)

    def waiting(self, case_ids: Sequence[str]) -> frozenset[str]:
        """Those of some cases whose prediction is still to come."""
        query = select(JobEntry.case_id).where(JobEntry.case_id.in_(case_ids), *_awaited())
        return frozenset(case_id for case_id in self._session.scalars(query) if case_id)

    def study(self, case_id: str, *, onlooker: Onlooker | None = None) -> tuple[CaseRow, ...]:
        """The other files of a case's study, in the order they came.

        Raises:
            NotFound: the case was deleted.
        """
        key = self._session.scalar(select(CaseEntry.study_key).where(CaseEntry.id == case_id))
        if key is None:
            raise NotFound("This case no longer exists.")
        others = select(CaseEntry.id).where(CaseEntry.study_key == key, CaseEntry.id != case_id)
        others = others.order_by(CaseEntry.created_at, CaseEntry.id).limit(_MOST_IN_STUDY)
        return self._rows(self._session.scalars(others).all(), onlooker)

    def _rows(self, ids: Sequence[str], onlooker: Onlooker | None) -> tuple[CaseRow, ...]:
        entries = self._session.execute(_row_columns().where(CaseEntry.id.in_(ids))).mappings()
        rows = {row["case_id"]: CaseRow(**row) for row in entries}
        for case_id in Blinding(self._session).among(onlooker, ids) if onlooker else ():
            rows[case_id] = rows[case_id].hidden()
        return tuple(rows[case_id] for case_id in ids if case_id in rows)


def _row_columns() -> Select[Any]:
    """The columns of a :class:`CaseRow`."""
    files = select(func.count()).where(_STUDY.study_key == CaseEntry.study_key).scalar_subquery()
    return select(
        CaseEntry.id.label("case_id"),
        CaseEntry.file_name,
        CaseEntry.study_key,
        files.label("study_files"),
        CaseEntry.view_position,
        CaseEntry.frames,
        CaseEntry.source,
        _STATUS.label("status"),
        CaseEntry.model,
        CaseEntry.label,
        CaseEntry.probability,
        CaseEntry.support,
        CaseEntry.verdict,
        CaseEntry.reader,
        CaseEntry.created_at,
        CaseEntry.site,
    )


def _conditions(filters: CaseFilters, onlooker: Onlooker | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    concealed = hidden(onlooker) if onlooker else false()
    part = filters.text.strip()
    if part:
        conditions.append(
            or_(
                CaseEntry.name_key.contains(name_key(part), autoescape=True),
                CaseEntry.id.startswith(part, autoescape=True),
            )
        )
    if filters.status in ("waiting", "failed"):
        # Few wait at a time: they are found from their jobs.
        waiting = select(JobEntry.case_id).where(JobEntry.case_id.is_not(None), *_awaited())
        is_waiting = CaseEntry.id.in_(waiting)
        conditions.append(CaseEntry.read_state == "open")
        conditions.append(is_waiting if filters.status == "waiting" else ~is_waiting)
    elif filters.status == "new" and onlooker:
        # What is hidden is new to this reader, whatever the model or others say of it.
        others = and_(CaseEntry.read_state.in_(("refused", "read")), concealed)
        conditions.append(or_(CaseEntry.read_state == "new", others))
    elif filters.status:
        conditions.append(CaseEntry.read_state == filters.status)
    if filters.label:
        conditions.append(labelled(CaseEntry.label, filters.label))
    if filters.verdict:
        conditions.append(CaseEntry.verdict == filters.verdict)
    if onlooker and (filters.label or filters.verdict or filters.status in ("refused", "read")):
        conditions.append(~concealed)
    if filters.model:
        conditions.append(CaseEntry.model == filters.model)
    if filters.source:
        conditions.append(CaseEntry.source == filters.source)
    return conditions


def _order(filters: CaseFilters, onlooker: Onlooker | None) -> tuple[Any, ...]:
    if filters.order == "name":
        return CaseEntry.name_key, CaseEntry.id
    if filters.order == "probability":
        probability: ColumnElement[float] = CaseEntry.finding_probability.expression
        if onlooker:
            probability = case((hidden(onlooker), NOT_KNOWN), else_=probability)
        return probability.desc(), CaseEntry.id.desc()
    # The time of a study is that of its newest file, so that a late file brings the others along.
    studies = CaseEntry.study_newest, CaseEntry.study_key, CaseEntry.created_at, CaseEntry.id
    # One index serves both: it is walked from either end.
    return studies if filters.order == "oldest" else tuple(part.desc() for part in studies)
