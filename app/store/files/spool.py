"""Where received bytes wait until they are taken in or given up: files of no lasting name.

What comes may name a patient, so it is never written as it came: each file is encrypted with a key
of its own that only this process's memory holds. After a stop nobody can read what was left.

Callers put bytes in, read them by key and release them, and know nothing of files or ciphers.
"""

from __future__ import annotations

import os
import re
import struct
import uuid
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from types import TracebackType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dprotonet.images.isolated.held_bytes import HeldBytes

KEY = re.compile(r"[0-9a-f]{32}\Z")
PIECE = 1 << 20  # bytes encrypted at once
_TAG = 16  # bytes that AES-GCM adds to each piece
_LENGTH = struct.Struct("<I")
# Without it Windows would turn line feeds into two bytes.
_BINARY = getattr(os, "O_BINARY", 0)


class Receiving:
    """Bytes that arrive piece by piece; leaving the ``with`` block by an error removes them all."""

    def __init__(self, path: Path, held: dict[str, SpooledFile]) -> None:
        self.key = path.name
        self._path = path
        self._held = held
        self._secret = AESGCM.generate_key(256)
        self._cipher = AESGCM(self._secret)
        self._pieces = self._size = 0
        # Unbuffered: an error of the disk is that of the piece at hand, none waits for the end.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        self._file = FileIO(handle, "wb")

    def write(self, piece: bytes) -> None:
        """Add a piece.

        Raises:
            OSError: it does not fit.
        """
        for start in range(0, len(piece), PIECE):
            part = piece[start : start + PIECE]
            sealed = self._cipher.encrypt(_nonce(self._pieces), part, None)
            rest = memoryview(_LENGTH.pack(len(sealed)) + sealed)
            while rest:
                rest = rest[self._file.write(rest) :]
            self._pieces += 1
            self._size += len(part)

    def __enter__(self) -> Receiving:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._file.close()
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
        if kind is not None:
            self._path.unlink(missing_ok=True)
            return
        self._held[self.key] = SpooledFile(self._path, self._secret, self._pieces, self._size)


class SpooledFile(HeldBytes):
    """Received bytes, decrypted piece by piece as they are read."""

    def __init__(self, path: Path, secret: bytes, pieces: int, size: int) -> None:
        self.size = size
        self._path = path
        self._secret = secret
        self._pieces = pieces

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, :data:`PIECE` at most at once.

        Raises:
            OSError: they were released, or changed on the disk.
        """
        cipher = AESGCM(self._secret)
        with self._path.open("rb") as file:
            for number in range(self._pieces):
                start = file.read(_LENGTH.size)
                length = _LENGTH.unpack(start)[0] if len(start) == _LENGTH.size else 0
                if not _TAG <= length <= PIECE + _TAG:
                    raise OSError("a file of the spool was changed")
                try:
                    yield cipher.decrypt(_nonce(number), file.read(length), None)
                except InvalidTag:
                    raise OSError("a file of the spool was changed") from None


class Spool:
    """Received bytes by key, each an encrypted file that only this object can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, SpooledFile] = {}

    def receive(self) -> Receiving:
        """Begin to receive under a new key.

        Raises:
            OSError: the folder cannot be written to.
        """
        self._folder.mkdir(exist_ok=True, mode=0o700)
        return Receiving(self._folder / uuid.uuid4().hex, self._held)

    def source(self, key: str) -> HeldBytes:
        """What intake can read the bytes from; reading raises OSError where they are gone."""
        path = self._path_of(key)
        return self._held.get(key) or SpooledFile(path, bytes(32), 1, 0)

    def release(self, key: str) -> None:
        """Remove the bytes; an unknown key is no error."""
        path = self._path_of(key)
        self._held.pop(key, None)
        path.unlink(missing_ok=True)

    def clear(self) -> int:
        """Remove everything, as at a start; returns how many there were."""
        if not self._folder.is_dir():
            return 0
        paths = [path for path in self._folder.iterdir() if KEY.match(path.name)]
        for path in paths:
            self.release(path.name)
        return len(paths)

    def _path_of(self, key: str) -> Path:
        if not KEY.match(key):
            raise ValueError("A key of the spool is 32 lower-case hexadecimal digits.")
        return self._folder / key


def _nonce(number: int) -> bytes:
    """Each file has a key of its own, so that counting never repeats a nonce."""
    return number.to_bytes(12, "little")
