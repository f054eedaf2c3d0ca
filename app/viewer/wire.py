"""Films and heatmaps as the browser's viewer reads them: one head, then the bare samples.

Layout, little-endian: ``uint32`` length of the head, the head as JSON (padded with blanks so that
the samples start on an even byte), then rows × columns × channels samples of ``bits`` bits. Nothing
is rendered here: window, polarity and colours are the browser's work, so that they change without
asking the server. ``source/wire.js`` is the other half.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from dprotonet.images import GrayOrColourImage, Window

_MOST_CODES = 1 << 16


def pack(head: dict[str, Any], samples: np.ndarray) -> bytes:
    """One answer of the pixel and heatmap routes.

    Args:
        head: what is said of the samples; rows, columns, channels and bits are added.
        samples: ``(H, W)`` or ``(H, W, 3)``, uint8 or uint16.
    """
    if samples.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"samples are uint8 or uint16, not {samples.dtype}")
    shape = {
        "rows": samples.shape[0],
        "columns": samples.shape[1],
        "channels": samples.shape[2] if samples.ndim == 3 else 1,
        "bits": 8 * samples.dtype.itemsize,
    }
    text = json.dumps(head | shape, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 2)
    little = samples.astype(samples.dtype.newbyteorder("<"), copy=False)
    return len(text).to_bytes(4, "little") + text + little.tobytes()


def unpack(answer: bytes) -> tuple[dict[str, Any], np.ndarray]:
    """The head and the samples ``(H, W, channels)`` of a packed answer."""
    length = int.from_bytes(answer[:4], "little")
    head = json.loads(answer[4 : 4 + length])
    samples = np.frombuffer(answer, "<u2" if head["bits"] == 16 else "u1", offset=4 + length)
    return head, samples.reshape(head["rows"], head["columns"], head["channels"])


def pack_film(image: GrayOrColourImage) -> bytes:
    """One frame for the viewer: values as they are stored, and the ways to show them."""
    if image.is_colour:
        return pack(_head(image) | {"windows": ()}, image.pixels)
    codes, slope, low, high, padding = _codes(image)
    values = np.arange(int(codes.max()) + 1) * slope + low
    head = {
        "windows": [_window(window, values) for window in image.windows],
        "slope": slope,
        "intercept": low,
        "low": low,
        "high": high,
        "padding": padding,
    }
    return pack(_head(image) | head, codes)


def pack_heatmap(heatmap: np.ndarray) -> bytes:
    """A heatmap for the viewer.

    Args:
        heatmap: ``(H, W)`` uint8, 255 stands for 1.
    """
    return pack({}, heatmap)


def _codes(image: GrayOrColourImage) -> tuple[np.ndarray, float, float, float, int | None]:
    """Unsigned codes for grey values: exact where 65,535 steps suffice, else the nearest step.

    Returns:
        codes ``(H, W)`` uint8 or uint16, slope, lowest value (code 0), highest value, code of
        padding.
    """
    values = image.pixels
    counted = values if image.padding is None else values[~image.padding]
    if counted.size == 0:
        counted = values
    low, high = float(counted.min()), float(counted.max())
    exact = values.dtype.kind in "iu" and high - low < _MOST_CODES - 1
    slope = 1.0 if exact else ((high - low) / (_MOST_CODES - 2) or 1.0)
    # Padding may lie outside what counts: it is brought inside here and marked below.
    codes = np.rint((np.clip(values, low, high).astype(np.float64) - low) / slope).astype(np.int64)
    padding = None
    if image.padding is not None:
        padding = int(codes.max()) + 1
        codes[image.padding] = padding
    return codes.astype(np.uint8 if codes.max() <= 255 else np.uint16), slope, low, high, padding


def _head(image: GrayOrColourImage) -> dict[str, Any]:
    return {
        "inverted": image.inverted,
        "pixel_aspect": image.pixel_aspect,
        "notes": image.notes,
    }


def _window(window: Window, values: np.ndarray) -> dict[str, Any]:
    """A window for the browser; a table becomes one grey a code, so that it needs no sums."""
    described = {
        "name": window.name,
        "centre": window.centre,
        "width": window.width,
        "function": window.function,
    }
    if window.table is not None:
        greys = np.rint(window.apply(values) * 255).astype(np.uint8)
        described["table"] = base64.b64encode(greys.tobytes()).decode()
    return described
