"""The table of the outbox; private to the store."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.store.rows import ID, Base, UtcTime


class OutboxEntry(Base):
    """One revision for one archive. ``next_at`` is by the database's clock. Nothing here names a
    patient: a row goes with its case."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("case_id", "frame", "revision", "archive"),
        Index("ix_outbox_state_next_at", "state", "next_at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"))
    frame: Mapped[int] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(Integer)
    archive: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer)
    deaths: Mapped[int] = mapped_column(Integer)
    worker_id: Mapped[str | None] = mapped_column(ID)
    reason: Mapped[str] = mapped_column(Text)
    stored: Mapped[list[str]] = mapped_column(JSON)
    asked_by: Mapped[str] = mapped_column(String(200))
    asked_by_kind: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    next_at: Mapped[datetime] = mapped_column(UtcTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
