"""What was seen in watched folders: a file is taken once it is the same at two looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.store.watching.rows import WatchedFileEntry, WatchedFolderEntry


@dataclass(frozen=True)
class Sight:
    """How large a file was, and when it was last written to."""

    size: int
    """Bytes."""
    changed_ns: int
    """Nanoseconds since 1970."""


class WatchedFiles:
    """The tables of watched folders inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin_look(self, folder: str, now: datetime, *, every: timedelta) -> bool:
        """Is it time to look at a folder, and nobody else's turn? Then the next look is due after
        ``every``.

        Args:
            folder: key of it.
            now: the time.
            every: between two looks.
        """
        entry = self._session.get(WatchedFolderEntry, folder, with_for_update={"skip_locked": True})
        if entry is None:
            try:
                with self._session.begin_nested():
                    self._session.add(WatchedFolderEntry(key=folder, looked_at=now))
                    self._session.flush()
            except IntegrityError:  # another worker looks, or began to at the same moment
                return False
            return True
        if timedelta(0) <= now - entry.looked_at < every:
            return False
        entry.looked_at = now
        self._session.flush()
        return True

    def take(self, folder: str, seen: Mapping[str, Sight]) -> set[str]:
        """Note what was seen, and take the files that are as they were at the look before.

        Nothing is taken twice, unless it was written to since; whoever takes must make what
        becomes of it in the same transaction.

        Args:
            folder: key of it.
            seen: files by their keys.

        Returns:
            The keys of those that are taken now.
        """
        query = select(WatchedFileEntry).where(
            WatchedFileEntry.folder == folder, WatchedFileEntry.key.in_(list(seen))
        )
        known = {one.key: one for one in self._session.scalars(query.with_for_update())}
        taken = set()
        for key, sight in seen.items():
            entry = known.get(key)
            if entry is None:
                entry = WatchedFileEntry(folder=folder, key=key, is_taken=False)
                self._session.add(entry)
            elif (entry.size, entry.changed_ns) != (sight.size, sight.changed_ns):
                entry.is_taken = False
            elif not entry.is_taken:
                entry.is_taken = True
                taken.add(key)
            entry.size, entry.changed_ns = sight.size, sight.changed_ns
        self._session.flush()
        return taken
