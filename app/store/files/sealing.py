"""Stored files encrypted with a key of the installation: what lies on the disk is unreadable
without it, and a byte that was changed, a file cut short or two files exchanged are noticed.

A sealed file is a head (a mark, and which key), the content in pieces of AES-256-GCM under a key of
its own, and that key, wrapped by the installation's with the file's name and length bound to it.
The wrapped key comes last, because a file's name is the hash of its content.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.domain.errors import Unavailable
from app.store.files.secret_keys import WrongKey
from dprotonet.images.isolated.held_bytes import HeldBytes

MARK = b"DPNSEAL1"
PIECE = 1 << 20  # bytes encrypted at once
TAG = 16  # bytes that AES-GCM adds
_ID = 16  # bytes of a key's id
_NONCE = 12
HEAD = len(MARK) + _ID
_TAIL = _NONCE + 32 + TAG
NO_KEY = (
    "The stored files are encrypted with a key that is not named. Name its file in "
    "DPROTONET_BLOB_KEY, or in DPROTONET_OLD_BLOB_KEY while they are turned over to another."
)


class ChangedFile(Unavailable, OSError):
    """A sealed file is not what was written; it names no content."""


class SealKey:
    """The installation's key of stored files.

    Args:
        secret: 32 bytes.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise ValueError("a key of stored files has 32 bytes")
        self._wrapping = AESGCM(hmac.digest(secret, b"stored files: wrapping", hashlib.sha256))
        self.id = hmac.digest(secret, b"stored files: id", hashlib.sha256)[:_ID]
        """Tells keys apart and gives nothing of this one away."""

    def wrap(self, file_key: bytes, name: str, size: int) -> bytes:
        """The key of one file, for its end."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._wrapping.encrypt(nonce, file_key, _bound(self.id, name, size))

    def unwrap(self, tail: bytes, name: str, size: int) -> bytes:
        """The key of one file, from its end; raises InvalidTag where anything was changed."""
        nonce, wrapped = tail[:_NONCE], tail[_NONCE:]
        return self._wrapping.decrypt(nonce, wrapped, _bound(self.id, name, size))


def _bound(key_id: bytes, name: str, size: int) -> bytes:
    return MARK + key_id + name.encode("ascii") + struct.pack("<Q", size)


class Sealer:
    """Writes one sealed file, piece by piece.

    Args:
        key: of the installation.
        file: where to.
    """

    def __init__(self, key: SealKey, file: IO[bytes]) -> None:
        self._key, self._file = key, file
        self._secret = AESGCM.generate_key(256)
        self._cipher = AESGCM(self._secret)
        self._number = self._size = 0
        file.write(MARK + key.id)

    def write(self, piece: bytes) -> None:
        """Add a piece; all but the last one are of :data:`PIECE` bytes."""
        if self._size % PIECE or len(piece) > PIECE:
            raise ValueError("only the last piece of a sealed file is shorter than the others")
        self._file.write(self._cipher.encrypt(_nonce(self._number), piece, None))
        self._number += 1
        self._size += len(piece)

    def end(self, name: str) -> None:
        """Finish it under its name."""
        self._file.write(self._key.wrap(self._secret, name, self._size))


class SealedFile(HeldBytes):
    """A sealed file, opened piece by piece as it is read.

    Args:
        opened: gives the file, at its start.
        stored: bytes that it takes on the disk.
        name: the blob's key.
        keys: of the installation, the present one first.
    """

    def __init__(
        self, opened: Callable[[], IO[bytes]], stored: int, name: str, keys: Sequence[SealKey]
    ) -> None:
        self._opened, self._name, self._keys = opened, name, keys
        body = stored - HEAD - _TAIL
        self._pieces = max(0, -(-body // (PIECE + TAG)))
        self._is_cut = body - self._pieces * TAG < 0
        self.size = max(0, body - self._pieces * TAG)

    def chunks(self) -> Iterator[bytes]:
        """Its content, :data:`PIECE` bytes at most at once.

        Raises:
            WrongKey: its key is not among those that are named.
            ChangedFile: a byte of it was changed, or it is another file.
        """
        with self._opened() as file:
            head = file.read(HEAD)
            key = next((one for one in self._keys if one.id == head[len(MARK) :]), None)
            if key is None:
                raise WrongKey(NO_KEY)
            if self._is_cut:
                raise self._changed()
            try:
                file.seek(HEAD + self.size + self._pieces * TAG)
                cipher = AESGCM(key.unwrap(file.read(_TAIL), self._name, self.size))
                file.seek(HEAD)
                for number in range(self._pieces):
                    length = min(PIECE, self.size - number * PIECE) + TAG
                    yield cipher.decrypt(_nonce(number), file.read(length), None)
            except (InvalidTag, ValueError):
                raise self._changed() from None

    def _changed(self) -> ChangedFile:
        return ChangedFile(
            f"The stored file {self._name} was changed on the disk. Bring it back from a backup: "
            "python -m app restore FOLDER"
        )


def is_sealed(start: bytes) -> bool:
    """Does a file begin as a sealed one does?"""
    return start.startswith(MARK)


def _nonce(number: int) -> bytes:
    """Each file has a key of its own, so that counting never repeats a nonce."""
    return number.to_bytes(_NONCE, "little")
