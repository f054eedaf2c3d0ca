"""A file that is handed on piece by piece while it is written, and is never there as a whole."""

from __future__ import annotations

import io


class Pieces(io.RawIOBase):
    """A file to write to from its beginning to its end; what was written is taken away in pieces.

    It cannot be read or moved about in, as a connection cannot.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[bytes] = []
        self._size = 0

    @property
    def size(self) -> int:
        """Bytes that wait to be taken."""
        return self._size

    def writable(self) -> bool:
        """True: that is all it is for."""
        return True

    def write(self, data: object) -> int:
        """Keep the bytes until they are taken."""
        piece = bytes(memoryview(data))  # type: ignore[arg-type]
        self._waiting.append(piece)
        self._size += len(piece)
        return len(piece)

    def take(self) -> bytes:
        """All that was written since the last time; it is forgotten here."""
        taken = b"".join(self._waiting)
        self._waiting.clear()
        self._size = 0
        return taken
