"""Files that are there whole or not at all, and new ones that only their owner can read."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_BINARY = getattr(os, "O_BINARY", 0)  # Windows


def write_whole(path: Path, write: Callable[[BinaryIO], object], *, to_disk: bool = False) -> None:
    """Write a file under a temporary name and put it in its place in one step.

    Whoever reads ``path`` meanwhile sees the file from before, or none; an interrupt leaves no
    half a file behind. Missing folders are made.

    Args:
        path: the file; one that is there is replaced.
        write: writes the content into the stream that it is given.
        to_disk: True where the content must outlast a power cut: it is on the disk before the file
            gets its name.
    """
    with replacement(path, to_disk=to_disk) as temporary, open(temporary, "xb") as stream:
        # "x" and no tempfile: the file gets the permissions that the user's umask gives.
        write(stream)


@contextmanager
def replacement(path: Path, *, to_disk: bool = False) -> Iterator[Path]:
    """A temporary path beside ``path``, for code that writes to a path instead of a stream.

    When the block ends, the file written there takes the place of ``path``; when it raises, the
    file is removed and ``path`` is as it was. Missing folders are made.

    Args:
        path: the file; one that is there is replaced.
        to_disk: as in :func:`write_whole`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Short, so that the longest name that the folder takes can still be written; hidden, so that
    # a walk over the folder passes it over.
    temporary = path.parent / f".{secrets.token_hex(6)}.part"
    try:
        yield temporary
        if to_disk:
            with open(temporary, "rb+") as stream:  # Windows flushes only what it may write
                os.fsync(stream.fileno())
        os.replace(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def write_private(path: Path, content: bytes) -> None:
    """Write a file that nobody else could read, not even while it was written.

    Raises:
        FileExistsError: there is such a file; it stays as it is.
        OSError: it cannot be written.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
