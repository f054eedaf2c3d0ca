"""What a model said of a site's images, and what the readers said to that, for figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from app.domain.figures.agreement import DISAGREEING
from app.domain.figures.performance import Failure, FailurePage, Read, Score
from app.domain.studies.onlooker import Onlooker
from app.store.rows import AnnotationEntry, CaseEntry, PredictionEntry
from app.store.studies.blinding import hidden
from dprotonet.modeling.options import NONE_CALLED


class Performance:
    """Reads predictions and verdicts inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def stamp(self, model: str) -> tuple[Any, ...]:
        """Changes when a prediction of the model, or a verdict on it, comes or goes: of each how
        many there are, and the newest with its time."""
        found: list[Any] = []
        for table in (PredictionEntry, AnnotationEntry):
            newest = func.count(), func.max(table.id), func.max(table.created_at)
            found += self._session.execute(select(*newest).where(table.model == model)).one()
        return tuple(found)

    def failures(
        self, model: str, *, page: int, size: int, onlooker: Onlooker | None = None
    ) -> FailurePage:
        """One page of the images whose last verdict rejects what the model said, newest first,
        without those whose answers are hidden from the onlooker."""
        wanted = and_(AnnotationEntry.verdict.in_(DISAGREEING), *_shown(onlooker))
        counted = _latest(model, func.count()).where(wanted)
        rows = self._session.execute(
            _latest(
                model,
                AnnotationEntry.case_id,
                AnnotationEntry.frame,
                CaseEntry.file_name,
                AnnotationEntry.predicted_label,
                AnnotationEntry.predicted_probability,
                AnnotationEntry.corrected_label,
                AnnotationEntry.text,
                AnnotationEntry.reader,
                AnnotationEntry.created_at,
            )
            .where(wanted)
            .order_by(AnnotationEntry.id.desc())
            .limit(size)
            .offset(page * size)
        )
        failures = tuple(Failure(*row) for row in rows.tuples())
        return FailurePage(failures, self._session.scalar(counted) or 0, page, size)

    def reads(self, model: str, *, most: int, onlooker: Onlooker | None = None) -> list[Read]:
        """The newest images that a reader judged, each by its last verdict; those that the model
        refused, or whose answers are hidden from the onlooker, are not among them."""
        rows = self._session.execute(
            _latest(
                model,
                AnnotationEntry.verdict == "reject",
                AnnotationEntry.predicted_label,
                AnnotationEntry.predicted_probability,
                CaseEntry.modality,
                CaseEntry.view_position,
                CaseEntry.source,
                func.coalesce(AnnotationEntry.support, ""),
            )
            .where(
                AnnotationEntry.predicted_label.is_not(None),
                AnnotationEntry.predicted_probability.is_not(None),
                *_shown(onlooker),
            )
            .order_by(AnnotationEntry.id.desc())
            .limit(most)
        )
        return [Read(bool(row[0]), *row[1:]) for row in rows.tuples()]

    def scores(
        self,
        model: str,
        negative_class: str | None,
        *,
        most: int,
        onlooker: Onlooker | None = None,
    ) -> list[tuple[int, Score]]:
        """The model's newest predictions of first frames, newest first, each with its id; without
        those that are hidden from the onlooker."""
        rows = self._session.execute(
            select(
                PredictionEntry.id,
                PredictionEntry.created_at,
                PredictionEntry.finding_probability,
                PredictionEntry.label,
                PredictionEntry.support,
            )
            .join(CaseEntry, CaseEntry.id == PredictionEntry.case_id)
            .where(PredictionEntry.model == model, PredictionEntry.frame == 0, *_shown(onlooker))
            .order_by(PredictionEntry.id.desc())
            .limit(most)
        )
        return [
            (number, _score(at, finding, label, support, negative_class))
            for number, at, finding, label, support in rows.tuples()
        ]

    def results(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        """Whole predictions, as JSON."""
        query = select(PredictionEntry.result).where(PredictionEntry.id.in_(ids))
        return list(self._session.scalars(query))


def _shown(onlooker: Onlooker | None) -> tuple[ColumnElement[bool], ...]:
    return () if onlooker is None else (~hidden(onlooker),)


def _latest(model: str, *columns: ColumnElement[Any] | Any) -> Select[*tuple[Any, ...]]:
    """The last revision of each frame, where it is on what the model said, with its case."""
    newest = (
        select(
            AnnotationEntry.case_id,
            AnnotationEntry.frame,
            func.max(AnnotationEntry.revision).label("revision"),
        )
        .where(AnnotationEntry.model == model)
        .group_by(AnnotationEntry.case_id, AnnotationEntry.frame)
        .subquery("newest")
    )
    return (
        select(*columns)
        .select_from(AnnotationEntry)
        .join(CaseEntry, CaseEntry.id == AnnotationEntry.case_id)
        .join(
            newest,
            and_(
                newest.c.case_id == AnnotationEntry.case_id,
                newest.c.frame == AnnotationEntry.frame,
                newest.c.revision == AnnotationEntry.revision,
            ),
        )
    )


def _score(
    at: datetime,
    finding: float | None,
    label: str | None,
    support: str | None,
    negative_class: str | None,
) -> Score:
    is_refused = support == "outside"
    is_called = label is not None and label not in (negative_class, NONE_CALLED)
    return Score(at, None if is_refused else finding, is_called, is_refused)
