"""Bytes that lie in no path; no decoder and no numpy is imported for them."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import BinaryIO, cast

_BUFFER = 1 << 16  # bytes


class HeldBytes(ABC):
    """A file that lies in no path and need not be in memory as a whole, such as an encrypted one.

    It can be read any number of times.
    """

    size: int
    """Bytes."""

    @abstractmethod
    def chunks(self) -> Iterator[bytes]:
        """Its bytes, piece by piece.

        Raises:
            OSError: they are gone.
        """

    def read(self) -> bytes:
        """All of them at once."""
        return b"".join(self.chunks())

    def open(self) -> BinaryIO:
        """As a file that can be read once, from its beginning."""
        return cast(BinaryIO, io.BufferedReader(_Pieces(self.chunks()), _BUFFER))

    def head(self, count: int) -> bytes:
        """The first bytes."""
        start = bytearray()
        for chunk in self.chunks():
            start += chunk
            if len(start) >= count:
                break
        return bytes(start[:count])


class _Pieces(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        room = memoryview(cast(bytearray, buffer)).cast("B")
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        count = min(len(room), len(self._rest))
        room[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
