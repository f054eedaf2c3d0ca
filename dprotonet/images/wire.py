"""Messages between the isolated reader and its child: JSON, then raw arrays. Never pickle.

The child has decoded a file that nobody vouches for, so what comes from it is only data.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, BinaryIO

import numpy as np

from dprotonet.images.types import DicomFacts, GrayOrColourImage, ImageFacts, Spacing
from dprotonet.images.windows import VoiTable, Window

_LENGTH = struct.Struct("<I")
_HEADER_BYTES = 64 * 1024**2  # at most; a header of an image has a few KB
_DTYPES = ("|b1", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<i8", "<u8", "<f4", "<f8")


class BrokenMessage(Exception):
    """The other side ended, or sent what is no message."""


def send(stream: BinaryIO, header: dict[str, Any], parts: Sequence[Any] = ()) -> None:
    """Write a message.

    Args:
        stream: a pipe.
        header: JSON's own types.
        parts: bytes or contiguous arrays, written after it as they lie in memory.
    """
    views = [memoryview(part).cast("B") for part in parts]
    text = json.dumps({**header, "sizes": [view.nbytes for view in views]}).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    for view in views:
        stream.write(view)
    stream.flush()


def receive(stream: BinaryIO, most: int) -> tuple[dict[str, Any], list[bytearray]]:
    """Read a message.

    Args:
        stream: a pipe.
        most: bytes that the parts may have together.

    Raises:
        BrokenMessage: the pipe ended, or what came is no message.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > _HEADER_BYTES:
        raise BrokenMessage(f"a header of {length} bytes")
    try:
        header = json.loads(bytes(_exactly(stream, length)))
        sizes = [int(size) for size in header["sizes"]]
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenMessage("a header that is no JSON object with sizes") from error
    if any(size < 0 for size in sizes) or sum(sizes) > most:
        raise BrokenMessage(f"parts of {sum(sizes)} bytes")
    return header, [_exactly(stream, size) for size in sizes]


def image_to_message(image: GrayOrColourImage) -> tuple[dict[str, Any], list[np.ndarray]]:
    """An image as header and arrays, for :func:`send`."""
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
    }
    return header, arrays


def image_from_message(header: dict[str, Any], parts: Sequence[bytearray]) -> GrayOrColourImage:
    """The inverse of :func:`image_to_message`.

    Raises:
        BrokenMessage: the message does not describe an image.
    """
    try:
        arrays = [_array(part, said) for part, said in zip(parts, header["arrays"], strict=True)]
        pixels = arrays.pop(0)
        padding = arrays.pop() if header["padded"] else None
        windows = tuple(_window(said, arrays) for said in header["windows"])
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
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BrokenMessage("what came is no image") from error


def facts_from_json(data: dict[str, Any]) -> ImageFacts:
    """The inverse of ``dataclasses.asdict`` for :class:`ImageFacts`."""
    dicom = data["dicom"]
    return ImageFacts(**{**data, "dicom": DicomFacts(**dicom) if dicom else None})


def _window(said: list[Any], tables: list[np.ndarray]) -> Window:
    centre, width, name, function, first = said
    table = None if first is None else VoiTable(int(first), tables.pop(0))
    return Window(float(centre), float(width), str(name), function, table)


def _array(part: bytearray, said: dict[str, Any]) -> np.ndarray:
    if said["dtype"] not in _DTYPES:
        raise ValueError(f"no dtype of an image: {said['dtype']}")
    return np.frombuffer(part, np.dtype(said["dtype"])).reshape(said["shape"])


def _exactly(stream: BinaryIO, size: int) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    at = 0
    while at < size:
        count = stream.readinto(view[at:])  # type: ignore[attr-defined]
        if not count:
            raise BrokenMessage("the pipe ended")
        at += count
    return data
