"""Messages between a process and its child: JSON, then raw bytes. Never pickle.

The child has opened a file that nobody vouches for, so what comes from it is only data.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO

from dprotonet.images.isolated.held_bytes import HeldBytes

_LENGTH = struct.Struct("<I")
_HEADER_BYTES = 64 * 1024**2  # at most; a header of an image has a few KB


class BrokenMessage(Exception):
    """The other side ended, or sent what is no message."""


def send(stream: BinaryIO, header: dict[str, Any], parts: Sequence[Any] = ()) -> None:
    """Write a message.

    Args:
        stream: a pipe.
        header: JSON's own types.
        parts: bytes or contiguous arrays, written after it as they lie in memory, or held bytes,
            written piece by piece.

    Raises:
        OSError: the pipe ended, or held bytes are gone.
    """
    views = [part if isinstance(part, HeldBytes) else memoryview(part).cast("B") for part in parts]
    sizes = [view.size if isinstance(view, HeldBytes) else view.nbytes for view in views]
    text = json.dumps({**header, "sizes": sizes}).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    for view in views:
        for piece in view.chunks() if isinstance(view, HeldBytes) else (view,):
            stream.write(piece)
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
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BrokenMessage("a header that is no JSON object with sizes") from error
    if any(size < 0 for size in sizes) or sum(sizes) > most:
        raise BrokenMessage(f"parts of {sum(sizes)} bytes")
    return header, [_exactly(stream, size) for size in sizes]


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
