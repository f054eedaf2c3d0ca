"""Adjudication: where readers of a study differ, somebody else decides, once all of them have
read."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.errors import Forbidden, Refused
from app.domain.marks import Mark
from app.domain.permissions import needs
from app.domain.studies.adjudication import DueCase, due_cases
from app.domain.studies.judgement import check_confidence, check_seconds
from app.domain.studies.reads import Adjudication
from app.domain.studies.study import Study
from app.services.audit.recording import record_read
from app.services.workplace import Workplace
from app.store.sql_store import Transaction


@needs("sign over others")
def cases_to_decide(workplace: Workplace, study: str) -> tuple[DueCase, ...]:
    """The cases that all their readers have read, that the protocol has decided, and that nobody
    decided yet; with what each reader says, without names.

    Raises:
        Forbidden: whoever asks is no adjudicator of the study.
    """
    with workplace.store.read() as tx:
        return _due(tx, _as_adjudicator(workplace, tx.studies.get(study)))


@needs("sign over others")
def adjudicate(
    workplace: Workplace,
    study: str,
    case_id: str,
    *,
    label: str,
    confidence: int,
    active_seconds: float | None = None,
    text: str = "",
    marks: Sequence[Mark] = (),
    frame: int = 0,
) -> Adjudication:
    """Decide what a case shows; this is never changed, and the readers' own reads stay.

    Raises:
        Conflict: somebody decided in the meantime.
        Forbidden: whoever asks is no adjudicator of the study.
        Refused: the case waits for no decision, or the decision contradicts the protocol.
    """
    with workplace.store.write() as tx:
        found = _as_adjudicator(workplace, tx.studies.get(study, lock=True))
        if found.state != "open":
            raise Refused("This study is not open, so nothing is decided in it. Ask its lead.")
        case = tx.cases.get(case_id)
        waiting = {(one.case.case_id, one.case.frame) for one in _due(tx, found)}
        if (case_id, frame) not in waiting:
            raise Refused(
                "This case waits for no decision: not all have read it, they agree, or it was "
                "decided before."
            )
        found.protocol.check_label(label)
        check_confidence(confidence)
        if active_seconds is not None:
            check_seconds(active_seconds)
        decided = Adjudication(
            study=study,
            case_id=case_id,
            frame=frame,
            adjudicator=workplace.reader,
            label=label,
            confidence=confidence,
            text=text.strip()[:10_000],
            marks=tuple(marks),
            active_seconds=active_seconds,
            decided_at=workplace.clock(),
        )
        return record_read(workplace, tx, decided, case)


def _as_adjudicator(workplace: Workplace, study: Study) -> Study:
    if workplace.reader not in study.adjudicators:
        raise Forbidden("You are no adjudicator of this study. Its lead can name you.")
    return study


def _due(tx: Transaction, study: Study) -> tuple[DueCase, ...]:
    return due_cases(
        study.protocol,
        tx.reads.of_study(study.study_id),
        tx.reads.adjudications(study.study_id),
    )
