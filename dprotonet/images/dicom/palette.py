"""Palettes: indices to colours (DICOM PS3.3 C.7.6.3.1.5 and C.7.9)."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from dprotonet.errors import UnreadableImage
from dprotonet.images.dicom.header import element
from dprotonet.images.dicom.tables import (
    LookupTable,
    first_mapped,
    little_endian,
    stored_span,
    table_bytes,
    table_descriptor,
    table_entries,
)

_CHANNELS = ("Red", "Green", "Blue")
_DISCRETE, _LINEAR, _INDIRECT = range(3)  # PS3.3 table C.7-24
_MOST = 1 << 16  # entries that a table may have


def palette_rgb(indices: np.ndarray, header: Dataset) -> np.ndarray:
    """Apply the palette of a PALETTE COLOR image.

    Args:
        indices: ``(H, W)`` stored values, signed or not.
        header: holds the palette.

    Returns:
        ``(H, W, 3)`` uint8.

    Raises:
        UnreadableImage: the file holds no palette.
        ValueError: the palette is damaged.
    """
    tables = [_channel(header, colour) for colour in _CHANNELS]
    most = max(int(table.entries.max()) for table in tables)
    bits = max(table.bits for table in tables)
    # One channel may be dark all over, so the depth is that of all three. 16 bits that are stated
    # and hold 0 to 255 are a common slip; 8 bits over fuller words have their value above.
    shift = 0
    if most > 0xFF:
        shift = bits - 8 if bits > 8 and most < 1 << bits else 8
    rgb = np.empty((*indices.shape, 3), np.uint8)
    for number, table in enumerate(tables):
        rgb[..., number] = (table.apply(indices) >> shift).astype(np.uint8)
    return rgb


def _data_names(colour: str) -> tuple[str, str]:
    return (
        f"{colour}PaletteColorLookupTableData",
        f"Segmented{colour}PaletteColorLookupTableData",
    )


def _channel(header: Dataset, colour: str) -> LookupTable:
    little = little_endian(header)
    plain, segmented = (element(header, name) for name in _data_names(colour))
    if plain is None and segmented is None:
        raise UnreadableImage(
            "The pixels are indices into a palette, and the file does not hold it whole. Export it"
            " as RGB."
        )
    described = element(header, f"{colour}PaletteColorLookupTableDescriptor")
    size, written, bits = table_descriptor(described, little)
    first = first_mapped(written, size, stored_span(header))
    if plain is not None:
        return LookupTable(first, table_entries(table_bytes(plain, little), size, bits), bits)
    return LookupTable(first, expanded(table_bytes(segmented, little), size, bits), bits)


def expanded(data: bytes, size: int, bits: int) -> np.ndarray:
    """A segmented table written out (PS3.3 C.7.9.2): ``(size,)`` uint16.

    The segments are read as bytes or words as the descriptor says, and the other way where that
    does not give as many entries as it states.

    Args:
        data: little-endian.
        size: entries that the descriptor states.
        bits: of an entry.

    Raises:
        ValueError: read neither way are there ``size`` entries.
    """
    bytes_first = bits <= 8
    for dtype in ("u1", "<u2") if bytes_first else ("<u2", "u1"):
        units = np.frombuffer(data, dtype, len(data) // np.dtype(dtype).itemsize).tolist()
        try:
            entries = _written_out(units, np.dtype(dtype).itemsize)
        except (ValueError, IndexError):
            continue
        if len(entries) >= size and (len(entries) == size or (dtype == "u1") == bytes_first):
            return np.array(entries[:size], np.uint16)
    raise ValueError(f"a segmented LUT that does not give {size} entries")


def _written_out(
    units: list[int], width: int, at: int = 0, segments: int = 0, before: int | None = None
) -> list[int]:
    """Segments from unit ``at`` on; all where ``segments`` is 0, else that many, none indirect."""
    entries: list[int] = [] if before is None else [before]
    copied = len(entries)
    done = 0
    while at + 1 < len(units) and (not segments or done < segments):
        kind, length = units[at], units[at + 1]
        at += 2
        if kind == _DISCRETE:
            entries += units[at : at + length]
            at += length
        elif kind == _LINEAR:
            # The entry before is where the line begins; it is no part of it.
            line = np.linspace(entries[-1], units[at], length + 1)[1:]
            entries += np.rint(line).astype(int).tolist()
            at += 1
        elif kind == _INDIRECT and not segments and entries:
            low, high, span = _offset(units, at, width)
            entries += _written_out(units, width, (high << 16 | low) // width, length, entries[-1])
            at += span
        else:
            raise ValueError("a segment of no known kind")
        done += 1
        if len(entries) > _MOST + 1:
            raise ValueError("more entries than a table can have")
    return entries[copied:]


def _offset(units: list[int], at: int, width: int) -> tuple[int, int, int]:
    """Lower and upper 16 bits of a byte offset, and how many units it takes."""
    if width == 2:
        return units[at], units[at + 1], 2
    return units[at] | units[at + 1] << 8, units[at + 2] | units[at + 3] << 8, 4
