"""Reads: what a reader says before the model's answer is shown, and what they say of it after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from app.domain.errors import Refused
from app.domain.marks import Mark
from app.domain.studies.judgement import Judgement, check_confidence, check_seconds
from app.domain.studies.protocol import Answers, Arm, Protocol
from dprotonet.inference.support import Verdict as SupportVerdict

Stage = Literal["free", "blind", "revealed", "signed"]
"""free: nothing is hidden and nothing was locked; blind: the reader's own read comes first;
revealed: it is locked, and the model's answer is shown; signed: the reader is done."""
STAGES: tuple[Stage, ...] = get_args(Stage)
FREE = ""
"""The study of a read that belongs to none."""


@dataclass(frozen=True)
class ReadKey:
    """Which read: of one reader, of one frame, in one round of a study."""

    case_id: str
    reader: str
    study: str = FREE
    frame: int = 0
    round: int = 1
    """From 1; later ones are the other arm, or the same case once more."""


@dataclass(frozen=True)
class FirstRead:
    """What a reader said before the model's answer was shown; never changed."""

    key: ReadKey
    label: str
    """Empty where none was given: only outside a study, with nothing to mark."""
    confidence: int
    """1 (guess) to 5 (certain)."""
    marks: tuple[Mark, ...]
    nothing_to_mark: bool
    """The reader said so; False with marks, and where nothing was to be drawn."""
    answers: Answers
    active_seconds: float
    """In which the reader did something, until it was locked."""
    locked_at: datetime
    audit_sequence: int | None = None
    audit_hash: str | None = None
    audit_salt: str | None = None

    @property
    def reader(self) -> str:
        """Name of the person."""
        return self.key.reader


@dataclass(frozen=True)
class SignedRead:
    """The second part of a read, signed; never changed."""

    key: ReadKey
    judgement: Judgement
    label: str
    """What the reader says of the case in the end."""
    model: str
    predicted_label: str | None
    """As it was shown."""
    predicted_probability: float | None
    support: SupportVerdict | None
    signed_at: datetime
    audit_sequence: int | None = None
    audit_hash: str | None = None
    audit_salt: str | None = None

    @property
    def reader(self) -> str:
        """Name of the person."""
        return self.key.reader


@dataclass(frozen=True)
class StudyRead:
    """One reader's read of one case in one round, as far as it got."""

    key: ReadKey
    arm: Arm
    position: int
    """In this reader's order, from 0."""
    is_repeat: bool
    """The same arm once more."""
    first: FirstRead | None = None
    second: SignedRead | None = None

    @property
    def is_done(self) -> bool:
        """Is nothing more to be said?"""
        return (self.first if self.arm == "alone" else self.second) is not None

    @property
    def label(self) -> str | None:
        """What the reader said last."""
        last = self.second or self.first
        return None if last is None else last.label

    @property
    def confidence(self) -> int | None:
        """How sure the reader was then."""
        if self.second is not None:
            return self.second.judgement.confidence
        return None if self.first is None else self.first.confidence

    @property
    def active_seconds(self) -> float:
        """In both parts together."""
        return (self.first.active_seconds if self.first else 0.0) + (
            self.second.judgement.active_seconds if self.second else 0.0
        )

    @property
    def done_at(self) -> datetime | None:
        """When nothing more was to be said."""
        if not self.is_done:
            return None
        if self.second is not None:
            return self.second.signed_at
        return None if self.first is None else self.first.locked_at


@dataclass(frozen=True)
class Adjudication:
    """What an adjudicator decided of a case after its reads; never changed."""

    study: str
    case_id: str
    frame: int
    adjudicator: str
    label: str
    confidence: int
    text: str
    marks: tuple[Mark, ...]
    active_seconds: float | None
    """None where it was not measured."""
    decided_at: datetime
    audit_sequence: int | None = None
    audit_hash: str | None = None
    audit_salt: str | None = None


def stage_of(read: StudyRead) -> Stage:
    """How far a read of a study got."""
    if read.is_done:
        return "signed"
    if read.arm == "with AI":
        return "revealed"
    return "blind" if read.first is None else "revealed"


def check_first(
    *,
    label: str,
    confidence: int,
    marks: Sequence[Mark],
    nothing_to_mark: bool,
    active_seconds: float,
    protocol: Protocol | None,
) -> None:
    """Refuse a first read that contradicts itself or its protocol.

    Args:
        protocol: None outside a study.

    Raises:
        Refused: with the sentence for the reader.
    """
    check_confidence(confidence)
    check_seconds(active_seconds)
    if marks and nothing_to_mark:
        raise Refused("You marked something and said that there is nothing to mark. Choose one.")
    if protocol is not None:
        protocol.check_label(label)
        if protocol.marks == "required" and not marks and not nothing_to_mark:
            raise Refused("Mark where you see it, or say that there is nothing to mark.")
    elif not label and not nothing_to_mark:
        raise Refused("Say what it shows, or that there is nothing to mark.")
