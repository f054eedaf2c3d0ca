"""One frame of a DICOM file, decoded to its stored values."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import Decoder, get_decoder
from pydicom.pixels.utils import as_pixel_options
from pydicom.uid import UID

from dprotonet.errors import UnreadableImage
from dprotonet.images.dicom import jpeg
from dprotonet.images.dicom.codestream import Codestream, check_codestream, check_scans
from dprotonet.images.dicom.colour import subsampled_rgb
from dprotonet.images.dicom.frames import Frames, frame_bytes, native_length
from dprotonet.images.dicom.header import integer
from dprotonet.images.dicom.location import UNDEFINED, PixelLocation

_RLE = "1.2.840.10008.1.2.5"
_UID = re.compile(r"[0-9.]{1,64}")
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


def refuse_syntax(syntax: UID) -> None:
    """Refuse a transfer syntax that is not decoded here.

    Raises:
        UnreadableImage: naming the syntax.
    """
    base = str(syntax).removesuffix(".1") if str(syntax).startswith(_PIXMED + "10") else str(syntax)
    name = _REFUSED.get(base)
    if name is None:
        try:
            decoder = _decoder(syntax)  # raises where pydicom does not know the syntax
            if _plugin(syntax) in ("", *decoder.available_plugins):
                return
        except NotImplementedError:
            pass
        name = syntax.name if syntax.name != str(syntax) else "an unknown method"
    video = "video" in name
    mend = "Export single frames" if video else "Export it"
    number = f" ({syntax})" if _UID.fullmatch(syntax) else ""  # anything may stand there
    raise UnreadableImage(
        f"This file is compressed with {name}{number}, which cannot be decoded here. {mend}"
        " uncompressed or as JPEG 2000."
    )


def decode_frame(
    header: Dataset, location: PixelLocation, frames: Frames, index: int, notes: list[str]
) -> np.ndarray:
    """Decode one frame.

    Args:
        header: the header that describes the pixels.
        location: where they are.
        frames: what of them is there.
        index: the frame, counted from 0.
        notes: gets a remark where the pixels are odd.

    Returns:
        ``(H, W)`` stored values, or ``(H, W, 3)`` RGB samples of the stored depth.
    """
    options, shift = _options(header, location, frames)
    if location.syntax.is_encapsulated:
        pixels = _compressed(location, frames, index, options, notes)
    else:
        pixels = _native(location, frames, index, options)
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if shift:
        pixels = pixels >> shift
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise UnreadableImage(
            f"A pixel of this image has {pixels.shape[-1]} samples, where 1 or 3 can be shown."
            " Export it as RGB or grey."
        )
    return pixels


def _decoder(syntax: UID) -> Decoder:
    decoder = get_decoder(syntax)
    if syntax in jpeg.SYNTAXES:
        jpeg.add_to(decoder)
    return decoder


def _plugin(syntax: UID) -> str:
    """The one plugin of pydicom that decodes a syntax here; "" for native pixels."""
    if not syntax.is_encapsulated:
        return ""
    if syntax in _JPEG_LS:
        return "pyjpegls"
    return jpeg.LABEL if syntax in jpeg.SYNTAXES else "pylibjpeg"


def _options(
    header: Dataset, location: PixelLocation, frames: Frames
) -> tuple[dict[str, Any], int]:
    """pydicom's decoding options, and by how many bits the stored values stand too high."""
    options = as_pixel_options(header)
    options["transfer_syntax_uid"] = location.syntax
    options["pixel_keyword"] = location.keyword
    options["pixel_vr"] = location.vr
    options["number_of_frames"] = frames.count
    options["photometric_interpretation"] = frames.photometric
    options.setdefault("samples_per_pixel", 1)
    if location.keyword != "PixelData":
        return options, 0
    options.setdefault("bits_stored", options["bits_allocated"])
    options.setdefault("pixel_representation", 0)
    if options["samples_per_pixel"] > 1 and options.get("planar_configuration") != 1:
        options["planar_configuration"] = 0
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


