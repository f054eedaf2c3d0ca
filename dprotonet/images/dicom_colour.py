"""Colour DICOM pixels: palettes, and any depth to 8 bits."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut

from dprotonet.errors import UnreadableImage
from dprotonet.images.dicom_grey import little_endian, table_descriptor, table_entries
from dprotonet.images.dicom_header import element

_CHANNELS = ("Red", "Green", "Blue")


def palette_rgb(indices: np.ndarray, header: Dataset) -> np.ndarray:
    """Apply the palette of a PALETTE COLOR image (PS3.3 C.7.6.3.1.5).

    Args:
        indices: ``(H, W)`` stored values.
        header: holds the palette.

    Returns:
        ``(H, W, 3)`` uint8.
    """
    if element(header, "RedPaletteColorLookupTableData") is None:
        if element(header, "SegmentedRedPaletteColorLookupTableData") is None:
            raise UnreadableImage(
                "The pixels are indices into a palette, and the file holds none. Export it as RGB."
            )
        coloured = apply_color_lut(indices, header)[..., :3]
        bits = 8 * coloured.dtype.itemsize
        return to_uint8(coloured, bits)
    little = little_endian(header)
    rgb = np.empty((*indices.shape, 3), np.uint8)
    for channel, colour in enumerate(_CHANNELS):
        described = element(header, f"{colour}PaletteColorLookupTableDescriptor")
        size, first, bits = table_descriptor(described, little)
        data = element(header, f"{colour}PaletteColorLookupTableData")
        entries = table_entries(data, size, bits, little)
        if bits > 8 and len(data) > size and entries.max() > 255:
            entries = entries >> 8
        index = np.clip(indices.astype(np.int64) - first, 0, size - 1)
        rgb[..., channel] = entries[index].astype(np.uint8)
    return rgb


def to_uint8(samples: np.ndarray, bits: int) -> np.ndarray:
    """Keep the upper 8 of ``bits`` bits.

    Args:
        samples: ``(H, W, 3)`` unsigned.
        bits: of a sample.

    Returns:
        ``(H, W, 3)`` uint8.
    """
    if samples.dtype.kind == "i":
        samples = samples.astype(np.int64) + (1 << (bits - 1))
    if bits < 8:
        return (samples.astype(np.uint16) * 255 // ((1 << bits) - 1)).astype(np.uint8)
    return (samples >> (bits - 8)).astype(np.uint8)
