"""Bytes under temporary names, before a transaction keeps them."""

from __future__ import annotations

import hashlib
import io
import math
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from app.domain.errors import Unavailable
from app.store.errors import readable_errors
from app.store.files.sealing import PIECE, Sealer, SealKey
from app.store.files.stores.face import FileStore

if TYPE_CHECKING:
    from app.store.files.identities import SealedIdentity

STAGING = ".staging"
CHUNK = PIECE  # bytes
LEFT_SECONDS = 6 * 3600.0
"""What was staged so long ago nobody alive will keep: the longest upload takes less."""


class TooManyBytes(Exception):
    """What should be staged is larger than the limit given."""


@dataclass(frozen=True)
class Staged:
    """Bytes that lie ready under a temporary name."""

    key: str
    size: int
    path: str
    name: str = ""
    """How the file may be shown, where that is not as it was called."""
    identity: SealedIdentity | None = None
    """Whom a de-identified file is of; written with the row that names the file."""
    shows_text: bool = False
    """Text was found in its pixels; its case is to say so."""


class Staging:
    """The temporary names of one store.

    Args:
        store: where they lie.
        folder: how they begin.
        key: new files are sealed with it; None: they are kept as they are.
    """

    def __init__(self, store: FileStore, folder: str, key: SealKey | None) -> None:
        self._store, self.folder, self._key = store, folder, key
        with readable_errors():
            store.prepare(folder)

    def stage(self, data: bytes | IO[bytes], *, limit: int | None, suffix: str) -> Staged:
        """Write bytes, or a file chunk by chunk, under a temporary name.

        Raises:
            TooManyBytes: there are more than the limit; nothing is left behind.
            Unavailable: the disk is full, or the store away; nothing is left behind.
        """
        source = io.BytesIO(data) if isinstance(data, bytes) else data
        path = f"{self.folder}/{uuid.uuid4().hex}{suffix}"
        with readable_errors():
            digest, size = self._write(source, path, limit)
        return Staged(digest, size, path)

    def discard(self, path: str) -> None:
        """Remove what is not wanted; what cannot be removed now is cleared later."""
        with suppress(Unavailable), readable_errors():
            self._store.delete(path)

    def clear(self, *, older_than: float) -> int:
        """Remove what a crash left, by the clock of the store that dates the files.

        Args:
            older_than: seconds; what is younger may still be kept by whoever staged it. At 0 all is
                removed.

        Returns:
            How many files were removed.
        """
        with readable_errors():
            files = list(self._store.listed(self.folder))
            if not files:
                return 0
            now = self._store.now(self.folder) if older_than > 0 else math.inf
            left = [file.name for file in files if now - file.modified > older_than]
            for name in left:
                self._store.delete(name)
        return len(left)

    def _write(self, source: IO[bytes], path: str, limit: int | None) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with self._store.writing(path) as file:
            sealer = None if self._key is None else Sealer(self._key, file)
            while chunk := _whole_piece(source):
                size += len(chunk)
                if limit is not None and size > limit:
                    raise TooManyBytes
                digest.update(chunk)
                (sealer or file).write(chunk)
            if sealer is not None:
                sealer.end(digest.hexdigest())
        return digest.hexdigest(), size


def _whole_piece(source: IO[bytes]) -> bytes:
    """The next :data:`CHUNK` bytes; fewer only at the end, also of a source that gives a little at
    a time."""
    parts, missing = [], CHUNK
    while missing and (part := source.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
