"""Stored files in folders of this machine, or of a share that is mounted on it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from app.store.files.stores.face import FileStore, ListedFile
from app.store.files.stores.moves import move


class FolderFiles(FileStore):
    """The file system; a name is a path."""

    def prepare(self, folder: str) -> None:
        """Make the folder."""
        Path(folder).mkdir(parents=True, exist_ok=True)

    def local_path(self, name: str) -> Path:
        """The name as a path."""
        return Path(name)

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """A new file, on the disk at the end."""
        try:
            with Path(name).open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def read(self, name: str) -> bytes:
        """All of a file."""
        return Path(name).read_bytes()

    def start(self, name: str, count: int) -> bytes:
        """Its first bytes."""
        with Path(name).open("rb") as file:
            return file.read(count)

    def open(self, name: str) -> IO[bytes]:
        """The file, opened."""
        return Path(name).open("rb")

    def size(self, name: str) -> int:
        """Its bytes."""
        return Path(name).stat().st_size

    def exists(self, name: str) -> bool:
        """Is it there?"""
        return Path(name).exists()

    def delete(self, name: str) -> None:
        """Remove it."""
        Path(name).unlink(missing_ok=True)

    def move(self, source: str, target: str) -> None:
        """Rename it, or copy it to another disk."""
        move(Path(source), Path(target))

    def listed(self, folder: str) -> Iterator[ListedFile]:
        """All files below a folder; what goes meanwhile is left out."""
        for where, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(where, name)
                try:
                    facts = os.stat(path)
                except FileNotFoundError:
                    continue
                # A Windows path is compared with others that were put together with "/".
                yield ListedFile(path.replace(os.sep, "/"), facts.st_size, facts.st_mtime)

    def now(self, folder: str) -> float:
        """When a file that is made there now was written."""
        with tempfile.NamedTemporaryFile(dir=folder) as probe:
            return os.stat(probe.name).st_mtime
