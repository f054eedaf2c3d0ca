"""Reading: the stage of a case for whoever acts, their first read, and their signed one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.domain.annotations import check_judgements, check_revision
from app.domain.cases import Case
from app.domain.errors import NotFound, Refused
from app.domain.marks import Mark
from app.domain.permissions import needs
from app.domain.studies.judgement import Judgement, label_in_the_end
from app.domain.studies.onlooker import Onlooker
from app.domain.studies.protocol import Protocol
from app.domain.studies.reads import (
    FREE,
    FirstRead,
    ReadKey,
    SignedRead,
    Stage,
    StudyRead,
    check_first,
    stage_of,
)
from app.domain.studies.study import QueueEntry, Study, due
from app.services.audit.recording import record_read
from app.services.review.reading_with import known_model
from app.services.review.signing import check_prototypes
from app.services.studies import blinding
from app.services.workplace import Workplace
from app.store.sql_store import Transaction

NOT_YOURS = "This image is not among those that you read in this study. Open your queue again."


@needs("see cases")
def stage(workplace: Workplace, case_id: str, *, frame: int = 0, study: str = FREE) -> Stage:
    """How far this reader got with a frame, in a study or, without one, in free review.

    Raises:
        NotFound: the case was deleted, or this reader does not read it in the study.
    """
    with workplace.store.read() as tx:
        tx.cases.get(case_id).check_frame(frame)
        return _stage(workplace, tx, case_id, frame, study)


@needs("see cases")
def first_read(
    workplace: Workplace, case_id: str, *, frame: int = 0, study: str = FREE
) -> FirstRead | None:
    """What this reader locked, in a study of the round that they are in; None before."""
    with workplace.store.read() as tx:
        if study != FREE:
            return _current(workplace, tx, study, case_id, frame).first
        return tx.reads.first(ReadKey(case_id, workplace.reader, FREE, frame))


@needs("see cases")
def study_read(workplace: Workplace, case_id: str, *, study: str, frame: int = 0) -> StudyRead:
    """This reader's read of a case in the round that they are in, as far as it got.

    Raises:
        NotFound: this reader does not read the case in the study.
    """
    with workplace.store.read() as tx:
        return _current(workplace, tx, study, case_id, frame)


@needs("sign")
def lock(
    workplace: Workplace,
    case_id: str,
    *,
    label: str,
    confidence: int,
    marks: Sequence[Mark] = (),
    nothing_to_mark: bool = False,
    answers: Mapping[str, object] | None = None,
    active_seconds: float,
    frame: int = 0,
    study: str = FREE,
) -> FirstRead:
    """Keep what the reader says before the model's answer is shown. It is never changed.

    Args:
        workplace: its reader reads.
        case_id: of the image.
        label: what it shows; one of the protocol's labels, if there is a protocol.
        confidence: 1 (guess) to 5 (certain).
        marks: where the reader sees it.
        nothing_to_mark: the reader says that there is nothing to draw.
        answers: to the protocol's questions of the first part.
        active_seconds: in which the reader did something.
        frame: of the image.
        study: id of the study; empty in free review.

    Raises:
        Conflict: it was locked in the meantime.
        NotFound: the case is gone, or this reader does not read it in the study.
        Refused: nothing is hidden here, the study is not open, it is not this read's turn, or the
            read contradicts itself or its protocol.
    """
    label = label.strip()[:200]
    with workplace.store.write() as tx:
        case = tx.cases.get(case_id)
        case.check_frame(frame)
        protocol: Protocol | None = None
        key, is_all = ReadKey(case_id, workplace.reader, FREE, frame), False
        if study != FREE:
            read, protocol = _turn(workplace, tx, study, case_id, frame)
            key, is_all = read.key, read.arm == "alone"
            now = stage_of(read)
        else:
            now = _stage(workplace, tx, case_id, frame, FREE)
            if now == "blind" and tx.blinding.is_hidden(
                Onlooker(workplace.reader, reads_first=False), case_id
            ):
                raise Refused("This image is read in a study. Open it from the page of studies.")
        if now != "blind":
            raise Refused(
                "The first read of this case was locked before."
                if now in ("revealed", "signed")
                else "Nothing is hidden here, so there is nothing to lock. Sign instead."
            )
        check_first(
            label=label,
            confidence=confidence,
            marks=marks,
            nothing_to_mark=nothing_to_mark,
            active_seconds=active_seconds,
            protocol=protocol,
        )
        first = FirstRead(
            key=key,
            label=label,
            confidence=confidence,
            marks=tuple(marks),
            nothing_to_mark=nothing_to_mark,
            answers=protocol.check_answers(answers or {}, "first") if protocol else {},
            active_seconds=float(active_seconds),
            locked_at=workplace.clock(),
        )
        tx.studies.advance(key, done=is_all)
        return record_read(workplace, tx, first, case)


@needs("sign")
def sign_read(
    workplace: Workplace, case_id: str, *, study: str, judgement: Judgement, frame: int = 0
) -> SignedRead:
    """Sign the second part of a study's read, with the model's answer in sight. It is never
    changed. Free review is signed with ``review.sign``.

    Args:
        workplace: its reader signs.
        case_id: of the image.
        study: id of the study.
        judgement: what the reader says.
        frame: of the image.

    Raises:
        Conflict: it was signed in the meantime.
        NotFound: the case is gone, or this reader does not read it in the study.
        Refused: the first read is not locked yet, the study is not open, it is not this read's
            turn, or the judgement contradicts itself, the prediction or the protocol.
    """
    with workplace.store.write() as tx:
        case = tx.cases.get(case_id)
        case.check_frame(frame)
        read, protocol = _turn(workplace, tx, study, case_id, frame)
        now = stage_of(read)
        if now == "blind":
            raise Refused(blinding.HIDDEN)
        if now == "signed":
            raise Refused("You have signed this case in this study. Go on with the next one.")
        signed = _signed(workplace, tx, case, read, protocol, judgement)
        tx.studies.advance(read.key, done=True)
        return record_read(workplace, tx, signed, case)


@needs("see cases")
def queue(workplace: Workplace, study: str) -> tuple[QueueEntry, ...]:
    """All reads that this reader is to make in a study, made or not, in their order.

    Raises:
        NotFound: there is no such study.
    """
    with workplace.store.read() as tx:
        protocol = tx.studies.get(study).protocol
        entries = tx.reads.queue(study, workplace.reader)
    reads = tuple(read for read, _ in entries)
    now = workplace.clock()
    return tuple(
        QueueEntry(read, file_name, *due(read, reads, protocol, now)) for read, file_name in entries
    )


@needs("see cases")
def next_case(workplace: Workplace, study: str, *, besides: str | None = None) -> QueueEntry | None:
    """The next read that this reader can make; None when all are done, or wait for their washout.

    Args:
        workplace: its reader reads.
        study: id of the study.
        besides: a case that is being read: the one after it.
    """
    return next(
        (
            entry
            for entry in queue(workplace, study)
            if entry.is_due and entry.read.key.case_id != besides
        ),
        None,
    )


def _stage(workplace: Workplace, tx: Transaction, case_id: str, frame: int, study: str) -> Stage:
    if study != FREE:
        return stage_of(_current(workplace, tx, study, case_id, frame))
    if blinding.is_blind(workplace, tx, case_id, frame=frame):
        return "blind"
    if tx.reads.first(ReadKey(case_id, workplace.reader, FREE, frame)) is None:
        return "free"
    revisions = tx.annotations.revisions(case_id, frame=frame)
    return "signed" if any(one.reader == workplace.reader for one in revisions) else "revealed"


def _current(
    workplace: Workplace, tx: Transaction, study: str, case_id: str, frame: int
) -> StudyRead:
    """The first round of this reader and case that is not done; else the last."""
    reads = sorted(
        (
            read
            for read in tx.reads.of_case(study, case_id, frame=frame)
            if read.key.reader == workplace.reader
        ),
        key=lambda read: read.key.round,
    )
    if not reads:
        raise NotFound(NOT_YOURS)
    return next((read for read in reads if not read.is_done), reads[-1])


def _turn(
    workplace: Workplace, tx: Transaction, study_id: str, case_id: str, frame: int
) -> tuple[StudyRead, Protocol]:
    """The read that this reader can make of a case now."""
    study: Study = tx.studies.get(study_id, lock=True)
    if study.state != "open":
        raise Refused("This study is not open, so nothing can be read in it. Ask its lead.")
    current = _current(workplace, tx, study_id, case_id, frame)
    if not current.is_done:
        reads = tx.reads.of_reader(study_id, workplace.reader)
        can, until = due(current, reads, study.protocol, workplace.clock())
        if not can:
            when = f" before {until:%d %B %Y}" if until else " yet: others come first"
            raise Refused(f"This image cannot be read again{when}. Go on with the next one.")
    return current, study.protocol


def _signed(
    workplace: Workplace,
    tx: Transaction,
    case: Case,
    read: StudyRead,
    protocol: Protocol,
    judgement: Judgement,
) -> SignedRead:
    study = tx.studies.get(read.key.study)
    prediction = tx.predictions.get(
        case.case_id, frame=read.key.frame, model=study.model, site=study.site
    )
    predicted = prediction.label if prediction else None
    check_prototypes(judgement.prototype_judgements, known_model(workplace, study.model))
    check_judgements(judgement.prototype_judgements)
    check_revision(
        verdict=judgement.verdict,
        corrected_label=judgement.corrected_label,
        confidence=judgement.confidence,
        text=judgement.text,
        predicted_label=predicted,
        is_refused=prediction is not None and not prediction.supported,
    )
    if judgement.corrected_label:
        protocol.check_label(judgement.corrected_label)
    label = label_in_the_end(
        judgement, predicted=predicted, own=read.first.label if read.first else None
    )
    support = prediction.support if prediction else None
    return SignedRead(
        key=read.key,
        judgement=replace(judgement, answers=protocol.check_answers(judgement.answers, "second")),
        label=label,
        model=study.model,
        predicted_label=predicted,
        predicted_probability=prediction.probability if prediction else None,
        support=support.verdict if support else None,
        signed_at=workplace.clock(),
    )
