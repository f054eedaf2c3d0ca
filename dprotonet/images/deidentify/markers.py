"""Comments and makers' data inside compressed streams, blanked where they stand.

Nothing moves: offset tables and lengths stay right.
"""

from __future__ import annotations

import struct

_JPEG, _J2K, _JP2 = b"\xff\xd8", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  "
_COMMENT, _J2K_COMMENT = 0xFE, 0x64
_SCAN, _END, _J2K_TILE = 0xDA, 0xD9, 0x90
_JFIF, _ADOBE = 0xE0, 0xEE
_BARE = {0x01, *range(0xD0, 0xD9)}


def blanked(data: bytes | bytearray) -> bytearray:
    """A JPEG, JPEG-LS or JPEG 2000 stream without comments, makers' data and thumbnails.

    Args:
        data: the stream; of other bytes a plain copy comes back.

    Returns:
        As many bytes; what follows the end of a JPEG is zero.
    """
    out = bytearray(data)
    if out[:2] == _JPEG:
        _blank_jpeg(out)
    elif out[:4] == _J2K:
        _blank_j2k(out, 2)
    elif out[:8] == _JP2:
        _blank_boxes(out)
    return out


def _blank_jpeg(out: bytearray) -> None:
    at = 2
    while at + 4 <= len(out):
        if out[at] != 0xFF:  # coded data: on to the next marker
            at = _next_marker(out, at)
            continue
        marker = out[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _BARE or marker == 0:
            at += 2
            continue
        if marker == _END:
            break
        length = struct.unpack(">H", out[at + 2 : at + 4])[0]
        first, last = at + 4, min(at + 2 + max(length, 2), len(out))
        if marker == _COMMENT or (0xE0 <= marker <= 0xEF and marker != _ADOBE):
            kept = _decoding(marker, bytes(out[first:last]))
            out[first:last] = kept + bytes(last - first - len(kept))
        at = _next_marker(out, last) if marker == _SCAN else last
    out[at + 2 :] = bytes(max(0, len(out) - at - 2))


def _decoding(marker: int, body: bytes) -> bytes:
    """The part of a block that says how to decode: JFIF without its thumbnail."""
    return body[:12] if marker == _JFIF and body[:5] == b"JFIF\0" else b""


def _next_marker(out: bytearray, at: int) -> int:
    while 0 <= (at := out.find(b"\xff", at)) < len(out) - 1:
        if out[at + 1] not in (0, *range(0xD0, 0xD8)):
            return at
        at += 2
    return len(out)


def _blank_j2k(out: bytearray, at: int) -> None:
    while at + 4 <= len(out) and out[at] == 0xFF and out[at + 1] != _J2K_TILE:
        length = struct.unpack(">H", out[at + 2 : at + 4])[0]
        if out[at + 1] == _J2K_COMMENT and length >= 4:
            end = min(at + 2 + length, len(out))
            out[at + 6 : end] = bytes(end - at - 6)
        at += 2 + max(length, 2)


def _blank_boxes(out: bytearray) -> None:
    """JP2 boxes: XML, UUID and intellectual property are blanked (ISO 15444-1 annex I)."""
    at = 0
    while at + 8 <= len(out):
        length, kind = struct.unpack(">I4s", out[at : at + 8])
        end = len(out) if length == 0 else min(at + max(length, 8), len(out))
        if kind in (b"xml ", b"uuid", b"uinf", b"jp2i"):
            out[at + 8 : end] = bytes(end - at - 8)
        elif kind == b"jp2c":
            _blank_j2k(out, at + 10)
        at = end
