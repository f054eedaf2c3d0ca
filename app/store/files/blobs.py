"""Originals and heatmaps by content: the key is the SHA-256 of the bytes, so each is kept once.

A blob is first staged, then kept inside the transaction that writes the rows which name it. The
rename is atomic, so a crash leaves either nothing or the whole blob. What no row names is put aside
in the folder of orphans, from which it comes back when a database names it again. They lie in a
folder or in an S3 store (:mod:`app.store.files.stores`).

With a key files are sealed (:mod:`app.store.files.sealing`); their names stay the hash of what is
inside, and those that were written before there was a key can be read as they are.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from app.domain.errors import Missing
from app.store.errors import readable_errors
from app.store.files.folder_notes import FolderNotes
from app.store.files.orphans import Orphan, Orphans
from app.store.files.sealing import HEAD, MARK, ChangedFile, SealedFile, SealKey, is_sealed
from app.store.files.staging import CHUNK, LEFT_SECONDS, STAGING, Staged, Staging, TooManyBytes
from app.store.files.stored_copies import StoredCopies
from app.store.files.stores.opening import opened
from app.store.files.stores.recent_reads import RecentReads
from dprotonet.images.isolated.held_bytes import HeldBytes

__all__ = ["STAGING", "Blobs", "Staged", "TooManyBytes"]

KEY = re.compile(r"[0-9a-f]{64}\Z")


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
    """A content-addressed folder, on this machine or in an S3 store.

    Args:
        root: the folder, or ``s3://BUCKET/PREFIX/NAME``. The orphans lie beside it.
        key: new files are sealed with it; None: they are kept as they are.
        old_key: what files may be sealed with beside it, while they are turned over.
    """

    def __init__(
        self, root: str, *, key: SealKey | None = None, old_key: SealKey | None = None
    ) -> None:
        self._key = key
        self._keys: Sequence[SealKey] = tuple(one for one in (key, old_key) if one is not None)
        self._store, self._root = opened(root)
        self._recent = RecentReads()
        self.orphans = Orphans(self._store, "/".join([*self._root.split("/")[:-1], "orphans"]))
        self._staging = Staging(self._store, f"{self._root}/{STAGING}", key)
        self.notes = FolderNotes(
            self._store, self._root, self._staging.folder, key=key, keys=self._keys
        )
        is_here = self._store.local_path(self._root) is not None
        self.elsewhere = None if is_here else StoredCopies(self._store, self._root)
        """For backups, where the blobs do not lie in the data folder."""

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
            Unavailable: the disk is full or read-only, or the store away; nothing is left behind.
        """
        return self._staging.stage(data, limit=limit, suffix=suffix)

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
        local = self._store.local_path(path)
        if local is None:
            data = self._read(path)
            if is_sealed(data):
                return SealedFile(lambda: io.BytesIO(data), len(data), key, self._keys)
            return data
        return self._sealed(path, key) or local

    def _sealed(self, path: str, key: str) -> SealedFile | None:
        """A file that is fetched as it is read, if it is sealed."""
        if not is_sealed(self._store.start(path, HEAD)):
            return None
        return SealedFile(lambda: self._store.open(path), self._store.size(path), key, self._keys)

    def _read(self, path: str) -> bytes:
        """A file of a store that is elsewhere, as it is stored."""
        data = self._recent.get(path)
        if data is None:
            data = self._store.read(path)
            self._recent.put(path, data)
        return data

    def path(self, key: str) -> str:
        """Where a blob lies as it is stored, sealed or not."""
        return self._path_of(key)

    def sha256(self, key: str) -> str:
        """The hash of a blob's content as it lies there; its key, unless the file was changed.

        Raises:
            Missing: there is no such file.
            ChangedFile: it is sealed, and was changed.
            WrongKey: it is sealed with a key that is not named.
        """
        digest, path = hashlib.sha256(), self._path_of(key)
        with _missing_as_error(), readable_errors():
            sealed = self._sealed(path, key)
            with self._store.open(path) if sealed is None else sealed.open() as file:
                while chunk := file.read(CHUNK):
                    digest.update(chunk)
        return digest.hexdigest()

    def is_turned_over(self, path: str) -> bool:
        """Is the file at this path sealed with the present key, or open where there is none?"""
        with readable_errors():
            start = self._store.start(path, HEAD)
        if self._key is None:
            return not is_sealed(start)
        return start == MARK + self._key.id

    def turned_over(self, path: str, key: str) -> Staged:
        """A copy of a stored file, sealed with the present key, or open where there is none.

        Raises:
            ChangedFile: the file is not what its name says; nothing was written over.
            WrongKey: it is sealed with a key that is not named.
        """
        with readable_errors():
            sealed = self._sealed(path, key)
            with self._store.open(path) if sealed is None else sealed.open() as file:
                staged = self.stage(file)
        if staged.key != key:
            self.discard(staged)
            raise ChangedFile(
                f"The stored file {key} was changed on the disk, so it was left as it is. Bring it "
                "back with: python -m app restore FOLDER"
            )
        return staged

    def replace(self, path: str, staged: Staged) -> bool:
        """Put a copy in the place of the file that it was made of; False where that is gone."""
        with readable_errors():
            if not self._store.exists(path):
                return False
            self._move(staged.path, path)
        return True

    def keep(self, staged: Staged, *, is_new: bool | None = None) -> str:
        """Move staged bytes to their lasting path and return the key.

        Args:
            staged: what is kept.
            is_new: it is not there yet, as the caller has seen; None: it is looked for.

        Raises:
            Missing: it was staged so long ago that it was cleared.
        """
        target = self._path_of(staged.key)
        with _missing_as_error(), readable_errors():
            if not self._store.exists(target) if is_new is None else is_new:
                self._move(staged.path, target)
            else:
                self._remove(staged.path)
        return staged.key

    def discard(self, staged: Staged) -> None:
        """Forget staged bytes that are not wanted; what cannot be removed now is cleared later."""
        self._staging.discard(staged.path)
        self._recent.drop(staged.path)

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
        with readable_errors():
            return self._store.exists(self._path_of(key))

    def delete(self, key: str) -> None:
        """Remove a blob; a missing one is no error."""
        with readable_errors():
            self._remove(self._path_of(key))

    def set_aside(self, key: str, *, day: str) -> bool:
        """Move a blob among the orphans; False when it is missing."""
        if not self.exists(key):
            return False
        with readable_errors():
            self.orphans.add(self._path_of(key), key, day=day)
        self._recent.drop(self._path_of(key))
        return True

    def bring_back(self, orphan: Orphan) -> None:
        """Move an orphan back among the blobs."""
        with readable_errors():
            self._store.move(orphan.path, self._path_of(orphan.key))

    def all_keys(self) -> Iterator[str]:
        """All keys, in no order that means anything."""
        with readable_errors():
            for file in self._store.listed(self._root):
                name = file.name.rpartition("/")[2]
                if KEY.match(name):
                    yield name

    def clear_staging(self, *, older_than: float = LEFT_SECONDS) -> int:
        """Remove what a crash left staged, and return how many files that were.

        Args:
            older_than: seconds by the clock of the store; what is younger is spared, since whoever
                staged it may still keep it. At 0 all is removed.
        """
        return self._staging.clear(older_than=older_than)

    def _move(self, path: str, target: str) -> None:
        self._store.move(path, target)
        self._recent.rename(path, target)

    def _remove(self, path: str) -> None:
        self._store.delete(path)
        self._recent.drop(path)

    def _path_of(self, key: str) -> str:
        if not KEY.match(key):
            raise ValueError("A blob's key is 64 lower-case hexadecimal digits.")
        return f"{self._root}/{key[:2]}/{key}"
