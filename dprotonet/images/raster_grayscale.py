"""What PNG, TIFF and their like have in common: transparency, missing values, and windows."""

from __future__ import annotations

import numpy as np

from dprotonet.errors import UnreadableImage
from dprotonet.images.types import GrayOrColourImage, ImageFacts
from dprotonet.images.windows import Window, percentile_window

# No instrument measures so much; files write such numbers (-3.4e38, 1e36) where they have no value.
_NO_VALUE = 1e30
# What rasters usually write for "no value", where nothing in the file says so.
_STAND_INS = (-9999, -99999, -999999, -32767, -32768, -(2**31))


def on_black(pixels: np.ndarray, opacity: np.ndarray | None, notes: list[str]) -> np.ndarray:
    """The image as its transparency shows it on black.

    Args:
        pixels: ``(H, W)`` or ``(H, W, 3)``, uint8 or uint16, where 0 is black.
        opacity: ``(H, W)`` of any unsigned type, whose largest value is opaque; None: no pixel
            is transparent.
        notes: a remark is added where something is transparent.
    """
    if opacity is None:
        return pixels
    opaque = np.iinfo(opacity.dtype).max
    if opacity.min() == opaque:
        return pixels
    notes.append("The image is partly transparent; it is shown on black.")
    fraction = opacity.astype(np.float32) / np.float32(opaque)
    composited: np.ndarray = np.rint(
        pixels * (fraction if pixels.ndim == 2 else fraction[..., None])
    )
    return composited.astype(pixels.dtype)


def grey_image(
    pixels: np.ndarray,
    facts: ImageFacts,
    frame: int,
    notes: list[str],
    *,
    inverted: bool = False,
    padding: np.ndarray | None = None,
    bits: int | None = None,
) -> GrayOrColourImage:
    """A grey image of values without a window of their own.

    Args:
        pixels: ``(H, W)`` of any real type.
        facts: of the file.
        frame: counted from 0.
        notes: remarks so far.
        inverted: high values are dark.
        padding: ``(H, W)`` bool, True where there is no value; what is no number is added to it.
        bits: that the pixels have, where they are not those of the file.

    Raises:
        UnreadableImage: no pixel has a value.
    """
    if pixels.dtype.kind == "f":
        pixels, padding = _numbers(pixels, padding)
    padding = _with_stand_ins(pixels, padding, notes)
    if padding is not None and not padding.any():
        padding = None
    windows = _windows(pixels, padding, bits or facts.bits, notes)
    return GrayOrColourImage(pixels, windows, inverted, padding, facts, frame, None, tuple(notes))


def _numbers(
    pixels: np.ndarray, padding: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """The values with every number finite, and where there is none."""
    if pixels.dtype.itemsize < 4:
        pixels = pixels.astype(np.float32)
    with np.errstate(invalid="ignore"):
        none = ~(np.abs(pixels) < _NO_VALUE)
    if padding is not None:
        none |= padding
    if none.all():
        raise UnreadableImage("No pixel of this image has a value. Export it again.")
    if not none.any():
        return pixels, None
    odd = ~np.isfinite(pixels)
    if odd.any():
        pixels = np.where(odd, pixels[~none].min(), pixels)
    return pixels, none


def _with_stand_ins(
    pixels: np.ndarray, padding: np.ndarray | None, notes: list[str]
) -> np.ndarray | None:
    """The padding and the pixels of a usual stand-in that lies far below all other values."""
    counted = pixels.reshape(-1) if padding is None else pixels[~padding]
    if pixels.dtype.kind == "u" or counted.size == 0 or counted.min() not in _STAND_INS:
        return padding
    least = counted.min()
    others = counted[counted > least].astype(np.float64)
    if others.size == 0 or others.min() - float(least) <= others.max() - others.min():
        return padding
    notes.append(f"Pixels of {least:g} are taken to have no value; they are shown black.")
    empty: np.ndarray = pixels == least
    return empty if padding is None else empty | padding


def _windows(
    pixels: np.ndarray, padding: np.ndarray | None, bits: int, notes: list[str]
) -> tuple[Window, ...]:
    if pixels.dtype.itemsize == 1:
        return (Window.spanning(*_stored_range(pixels.dtype, bits), "full range"),)
    notes.append("There is no window in the file: the 1st–99th percentile is shown.")
    keep = None if padding is None or padding.all() else ~padding
    counted = pixels if keep is None else pixels[keep]
    low, high = float(counted.min()), float(counted.max())
    if pixels.dtype == np.uint16:
        low, high = _stored_range(pixels.dtype, bits)
    return percentile_window(pixels, keep), Window.spanning(low, high, "full range")


def _stored_range(dtype: np.dtype, bits: int) -> tuple[float, float]:
    """From the lowest to the highest value that samples of so many bits can have."""
    info = np.iinfo(dtype)
    whole = dtype.kind == "i" or bits >= info.bits
    return float(info.min), float(info.max if whole else 2**bits - 1)
