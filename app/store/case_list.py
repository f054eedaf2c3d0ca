"""The list of cases: a page is found in an index, and only its rows are looked up.

Both steps cost the same at 100 cases and, but for the walk along the index, at 100,000:
``python -m tests.benchmarks.case_list`` prints what they cost. From a case to those beside it no
walk is needed: they are found from the case's own place in the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from app.domain.cases import CaseFilters, CasePage, CaseRow
from app.domain.errors import NotFound
from app.domain.studies.onlooker import Onlooker
from app.store.rows import CaseEntry, JobEntry
from app.store.studies.blinding import Blinding
from app.store.worklist import statuses
from app.store.worklist.filters import conditions, sorting, tells

_STUDY = aliased(CaseEntry)
_MOST_IN_STUDY = 200


class CaseList:
    """The list inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def page(
        self,
        filters: CaseFilters,
        *,
        page: int,
        size: int,
        now: datetime,
        onlooker: Onlooker | None = None,
    ) -> CasePage:
        """One page of the list, counted from 0; files of one study lie together.

        Args:
            filters: what the list is narrowed to.
            page: from 0.
            size: rows of a page.
            now: aware time.
            onlooker: from whom answers are hidden: no filter, order or count tells them either.
        """
        # Only columns of the index are named here: the rows themselves are not touched.
        left = conditions(filters, onlooker)
        # Where answers are asked for, nothing is left that is hidden.
        counts = statuses.counts(self._session, left, now, None if tells(filters) else onlooker)
        total = counts.get(filters.status, 0) if filters.status else sum(counts.values())
        first = page * size
        most = min(size, total - first)
        if most <= 0:
            return CasePage((), total, page, size, counts)
        # Whichever end of the list is nearer: the walk is what a late page costs.
        is_early = first <= total // 2
        wanted = self._ids(filters, now, onlooker).order_by(
            *sorting(filters, onlooker).clauses(forward=is_early)
        )
        wanted = wanted.limit(most).offset(first if is_early else total - first - most)
        ids = self._session.scalars(wanted).all()
        rows = self._rows(ids if is_early else ids[::-1], now, onlooker)
        return CasePage(rows, total, page, size, counts)

    def beside(
        self,
        filters: CaseFilters,
        case_id: str,
        *,
        forward: bool,
        most: int,
        now: datetime,
        onlooker: Onlooker | None = None,
    ) -> tuple[CaseRow, ...]:
        """The rows next to a case in the order of the list, the nearest first; the case itself need
        not be among what the filters leave.

        Args:
            filters: of the list.
            case_id: from where.
            forward: those behind it, else those before it.
            most: of them.
            now: aware time.

        Raises:
            NotFound: the case was deleted.
        """
        return self._beside(
            filters, case_id, (), forward=forward, most=most, now=now, onlooker=onlooker
        )

    def unread(
        self,
        filters: CaseFilters,
        reader: str,
        *,
        after: str | None,
        now: datetime,
        onlooker: Onlooker | None = None,
    ) -> CaseRow | None:
        """The first case in the order of the list that can be read and that nobody has signed, or
        claimed but for this reader.

        Args:
            filters: of the list; whatever status they ask for is left aside.
            reader: who would read it.
            after: a case; only those behind it are looked at.
            now: aware time.

        Raises:
            NotFound: that case was deleted.
        """
        filters = replace(filters, status=None)
        open_to = (
            statuses.unread(statuses.seen(onlooker)),
            CaseEntry.id.not_in(statuses.begun_by_others(now, reader)),
        )
        if after is None:
            wanted = self._ids(filters, now, onlooker).where(*open_to)
            wanted = wanted.order_by(*sorting(filters, onlooker).clauses()).limit(1)
            rows = self._rows(self._session.scalars(wanted).all(), now, onlooker)
        else:
            rows = self._beside(
                filters, after, open_to, forward=True, most=1, now=now, onlooker=onlooker
            )
        return rows[0] if rows else None

    def row(self, case_id: str, now: datetime, *, onlooker: Onlooker | None = None) -> CaseRow:
        """One case as the list shows it.

        Raises:
            NotFound: the case was deleted.
        """
        rows = self._rows([case_id], now, onlooker)
        if not rows:
            raise NotFound("This case no longer exists.")
        return rows[0]

    def waiting(self, case_ids: Sequence[str]) -> frozenset[str]:
        """Those of some cases whose prediction is still to come."""
        query = select(JobEntry.case_id).where(JobEntry.case_id.in_(case_ids), *statuses.awaited())
        return frozenset(case_id for case_id in self._session.scalars(query) if case_id)

    def study(
        self, case_id: str, now: datetime, *, onlooker: Onlooker | None = None
    ) -> tuple[CaseRow, ...]:
        """The other files of a case's study, in the order they came.

        Raises:
            NotFound: the case was deleted.
        """
        key = self._session.scalar(select(CaseEntry.study_key).where(CaseEntry.id == case_id))
        if key is None:
            raise NotFound("This case no longer exists.")
        others = select(CaseEntry.id).where(CaseEntry.study_key == key, CaseEntry.id != case_id)
        others = others.order_by(CaseEntry.created_at, CaseEntry.id).limit(_MOST_IN_STUDY)
        return self._rows(self._session.scalars(others).all(), now, onlooker)

    def views(self) -> tuple[tuple[str, str], ...]:
        """Every modality with every view there is of it, in order; "" where a file says nothing."""
        pairs = select(CaseEntry.modality, CaseEntry.view_position).distinct()
        return tuple(sorted(self._session.execute(pairs).tuples()))

    def _ids(self, filters: CaseFilters, now: datetime, onlooker: Onlooker | None) -> Select[str]:
        wanted = select(CaseEntry.id).where(*conditions(filters, onlooker))
        if filters.status is not None:
            wanted = wanted.where(
                *statuses.with_status(filters.status, now, statuses.seen(onlooker))
            )
        return wanted

    def _beside(
        self,
        filters: CaseFilters,
        case_id: str,
        more: Sequence[ColumnElement[bool]],
        *,
        forward: bool,
        most: int,
        now: datetime,
        onlooker: Onlooker | None,
    ) -> tuple[CaseRow, ...]:
        order = sorting(filters, onlooker)
        at = select(*order.columns).where(CaseEntry.id == case_id)
        place = self._session.execute(at).one_or_none()
        if place is None:
            raise NotFound("This case no longer exists.")
        wanted = self._ids(filters, now, onlooker).where(
            *more, order.beyond(place, forward=forward)
        )
        wanted = wanted.order_by(*order.clauses(forward=forward)).limit(most)
        return self._rows(self._session.scalars(wanted).all(), now, onlooker)

    def _rows(
        self, ids: Sequence[str], now: datetime, onlooker: Onlooker | None
    ) -> tuple[CaseRow, ...]:
        if not ids:
            return ()
        concealed = Blinding(self._session).among(onlooker, ids) if onlooker else frozenset()
        seen = statuses.seen_apart(concealed)
        entries = self._session.execute(
            _row_columns(now, seen).where(CaseEntry.id.in_(ids))
        ).mappings()
        rows = {row["case_id"]: _row(dict(row)) for row in entries}
        for case_id in concealed.intersection(rows):
            rows[case_id] = rows[case_id].hidden()
        return tuple(rows[case_id] for case_id in ids if case_id in rows)


def _row(columns: dict[str, Any]) -> CaseRow:
    if columns["doubt"] < 0:
        columns["doubt"] = None
    for name in ("doubt_reason", "disagreement"):
        columns[name] = columns[name] or None
    return CaseRow(**columns)


def _row_columns(now: datetime, seen: ColumnElement[str]) -> Select[Any]:
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
        statuses.status(now, seen).label("status"),
        CaseEntry.model,
        CaseEntry.label,
        CaseEntry.probability,
        CaseEntry.support,
        CaseEntry.verdict,
        CaseEntry.reader,
        CaseEntry.created_at,
        CaseEntry.site,
        CaseEntry.modality,
        CaseEntry.patient,
        CaseEntry.doubt,
        CaseEntry.doubt_reason,
        CaseEntry.disagreement,
        statuses.holder(now).label("held_by"),
    )
