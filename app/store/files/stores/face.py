"""What a place of stored files can do, be it a folder or a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol


@dataclass(frozen=True)
class ListedFile:
    """One file as a list gives it."""

    name: str
    size: int
    """Bytes."""
    modified: float
    """When it was written, by the store's clock: seconds since 1970."""


class FileStore(Protocol):
    """Files by name; ``/`` divides the steps of a name.

    Whatever cannot be done because the place is away, full or closed raises Unavailable with a
    sentence, or, for a folder, the system's OSError, of which
    :func:`app.store.errors.readable_errors` makes one.
    """

    def prepare(self, folder: str) -> None:
        """Make ready for files whose names begin so."""

    def local_path(self, name: str) -> Path | None:
        """Where a file lies on this machine; None in a store that is elsewhere."""

    def writing(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """A new file, there at the end of the ``with`` block; after an error nothing is left.

        A process that is killed may leave half of it in a folder, and nothing in a bucket. What is
        to last is therefore written under a temporary name, then moved.
        """

    def read(self, name: str) -> bytes:
        """All of a file; raises FileNotFoundError where there is none."""

    def start(self, name: str, count: int) -> bytes:
        """Its first bytes, ``count`` at most; raises FileNotFoundError where there is none."""

    def open(self, name: str) -> IO[bytes]:
        """A file that is fetched as it is read, in which one can seek.

        Raises:
            FileNotFoundError: there is none.
        """

    def size(self, name: str) -> int:
        """Its bytes; raises FileNotFoundError where there is none."""

    def exists(self, name: str) -> bool:
        """Is it there?"""

    def delete(self, name: str) -> None:
        """Remove it; a missing one is no error."""

    def move(self, source: str, target: str) -> None:
        """Give a file another name, whole or not at all; one that is there is replaced.

        Raises:
            FileNotFoundError: there is no source.
        """

    def listed(self, folder: str) -> Iterator[ListedFile]:
        """All files below a folder, in no order that means anything; none where it is missing."""

    def now(self, folder: str) -> float:
        """The time by the clock that dates files below this folder, seconds since 1970."""