def _native(
    location: PixelLocation, frames: Frames, index: int, options: dict[str, Any]
) -> np.ndarray:
    if location.length == UNDEFINED:
        raise UnreadableImage(
            "The pixels are compressed in a way that the file does not state. Export it again."
        )
    needed = -(-frames.bits * (index + 1) // 8)
    there = native_length(location)
    if there < needed:
        raise UnreadableImage(
            f"The pixels end too early: frame {index} ends at byte {needed:,}, and {there:,} bytes"
            " are there. Copy or export the file again."
        )
    stream = location.stream
    if frames.photometric == "YBR_FULL_422" and options["bits_allocated"] == 8:
        size = frames.bits // 8
        stream.seek(location.offset + index * size)
        data = stream.read(size)
        if not location.syntax.is_little_endian and location.vr == "OW":
            data = np.frombuffer(data, "u2").byteswap().tobytes()
        return subsampled_rgb(data, options["rows"], options["columns"])
    if options["bits_allocated"] == 1 and options["samples_per_pixel"] == 1:
        return _single_bits(location, frames, index, options["rows"], options["columns"])
    stream.seek(location.offset)
    decoder = _decoder(location.syntax)
    return decoder.as_array(stream, index=index, validate=True, raw=False, **options)[0]


def _single_bits(
    location: PixelLocation, frames: Frames, index: int, rows: int, columns: int
) -> np.ndarray:
    """``(H, W)`` of 0 and 1. Frames follow each other bit by bit (PS3.5 8.1.1).

    pydicom reads a byte too few where a frame lies across one more.
    """
    start, end = index * frames.bits, (index + 1) * frames.bits
    first = start // 8
    location.stream.seek(location.offset + first)
    data = np.frombuffer(location.stream.read(-(-end // 8) - first), np.uint8)
    bits = np.unpackbits(data, bitorder="little")[start - 8 * first :][: frames.bits]
    return bits.reshape(rows, columns)


def _compressed(
    location: PixelLocation,
    frames: Frames,
    index: int,
    options: dict[str, Any],
    notes: list[str],
) -> np.ndarray:
    data = frame_bytes(location, frames, index)
    samples = options["samples_per_pixel"]
    stream = check_codestream(data, options["rows"], options["columns"], samples)
    if location.syntax in jpeg.SYNTAXES and not check_scans(data):
        notes.append("The compressed pixels lack their end; a lower part may be missing.")
    options["number_of_frames"] = 1
    options.pop("extended_offsets", None)
    stated, allocated = options["bits_stored"], options["bits_allocated"]
    if stream is not None:  # what is stored in which bits is seen to below
        if stream.precision > allocated:
            options["bits_allocated"] = 16 if stream.precision <= 16 else 32
        options["bits_stored"] = options["bits_allocated"]
        options["apply_jls_sign_correction"] = options["apply_j2k_sign_correction"] = False
    pixels = _decoder(location.syntax).as_array(
        io.BytesIO(encapsulate([data])),
        index=0,
        validate=True,
        raw=False,
        decoding_plugin=_plugin(location.syntax),
        **options,
    )[0]
    if stream is None:
        return pixels
    if samples != 1:
        return _stated_depth(pixels, stream, stated)
    if stream.precision > allocated:  # PS3.5 8.2: the data know their own depth
        stated = stream.precision
    return stored_values(pixels, stream, stated, signed=options["pixel_representation"] == 1)


def _stated_depth(colours: np.ndarray, stream: Codestream, bits: int) -> np.ndarray:
    """Colours brought to the depth that the header states, where their data have another."""
    deeper = stream.precision - bits
    if deeper > 0 and int(colours.max()) >> bits:
        return colours >> deeper
    return colours << -deeper if deeper < 0 else colours


def stored_values(
    decoded: np.ndarray, stream: Codestream, bits: int, *, signed: bool
) -> np.ndarray:
    """Give decoded values the sign and the bits that the header states (PS3.5 8.1.1 and 8.2).

    JPEG and JPEG-LS know no sign, and JPEG 2000 may have lost it; a stream may be deeper than the
    stored values, with a sign, an overlay or nothing in the bits above them.

    Args:
        decoded: ``(H, W)`` of an integer dtype that holds ``stream.precision`` bits.
        stream: what the compressed data state.
        bits: BitsStored.
        signed: PixelRepresentation is 1.

    Returns:
        ``(H, W)`` of the same size of dtype, signed or not as the header states.
    """
    size = decoded.dtype.itemsize
    depth = stream.precision
    value_bits = min(depth, bits)
    if depth > bits and not stream.lossless:
        # Lossy values may go beyond their bits a little: cut, white would turn black.
        carried = stream.signed or bool(((decoded >> (depth - 1)) & 1).any())
        if not signed or carried:
            value_bits = depth
    values = decoded.view(f"u{size}")
    unused = 8 * size - value_bits
    if signed:
        return (values << unused).view(f"i{size}") >> unused
    return (values << unused) >> unused
