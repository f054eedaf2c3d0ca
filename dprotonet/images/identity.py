"""What makes two files the same image: hashes of pixels, decoded or as they lie in the file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np

from dprotonet.images.dicom.file import DicomFile
from dprotonet.images.dicom.header import text
from dprotonet.images.dicom.location import UNDEFINED, PixelLocation
from dprotonet.images.types import GrayOrColourImage

_BLOCK = 1 << 20  # bytes
_ITEM = b"\xfe\xff\x00\xe0"  # PS3.5 A.4: encapsulated data are always little endian
# What the bytes of the pixels mean: with other values the same bytes are another image.
_DESCRIBING = (
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "PlanarConfiguration",
    "PhotometricInterpretation",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
)


def decoded_sha256(images: Iterable[GrayOrColourImage]) -> str:
    """SHA-256 of the values of all frames, 64 hex digits, whatever held them.

    Equal: the same values after the modality LUT, the same polarity, the same sizes.
    """
    digest = hashlib.sha256()
    for image in images:
        digest.update(_header(image))
        digest.update(np.ascontiguousarray(_canonical(image.pixels)).data)
    return digest.hexdigest()


def encoded_sha256(file: object, stream: BinaryIO) -> str:
    """SHA-256 of the pixels as they lie in the file, 64 hex digits; nothing is decoded.

    Equal, for DICOM: the same bytes in the pixel element (of encapsulated data those of the
    fragments, PS3.5 A.4, however they are cut and listed), in the same transfer syntax and with
    the same attributes that say how to decode them. Rescale, windows, padding, spacing and all
    other attributes do not count. For other formats: the same bytes of the file.

    It never equals a :func:`decoded_sha256`. At most 1 MiB is in memory.

    Args:
        file: opened; a :class:`DicomFile` or one of another format.
        stream: of the file's bytes, seekable.
    """
    digest = hashlib.sha256(b"encoded;")
    if isinstance(file, DicomFile):
        stated = [file.location.syntax, *(text(file.header, name) for name in _DESCRIBING)]
        digest.update(repr([str(value) for value in stated]).encode())
        blocks = _pixel_bytes(file.location)
    else:
        stream.seek(0)
        blocks = _bytes(stream, None)
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def _pixel_bytes(location: PixelLocation) -> Iterator[bytes]:
    stream = location.stream
    stream.seek(location.offset)
    if location.length != UNDEFINED:
        yield from _bytes(stream, location.length)
        return
    is_table = True  # the first item lists the frames' places, or is empty
    while (start := stream.read(8))[:4] == _ITEM and len(start) == 8:
        length = int.from_bytes(start[4:], "little")
        if is_table:
            stream.seek(length, 1)
        else:
            yield from _bytes(stream, length)
        is_table = False


def _bytes(stream: BinaryIO, length: int | None) -> Iterator[bytes]:
    """So many bytes, or all that are there."""
    while block := stream.read(_BLOCK if length is None else min(_BLOCK, length)):
        yield block
        if length is not None:
            length -= len(block)


def _header(image: GrayOrColourImage) -> bytes:
    kind = "colour" if image.is_colour else "inverted" if image.inverted else "grey"
    return f"{kind} {image.shape[0]} {image.shape[1]};".encode()


def _canonical(pixels: np.ndarray) -> np.ndarray:
    """One dtype for the same values, whichever the file happened to use."""
    if pixels.ndim == 3:
        return pixels
    if pixels.dtype.kind == "f":
        with np.errstate(over="ignore"):
            short = pixels.astype("<f4")
        return short if np.array_equal(short, pixels) else pixels.astype("<f8")
    wide = pixels.dtype.itemsize > 4 or pixels.dtype == np.uint32
    if wide and (pixels.min() < -(2**31) or pixels.max() >= 2**31):
        return pixels.astype("<i8")
    return pixels.astype("<i4")
