"""The uploads of each browser session: files that wait in the spool or are arriving."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.domain.errors import Refused
from app.store.files.spool import Spool

LIFE_SECONDS = 3600.0  # of a session, and of what it sent, after its last request


class SessionOver(Refused):
    """A token that is unknown, or was not used for an hour."""


@dataclass(frozen=True)
class Received:
    """One file that has arrived whole."""

    key: str
    """Of the spool."""
    name: str
    """As the browser gave it; of a folder's file its path from that folder on, with slashes."""
    size: int
    """Bytes."""
    arrival: object = None
    """What is known of a patient's image that waits for its reader; None of what was just sent."""


@dataclass
class _Session:
    used_at: float
    arriving: dict[str, int] = field(default_factory=dict)
    held: dict[str, Received] = field(default_factory=dict)


class UploadLedger:
    """Sessions by token; safe to use from many threads."""

    def __init__(self, spool: Spool, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.spool = spool
        self._clock = clock  # seconds
        self._lock = threading.Lock()
        # By the token's hash: looking one up takes no longer for a guess that begins right.
        self._sessions: dict[bytes, _Session] = {}

    def open(self) -> str:
        """A new session's token, with which files are sent and released."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[_hash(token)] = _Session(self._clock())
        return token

    def is_open(self, token: str) -> bool:
        """Is the token known and in time? If so its hour begins again."""
        try:
            with self._lock:
                self._session(token)
        except SessionOver:
            return False
        return True

    def totals(self, token: str) -> tuple[int, int]:
        """Files and bytes of a session that wait or are arriving.

        Raises:
            SessionOver: there is no such session.
        """
        with self._lock:
            session = self._session(token)
            sizes = [*session.arriving.values(), *(file.size for file in session.held.values())]
        return len(sizes), sum(sizes)

    def arriving(self, token: str, key: str, size: int) -> None:
        """Count a file that is on its way, with so many bytes from now on.

        Raises:
            SessionOver: there is no such session.
        """
        with self._lock:
            self._session(token).arriving[key] = size

    def arrived(self, token: str, file: Received) -> None:
        """A file on its way is there.

        Raises:
            SessionOver: there is no such session.
        """
        with self._lock:
            session = self._session(token)
            session.arriving.pop(file.key, None)
            session.held[file.key] = file

    def given_up(self, token: str, key: str) -> None:
        """A file on its way will not come."""
        with self._lock:
            session = self._sessions.get(_hash(token))
            if session is not None:
                session.arriving.pop(key, None)

    def held(self, token: str) -> tuple[Received, ...]:
        """Files that have arrived, in that order; none for a session that is over."""
        with self._lock:
            session = self._sessions.get(_hash(token))
            return () if session is None else tuple(session.held.values())

    def release(self, token: str, keys: Iterable[str]) -> None:
        """Release files of this session with their bytes; those of other sessions stay."""
        for key in keys:
            with self._lock:
                session = self._sessions.get(_hash(token))
                file = session.held.pop(key, None) if session is not None else None
            if file is not None:
                self.spool.release(key)

    def expire(self) -> int:
        """End sessions that were idle for an hour; returns how many files that removed.

        A file on its way keeps its session open with every piece.
        """
        latest = self._clock() - LIFE_SECONDS
        with self._lock:
            over = [mark for mark, session in self._sessions.items() if session.used_at < latest]
            keys = [key for mark in over for key in self._sessions.pop(mark).held]
        for key in keys:
            self.spool.release(key)
        return len(keys)

    def _session(self, token: str) -> _Session:
        session = self._sessions.get(_hash(token))
        now = self._clock()
        if session is None or session.used_at < now - LIFE_SECONDS:
            raise SessionOver(
                "This page has been open for too long. Reload it and choose the files again."
            )
        session.used_at = now
        return session


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
