"""A study: its protocol, its cases and its people, and how far each of them got."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from app.domain.errors import Refused
from app.domain.studies.protocol import LONGEST_NAME, Arm, Protocol
from app.domain.studies.reads import StudyRead

StudyState = Literal["draft", "open", "closed"]
STUDY_STATES: tuple[StudyState, ...] = get_args(StudyState)
MOST_CASES, MOST_PEOPLE = 5000, 100


@dataclass(frozen=True)
class StudyCase:
    """One image that is read."""

    case_id: str
    frame: int = 0


@dataclass(frozen=True)
class Study:
    """A study with several readers."""

    study_id: str
    name: str
    state: StudyState
    """draft: cases and people may change; open: it is read; closed: no read is added."""
    protocol: Protocol
    protocol_digest: str
    """As it was when the study was made."""
    model: str
    """Digest of the bundle that all cases are read with."""
    model_name: str
    site: str
    """Digest of the site's settings; empty for the model's own."""
    readers: tuple[str, ...]
    adjudicators: tuple[str, ...]
    created_by: str
    created_at: datetime
    cases: int = 0
    """How many."""
    opened_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Slot:
    """One read that a reader is to make: a place in their order."""

    case_id: str
    frame: int
    reader: str
    round: int
    arm: Arm
    position: int
    is_repeat: bool = False

    @property
    def hides_ai(self) -> bool:
        """Is nothing of the model shown before the reader's own read is locked?"""
        return self.arm != "with AI"


@dataclass(frozen=True)
class QueueEntry:
    """A read in a reader's queue."""

    read: StudyRead
    file_name: str
    is_due: bool
    """Can it be begun now? Not before the same case was read before, nor in its washout."""
    due_at: datetime | None = None
    """When the days of its washout are over, where they are not."""


@dataclass(frozen=True)
class ReaderProgress:
    """How far one reader got."""

    reader: str
    done: int
    total: int
    median_seconds: float | None
    """Active seconds for each read that is done; None before the first."""
    last_at: datetime | None
    """When the last read was done."""


def check_study(
    *, name: str, readers: tuple[str, ...], adjudicators: tuple[str, ...], protocol: Protocol
) -> None:
    """Refuse a study that nobody could read as it says.

    Raises:
        Refused: with the sentence for the lead.
    """
    if not name.strip() or len(name) > LONGEST_NAME:
        raise Refused(f"The study has no name of 1 to {LONGEST_NAME} characters. Give it one.")
    for people in (readers, adjudicators):
        if len(people) > MOST_PEOPLE:
            raise Refused(f"A study has at most {MOST_PEOPLE} readers. Remove some.")
        if len(set(people)) < len(people):
            raise Refused("One reader is named twice. Remove the second.")
    both = sorted(set(readers) & set(adjudicators))
    if both:
        raise Refused(
            f"{both[0]} is named as a reader and as an adjudicator. Who reads a case does not "
            "decide on it: remove one of the two."
        )
    if readers and protocol.reads_per_case > len(readers):
        raise Refused(
            f"Each case is to be read by {protocol.reads_per_case} readers, but there are "
            f"{len(readers)}. Add readers, or change the protocol."
        )


def due(
    entry: StudyRead, reads: tuple[StudyRead, ...], protocol: Protocol, now: datetime
) -> tuple[bool, datetime | None]:
    """Can a read be begun now?

    Args:
        entry: the read.
        reads: all of this reader in this study.
        protocol: for the washout.
        now: aware.

    Returns:
        Whether, and, where the days of its washout are not over, when they are.
    """
    if entry.is_done:
        return False, None
    before = [
        read
        for read in reads
        if (read.key.case_id, read.key.frame) == (entry.key.case_id, entry.key.frame)
        and read.key.round < entry.key.round
    ]
    if any(not read.is_done for read in before):
        return False, None
    last = max((read.done_at for read in before if read.done_at), default=None)
    if last is None:
        return True, None
    until = last + timedelta(days=protocol.washout_days)
    if now < until:
        return False, until
    since = sum(1 for read in reads if read.done_at is not None and read.done_at > last)
    others = any(not read.is_done and read.key.round == 1 for read in reads)
    return since >= protocol.washout_cases or not others, None
