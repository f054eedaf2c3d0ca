"""Who is signed in, and who gave wrong passwords."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.accounts.account import Account
from app.store.accounts.accounts import account_of
from app.store.accounts.rows import AccountEntry, FailureEntry, SessionEntry


@dataclass(frozen=True)
class KeptSession:
    """One browser that is signed in."""

    account_id: str
    created_at: datetime
    used_at: datetime


class Sessions:
    """The tables of sessions and failures inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, key: str, account_id: str, now: datetime) -> None:
        """Begin one."""
        self._session.add(SessionEntry(key=key, account_id=account_id, created_at=now, used_at=now))
        self._session.flush()

    def get(self, key: str) -> KeptSession | None:
        """One, in time or not."""
        entry = self._session.get(SessionEntry, key)
        return None if entry is None else _kept(entry)

    def with_account(self, key: str) -> tuple[KeptSession, Account] | None:
        """One, in time or not, and whose it is: asked at every press, so by one query."""
        query = (
            select(SessionEntry, AccountEntry)
            .join(AccountEntry, AccountEntry.id == SessionEntry.account_id)
            .where(SessionEntry.key == key)
        )
        found = self._session.execute(query).first()
        if found is None:
            return None
        entry, owner = found
        return _kept(entry), account_of(owner)

    def use(self, key: str, now: datetime) -> None:
        """It was used just now, if it is still there."""
        entry = self._session.get(SessionEntry, key)
        if entry is not None:
            entry.used_at = now

    def end(self, key: str) -> None:
        """End one."""
        self._session.execute(delete(SessionEntry).where(SessionEntry.key == key))

    def end_all(self, account_id: str) -> None:
        """End all of an account."""
        self._session.execute(delete(SessionEntry).where(SessionEntry.account_id == account_id))

    def forget(self, *, used_before: datetime, created_before: datetime) -> None:
        """Remove what is over."""
        over = (SessionEntry.used_at < used_before) | (SessionEntry.created_at < created_before)
        self._session.execute(delete(SessionEntry).where(over))

    def failures(self, key: str, now: datetime) -> tuple[int, datetime]:
        """Wrong passwords in a row, and until when nobody may try again.

        Whoever else asks for the same key waits until this transaction ends.
        """
        entry = self._session.get(FailureEntry, key, with_for_update=True)
        if entry is None:
            with suppress(IntegrityError), self._session.begin_nested():
                self._session.add(FailureEntry(key=key, count=0, last_at=now, until=now))
            entry = self._session.get_one(
                FailureEntry, key, with_for_update=True, populate_existing=True
            )
        return entry.count, entry.until

    def note_failure(self, key: str, *, count: int, now: datetime, until: datetime) -> None:
        """Keep how many there were."""
        self._session.merge(FailureEntry(key=key, count=count, last_at=now, until=until))
        self._session.flush()

    def clear_failures(self, key: str) -> None:
        """The right password came."""
        self._session.execute(delete(FailureEntry).where(FailureEntry.key == key))

    def forget_failures(self, before: datetime) -> None:
        """Remove those whose last wrong password is long past."""
        self._session.execute(delete(FailureEntry).where(FailureEntry.last_at < before))


def _kept(entry: SessionEntry) -> KeptSession:
    return KeptSession(entry.account_id, entry.created_at, entry.used_at)
