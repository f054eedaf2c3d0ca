"""The rows of a batch as they are shown: each file beside its prediction and its verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, select, true
from sqlalchemy.orm import Session, aliased

from app.domain.explanations import tier_of
from app.domain.figures.agreement import Agreement, AgreementCounts
from app.domain.figures.batch_view import BatchFilters, BatchOrder
from app.domain.jobs import BatchPage, BatchRow
from app.domain.studies.onlooker import Onlooker
from app.store.figures import batch_order
from app.store.figures.agreement import agreement_of, last_verdict
from app.store.jobs import Jobs
from app.store.rows import CaseEntry, ExplanationEntry, JobItemEntry, PredictionEntry
from app.store.studies.blinding import Blinding, hidden, shown_state
from dprotonet.explain.explanation import READER
from dprotonet.explain.explanation import Agreement as HeatmapAgreement
from dprotonet.inference.prediction import Prediction

_OWN_ORDERS: tuple[BatchOrder, ...] = ("file", "name", "state")
"""Those of what stands in the rows of the files."""


class BatchReport:
    """Reads a batch's rows inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def page(
        self,
        job_id: str,
        *,
        page: int,
        size: int,
        filters: BatchFilters | None = None,
        onlooker: Onlooker | None = None,
    ) -> BatchPage:
        """One page of a batch's rows, as the filters narrow and order them; of images whose answers
        are hidden from the onlooker, nothing that a model or a reader said."""
        filters = filters or BatchFilters()
        batch = self._batch(job_id, onlooker)
        left = batch_order.conditions(filters, batch.agreement, batch.state)
        # First which files, in an index where that is possible; then all about these few.
        narrowed = batch.of if batch.is_joined_for(filters) else batch.alone
        total = self._session.scalar(narrowed(select(func.count())).where(*left)) or 0
        order = batch_order.order(filters.order, batch.state)
        ids = narrowed(select(JobItemEntry.id)).where(*left).order_by(*order)
        found = list(self._session.scalars(ids.limit(size).offset(page * size)))
        read = self._session.execute(batch.rows().where(JobItemEntry.id.in_(found)))
        by_id = {row[0].id: row for row in read}
        rows = self._concealed([_row(*by_id[item_id]) for item_id in found], onlooker)
        shared = self._shared_names(job_id, {row.name for row in rows})
        marked = tuple(replace(row, shares_name=row.name in shared) for row in rows)
        return BatchPage(marked, total, page, size)

    def after(
        self, job_id: str, position: int, *, most: int, onlooker: Onlooker | None = None
    ) -> list[BatchRow]:
        """The rows behind a position, as they came; for an onlooker as :meth:`page`."""
        query = self._batch(job_id, onlooker).rows().where(JobItemEntry.position > position)
        query = query.order_by(JobItemEntry.position).limit(most)
        rows = [_row(*row) for row in self._session.execute(query)]
        return self._concealed(rows, onlooker)

    def iterate(
        self, job_id: str, *, chunk: int = 500, onlooker: Onlooker | None = None
    ) -> Iterator[BatchRow]:
        """All rows of a batch, a chunk at a time; for an onlooker as :meth:`page`."""
        position = -1
        while True:
            rows = self.after(job_id, position, most=chunk, onlooker=onlooker)
            self._session.expunge_all()
            yield from rows
            if len(rows) < chunk:
                return
            position = rows[-1].position

    def agreement(self, job_id: str, *, onlooker: Onlooker | None = None) -> AgreementCounts:
        """How many of a batch's predictions the readers agree with; those whose answers are hidden
        from the onlooker are not counted."""
        batch = self._batch(job_id, onlooker)
        each = batch.of(select(batch.agreement.label("said")))
        said = each.where(PredictionEntry.id.is_not(None)).subquery().c.said
        query = select(said, func.count()).group_by(said)
        return AgreementCounts.of(dict(self._session.execute(query).tuples().all()))

    def _concealed(self, rows: list[BatchRow], onlooker: Onlooker | None) -> list[BatchRow]:
        if onlooker is None:
            return rows
        case_ids = [row.case_id for row in rows if row.case_id]
        concealed = Blinding(self._session).among(onlooker, case_ids)
        return [row.hidden() if row.case_id in concealed else row for row in rows]

    def _shared_names(self, job_id: str, names: set[str]) -> set[str]:
        query = (
            select(JobItemEntry.name)
            .where(JobItemEntry.job_id == job_id, JobItemEntry.name.in_(names))
            .group_by(JobItemEntry.name)
            .having(func.count() > 1)
        )
        return set(self._session.scalars(query))

    def _batch(self, job_id: str, onlooker: Onlooker | None) -> _Batch:
        entry = Jobs(self._session).entry(job_id)
        return _Batch(job_id, entry.model, entry.site, onlooker)


