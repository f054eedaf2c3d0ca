"""DICOM lookup tables: which value a table begins with, and the entries behind a descriptor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from dprotonet.images.dicom.header import element, integer

Span = tuple[float, float]  # the least and the greatest value that may occur


@dataclass(frozen=True, eq=False)
class LookupTable:
    """A LUT of PS3.3 C.11.1.1: the input ``first`` gives ``entries[0]``."""

    first: int
    entries: np.ndarray  # (n,) uint16
    bits: int  # of an entry

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Look up integers; what lies outside has the first or the last entry."""
        index = np.clip(values.astype(np.int64) - self.first, 0, len(self.entries) - 1)
        return self.entries[index]


def stored_span(header: Dataset) -> Span:
    """The stored values that BitsStored and PixelRepresentation allow; no pixel is looked at."""
    bits = integer(header, "BitsStored") or integer(header, "BitsAllocated") or 16
    bits = min(max(bits, 1), 64)
    if integer(header, "PixelRepresentation") == 1:
        return -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    return 0, (1 << bits) - 1


def little_endian(header: Dataset) -> bool:
    """The byte order in which the header was written."""
    return header.original_encoding[1] is not False


def read_table(item: Dataset, little: bool, span: Span) -> LookupTable:
    """Read one item of a modality or VOI LUT sequence.

    Args:
        item: holds LUTDescriptor and LUTData.
        little: the byte order of the file.
        span: of the values that go into the table.

    Raises:
        ValueError: the descriptor or the data are missing or do not fit each other.
    """
    size, written, bits = table_descriptor(element(item, "LUTDescriptor"), little)
    entries = table_entries(table_bytes(element(item, "LUTData"), little), size, bits)
    if bits <= 8 and int(entries.max()) > 0xFF:
        entries = entries >> 8  # words of which the upper byte is the entry
    return LookupTable(first_mapped(written, size, span), entries, bits)


def table_descriptor(value: Any, little: bool) -> tuple[int, int, int]:
    """Number of entries, first value as written, and bits of an entry (PS3.3 C.11.1.1.1).

    Raises:
        ValueError: the value is no such triple.
    """
    if isinstance(value, bytes):  # the VR was ambiguous and stayed so
        value = np.frombuffer(value[:6], "<u2" if little else ">u2").tolist()
    if value is None or isinstance(value, (int, str)) or len(value) != 3:
        raise ValueError("a LUT descriptor has three numbers")
    size, first, bits = (int(part) for part in value)
    size &= 0xFFFF  # written as SS by some
    if not 1 <= bits <= 16:
        raise ValueError(f"a LUT entry cannot have {bits} bits")
    return size or 1 << 16, first, bits


def first_mapped(written: int, size: int, span: Span) -> int:
    """The first value that a table maps, with its sign.

    Its VR is SS where values below 0 may go into the table and US where not (PS3.3 C.11.1.1.1,
    C.11.2.1.1, C.7.6.3.1.5). Implicit VR has no VR, and writers of explicit VR err, so of the two
    readings of the 16 bits that one counts by which more of the table can be reached; where both
    reach alike, that of the standard.

    Args:
        written: the second value of the descriptor, under whichever VR.
        size: entries of the table.
        span: of the values that go into it.
    """
    unsigned = written & 0xFFFF
    signed = unsigned - (1 << 16) if unsigned >= 1 << 15 else unsigned
    likely, other = (signed, unsigned) if span[0] < 0 else (unsigned, signed)
    reached = [
        min(first + size - 1, span[1]) - max(first, span[0]) + 1 for first in (likely, other)
    ]
    if max(reached) > 0:
        return likely if reached[0] >= reached[1] else other
    if span[0] < 0 and unsigned > span[1] >= 0:  # a sign that was not carried into 16 bits
        carried = unsigned - 2 * (int(span[1]) + 1)
        if carried <= span[1] and carried + size > span[0]:
            return carried
    return likely


def table_bytes(value: Any, little: bool) -> bytes:
    """The data of a LUT, whether bytes or numbers, as little-endian 16-bit words.

    Raises:
        ValueError: there are none.
    """
    if value is None:
        raise ValueError("a LUT without data")
    if not isinstance(value, bytes):
        return np.atleast_1d(np.asarray(value, dtype=np.int64)).astype("<u2").tobytes()
    if little:
        return value
    return np.frombuffer(value[: len(value) // 2 * 2], ">u2").astype("<u2").tobytes()


def table_entries(data: bytes, size: int, bits: int) -> np.ndarray:
    """The entries of a LUT: ``(size,)`` uint16.

    The length of the data decides whether an entry is a byte or a word; the descriptor decides
    where both fit.

    Args:
        data: little-endian.
        size: entries.
        bits: of an entry, as the descriptor states.

    Raises:
        ValueError: there are fewer than ``size`` entries.
    """
    words = len(data) >= 2 * size if bits > 8 else len(data) == 2 * size > 2
    if words:
        return np.frombuffer(data, "<u2", size).copy()
    if len(data) in (size, size + 1) or (bits <= 8 and len(data) >= size):
        return np.frombuffer(data, "u1", size).astype(np.uint16)
    raise ValueError(f"a LUT of {size} entries has {len(data)} bytes")
