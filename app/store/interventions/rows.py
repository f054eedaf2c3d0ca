"""The table of what readers tried; private to the store."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.store.rows import ID, SHA, Base, UtcTime


class InterventionEntry(Base):
    """One try of one reader. Rows of the same ``work_key`` have the same result."""

    __tablename__ = "intervention"
    __table_args__ = (
        Index("ix_intervention_state_asked_at", "state", "asked_at"),
        Index("ix_intervention_case_id_frame_reader", "case_id", "frame", "reader"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"))
    frame: Mapped[int] = mapped_column(Integer)
    model: Mapped[str] = mapped_column(SHA)
    site: Mapped[str] = mapped_column(SHA, server_default="")
    work_key: Mapped[str] = mapped_column(SHA, index=True)
    reader: Mapped[str] = mapped_column(String(200))
    change: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer)
    worker_id: Mapped[str | None] = mapped_column(ID)
    message: Mapped[str] = mapped_column(Text)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
