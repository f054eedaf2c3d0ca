"""The size that compressed data states for itself, which a header may contradict."""

from __future__ import annotations

import struct

from dprotonet.errors import UnreadableImage

# Start-of-frame markers: all of C0 … CF but DHT, JPG and DAC; F7 is JPEG-LS.
_SOF = (set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}) | {0xF7}
_BARE = {0x01, *range(0xD0, 0xD9)}  # markers without a length


def codestream_size(data: bytes) -> tuple[int, int] | None:
    """Rows and columns in the header of a JPEG, JPEG-LS or JPEG 2000 stream; None if unknown."""
    if data[:4] == b"\xff\x4f\xff\x51" and len(data) >= 24:  # J2K: SOC, SIZ
        width, height, left, top = struct.unpack(">4I", data[8:24])
        return height - top, width - left
    if data[:12] == b"\x00\x00\x00\x0cjP  \r\n\x87\n":  # JP2: the codestream is inside
        start = data.find(b"\xff\x4f\xff\x51")
        return codestream_size(data[start:]) if start > 0 else None
    if data[:2] == b"\xff\xd8":
        return _jpeg_size(data)
    return None


def check_codestream(data: bytes, rows: int, columns: int) -> None:
    """Refuse compressed data whose own size is not the header's: it would be allocated.

    Raises:
        UnreadableImage: the sizes differ.
    """
    size = codestream_size(data)
    if size is not None and size != (rows, columns):
        raise UnreadableImage(
            f"The header states {rows} × {columns} pixels and its compressed data {size[0]} ×"
            f" {size[1]}. Export it again."
        )


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # fill
            at += 1
        elif marker in _BARE:
            at += 2
        elif marker in _SOF:
            rows, columns = struct.unpack(">2H", data[at + 5 : at + 9])
            return rows, columns
        else:
            at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return None
