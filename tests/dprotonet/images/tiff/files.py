"""TIFF files for the tests, written by tifffile or by hand."""

import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile

from dprotonet.errors import UnreadableImage
from dprotonet.images.limits import Limits
from dprotonet.images.reader import read_image

RANDOM = np.random.default_rng(5)
GREY = RANDOM.integers(0, 256, (33, 47), dtype=np.uint8)
RGB = RANDOM.integers(0, 256, (33, 47, 3), dtype=np.uint8)
DTYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]


def tiff(*pages: np.ndarray, **options: Any) -> bytes:
    """A TIFF with one page an array."""
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream, **options.pop("file", {})) as writer:
        for page in pages:
            writer.write(page, metadata=None, **options)
    return stream.getvalue()


def whole_range(dtype: str) -> np.ndarray:
    """(33, 47) values that reach both ends of the type."""
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return (RANDOM.normal(0, 300, (33, 47))).astype(kind)
    info = np.iinfo(kind)
    values = RANDOM.integers(info.min, info.max, (33, 47), dtype=kind, endpoint=True)
    values[0, 0], values[-1, -1] = info.min, info.max
    return values


def by_hand(tags: dict[int, int], data: bytes, *, longs: dict[int, int] | None = None) -> bytes:
    """A little-endian TIFF of one strip, its tags as given (SHORT; ``longs`` LONG)."""
    entries = {code: (3, value) for code, value in tags.items()}
    entries |= {code: (4, value) for code, value in (longs or {}).items()}
    start = 8 + 2 + 12 * (len(entries) + 3) + 4
    entries |= {273: (4, start), 278: (3, tags[257]), 279: (4, len(data))}
    directory = struct.pack("<H", len(entries))
    for code, (kind, value) in sorted(entries.items()):
        directory += struct.pack("<HHII", code, kind, 1, value)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 0) + data


def refused(data: bytes, frame: int = 0, limits: Limits | None = None) -> str:
    """Read a page that cannot be read: the sentence that says why, with its mend."""
    with pytest.raises(UnreadableImage) as caught:
        read_image(data, frame=frame, limits=limits)
    text = str(caught.value)
    assert text[0].isupper() and text.endswith(".") and ". " in text
    return text
