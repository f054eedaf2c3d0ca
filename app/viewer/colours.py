"""The heatmap's colours, for the browser and for small pictures: the library's own table."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from dprotonet.explain.overlay import colour_table

COLOUR_TABLE = colour_table("inferno")
"""``(256, 3)`` uint8, from cold to hot."""
COLOUR_TABLE_HEX = COLOUR_TABLE.tobytes().hex()
"""The same as hex, for the browser."""
_NORMAL_STEPS = ((3, 5, 26), (20, 48, 136), (20, 108, 208), (44, 180, 240), (160, 240, 255))
NORMAL_TABLE = np.rint(
    [
        np.interp(np.linspace(0, 4, 256), range(5), channel)
        for channel in zip(*_NORMAL_STEPS, strict=True)
    ]
).T.astype(np.uint8)
"""The same of evidence for the normal class: blue, which no colour-blind eye takes for fire."""
NORMAL_TABLE_HEX = NORMAL_TABLE.tobytes().hex()
OPACITY = 0.65
_SIDE = 512  # pixels; gallery pictures are small, this only bounds the work


def heatmap_png(heatmap: Path, picture: Path | None) -> bytes:
    """A prototype's heatmap as a small PNG, over its source image where that is at hand.

    Args:
        heatmap: 8-bit grey picture, 255 stands for 1. One that has colours already stays as it is.
        picture: the source image; it shows through where the heatmap is cold.
    """
    with Image.open(heatmap) as file:
        if file.mode not in ("L", "I;16", "I", "1", "P"):
            return heatmap.read_bytes()
        file.thumbnail((_SIDE, _SIDE))
        values = np.asarray(file.convert("L"))
    source = None
    if picture is not None:
        with Image.open(picture) as file:
            source = np.asarray(file.convert("RGB").resize(values.shape[::-1]))
    return coloured_png(values, source)


def coloured_png(values: np.ndarray, source: np.ndarray | None) -> bytes:
    """A heatmap in colours as a PNG, over its image where that is at hand.

    Args:
        values: ``(H, W)`` uint8, 255 stands for 1.
        source: ``(H, W)`` or ``(H, W, 3)`` uint8; it shows through where the heatmap is cold.
    """
    colours = COLOUR_TABLE[values].astype(np.float32)
    if source is not None:
        shown = source.astype(np.float32)
        shown = shown if shown.ndim == 3 else shown[..., None]
        alpha = values[..., None].astype(np.float32) / 255 * OPACITY
        colours = shown * (1 - alpha) + colours * alpha
    png = io.BytesIO()
    Image.fromarray(np.rint(colours).astype(np.uint8)).save(png, format="PNG")
    return png.getvalue()
