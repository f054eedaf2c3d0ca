"""The second part of a study's read: the same questions with the model's answer in sight, and the
protocol's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.domain.cases import Sheet
from app.domain.errors import Refused
from app.domain.permissions import needs
from app.domain.room.drafts import Draft, Entries
from app.domain.room.sheet import Form
from app.domain.studies.judgement import Judgement, judgement_from_json
from app.domain.studies.protocol import Protocol
from app.domain.studies.reads import SignedRead, StudyRead
from app.domain.text import local_time
from app.services.interventions import asking
from app.services.room.blind import ASKED, answers_to, asked, protocol_of
from app.services.room.form import first_read_text, judgement, questions
from app.services.room.signing import judgements_of, more_of
from app.services.studies import reading
from app.services.workplace import Workplace


def second_form(
    sheet: Sheet,
    draft: Draft | None,
    read: StudyRead,
    protocol: Protocol | None,
    *,
    may_sign: bool,
) -> Form:
    """The questions, with the draft's answers; the reader's marks of the first part are there."""
    entered = draft.entries if draft else Entries()
    first = read.first
    said = read.second.judgement if read.second else None
    drawn = said.marks if said else first.marks if first else ()
    is_open = not read.is_done
    return Form(
        questions=(
            *questions(sheet, protocol.labels if protocol else ()),
            *asked(protocol, "second"),
        ),
        judgement=judgement(sheet),
        answers=_said(said) if said else entered.answers,
        judgements=entered.judgements,
        marks=entered.drawn(drawn),
        revision=0,
        button="Sign and go on" if is_open else "Signed",
        note=_note(read),
        may_sign=is_open and may_sign,
        draft_saved_at=local_time(draft.saved_at) if draft and is_open else "",
        active_seconds=entered.active_seconds or 0.0,
    )


def _said(judgement: Judgement) -> dict[str, Any]:
    said = {
        "verdict": judgement.verdict,
        "label": judgement.corrected_label,
        "reason": judgement.reason,
        "confidence": str(judgement.confidence),
        "text": judgement.text,
    }
    return said | {f"{ASKED}{code}": str(answer) for code, answer in judgement.answers.items()}


def _note(read: StudyRead) -> str:
    if read.is_done and read.done_at is not None:
        return f"Signed {local_time(read.done_at)}."
    if read.first is None:
        return ""
    return first_read_text(read.first)


@needs("sign")
def sign(
    workplace: Workplace, case_id: str, entries: Mapping[str, Any], *, frame: int, study: str
) -> SignedRead:
    """Sign the second part as the room's form holds it; see :func:`reading.sign_read`.

    Raises:
        Refused: an answer is missing or contradicts another; the sentence says which.
    """
    entered = Entries.of(entries)
    answers = entered.answers
    if not answers.get("verdict"):
        raise Refused("Say whether the label is right, then sign.")
    if not answers.get("confidence"):
        raise Refused("Say how sure you are, then sign.")
    more = more_of(entered, asking.tried(workplace, case_id, frame=frame))
    judgement = judgement_from_json(
        {
            "verdict": answers["verdict"],
            "confidence": entered.confidence,
            "reason": more.reason,
            "region": more.region,
            "corrected_label": answers.get("label") if answers["verdict"] != "accept" else None,
            "text": answers.get("text"),
            "prototype_judgements": {
                name: asdict(one) for name, one in judgements_of(entered).items()
            },
            "marks": [mark.to_json() for mark in more.marks],
            "tried": list(more.tried),
            "answers": answers_to(protocol_of(workplace, study), answers, "second"),
            "active_seconds": more.active_seconds or 0.0,
        }
    )
    signed = reading.sign_read(workplace, case_id, study=study, judgement=judgement, frame=frame)
    with workplace.store.write() as tx:
        tx.drafts.remove(case_id, frame=frame, reader=workplace.reader, study=study)
    return signed
