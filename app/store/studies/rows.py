"""The tables of studies and of reads; private to the store."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.store.rows import ID, SHA, Base, UtcTime

NAME = String(200)


class StudyEntry(Base):
    """One study with several readers."""

    __tablename__ = "study"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    state: Mapped[str] = mapped_column(String(16))
    protocol: Mapped[dict[str, Any]] = mapped_column(JSON)
    protocol_digest: Mapped[str] = mapped_column(SHA)
    hides_from_adjudicators: Mapped[bool]
    model: Mapped[str] = mapped_column(SHA)
    model_name: Mapped[str] = mapped_column(NAME)
    site: Mapped[str] = mapped_column(SHA, server_default="")
    created_by: Mapped[str] = mapped_column(NAME)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)


class StudyPersonEntry(Base):
    """Who reads in a study, and who decides where readers differ."""

    __tablename__ = "study_person"

    study_id: Mapped[str] = mapped_column(
        ForeignKey("study.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    adjudicates: Mapped[bool]
    position: Mapped[int] = mapped_column(Integer)


class StudyCaseEntry(Base):
    """One image of a study, with its label in the reference standard where one was given."""

    __tablename__ = "study_case"
    __table_args__ = (UniqueConstraint("study_id", "case_id", "frame"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[str] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"))
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    frame: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)
    pixel_sha256: Mapped[str] = mapped_column(SHA)
    reference: Mapped[str | None] = mapped_column(NAME)


class StudySlotEntry(Base):
    """One read that a reader is to make. ``state`` says how far it is, so that what is blind for a
    reader is found in this table alone; the pixels' hash hides the same image under another
    header too."""

    __tablename__ = "study_slot"
    __table_args__ = (
        UniqueConstraint("study_id", "reader", "case_id", "frame", "round"),
        Index("ix_study_slot_reader_state", "reader", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[str] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"))
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    frame: Mapped[int] = mapped_column(Integer)
    reader: Mapped[str] = mapped_column(NAME)
    round: Mapped[int] = mapped_column(Integer)
    arm: Mapped[str] = mapped_column(String(16))
    position: Mapped[int] = mapped_column(Integer)
    is_repeat: Mapped[bool]
    hides_ai: Mapped[bool]
    pixel_sha256: Mapped[str] = mapped_column(SHA)
    state: Mapped[str] = mapped_column(String(16))


class FirstReadEntry(Base):
    """A read that was locked before the model's answer was shown; rows are only ever added. It
    belongs to a study, or, with an empty ``study``, to none."""

    __tablename__ = "first_read"
    __table_args__ = (
        UniqueConstraint("study", "reader", "case_id", "frame", "round", name="uq_first_read_once"),
        CheckConstraint("confidence BETWEEN 1 AND 5", name="confidence"),
        Index("ix_first_read_reader_case_id", "reader", "case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    study: Mapped[str] = mapped_column(ID)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    frame: Mapped[int] = mapped_column(Integer)
    reader: Mapped[str] = mapped_column(NAME)
    round: Mapped[int] = mapped_column(Integer)
    label: Mapped[str] = mapped_column(NAME)
    confidence: Mapped[int] = mapped_column(Integer)
    marks: Mapped[list[Any]] = mapped_column(JSON)
    nothing_to_mark: Mapped[bool]
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    active_seconds: Mapped[float] = mapped_column(Float)
    locked_at: Mapped[datetime] = mapped_column(UtcTime)
    audit_sequence: Mapped[int | None] = mapped_column(Integer)
    audit_hash: Mapped[str | None] = mapped_column(SHA)
    audit_salt: Mapped[str | None] = mapped_column(ID)


class SignedReadEntry(Base):
    """The second part of a study's read; rows are only ever added."""

    __tablename__ = "signed_read"
    __table_args__ = (
        UniqueConstraint(
            "study", "reader", "case_id", "frame", "round", name="uq_signed_read_once"
        ),
        CheckConstraint("confidence BETWEEN 1 AND 5", name="confidence"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    study: Mapped[str] = mapped_column(ID)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    frame: Mapped[int] = mapped_column(Integer)
    reader: Mapped[str] = mapped_column(NAME)
    round: Mapped[int] = mapped_column(Integer)
    verdict: Mapped[str] = mapped_column(String(16))
    confidence: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str | None] = mapped_column(String(16))
    region: Mapped[str | None] = mapped_column(String(16))
    corrected_label: Mapped[str | None] = mapped_column(NAME)
    text: Mapped[str] = mapped_column(Text)
    prototype_judgements: Mapped[dict[str, Any]] = mapped_column(JSON)
    marks: Mapped[list[Any]] = mapped_column(JSON)
    tried: Mapped[list[Any]] = mapped_column(JSON)
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    active_seconds: Mapped[float] = mapped_column(Float)
    label: Mapped[str] = mapped_column(NAME)
    model: Mapped[str] = mapped_column(SHA)
    predicted_label: Mapped[str | None] = mapped_column(NAME)
    predicted_probability: Mapped[float | None] = mapped_column(Float)
    support: Mapped[str | None] = mapped_column(String(16))
    signed_at: Mapped[datetime] = mapped_column(UtcTime)
    audit_sequence: Mapped[int | None] = mapped_column(Integer)
    audit_hash: Mapped[str | None] = mapped_column(SHA)
    audit_salt: Mapped[str | None] = mapped_column(ID)


class AdjudicationEntry(Base):
    """What an adjudicator decided of a study's case; rows are only ever added."""

    __tablename__ = "adjudication"
    __table_args__ = (
        UniqueConstraint("study", "case_id", "frame"),
        CheckConstraint("confidence BETWEEN 1 AND 5", name="confidence"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    study: Mapped[str] = mapped_column(ID)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    frame: Mapped[int] = mapped_column(Integer)
    adjudicator: Mapped[str] = mapped_column(NAME)
    label: Mapped[str] = mapped_column(NAME)
    confidence: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    marks: Mapped[list[Any]] = mapped_column(JSON)
    active_seconds: Mapped[float | None] = mapped_column(Float)
    decided_at: Mapped[datetime] = mapped_column(UtcTime)
    audit_sequence: Mapped[int | None] = mapped_column(Integer)
    audit_hash: Mapped[str | None] = mapped_column(SHA)
    audit_salt: Mapped[str | None] = mapped_column(ID)


class ReaderPreferenceEntry(Base):
    """What one person chose for themselves, kept on the server."""

    __tablename__ = "reader_preference"

    reader: Mapped[str] = mapped_column(NAME, primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
