"""The tables of watched folders; private to the store. No path stands in them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.store.rows import SHA, Base, UtcTime


class WatchedFolderEntry(Base):
    """One folder, known by the hash of its path."""

    __tablename__ = "watched_folder"

    key: Mapped[str] = mapped_column(SHA, primary_key=True)
    looked_at: Mapped[datetime] = mapped_column(UtcTime)


class WatchedFileEntry(Base):
    """One file as it was last seen, known by the hash of its path."""

    __tablename__ = "watched_file"

    folder: Mapped[str] = mapped_column(
        ForeignKey("watched_folder.key", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(SHA, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    changed_ns: Mapped[int] = mapped_column(BigInteger)
    is_taken: Mapped[bool] = mapped_column(Boolean)
