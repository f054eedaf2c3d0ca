"""A prototype's heatmap as a small picture: over its source image where that is there."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from app.viewer.colours import TABLE

OPACITY = 0.65
_SIDE = 512  # pixels; gallery pictures are small, this only bounds the work


def heatmap_png(heatmap: Path, picture: Path | None) -> bytes:
    """PNG of the heatmap on its fixed colours.

    Args:
        heatmap: 8-bit grey picture, 255 stands for 1. One that has colours already stays as it is.
        picture: the source image; it shows through where the map is cold.
    """
    with Image.open(heatmap) as file:
        if file.mode not in ("L", "I;16", "I", "1", "P"):
            return heatmap.read_bytes()
        file.thumbnail((_SIDE, _SIDE))
        heat = np.asarray(file.convert("L"))
    colours = TABLE[heat].astype(np.float32)
    if picture is not None:
        with Image.open(picture) as file:
            below = np.asarray(file.convert("RGB").resize(heat.shape[::-1]), np.float32)
        share = heat[..., None].astype(np.float32) / 255 * OPACITY
        colours = below * (1 - share) + colours * share
    out = io.BytesIO()
    Image.fromarray(np.rint(colours).astype(np.uint8)).save(out, format="PNG")
    return out.getvalue()
