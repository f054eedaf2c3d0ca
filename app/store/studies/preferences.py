"""What each person chose for themselves."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.store.studies.rows import ReaderPreferenceEntry


class Preferences:
    """The preferences inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, reader: str, key: str, default: Any = None) -> Any:
        """What somebody chose."""
        entry = self._session.get(ReaderPreferenceEntry, (reader, key))
        return default if entry is None else entry.value

    def set(self, reader: str, key: str, value: Any) -> None:
        """Keep what somebody chose."""
        self._session.merge(ReaderPreferenceEntry(reader=reader, key=key, value=value))
        self._session.flush()
