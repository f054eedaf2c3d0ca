"""The tables of accounts and sessions; private to the store. Secrets are kept as hashes alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Boolean, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.store.rows import ID, SHA, Base, UtcTime


class AccountEntry(Base):
    """One person who may sign in."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    roles: Mapped[list[str]] = mapped_column(JSON)
    password: Mapped[str | None] = mapped_column(String(200))
    """As argon2 writes it, with its salt and its cost."""
    subject: Mapped[str | None] = mapped_column(String(400), unique=True)
    is_disabled: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class SessionEntry(Base):
    """One browser that is signed in."""

    __tablename__ = "session"

    key: Mapped[str] = mapped_column(SHA, primary_key=True)
    """SHA-256 of the token in the cookie."""
    account_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime] = mapped_column(UtcTime)


class LinkEntry(Base):
    """A link by which somebody sets a password once."""

    __tablename__ = "sign_in_link"

    key: Mapped[str] = mapped_column(SHA, primary_key=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    """None: whoever opens it becomes the first administrator."""
    until: Mapped[datetime] = mapped_column(UtcTime)


class FailureEntry(Base):
    """Wrong passwords in a row under a name, whether there is such an account or not."""

    __tablename__ = "sign_in_failure"

    key: Mapped[str] = mapped_column(SHA, primary_key=True)
    """SHA-256 of the name: people type passwords into the field for names."""
    count: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    until: Mapped[datetime] = mapped_column(UtcTime)


class ApiTokenEntry(Base):
    """A token by which a program comes in."""

    __tablename__ = "api_token"

    key: Mapped[str] = mapped_column(SHA, primary_key=True)
    """SHA-256 of the token."""
    id: Mapped[str] = mapped_column(ID, unique=True)
    title: Mapped[str] = mapped_column(String(100))
    account_id: Mapped[str | None] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    """None: of the one reader at this machine."""
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)
