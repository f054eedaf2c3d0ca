"""Claims: at most one of a case is in force, and none outlives its lease."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.worklist.claims import LEASE, Claim
from app.store.worklist.rows import ClaimEntry


class Claims:
    """The claim table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, case_id: str, now: datetime) -> Claim | None:
        """The claim of a case that is in force."""
        found = self._session.execute(
            select(
                ClaimEntry.case_id, ClaimEntry.reader, ClaimEntry.claimed_at, ClaimEntry.expires_at
            ).where(ClaimEntry.case_id == case_id, ClaimEntry.expires_at > now)
        ).one_or_none()
        return None if found is None else Claim(*found)

    def take(self, case_id: str, reader: str, now: datetime) -> Claim | None:
        """Claim a case that exists, or renew one's own claim of it; another's stays as it is.

        Returns:
            The claim that is in force then: one's own, or another's; None where that has been
            given up just now.
        """
        taken = self._session.execute(
            update(ClaimEntry)
            .where(
                ClaimEntry.case_id == case_id,
                ClaimEntry.reader != reader,
                ClaimEntry.expires_at <= now,
            )
            .values(reader=reader, claimed_at=now, expires_at=now + LEASE)
        ).rowcount  # type: ignore[attr-defined]
        if not taken and not self.renew(case_id, reader, now):
            claim = Claim(case_id, reader, now, now + LEASE)
            try:
                with self._session.begin_nested():
                    self._session.add(ClaimEntry(**vars(claim)))
                    self._session.flush()
            except IntegrityError:
                pass  # another reader holds it
        self._session.expire_all()
        return self.of(case_id, now)

    def renew(self, case_id: str, reader: str, now: datetime) -> bool:
        """Prolong one's own claim, also one that ran out and that nobody took since; False where
        there is none."""
        renewed = self._session.execute(
            update(ClaimEntry)
            .where(ClaimEntry.case_id == case_id, ClaimEntry.reader == reader)
            .values(expires_at=now + LEASE)
        ).rowcount  # type: ignore[attr-defined]
        return bool(renewed)

    def release(self, case_id: str, reader: str) -> None:
        """Give up one's own claim; without one nothing happens."""
        self._session.execute(
            delete(ClaimEntry).where(ClaimEntry.case_id == case_id, ClaimEntry.reader == reader)
        )

    def forget_expired(self, now: datetime) -> int:
        """Remove the rows of claims that ran out long ago; returns how many."""
        old = delete(ClaimEntry).where(ClaimEntry.expires_at <= now - LEASE)
        return int(self._session.execute(old).rowcount)  # type: ignore[attr-defined]
