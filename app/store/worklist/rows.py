"""The table of claims; private to the store."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.store.rows import ID, Base, UtcTime


class ClaimEntry(Base):
    """Who works on a case, and until when that holds. At most one row a case."""

    __tablename__ = "claim"

    case_id: Mapped[str] = mapped_column(
        ID, ForeignKey("case.id", ondelete="CASCADE"), primary_key=True
    )
    reader: Mapped[str] = mapped_column(String(200))
    claimed_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
