"""Two hashes of an image: of its file's bytes, and of its decoded pixels."""

from __future__ import annotations

import hashlib
from pathlib import Path

from dprotonet.images.decoder_errors import readable_errors
from dprotonet.images.identity import decoded_sha256
from dprotonet.images.isolated.held_bytes import HeldBytes
from dprotonet.images.limits import Limits
from dprotonet.images.reader import read_frames
from dprotonet.images.source import Source, open_path


def file_sha256(source: Source) -> str:
    """SHA-256 of the file's bytes, 64 hex digits.

    Raises:
        UnreadableImage: the file cannot be opened or read.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return hashlib.sha256(source).hexdigest()
    if isinstance(source, HeldBytes):
        digest = hashlib.sha256()
        with readable_errors("reading the file"):
            for chunk in source.chunks():
                digest.update(chunk)
        return digest.hexdigest()
    with readable_errors("reading the file"), open_path(Path(source)) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def pixel_sha256(source: Source, *, limits: Limits | None = None) -> str:
    """SHA-256 of the decoded pixels of all frames, 64 hex digits.

    The same picture in another container, byte order or lossless compression has the same hash:
    what counts are the values after the modality LUT, their polarity and the size. Windows,
    padding and all other attributes do not count.

    Raises:
        UnreadableImage: as :func:`dprotonet.images.reader.read_image`.
    """
    return decoded_sha256(read_frames(source, limits=limits))
