"""What the list says of a case, kept in the case's own row.

A page of the list reads these columns in the order of an index. Computed again for every page they
cost a join over all cases, predictions and annotations: 3.5 s of processor time at 10,000 cases.
Each is written in the transaction that changes what it sums up. Whether a case still waits is not
kept: that changes with its jobs, and few wait at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.cases import Case
from app.domain.worklist.disagreement import Signed, disagreement
from app.domain.worklist.doubt import of_prediction, of_signature
from app.store.rows import AnnotationEntry, CaseEntry, PredictionEntry

ReadState = Literal["open", "new", "refused", "read"]
"""open: no prediction yet; new: predicted and not signed; refused: refused by the model and not
signed; read: signed."""
NOT_KNOWN = -1.0
"""A finding's probability, or a doubt, where there is none: behind all others."""
NOT_WORKED_OUT = -2.0
"""The doubt of a row of an earlier version, until :func:`complete` has looked at it."""


def name_key(file_name: str) -> str:
    """By what names are sorted and searched: without regard to case, in every alphabet."""
    return file_name.casefold()[:600]


def refresh(session: Session, case_id: str) -> None:
    """Recompute the summary of one case from its prediction and its last signature."""
    read_with = select(CaseEntry.model, CaseEntry.site).where(CaseEntry.id == case_id)
    model, site = session.execute(read_with).tuples().one_or_none() or (None, "")
    prediction = session.execute(
        select(
            PredictionEntry.label,
            PredictionEntry.probability,
            PredictionEntry.finding_probability,
            PredictionEntry.support,
            PredictionEntry.result,
        ).where(
            PredictionEntry.case_id == case_id,
            PredictionEntry.frame == 0,
            PredictionEntry.model == model,
            PredictionEntry.site == site,
        )
    ).first()
    signatures = _signatures(session, case_id)
    values = summary(prediction, signatures)
    session.execute(update(CaseEntry).where(CaseEntry.id == case_id).values(**values))


class Predicted(Protocol):
    """What a prediction's row says, as far as it is summed up."""

    label: Any
    probability: Any
    finding_probability: Any
    support: Any
    result: Any


def summary(prediction: Predicted | None, signatures: Sequence[Signed]) -> dict[str, Any]:
    """The columns of a case that sum up its prediction, if there is one, and its signatures, the
    oldest first."""
    signature = signatures[-1] if signatures else None
    state: ReadState = "open"
    if signature:
        state = "read"
    elif prediction:
        state = "refused" if prediction.support == "outside" else "new"
    finding = prediction.finding_probability if prediction else None
    doubt = None
    if signature:
        doubt = of_signature(signature.confidence)
    elif prediction:
        doubt = of_prediction(prediction.result, finding=finding)
    return {
        "read_state": state,
        "label": prediction.label if prediction else None,
        "probability": prediction.probability if prediction else None,
        "finding_probability": NOT_KNOWN if finding is None else finding,
        "support": prediction.support if prediction else None,
        "verdict": signature.verdict if signature else None,
        "reader": signature.reader if signature else None,
        "doubt": doubt.value if doubt else NOT_KNOWN,
        "doubt_reason": doubt.reason if doubt else "",
        "disagreement": disagreement(signatures) or "",
    }


def complete(session: Session, *, most: int = 500) -> int:
    """Work out the doubt of cases of an earlier version; at most so many, so that nobody waits
    long. Returns how many there were."""
    older = select(CaseEntry.id).where(CaseEntry.doubt == NOT_WORKED_OUT).limit(most)
    case_ids = session.scalars(older).all()
    for case_id in case_ids:
        refresh(session, case_id)
    return len(case_ids)


def _signatures(session: Session, case_id: str) -> list[Signed]:
    """All of a case, the oldest first."""
    rows = session.execute(
        select(
            AnnotationEntry.frame,
            AnnotationEntry.model,
            AnnotationEntry.reader,
            AnnotationEntry.verdict,
            AnnotationEntry.corrected_label,
            AnnotationEntry.confidence,
        )
        .where(AnnotationEntry.case_id == case_id)
        .order_by(AnnotationEntry.id)
    ).tuples()
    return [Signed(*row) for row in rows]


def newest_with(session: Session, new: Case) -> datetime:
    """When the newest file of a study came, once ``new`` has: it brings the others along."""
    in_study = CaseEntry.study_key == new.study_key
    newest = session.scalar(select(func.max(CaseEntry.created_at)).where(in_study))
    newest = new.created_at if newest is None else max(newest, new.created_at)
    session.execute(
        update(CaseEntry)
        .where(in_study, CaseEntry.study_newest != newest)
        .values(study_newest=newest)
    )
    return newest


def forget_newest(session: Session, study_key: str) -> None:
    """A file of a study is gone: its time is that of the newest one left."""
    in_study = CaseEntry.study_key == study_key
    newest = session.scalar(select(func.max(CaseEntry.created_at)).where(in_study))
    if newest is not None:
        session.execute(
            update(CaseEntry)
            .where(in_study, CaseEntry.study_newest != newest)
            .values(study_newest=newest)
        )
