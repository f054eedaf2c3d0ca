"""A path or bytes, opened as one stream, with its first bytes at hand."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dprotonet.errors import UnreadableImage
from dprotonet.images.isolated.held_bytes import HeldBytes
from dprotonet.images.limits import Limits, check_file_size
from dprotonet.images.sniff import HEAD_BYTES

Source = str | Path | bytes | HeldBytes


@dataclass(frozen=True, eq=False)
class OpenFile:
    """A file under reading: ``stream`` is seekable and stands at its start."""

    stream: BinaryIO
    head: bytes  # the first HEAD_BYTES bytes
    size: int  # bytes
    name: str  # "" where bytes were given


@contextmanager
def opened(source: Source, limits: Limits) -> Iterator[OpenFile]:
    """Open a source for reading and check its size.

    Raises:
        UnreadableImage: the file is missing, not a file, closed to us or too large.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        check_file_size(len(source), limits)
        yield OpenFile(io.BytesIO(source), bytes(source[:HEAD_BYTES]), len(source), "")
        return
    if isinstance(source, HeldBytes):
        check_file_size(source.size, limits)
        with opened(source.read(), limits) as file:
            yield file
        return
    path = Path(source)
    with open_path(path) as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        check_file_size(size, limits)
        try:
            head = stream.read(HEAD_BYTES)
        except OSError as error:
            raise _unopened(error) from error
        stream.seek(0)
        yield OpenFile(stream, head, size, path.name)


def open_path(path: Path) -> io.BufferedReader:
    """Open a regular file for reading.

    Raises:
        UnreadableImage: it is missing, not a regular file, or closed to us.
    """
    try:
        # Opening a pipe or a device would wait for ever.
        if path.exists() and not path.is_file():
            kind = "a folder" if path.is_dir() else "not a regular file"
            raise UnreadableImage(f"“{path.name}” is {kind}. Give an image file.")
        return path.open("rb")
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise _unopened(error) from error


def _unopened(error: Exception) -> UnreadableImage:
    if isinstance(error, FileNotFoundError):
        return UnreadableImage("There is no such file. Check its path.")
    if isinstance(error, PermissionError):
        return UnreadableImage("The file may not be opened. Ask for the right to read it.")
    reason = f" ({text})" if (text := getattr(error, "strerror", None)) else ""
    return UnreadableImage(f"The file cannot be opened{reason}. Check its path and its disk.")
