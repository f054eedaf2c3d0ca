"""The size that compressed data states for itself, which a header may contradict."""

from __future__ import annotations

import struct

from dprotonet.errors import UnreadableImage

# Start-of-frame markers: all of C0 … CF but DHT, JPG and DAC; F7 is JPEG-LS.
_SOF = (set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}) | {0xF7}
_JP2 = b"\x00\x00\x00\x0cjP  "
_END = b"\xff\xd9"
_PADDING = 64  # bytes behind the end of a stream that are let pass; 1 is usual
_HEADER = 4096  # bytes in which the start of a frame is looked for
_BARE = {0x01, *range(0xD0, 0xD9)}  # markers without a length


def codestream_size(data: bytes) -> tuple[int, int] | None:
    """Rows and columns in the header of a JPEG, JPEG-LS or JPEG 2000 stream; None if unknown."""
    if data[:4] == b"\xff\x4f\xff\x51" and len(data) >= 24:  # J2K: SOC, SIZ
        width, height, left, top = struct.unpack(">4I", data[8:24])
        return height - top, width - left
    if data[:8] == _JP2:
        return codestream_size(data[_jp2_codestream(data) :][:_HEADER])
    if data[:2] == b"\xff\xd8":
        return _jpeg_size(data)
    return None


def check_codestream(data: bytes, rows: int, columns: int) -> None:
    """Refuse compressed data that its decoder should not see.

    The decoder allocates the size that the data state, not that of the header.

    Raises:
        UnreadableImage: the sizes differ, or a JPEG-LS stream lacks its end.
    """
    size = codestream_size(data)
    if size is not None and size != (rows, columns):
        raise UnreadableImage(
            f"The header states {rows} × {columns} pixels and its compressed data {size[0]} ×"
            f" {size[1]}. Export it again."
        )
    # CharLS reads on behind a stream that was cut off: 10 s for 64 × 64 pixels.
    if _is_jpeg_ls(data) and data.rfind(_END, max(0, len(data) - _PADDING)) < 0:
        raise UnreadableImage("The compressed pixels end too early. Copy or export the file again.")


def _jp2_codestream(data: bytes) -> int:
    """Where the codestream begins in a JP2 file (ISO 15444-1 I.4).

    pydicom walks the boxes too, and would stay at one of length 0 for ever.
    """
    at = 12
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"jp2c":
            return at + 8
        if length < 8:
            break
        at += length
    raise UnreadableImage("The compressed pixels are damaged. Copy or export the file again.")


def _is_jpeg_ls(data: bytes) -> bool:
    return data[:2] == b"\xff\xd8" and b"\xff\xf7" in data[:_HEADER]


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
