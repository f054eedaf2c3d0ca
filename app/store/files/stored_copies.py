"""Stored files on their way into a backup and back, where they do not lie in the data folder."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from app.store.files.stores.face import FileStore

BLOBS = "blobs/"
"""How their names begin in a backup."""
PIECE = 1 << 20  # bytes


class StoredCopies:
    """The files of one store as they lie there, sealed or not, by their names in a backup.

    Args:
        store: where they lie.
        root: how their names begin there.
    """

    def __init__(self, store: FileStore, root: str) -> None:
        self._store, self._root = store, root

    def exists(self, name: str) -> bool:
        """Is this file there?"""
        return self._store.exists(self._path_of(name))

    def save(self, name: str, target: Path) -> tuple[int, str]:
        """Copy a file out of the store, for this user alone, and wait until the disk has it.

        Returns:
            How many bytes were read, and their SHA-256.

        Raises:
            FileNotFoundError: there is no such file.
        """
        digest = hashlib.sha256()
        with self._store.open(self._path_of(name)) as file, target.open("xb") as copy:
            os.chmod(target, 0o600)
            while piece := file.read(PIECE):
                digest.update(piece)
                copy.write(piece)
            copy.flush()
            os.fsync(copy.fileno())
            return copy.tell(), digest.hexdigest()

    def put(self, name: str, source: Path) -> None:
        """Copy a file into the store, in the place of one that is there."""
        with source.open("rb") as file, self._store.writing(self._path_of(name)) as copy:
            shutil.copyfileobj(file, copy, PIECE)

    def _path_of(self, name: str) -> str:
        return f"{self._root}/{name.removeprefix(BLOBS)}"
