"""Images and heatmaps in the form that the browser's viewer reads: a header, then the samples.

Layout, little-endian: ``uint32`` length of the header, the header as JSON (padded with blanks so
that the samples start on an even byte), then rows × columns × channels samples of ``bits`` bits.
Nothing is rendered here: the browser applies window, polarity and colours, so that they change
without asking the server. ``source/encoding.js`` decodes it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from app.viewer.codes import encode_values
from app.viewer.presets import Group, presets
from dprotonet.images.types import GrayOrColourImage
from dprotonet.images.windows import Window


def pack(header: dict[str, Any], samples: np.ndarray) -> bytes:
    """One answer of the pixel and heatmap routes.

    Args:
        header: what describes the samples; rows, columns, channels and bits are added.
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
    text = json.dumps(header | shape, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 2)
    little_endian = samples.astype(samples.dtype.newbyteorder("<"), copy=False)
    return len(text).to_bytes(4, "little") + text + little_endian.tobytes()


def unpack(answer: bytes) -> tuple[dict[str, Any], np.ndarray]:
    """The header and the samples ``(H, W, channels)`` of a packed answer."""
    length = int.from_bytes(answer[:4], "little")
    header = json.loads(answer[4 : 4 + length])
    samples = np.frombuffer(answer, "<u2" if header["bits"] == 16 else "u1", offset=4 + length)
    return header, samples.reshape(header["rows"], header["columns"], header["channels"])


def pack_image(image: GrayOrColourImage) -> bytes:
    """One frame for the viewer: codes, the values that they stand for, and the windows.

    The header says ``spacing`` and ``orientation`` (the letters at the edges) where the file does,
    and ``rescale``, by which a value goes back to what is stored, where that is a straight line.
    """
    if image.is_colour:
        return pack(_header(image) | {"windows": ()}, image.pixels)
    codes = encode_values(image)
    values = codes.values
    header = _header(image) | {
        "windows": [_window(group, window, values) for group, window in presets(image)],
        "knots": codes.knots,
        "whole": codes.whole,
        "low": codes.low,
        "high": codes.high,
        "padding": codes.padding,
    }
    return pack(header, codes.samples)


def pack_picture(path: Path) -> bytes:
    """A picture of 8 bits, such as a training image of a gallery, for the viewer.

    Args:
        path: a PNG or JPEG file; grey or colour.
    """
    with Image.open(path) as file:
        pixels = np.asarray(file.convert("L" if file.mode in ("L", "1", "I;16", "I") else "RGB"))
    shown: dict[str, Any] = {"inverted": False, "pixel_aspect": 1.0, "notes": (), "format": "png"}
    shown |= {"spacing": None, "orientation": None, "rescale": None}
    if pixels.ndim == 3:
        return pack(shown | {"windows": ()}, pixels)
    window = {"group": "file", "name": "", "centre": 127.5, "width": 255.0}
    window["function"] = "LINEAR_EXACT"
    grey = {"knots": [(0, 0.0), (255, 255.0)], "whole": True, "low": 0.0, "high": 255.0}
    return pack(shown | grey | {"windows": [window], "padding": None}, pixels)


def pack_heatmap(heatmap: np.ndarray) -> bytes:
    """A heatmap for the viewer.

    Args:
        heatmap: ``(H, W)`` uint8, 255 stands for 1.
    """
    return pack({}, heatmap)


def _header(image: GrayOrColourImage) -> dict[str, Any]:
    return {
        "inverted": image.inverted,
        "pixel_aspect": image.pixel_aspect,
        "notes": image.notes,
        "format": image.facts.format,
        "spacing": asdict(image.spacing) if image.spacing else None,
        "orientation": asdict(image.directions) if image.directions else None,
        "rescale": asdict(image.rescale) if image.rescale else None,
    }


def _window(group: Group, window: Window, values: np.ndarray) -> dict[str, Any]:
    """A window for the browser; a table becomes one grey per code for it to look up."""
    entry: dict[str, Any] = {
        "group": group,
        "name": window.name,
        "centre": window.centre,
        "width": window.width,
        "function": window.function,
    }
    if window.table is not None:
        greys = np.rint(window.apply(values) * 255).astype(np.uint8)
        entry["table"] = base64.b64encode(greys.tobytes()).decode()
    return entry
