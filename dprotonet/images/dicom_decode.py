"""One frame of a DICOM file, decoded to its stored values."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any, BinaryIO

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels import get_decoder
from pydicom.pixels.utils import as_pixel_options
from pydicom.uid import UID

from dprotonet.errors import UnreadableImage
from dprotonet.images.codestream import check_codestream
from dprotonet.images.dicom_header import integer, text

_UNDEFINED = 0xFFFFFFFF  # the length of encapsulated data
_RLE = "1.2.840.10008.1.2.5"
_JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
_PIXMED = "1.2.840.10008.1.2.4."
# What a syntax that is not decoded here is called, where its registered name is long.
_REFUSED = {
    "1.2.840.10008.1.2.4.92": "JPEG 2000 part 2",
    "1.2.840.10008.1.2.4.93": "JPEG 2000 part 2",
    "1.2.840.10008.1.2.4.94": "JPIP",
    "1.2.840.10008.1.2.4.95": "JPIP, deflated",
    "1.2.840.10008.1.2.4.204": "JPIP with HTJ2K",
    "1.2.840.10008.1.2.4.205": "JPIP with HTJ2K, deflated",
    "1.2.840.10008.1.2.4.100": "MPEG-2 video",
    "1.2.840.10008.1.2.4.101": "MPEG-2 video",
    "1.2.840.10008.1.2.4.102": "MPEG-4 video",
    "1.2.840.10008.1.2.4.103": "MPEG-4 video",
    "1.2.840.10008.1.2.4.104": "MPEG-4 video",
    "1.2.840.10008.1.2.4.105": "MPEG-4 video",
    "1.2.840.10008.1.2.4.106": "MPEG-4 video",
    "1.2.840.10008.1.2.4.110": "JPEG XL",
    "1.2.840.10008.1.2.4.111": "JPEG XL",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
    "1.2.840.10008.1.2.4.107": "HEVC video",
    "1.2.840.10008.1.2.4.108": "HEVC video",
}


@dataclass(frozen=True, eq=False)
class PixelLocation:
    """The value of a pixel element inside a stream."""

    stream: BinaryIO
    offset: int  # bytes from the stream's start to the value
    length: int  # bytes; 0xFFFFFFFF where encapsulated
    keyword: str  # PixelData, FloatPixelData or DoubleFloatPixelData
    vr: str
    syntax: UID


def refuse_syntax(syntax: UID) -> None:
    """Refuse a transfer syntax that is not decoded here.

    Raises:
        UnreadableImage: naming the syntax.
    """
    base = str(syntax).removesuffix(".1") if str(syntax).startswith(_PIXMED + "10") else str(syntax)
    name = _REFUSED.get(base)
    if name is None:
        try:
            if get_decoder(syntax).is_available:
                return
        except NotImplementedError:
            pass
        name = syntax.name if syntax.name != str(syntax) else "an unknown method"
    video = "video" in name
    mend = "Export single frames" if video else "Export it"
    raise UnreadableImage(
        f"This file is compressed with {name} ({syntax}), which cannot be decoded here. {mend}"
        " uncompressed or as JPEG 2000."
    )


def decode_frame(header: Dataset, location: PixelLocation, index: int) -> np.ndarray:
    """Decode one frame.

    Args:
        header: the header that describes the pixels.
        location: where they are.
        index: the frame, counted from 0.

    Returns:
        ``(H, W)`` stored values, or ``(H, W, 3)`` RGB samples of the stored depth.
    """
    options, shift = _options(header, location)
    decoder = get_decoder(location.syntax)
    stream = location.stream
    plugin = ""
    stream.seek(location.offset)
    if location.syntax.is_encapsulated:
        plugin = _plugin(location.syntax)
        data = get_frame(
            stream,
            index,
            number_of_frames=options["number_of_frames"],
            extended_offsets=options.get("extended_offsets"),
        )
        check_codestream(data, options["rows"], options["columns"])
        stream.seek(location.offset)
    else:
        _check_length(options, location, index)
    pixels, _ = decoder.as_array(
        stream, index=index, validate=True, raw=False, decoding_plugin=plugin, **options
    )
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if shift:
        pixels = pixels >> shift
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise UnreadableImage(
            f"A pixel of this image has {pixels.shape[-1]} samples, where 1 or 3 can be shown."
            " Export it as RGB or grey."
        )
    return pixels


def _plugin(syntax: UID) -> str:
    if syntax in _JPEG_LS:
        return "pyjpegls"
    return "pylibjpeg"


def _options(header: Dataset, location: PixelLocation) -> tuple[dict[str, Any], int]:
    """pydicom's decoding options, and by how many bits the stored values stand too high."""
    options = as_pixel_options(header)
    options["transfer_syntax_uid"] = location.syntax
    options["pixel_keyword"] = location.keyword
    options["pixel_vr"] = location.vr
    options.setdefault("samples_per_pixel", 1)
    options["photometric_interpretation"] = text(header, "PhotometricInterpretation").upper()
    if location.keyword != "PixelData":
        return options, 0
    options.setdefault("bits_stored", options["bits_allocated"])
    options.setdefault("pixel_representation", 0)
    if options["samples_per_pixel"] > 1:
        options.setdefault("planar_configuration", 0)
    # PS3.5 8.1.1: the stored bits may lie above bit 0; only uncompressed values show it.
    high_bit = integer(header, "HighBit")
    shift = 0
    if high_bit is not None and (not location.syntax.is_encapsulated or location.syntax == _RLE):
        shift = high_bit + 1 - options["bits_stored"]
        if shift > 0 and high_bit < options["bits_allocated"]:
            options["bits_stored"] = high_bit + 1
        else:
            shift = 0
    return options, shift


def _check_length(options: dict[str, Any], location: PixelLocation, index: int) -> None:
    """A short file is said to be short, before it is read."""
    if location.length == _UNDEFINED:
        raise UnreadableImage(
            "The pixels are compressed in a way that the file does not state. Export it again."
        )
    bits = options["rows"] * options["columns"] * options["samples_per_pixel"]
    bits *= options["bits_allocated"]
    if options["photometric_interpretation"] == "YBR_FULL_422":
        bits = bits // 3 * 2
    needed = ceil(bits * (index + 1) / 8)
    stream = location.stream
    there = stream.seek(0, 2) - location.offset
    stream.seek(location.offset)
    there = min(there, location.length)
    if there < needed:
        raise UnreadableImage(
            f"The pixels end too early: frame {index} ends at byte {needed:,}, and {there:,} bytes"
            " are there. Copy or export the file again."
        )
