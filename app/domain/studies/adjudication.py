"""Which cases somebody has to decide, and what of the reads is shown to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.marks import Mark
from app.domain.studies.protocol import CONFIDENCE_GAP, Protocol
from app.domain.studies.reads import Adjudication, StudyRead
from app.domain.studies.study import StudyCase


@dataclass(frozen=True)
class Opinion:
    """What one reader says of a case in the end: without their name, and without what the model
    said, which their verdict on it would tell."""

    label: str
    confidence: int
    marks: tuple[Mark, ...]
    text: str


@dataclass(frozen=True)
class DueCase:
    """A case that waits for a decision."""

    case: StudyCase
    opinions: tuple[Opinion, ...]


def last_reads(reads: Sequence[StudyRead]) -> dict[StudyCase, list[StudyRead]]:
    """Of each case what each reader was to say last, repeats left out; done or not."""
    last: dict[tuple[StudyCase, str], StudyRead] = {}
    for read in reads:
        where = StudyCase(read.key.case_id, read.key.frame), read.key.reader
        if not read.is_repeat and (where not in last or last[where].key.round < read.key.round):
            last[where] = read
    by_case: dict[StudyCase, list[StudyRead]] = {}
    for (case, _), read in last.items():
        by_case.setdefault(case, []).append(read)
    return by_case


def due_cases(
    protocol: Protocol, reads: Sequence[StudyRead], decided: Sequence[Adjudication]
) -> tuple[DueCase, ...]:
    """The cases that wait for a decision.

    Args:
        protocol: with the rule.
        reads: all of the study, made or not.
        decided: the decisions so far.
    """
    done = {StudyCase(one.case_id, one.frame) for one in decided}
    return tuple(
        DueCase(case, tuple(_opinion(read) for read in of_case))
        for case, of_case in last_reads(reads).items()
        if case not in done
        and all(read.is_done for read in of_case)
        and needs_adjudication(protocol, of_case)
    )


def needs_adjudication(protocol: Protocol, reads: Sequence[StudyRead]) -> bool:
    """Do the readers of a case differ so that somebody has to decide?

    Args:
        protocol: with the rule.
        reads: all done, one a reader.
    """
    rule = protocol.adjudication
    if rule in ("always", "never"):
        return rule == "always"
    if len({read.label for read in reads}) > 1:
        return True
    sure = [read.confidence or 0 for read in reads]
    gap = max(sure, default=0) - min(sure, default=0)
    return rule == "confidence differs" and gap >= CONFIDENCE_GAP


def _opinion(read: StudyRead) -> Opinion:
    marks = read.first.marks if read.first else ()
    text = ""
    if read.second is not None:
        marks = read.second.judgement.marks or marks
        text = read.second.judgement.text
    return Opinion(read.label or "", read.confidence or 0, marks, text)
