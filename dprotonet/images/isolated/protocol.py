"""Images as messages between the isolated reader and its child."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from dprotonet.images.isolated.messages import BrokenMessage
from dprotonet.images.types import (
    DicomFacts,
    GrayOrColourImage,
    ImageFacts,
    PatientDirections,
    Rescale,
    Spacing,
)
from dprotonet.images.windows import VoiTable, Window

_DTYPES = ("|b1", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<i8", "<u8", "<f4", "<f8")


def image_to_message(image: GrayOrColourImage) -> tuple[dict[str, Any], list[np.ndarray]]:
    """An image as header and arrays, for :func:`dprotonet.images.isolated.messages.send`."""
    tables = [window.table for window in image.windows if window.table is not None]
    arrays = [image.pixels, *(table.values for table in tables)]
    if image.padding is not None:
        arrays.append(image.padding)
    arrays = [np.ascontiguousarray(a, a.dtype.newbyteorder("<")) for a in arrays]
    header = {
        "arrays": [{"dtype": array.dtype.str, "shape": array.shape} for array in arrays],
        "windows": [
            [w.centre, w.width, w.name, w.function, w.table.first if w.table else None]
            for w in image.windows
        ],
        "padded": image.padding is not None,
        "inverted": image.inverted,
        "facts": asdict(image.facts),
        "frame": image.frame,
        "spacing": asdict(image.spacing) if image.spacing else None,
        "notes": image.notes,
        "aspect_ratio": image.aspect_ratio,
        "directions": asdict(image.directions) if image.directions else None,
        "rescale": asdict(image.rescale) if image.rescale else None,
    }
    return header, arrays


def image_from_message(header: dict[str, Any], parts: Sequence[bytearray]) -> GrayOrColourImage:
    """The inverse of :func:`image_to_message`.

    Raises:
        BrokenMessage: the message does not describe an image.
    """
    try:
        arrays = [
            _array(part, described) for part, described in zip(parts, header["arrays"], strict=True)
        ]
        pixels = arrays.pop(0)
        padding = arrays.pop() if header["padded"] else None
        windows = tuple(_window(described, arrays) for described in header["windows"])
        return GrayOrColourImage(
            pixels=pixels,
            windows=windows,
            inverted=bool(header["inverted"]),
            padding=padding,
            facts=facts_from_json(header["facts"]),
            frame=int(header["frame"]),
            spacing=Spacing(**header["spacing"]) if header["spacing"] else None,
            notes=tuple(str(note) for note in header["notes"]),
            aspect_ratio=header["aspect_ratio"],
            directions=PatientDirections(**header["directions"]) if header["directions"] else None,
            rescale=Rescale(**header["rescale"]) if header["rescale"] else None,
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BrokenMessage("what came is no image") from error


def facts_from_json(data: dict[str, Any]) -> ImageFacts:
    """The inverse of ``dataclasses.asdict`` for :class:`ImageFacts`."""
    dicom = data["dicom"]
    return ImageFacts(**{**data, "dicom": DicomFacts(**dicom) if dicom else None})


def _window(described: list[Any], tables: list[np.ndarray]) -> Window:
    centre, width, name, function, first = described
    table = None if first is None else VoiTable(int(first), tables.pop(0))
    return Window(float(centre), float(width), str(name), function, table)


def _array(part: bytearray, described: dict[str, Any]) -> np.ndarray:
    if described["dtype"] not in _DTYPES:
        raise ValueError(f"no dtype of an image: {described['dtype']}")
    return np.frombuffer(part, np.dtype(described["dtype"])).reshape(described["shape"])
