"""Where received bytes wait until they are taken in or given up: files of no lasting name.

A small interface, so that the bytes could be kept in memory or encrypted instead: callers put bytes
in, read them by key and release them, and know nothing of files.
"""

from __future__ import annotations

import os
import re
import uuid
from io import FileIO
from pathlib import Path
from types import TracebackType

KEY = re.compile(r"[0-9a-f]{32}\Z")
# Without it Windows would turn line feeds into two bytes.
_BINARY = getattr(os, "O_BINARY", 0)


class Receiving:
    """Bytes that arrive piece by piece; leaving the ``with`` block by an error removes them all."""

    def __init__(self, path: Path) -> None:
        self.key = path.name
        self._path = path
        # Unbuffered: an error of the disk is that of the piece at hand, none waits for the end.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        self._file = FileIO(handle, "wb")

    def write(self, piece: bytes) -> None:
        """Add a piece.

        Raises:
            OSError: it does not fit.
        """
        rest = memoryview(piece)
        while rest:
            rest = rest[self._file.write(rest) :]

    def __enter__(self) -> Receiving:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._file.close()
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
        if kind is not None:
            self._path.unlink(missing_ok=True)


class Spool:
    """Received bytes by key, each a file that only this user can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def receive(self) -> Receiving:
        """Begin to receive under a new key.

        Raises:
            OSError: the folder cannot be written to.
        """
        self._folder.mkdir(exist_ok=True, mode=0o700)
        return Receiving(self._folder / uuid.uuid4().hex)

    def source(self, key: str) -> Path | bytes:
        """What intake can read the bytes from."""
        return self._path_of(key)

    def release(self, key: str) -> None:
        """Remove the bytes; an unknown key is no error."""
        self._path_of(key).unlink(missing_ok=True)

    def clear(self) -> int:
        """Remove everything, as at a start; returns how many there were."""
        if not self._folder.is_dir():
            return 0
        paths = [path for path in self._folder.iterdir() if KEY.match(path.name)]
        for path in paths:
            path.unlink(missing_ok=True)
        return len(paths)

    def _path_of(self, key: str) -> Path:
        if not KEY.match(key):
            raise ValueError("A key of the spool is 32 lower-case hexadecimal digits.")
        return self._folder / key
