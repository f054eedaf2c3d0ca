"""A lock on a folder, held by one process and released by the system when that process ends."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO

from app.domain.errors import Refused


class Taken(Refused):
    """Another process holds the lock."""


class FolderLock:
    """Holds a lock file while the ``with`` block runs; ``note`` says to others who holds it."""

    def __init__(self, path: Path, *, note: str = "", patience: float = 0.0) -> None:
        self._path = path
        self._note = note
        self._patience = patience  # seconds to wait for the holder to leave
        self._file: IO[str] | None = None

    def __enter__(self) -> FolderLock:
        file = self._path.open("a+", encoding="utf-8")
        until = time.monotonic() + self._patience
        while not _lock(file):
            if time.monotonic() >= until:
                file.seek(0)
                holder = file.read().strip()
                file.close()
                raise Taken(
                    "The program already runs on this data folder"
                    + (f" ({holder})" if holder else "")
                    + ". Use that one, stop it first, or give another folder with DPROTONET_DATA."
                )
            time.sleep(0.1)
        self._file = file
        self._write(self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._write("")
            with contextlib.suppress(OSError):
                self._file.close()  # closing releases the lock
            self._file = None

    def _write(self, note: str) -> None:
        """On a full disk there is no note: it says who holds the lock, it is not the lock."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.seek(0)
                self._file.truncate()
                self._file.write(note)
                self._file.flush()


if sys.platform == "win32":
    import msvcrt

    # Windows locks bytes, also against reading: one far behind the note is taken.
    _FAR = 1 << 20

    def _lock(file: IO[str]) -> bool:
        os.lseek(file.fileno(), _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
