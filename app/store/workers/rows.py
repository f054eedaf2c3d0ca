"""The table of workers; private to the store."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.store.rows import ID, Base, UtcTime


class WorkerEntry(Base):
    """One worker process of a database that several share. Its times are the database's."""

    __tablename__ = "worker"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    pid: Mapped[int] = mapped_column(Integer)
    device: Mapped[str] = mapped_column(String(16))
    memory: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
