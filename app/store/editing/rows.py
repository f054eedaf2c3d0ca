"""The tables of proposals, their steps and the jobs that learn; private to the store."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Float,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.store.rows import ID, SHA, Base, UtcTime


class ProposalEntry(Base):
    """The facts of one proposal; written once."""

    __tablename__ = "model_proposal"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    model: Mapped[str] = mapped_column(SHA, index=True)
    model_name: Mapped[str] = mapped_column(String(200))
    prototypes_off: Mapped[list[str]] = mapped_column(JSON)
    required: Mapped[list[str]] = mapped_column(JSON)
    tolerance: Mapped[float | None] = mapped_column(Float)
    cost: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime, index=True)


class ProposalStepEntry(Base):
    """Who did what with a proposal, and when; rows are only ever added."""

    __tablename__ = "model_proposal_step"
    __table_args__ = (
        UniqueConstraint("proposal_id", "number"),
        CheckConstraint(
            "state IN ('proposed', 'approved', 'rejected', 'active', 'undone')", name="state"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[str] = mapped_column(ForeignKey("model_proposal.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(200))
    actor_kind: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text)
    version: Mapped[str | None] = mapped_column(SHA)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class LearningEntry(Base):
    """What a job of learning has beside its row among the jobs: who asked for it, and why."""

    __tablename__ = "model_learning"

    job_id: Mapped[str] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)
    actor: Mapped[str] = mapped_column(String(200))
    actor_kind: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
