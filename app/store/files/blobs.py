"""Originals and heatmaps by content: the key is the SHA-256 of the bytes, so each is kept once.

A blob is first staged, then kept inside the transaction that writes the rows which name it. The
rename is atomic, so a crash leaves either nothing or the whole blob. What no row names is put aside
in the folder of orphans, from which it comes back when a database names it again.

With a key files are sealed (:mod:`app.store.files.sealing`); their names stay the hash of what is
inside, and those that were written before there was a key can be read as they are.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import fsspec
from fsspec.implementations.local import LocalFileSystem

from app.domain.errors import Missing
from app.store.errors import readable_errors
from app.store.files.folder_notes import FolderNotes
from app.store.files.moves import move
from app.store.files.orphans import Orphan, Orphans
from app.store.files.sealing import (
    HEAD,
    MARK,
    PIECE,
    ChangedFile,
    SealedFile,
    Sealer,
    SealKey,
    is_sealed,
)
from dprotonet.images.isolated.held_bytes import HeldBytes

if TYPE_CHECKING:
    from app.store.files.identities import SealedIdentity

KEY = re.compile(r"[0-9a-f]{64}\Z")
STAGING = ".staging"
CHUNK = PIECE  # bytes


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


@contextmanager
def _missing_as_error() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise Missing(
            "The stored file is missing. Copy the folder of the originals back from "
            "your backup, or upload the image again."
        ) from None


class Blobs:
    """A content-addressed folder on any fsspec file system; local folders are what is tested.

    Args:
        root: the folder, or an fsspec URL of a folder. The orphans lie beside it.
        key: new files are sealed with it; None: they are kept as they are.
        old_key: what files may be sealed with beside it, while they are turned over.
    """

    def __init__(
        self, root: str, *, key: SealKey | None = None, old_key: SealKey | None = None
    ) -> None:
        self._key = key
        self._keys: Sequence[SealKey] = tuple(one for one in (key, old_key) if one is not None)
        self._fs, self._root = fsspec.url_to_fs(str(root))
        self._root = self._root.rstrip("/")
        self.orphans = Orphans(self._fs, f"{self._root.rpartition('/')[0]}/orphans")
        staging = f"{self._root}/{STAGING}"
        self.notes = FolderNotes(self._fs, self._root, staging, key=key, keys=self._keys)
        with readable_errors():
            self._fs.makedirs(staging, exist_ok=True)

    def stage(
        self, data: bytes | IO[bytes], *, limit: int | None = None, suffix: str = ""
    ) -> Staged:
        """Write bytes, or a file chunk by chunk, under a temporary name.

        Args:
            data: what is to be kept; ``keep`` or ``discard`` it after.
            limit: most bytes.
            suffix: ending of the temporary name, for readers that look at it.

        Raises:
            TooManyBytes: there are more than the limit; nothing is left behind.
            Unavailable: the disk is full or read-only; nothing is left behind.
        """
        source = io.BytesIO(data) if isinstance(data, bytes) else data
        staged = Staged("", 0, f"{self._root}/{STAGING}/{uuid.uuid4().hex}{suffix}")
        try:
            with readable_errors():
                digest, size = self._write(source, staged.path, limit)
        except BaseException:
            self.discard(staged)
            raise
        return Staged(digest, size, staged.path)

    def staged_source(self, staged: Staged) -> Path | bytes | HeldBytes:
        """What an image reader can read staged bytes from."""
        return self._source(staged.path, staged.key)

    def source(self, key: str) -> Path | bytes | HeldBytes:
        """What an image reader can read a blob from.

        Raises:
            Missing: there is no such file.
        """
        with _missing_as_error(), readable_errors():
            return self._source(self._path_of(key), key)

    def _source(self, path: str, key: str) -> Path | bytes | HeldBytes:
        with self._fs.open(path, "rb") as file:
            start = file.read(HEAD)
        if is_sealed(start):
            size = int(self._fs.size(path))
            return SealedFile(lambda: self._fs.open(path, "rb"), size, key, self._keys)
        if isinstance(self._fs, LocalFileSystem):
            return Path(path)
        data: bytes = self._fs.cat_file(path)
        return data

    def path(self, key: str) -> str:
        """Where a blob lies as it is stored, sealed or not."""
        return self._path_of(key)

    def sha256(self, key: str) -> str:
        """The hash of a blob's content; its key, unless the file was changed.

        Raises:
            Missing: there is no such file.
            ChangedFile: it is sealed, and was changed.
            WrongKey: it is sealed with a key that is not named.
        """
        digest = hashlib.sha256()
        with _missing_as_error(), readable_errors(), self.open(key) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def is_turned_over(self, path: str) -> bool:
        """Is the file at this path sealed with the present key, or open where there is none?"""
        with readable_errors(), self._fs.open(path, "rb") as file:
            start = file.read(HEAD)
        if self._key is None:
            return not is_sealed(start)
        return start == MARK + self._key.id

    def turned_over(self, path: str, key: str) -> Staged:
        """A copy of a stored file, sealed with the present key, or open where there is none.

        Raises:
            ChangedFile: the file is not what its name says; nothing was written over.
            WrongKey: it is sealed with a key that is not named.
        """
        source = self._source(path, key)
        if isinstance(source, HeldBytes):
            staged = self.stage(source.open())
        elif isinstance(source, Path):
            with source.open("rb") as file:
                staged = self.stage(file)
        else:
            staged = self.stage(source)
        if staged.key != key:
            self.discard(staged)
            raise ChangedFile(
                f"The stored file {key} was changed on the disk, so it was left as it is. Bring it "
                "back with: python -m app restore FOLDER"
            )
        return staged

    def replace(self, path: str, staged: Staged) -> bool:
        """Put a copy in the place of the file that it was made of; False where that is gone."""
        if not self._fs.exists(path):
            return False
        with readable_errors():
            move(self._fs, staged.path, path)
        return True

    def keep(self, staged: Staged) -> str:
        """Move staged bytes to their lasting path and return the key."""
        target = self._path_of(staged.key)
        if self._fs.exists(target):
            self.discard(staged)
            return staged.key
        with readable_errors():
            move(self._fs, staged.path, target)
        return staged.key

    def discard(self, staged: Staged) -> None:
        """Forget staged bytes that are not wanted."""
        if self._fs.exists(staged.path):
            self._fs.rm_file(staged.path)

    def put(self, data: bytes) -> str:
        """Stage and keep in one go; for bytes that a row already names."""
        return self.keep(self.stage(data))

    def read(self, key: str) -> bytes:
        """All bytes of a blob.

        Raises:
            Missing: there is no such file.
        """
        with _missing_as_error(), readable_errors():
            source = self._source(self._path_of(key), key)
            if isinstance(source, Path):
                return source.read_bytes()
            return source.read() if isinstance(source, HeldBytes) else source

    def open(self, key: str) -> IO[bytes]:
        """A readable binary file.

        Raises:
            Missing: there is no such file.
        """
        with _missing_as_error(), readable_errors():
            source = self._source(self._path_of(key), key)
            if isinstance(source, Path):
                return source.open("rb")
            return io.BytesIO(source.read() if isinstance(source, HeldBytes) else source)

    def exists(self, key: str) -> bool:
        """Is it there?"""
        exists: bool = self._fs.exists(self._path_of(key))
        return exists

    def delete(self, key: str) -> None:
        """Remove a blob; a missing one is no error."""
        if self.exists(key):
            with readable_errors():
                self._fs.rm_file(self._path_of(key))

    def set_aside(self, key: str, *, day: str) -> bool:
        """Move a blob among the orphans; False when it is missing."""
        if not self.exists(key):
            return False
        with readable_errors():
            self.orphans.add(self._path_of(key), key, day=day)
        return True

    def bring_back(self, orphan: Orphan) -> None:
        """Move an orphan back among the blobs."""
        with readable_errors():
            move(self._fs, orphan.path, self._path_of(orphan.key))

    def all_keys(self) -> Iterator[str]:
        """All keys, in no order that means anything."""
        for path in self._fs.find(self._root):
            name = path.rsplit("/", 1)[-1]
            if KEY.match(name):
                yield name

    def clear_staging(self, *, older_than: float = 3600.0) -> int:
        """Remove what a crash left staged; ``older_than`` seconds spares uploads under way."""
        removed = 0
        for path, facts in self._fs.find(f"{self._root}/{STAGING}", detail=True).items():
            written = facts.get("mtime")
            if not isinstance(written, int | float) or time.time() - written > older_than:
                self._fs.rm_file(path)
                removed += 1
        return removed

    def _write(self, source: IO[bytes], path: str, limit: int | None) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with self._fs.open(path, "wb") as file:
            sealer = None if self._key is None else Sealer(self._key, file)
            while chunk := _whole_piece(source):
                size += len(chunk)
                if limit is not None and size > limit:
                    raise TooManyBytes
                digest.update(chunk)
                (sealer or file).write(chunk)
            if sealer is not None:
                sealer.end(digest.hexdigest())
            file.flush()
            if isinstance(self._fs, LocalFileSystem):
                os.fsync(file.fileno())
        return digest.hexdigest(), size

    def _path_of(self, key: str) -> str:
        if not KEY.match(key):
            raise ValueError("A blob's key is 64 lower-case hexadecimal digits.")
        return f"{self._root}/{key[:2]}/{key}"


def _whole_piece(source: IO[bytes]) -> bytes:
    """The next :data:`CHUNK` bytes; fewer only at the end, also of a source that gives a little at
    a time."""
    parts, missing = [], CHUNK
    while missing and (part := source.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
