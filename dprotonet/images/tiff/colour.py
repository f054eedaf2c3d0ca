"""Colours of a TIFF as 8-bit RGB."""

from __future__ import annotations

import numpy as np

from dprotonet.errors import UnreadableImage

_FLOAT_NOTE = "The colours are numbers with a point: from the lowest to the highest is shown."


def from_palette(indices: np.ndarray, colour_map: object, bits: int) -> np.ndarray:
    """Colours of a palette.

    Args:
        indices: ``(H, W)`` unsigned or bool.
        colour_map: of the file; all reds, then all greens and blues, 16 bits each (TIFF 6 s.5).
        bits: of an index.

    Returns:
        ``(H, W, 3)`` uint8.

    Raises:
        UnreadableImage: the palette is missing or too short.
    """
    table = np.asarray(colour_map if colour_map is not None else (), np.float64).reshape(-1)
    size = table.size // 3
    if indices.dtype == np.bool_:
        indices = indices.astype(np.uint8)
    if indices.dtype.kind != "u" or not 0 < size == 2**bits:
        raise UnreadableImage(
            "This TIFF file lacks the palette that its colours are counted in. Export it again."
        )
    # Some writers fill it with 8-bit values, as libtiff's readers have learnt.
    deep = table.max() > 255
    colours = (table.astype(np.uint16) >> (8 if deep else 0)).astype(np.uint8)
    rgb: np.ndarray = colours.reshape(3, size).T[indices]
    return rgb


def in_eight_bits(samples: np.ndarray, bits: int, notes: list[str]) -> np.ndarray:
    """Samples of colour ``(H, W, C)`` of any real type as uint8.

    Args:
        samples: from 0 to the highest value of so many bits, or from 0 to 1 where they are float.
        bits: of a sample.
        notes: a remark is added where something is lost.
    """
    if samples.dtype.kind == "f":
        return _from_float(samples, notes)
    if bits > 8:
        notes.append(f"The file has {bits} bits a sample, of which 8 are kept.")
    if samples.dtype.kind == "i":
        top = np.iinfo(samples.dtype).max
        low = 0 if samples.min() >= 0 else np.iinfo(samples.dtype).min
        scaled = (samples.astype(np.float64) - low) / (float(top) - low)
        return np.rint(scaled * 255).astype(np.uint8)
    if bits >= 8:
        return (samples >> (bits - 8)).astype(np.uint8)
    stretched: np.ndarray = np.rint(samples * (255 / (2**bits - 1))).astype(np.uint8)
    return stretched


def from_cmyk(samples: np.ndarray) -> np.ndarray:
    """``(H, W, 4)`` uint8 inks to ``(H, W, 3)`` uint8, without a profile."""
    light = 255 - samples.astype(np.uint16)
    return ((light[..., :3] * light[..., 3:] + 127) // 255).astype(np.uint8)


def _from_float(samples: np.ndarray, notes: list[str]) -> np.ndarray:
    values = np.nan_to_num(samples.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 1:
        notes.append(_FLOAT_NOTE)
        values = (values - low) / (high - low)
    return np.rint(values * 255).astype(np.uint8)
