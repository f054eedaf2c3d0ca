"""PNG, JPEG, WebP, BMP and TIFF with the picture alone: no text, no EXIF, no thumbnails."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from dprotonet.images.decoder_errors import readable_errors
from dprotonet.images.deidentify.markers import blanked
from dprotonet.images.deidentify.tiff import deidentified_tiff
from dprotonet.images.limits import Limits
from dprotonet.images.orientation import orientation_of
from dprotonet.images.pillow_opening import open_with_pillow
from dprotonet.images.png import png_chunks
from dprotonet.images.types import ImageFormat

_ENDINGS = {"png": ".png", "jpeg": ".jpg", "webp": ".webp", "bmp": ".png", "tiff": ".tif"}
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"IDAT")
_SRGB = b"\0"  # rendering intent: stands for a colour profile, whose text may say anything
_WEBP_KEPT = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF")
_WEBP_FLAGS = 0b0001_0010  # of VP8X: alpha and animation stay; profile, EXIF and XMP go
# A TIFF of one directory with the orientation alone (EXIF 4.6.4).
_EXIF = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0%c\0\0\0\0\0\0\0"


def deidentified_picture(data: bytes, kind: ImageFormat, limits: Limits) -> tuple[bytes, str]:
    """The file with its picture alone, whose pixels and orientation stay as they are.

    Args:
        data: the file.
        kind: its format, not "dicom".
        limits: of pages.

    Returns:
        The new file and the ending of its name. A BMP becomes a PNG.

    Raises:
        UnreadableImage: damaged.
    """
    with readable_errors("reading its parts"):
        if kind == "tiff":
            return deidentified_tiff(data, limits), _ENDINGS[kind]
        stream = io.BytesIO(data)
        image = open_with_pillow(stream, kind)
        turn = orientation_of(image, kind, stream)
        write = {"png": _png, "jpeg": _jpeg, "webp": _webp, "bmp": _bmp}[kind]
        return write(data, image, turn), _ENDINGS[kind]


def _png(data: bytes, image: Image.Image, turn: int) -> bytes:
    out = io.BytesIO(_PNG)
    out.seek(0, io.SEEK_END)
    stream, profiled = io.BytesIO(data), False
    for kind, length in png_chunks(stream):
        if kind in (b"iCCP", b"cICP") and not profiled:
            out.write(_chunk(b"sRGB", _SRGB))
            profiled = True
        if kind in _PNG_KEPT and not (kind == b"sRGB" and profiled):
            out.write(_chunk(kind, stream.read(length)))
    if turn > 1:
        out.write(_chunk(b"eXIf", _EXIF % bytes([turn])))
    out.write(_chunk(b"IEND", b""))
    return out.getvalue()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _jpeg(data: bytes, image: Image.Image, turn: int) -> bytes:
    clean = bytes(blanked(data)).rstrip(b"\0")
    if turn == 1:
        return clean
    body = b"Exif\0\0" + _EXIF % bytes([turn])
    return clean[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + clean[2:]


def _webp(data: bytes, image: Image.Image, turn: int) -> bytes:
    parts = []
    for kind, body in _riff(data):
        if kind == b"VP8X":
            flags = body[0] & _WEBP_FLAGS | (0b1000 if turn > 1 else 0)
            body = bytes([flags]) + body[1:]
        parts.append(_riff_chunk(kind, body))
    if turn > 1:
        parts.append(_riff_chunk(b"EXIF", _EXIF % bytes([turn])))
    content = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def _riff(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, end = 12, min(len(data), 8 + struct.unpack("<I", data[4:8])[0])
    while at + 8 <= end:
        kind, length = struct.unpack("<4sI", data[at : at + 8])
        if kind in _WEBP_KEPT:
            yield kind, data[at + 8 : min(at + 8 + length, end)]
        at += 8 + length + length % 2


def _riff_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(body)) + body + b"\0" * (len(body) % 2)


def _bmp(data: bytes, image: Image.Image, turn: int) -> bytes:
    out = io.BytesIO()
    image.load()
    image.info.clear()
    image.save(out, "PNG")
    return out.getvalue()
