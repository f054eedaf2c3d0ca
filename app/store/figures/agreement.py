"""The last verdict on what one model said of an image, as SQL, and whether it agrees."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, case, select
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.figures.agreement import AGREEING, DISAGREEING
from app.store.rows import AnnotationEntry

ColumnArgument = ColumnElement[Any] | InstrumentedAttribute[Any]


def last_verdict(
    case_id: ColumnArgument, model: ColumnArgument | str | None, *, frame: int = 0
) -> ScalarSelect[str]:
    """The newest verdict signed on a model's prediction of a frame.

    Args:
        case_id: column of the query that it stands in.
        model: digest of the bundle, or its column; verdicts on what other models said do not count.
        frame: of the image.
    """
    return (
        select(AnnotationEntry.verdict)
        .where(
            AnnotationEntry.case_id == case_id,
            AnnotationEntry.frame == frame,
            AnnotationEntry.model == model,
        )
        .order_by(AnnotationEntry.revision.desc())
        .limit(1)
        .scalar_subquery()
    )


def agreement_of(verdict: ColumnElement[Any]) -> ColumnElement[str]:
    """agreed, disagreed or unread, of a verdict that may be NULL."""
    return case(
        (verdict.in_(AGREEING), "agreed"), (verdict.in_(DISAGREEING), "disagreed"), else_="unread"
    )
