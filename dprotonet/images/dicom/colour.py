"""Colour DICOM pixels: subsampled chroma, and any depth to 8 bits."""

from __future__ import annotations

import numpy as np
from pydicom.pixels.processing import convert_color_space


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


def subsampled_bytes(rows: int, columns: int) -> tuple[int, ...]:
    """Bytes that a native YBR_FULL_422 frame of 8 bits may have, likeliest first.

    Pairs of pixels begin again with each row, or run on over the ends of rows, with or without the
    second half of a last pair. They differ where the columns are odd, which PS3.3 C.7.6.3.1.2 does
    not foresee.
    """
    pixels = rows * columns
    return rows * ((columns + 1) // 2) * 4, (pixels + 1) // 2 * 4, 2 * pixels


def subsampled_rgb(data: bytes, rows: int, columns: int) -> np.ndarray:
    """A native YBR_FULL_422 frame (PS3.3 C.7.6.3.1.2): Y Y Cb Cr for each two pixels of a row.

    Args:
        data: one frame, of one of the lengths of :func:`subsampled_bytes`.
        rows: H.
        columns: W.

    Returns:
        ``(H, W, 3)`` uint8 RGB.
    """
    by_row, running, _ = subsampled_bytes(rows, columns)
    is_by_row = len(data) == by_row
    whole = data.ljust(by_row if is_by_row else running, b"\x80")
    groups = np.frombuffer(whole, np.uint8).reshape(-1, 4)
    ybr = np.repeat(groups[:, None, [0, 2, 3]], 2, axis=1)
    ybr[:, 1, 0] = groups[:, 1]
    if len(data) < len(whole) and len(groups) > 1:  # a last pixel without chroma of its own
        ybr[-1, :, 1:] = ybr[-2, :, 1:]
    if is_by_row:
        ybr = ybr.reshape(rows, -1, 3)[:, :columns]
    else:
        ybr = ybr.reshape(-1, 3)[: rows * columns].reshape(rows, columns, 3)
    return convert_color_space(np.ascontiguousarray(ybr), "YBR_FULL", "RGB")
