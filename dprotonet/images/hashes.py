"""Two names of an image: of its file's bytes, and of its pixels."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from dprotonet.images.guard import readable_errors
from dprotonet.images.limits import Limits
from dprotonet.images.reading import read_frames
from dprotonet.images.source import Source, open_path
from dprotonet.images.types import GrayOrColourImage

_BLOCK = 1 << 20  # bytes


def file_sha256(source: Source) -> str:
    """SHA-256 of the file's bytes, 64 hex digits.

    Raises:
        UnreadableImage: the file cannot be opened or read.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return hashlib.sha256(source).hexdigest()
    with readable_errors("reading the file"), open_path(Path(source)) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def pixel_sha256(source: Source, *, limits: Limits | None = None) -> str:
    """SHA-256 of the decoded pixels of all frames, 64 hex digits.

    The same picture in another container, byte order or lossless compression has the same hash:
    what counts are the values after the modality LUT, their polarity and the size. Windows,
    padding and all other attributes do not count.

    Raises:
        UnreadableImage: as :func:`dprotonet.images.read`.
    """
    digest = hashlib.sha256()
    for image in read_frames(source, limits=limits):
        digest.update(_header(image))
        digest.update(np.ascontiguousarray(_canonical(image.pixels)).data)
    return digest.hexdigest()


def _header(image: GrayOrColourImage) -> bytes:
    kind = "colour" if image.is_colour else "inverted" if image.inverted else "grey"
    return f"{kind} {image.shape[0]} {image.shape[1]};".encode()


def _canonical(pixels: np.ndarray) -> np.ndarray:
    """One dtype for the same values, whichever the file happened to use."""
    if pixels.ndim == 3:
        return pixels
    if pixels.dtype.kind == "f":
        return pixels.astype("<f4")
    wide = pixels.dtype.itemsize > 4 or pixels.dtype == np.uint32
    if wide and (pixels.min() < -(2**31) or pixels.max() >= 2**31):
        return pixels.astype("<i8")
    return pixels.astype("<i4")
