"""What compressed data state of themselves, which a header may contradict."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from dprotonet.errors import UnreadableImage

# Start-of-frame markers: all of C0 … CF but DHT, JPG and DAC; F7 is JPEG-LS.
_SOF = (set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}) | {0xF7}
_SOF_LOSSLESS = {0xC3, 0xC7, 0xCB, 0xCF}
_JPEG_LS = 0xF7
_SCAN = 0xDA
_TILE, _STYLE = 0x90, 0x52  # of JPEG 2000
_JP2 = b"\x00\x00\x00\x0cjP  "
_J2K = b"\xff\x4f\xff\x51"  # SOC, SIZ
_JPEG = b"\xff\xd8"
_END = b"\xff\xd9"
_PADDING = 64  # bytes behind the end of a stream that are tolerated; 1 is usual
_HEADER = 4096  # bytes in which the start of a frame is looked for
_BARE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
# In coded data FF is followed by 00 (a byte FF), by FF (fill) or by a restart marker.
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
_AFTER_SCAN = {0xC4, 0xCC, _SCAN, 0xD9, *range(0xDB, 0xDE), *range(0xE0, 0xF0), 0xFE}
_DAMAGED = "The compressed pixels are damaged. Copy or export the file again."
_SHORT = "The compressed pixels end too early. Copy or export the file again."


@dataclass(frozen=True)
class Codestream:
    """The header of a JPEG, JPEG-LS or JPEG 2000 stream."""

    rows: int
    columns: int
    samples: int  # of a pixel
    precision: int  # bits of a sample
    signed: bool
    lossless: bool  # every value comes back as it went in
    jpeg_ls: bool = False


def starts_stream(data: bytes) -> bool:
    """True where the first bytes begin a JPEG, JPEG-LS or JPEG 2000 stream."""
    return data[:2] == _JPEG or data[:4] == _J2K or data[:8] == _JP2


def read_codestream(data: bytes) -> Codestream | None:
    """What the header of a stream states; None where it is of no such kind.

    Raises:
        UnreadableImage: its boxes do not lead to a codestream.
    """
    if data[:4] == _J2K and len(data) >= 43:
        return _jpeg2000(data)
    if data[:8] == _JP2:
        return read_codestream(data[_jp2_codestream(data) :][:_HEADER])
    if data[:2] == _JPEG:
        return _jpeg(data)
    return None


def check_codestream(data: bytes, rows: int, columns: int, samples: int) -> Codestream | None:
    """Refuse compressed data that its decoder should not see.

    The decoder allocates the size that the data state, not that of the header.

    Args:
        data: one frame.
        rows: that the header states.
        columns: that the header states.
        samples: of a pixel, that the header states.

    Returns:
        What the data state; None where they are of no kind that is known here.

    Raises:
        UnreadableImage: the sizes differ, a JPEG-LS stream lacks its end, or a JPEG stream is
            broken by a marker.
    """
    stream = read_codestream(data)
    if stream is None:
        return None
    if (stream.rows, stream.columns) != (rows, columns):
        raise UnreadableImage(
            f"The header states {rows} × {columns} pixels and its compressed data {stream.rows} ×"
            f" {stream.columns}. Export it again."
        )
    if stream.samples != samples:
        raise UnreadableImage(
            f"The header states {samples} samples of a pixel and its compressed data"
            f" {stream.samples}. Export it again."
        )
    # CharLS reads on behind a stream that was cut off: 10 s for 64 × 64 pixels.
    if stream.jpeg_ls and data.rfind(_END, max(0, len(data) - _PADDING)) < 0:
        raise UnreadableImage(_SHORT)
    return stream


def check_scans(data: bytes) -> bool:
    """Look for markers that cannot stand in the coded data of a JPEG stream.

    libjpeg-turbo stops at such a marker and fills up with grey, without a word.

    Returns:
        False where the stream lacks its end.

    Raises:
        UnreadableImage: there is such a marker.
    """
    at = next((at for marker, at in _segments(data) if marker == _SCAN), -1)
    while at >= 0:
        match = _MARKER.search(data, at + 2 + int.from_bytes(data[at + 2 : at + 4], "big"))
        if match is None:
            return False
        marker = match[1][0]
        if marker == _END[1]:
            return True
        if marker not in _AFTER_SCAN:
            raise UnreadableImage(_DAMAGED)
        at = match.start()
        while at + 4 <= len(data) and data[at + 1] != _SCAN:
            if data[at + 1] == _END[1]:
                return True
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if data[at : at + 1] != b"\xff":
                raise UnreadableImage(_DAMAGED)
    return False


def _jpeg2000(data: bytes) -> Codestream:
    width, height, left, top = struct.unpack(">4I", data[8:24])
    samples, depth = struct.unpack(">HB", data[40:43])
    # The coding style: one of the two wavelets gives back what went in (ISO 15444-1 A.6.1).
    styles = [at for marker, at in _segments(data) if marker == _STYLE]
    lossless = bool(styles) and data[styles[0] + 13 : styles[0] + 14] == b"\x01"
    signed = depth > 127
    return Codestream(height - top, width - left, samples, (depth & 127) + 1, signed, lossless)


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
    raise UnreadableImage(_DAMAGED)


def _jpeg(data: bytes) -> Codestream | None:
    frame, near = None, 0
    for marker, at in _segments(data):
        if marker in _SOF and frame is None and at + 10 <= len(data):
            frame = (marker, *struct.unpack(">BHHB", data[at + 4 : at + 10]))
        elif marker == _SCAN:  # JPEG-LS: the difference that is allowed (ISO 14495-1 C.2.3)
            near = int.from_bytes(data[at + 5 + 2 * data[at + 4] :][:1], "big")
    if frame is None:
        return None
    marker, precision, rows, columns, samples = frame
    jpeg_ls = marker == _JPEG_LS
    lossless = near == 0 if jpeg_ls else marker in _SOF_LOSSLESS
    return Codestream(rows, columns, samples, precision, False, lossless, jpeg_ls)


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Marker and position of every segment of a header, up to the first scan or tile."""
    at = 2
    while at + 5 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill
            at += 1
        elif marker in _BARE:
            at += 2
        else:
            yield marker, at
            if marker in (_SCAN, _TILE):
                return
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