@dataclass(frozen=True, eq=False)
class _Batch:
    """The queries of one batch."""

    job_id: str
    model: str | None
    site: str
    """The settings of a site that it is read under."""
    onlooker: Onlooker | None
    """From whom answers are hidden."""

    @property
    def state(self) -> ColumnElement[str]:
        """Of each file, as the onlooker may know it."""
        return shown_state(self.onlooker)

    @property
    def is_shown(self) -> ColumnElement[bool]:
        """Of a case: may the onlooker know what was said of it?"""
        return true() if self.onlooker is None else ~hidden(self.onlooker)

    @property
    def agreement(self) -> ColumnElement[str]:
        """Of what the batch's model said of each file."""
        return agreement_of(last_verdict(JobItemEntry.case_id, self.model))

    def rows(self) -> Select[*tuple[Any, ...]]:
        """What a row is made of."""
        columns = select(
            JobItemEntry,
            PredictionEntry,
            CaseEntry.verdict,
            CaseEntry.frames,
            ExplanationEntry.tier,
            ExplanationEntry.settings_digest,
            ExplanationEntry.drawn_by,
            ExplanationEntry.facts["agreement"],
            _first_with_its_pixels(),
            self.agreement,
        )
        of_item = ExplanationEntry.id == JobItemEntry.explanation_id
        return self.of(columns).outerjoin(ExplanationEntry, of_item)

    def is_joined_for(self, filters: BatchFilters) -> bool:
        """Do filters or order ask for more than what stands in the rows of the files?"""
        said = filters.label or filters.agreement or filters.order not in _OWN_ORDERS
        return bool(said) or self.onlooker is not None

    def alone(self, columns: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        """Each file of the batch by itself."""
        return columns.select_from(JobItemEntry).where(JobItemEntry.job_id == self.job_id)

    def of(self, columns: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        """Each file of the batch with its case and what the batch's model said of it."""
        return (
            columns.select_from(JobItemEntry)
            .outerjoin(CaseEntry, CaseEntry.id == JobItemEntry.case_id)
            .outerjoin(
                PredictionEntry,
                and_(
                    PredictionEntry.case_id == JobItemEntry.case_id,
                    PredictionEntry.model == self.model,
                    PredictionEntry.site == self.site,
                    PredictionEntry.frame == 0,
                    self.is_shown,
                ),
            )
            .where(JobItemEntry.job_id == self.job_id)
        )


def _first_with_its_pixels() -> ScalarSelect[str]:
    """The id of the first case with the pixels of a row's case; it may be that case itself."""
    first = aliased(CaseEntry)
    return (
        select(first.id)
        .where(first.pixel_sha256 == CaseEntry.pixel_sha256)
        .order_by(first.created_at, first.id)
        .limit(1)
        .correlate(CaseEntry)
        .scalar_subquery()
    )


def _row(
    item: JobItemEntry,
    prediction: PredictionEntry | None,
    verdict: str | None,
    frames: int | None,
    tier: str | None,
    settings_digest: str | None,
    drawn_by: str | None,
    heatmap_agreement: dict[str, Any] | None,
    first_with_its_pixels: str | None,
    agreement: Agreement,
) -> BatchRow:
    result = Prediction.from_json(prediction.result) if prediction else None
    return BatchRow(
        position=item.position,
        name=item.name,
        path=item.shown_path,
        state=item.state,  # type: ignore[arg-type]
        message=item.message,
        case_id=item.case_id,
        file_sha256=item.file_sha256,
        frames=frames or 0,
        label=prediction.label if prediction else None,
        probability=prediction.probability if prediction else None,
        probabilities=result.probabilities if result else {},
        explanation_id=item.explanation_id,
        explanation_tier=tier or tier_of(settings_digest) if settings_digest else None,
        drawn_by=drawn_by or (READER if prediction and prediction.maps_key else ""),
        heatmap_agreement=HeatmapAgreement.from_saved(heatmap_agreement),
        verdict=verdict,
        agreement=agreement if prediction else None,
        support=result.support if result else None,
        same_pixels_as=None if first_with_its_pixels == item.case_id else first_with_its_pixels,
    )
