"""The header of a DICOM file, and where its pixels lie; or why it has none."""

from __future__ import annotations

import io
import struct
import zlib
from typing import BinaryIO

from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from dprotonet.errors import NotAnImage, UnreadableImage
from dprotonet.images.dicom.header import element, integer, text
from dprotonet.images.dicom.kinds import is_image_class
from dprotonet.images.dicom.location import PixelLocation
from dprotonet.images.dicom.pixels import refuse_syntax
from dprotonet.images.limits import Limits
from dprotonet.images.source import OpenFile

_PREAMBLE = 132  # bytes: 128 of anything, then DICM
_PIXEL_ELEMENTS = {
    0x7FE00008: "FloatPixelData",
    0x7FE00009: "DoubleFloatPixelData",
    0x7FE00010: "PixelData",
}
_PIXEL_VRS = (b"OB", b"OW", b"OF", b"OD", b"UN")


def has_preamble(head: bytes) -> bool:
    """True where the file begins as PS3.10 says."""
    return head[128:_PREAMBLE] == b"DICM"


def may_be_bare(head: bytes) -> bool:
    """True where a DICOM dataset without preamble could begin.

    Only a first test; whether the attributes of a DICOM file are there is checked when it is read.
    """
    # The first element is of group 0002 (file meta) or 0008 (identification); explicit VR may be
    # in either byte order.
    if head[:4] in (b"\x02\x00\x00\x00", b"\x02\x00\x01\x00", b"\x02\x00\x02\x00"):
        return True
    return len(head) >= 8 and (head[:2] == b"\x08\x00" or head[:2] == b"\x00\x08")


def read_header(file: OpenFile, limits: Limits) -> tuple[BinaryIO, Dataset, UID]:
    """Read all before the pixels.

    Returns:
        The stream, standing where the pixel element should begin; the header; and the transfer
        syntax, guessed where the file does not state it.

    Raises:
        NotAnImage: no preamble, and no DICOM dataset either.
        UnreadableImage: deflated, and larger than allowed once inflated.
    """
    if not has_preamble(file.head):
        return _read_bare(file)
    inflated = _inflated(file, limits)
    if inflated is not None:
        return inflated, dcmread(inflated, stop_before_pixels=True), DeflatedExplicitVRLittleEndian
    header = dcmread(file.stream, stop_before_pixels=True)
    return file.stream, header, _syntax(header)


def locate_pixels(stream: BinaryIO, header: Dataset, syntax: UID) -> PixelLocation:
    """Where the pixels' value begins.

    Args:
        stream: standing where the pixel element should begin.
        header: all before it.
        syntax: the transfer syntax.

    Raises:
        NotAnImage: a report, a plan, a waveform, a document, a DICOMDIR.
        UnreadableImage: an image without pixels, or compressed in a way not decoded here.
    """
    start = stream.read(8)
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    group, number = struct.unpack(f"{order}HH", start[:4]) if len(start) == 8 else (0, 0)
    keyword = _PIXEL_ELEMENTS.get(group << 16 | number)
    if keyword is None:
        raise _why_no_pixels(header)
    # Files that declare explicit VR and hold implicit exist, and the reverse. A length is even,
    # and each of these VRs read as one would be odd.
    if start[4:6] in _PIXEL_VRS:
        vr = start[4:6].decode("ascii")
        length = struct.unpack(f"{order}I", stream.read(4))[0]
    else:
        vr = "OW"
        length = struct.unpack(f"{order}I", start[4:8])[0]
    encoded = ExplicitVRLittleEndian if syntax == DeflatedExplicitVRLittleEndian else syntax
    refuse_syntax(encoded)
    return PixelLocation(stream, stream.tell(), length, keyword, vr, encoded)


def _read_bare(file: OpenFile) -> tuple[BinaryIO, Dataset, UID]:
    """``force`` makes pydicom read any bytes, so what it finds is checked."""
    unknown = NotAnImage(
        "This is no image file that is known here: it has no DICOM preamble and lacks the"
        " attributes that every DICOM file has. Give DICOM, PNG, JPEG, TIFF, BMP or WebP."
    )
    if str(DeflatedExplicitVRLittleEndian).encode() in file.head:
        raise UnreadableImage(
            "This deflated DICOM file lacks the preamble. Export it uncompressed."
        )
    try:
        header = dcmread(file.stream, stop_before_pixels=True, force=True)
        storage = text(header, "SOPClassUID").startswith("1.2.840.10008.")
        grid = all(integer(header, tag) for tag in ("Rows", "Columns", "BitsAllocated"))
        known = storage or (grid and bool(text(header, "PhotometricInterpretation")))
    except Exception as error:
        raise unknown from error
    if not known:
        raise unknown
    return file.stream, header, _syntax(header)


def _syntax(header: Dataset) -> UID:
    meta = getattr(header, "file_meta", None)
    declared = text(meta, "TransferSyntaxUID") if meta is not None else ""
    if declared:
        return UID(declared)
    implicit, little = header.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if little else ExplicitVRBigEndian


def _inflated(file: OpenFile, limits: Limits) -> io.BytesIO | None:
    """A deflated file (PS3.5 A.5) as an ordinary one; None where it is not deflated.

    pydicom inflates without a cap, even for the header alone, so it must not see the original.
    """
    if str(DeflatedExplicitVRLittleEndian).encode() not in file.head:
        return None
    stream = file.stream
    stream.seek(_PREAMBLE)
    tag, length = struct.unpack("<4s4xI", stream.read(12))
    if tag != b"\x02\x00\x00\x00":
        raise UnreadableImage(
            "This deflated DICOM file states no length of its meta header. Export it uncompressed."
        )
    end = _PREAMBLE + 12 + min(length, file.size)
    stream.seek(_PREAMBLE)
    meta_bytes = stream.read(end - _PREAMBLE)
    meta = FileMetaDataset(read_dataset(io.BytesIO(meta_bytes), False, True))
    if text(meta, "TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        stream.seek(0)
        return None
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    body = inflater.decompress(stream.read(), limits.inflated_bytes)
    if inflater.unconsumed_tail:
        raise UnreadableImage(
            f"This deflated DICOM file unpacks to more than {limits.inflated_bytes / 1e6:,.4g} MB."
            " Export it uncompressed."
        )
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    plain = DicomBytesIO()
    plain.is_little_endian, plain.is_implicit_VR = True, False
    write_file_meta_info(plain, meta, enforce_standard=False)
    return io.BytesIO(b"\0" * 128 + b"DICM" + plain.getvalue() + body)


def _why_no_pixels(header: Dataset) -> UnreadableImage:
    sop_class = UID(text(header, "SOPClassUID"))  # without blanks at its ends
    # In no list: anything may stand there, even a person's name, so it is not quoted.
    name = sop_class.name if sop_class.name != str(sop_class) else ""
    directory = element(header, "DirectoryRecordSequence") is not None
    if directory or name == "Media Storage Directory Storage":
        return NotAnImage(
            "This is a DICOMDIR, the table of contents of a disc. Give the image files beside it."
        )
    if text(header, "PixelDataProviderURL"):
        return UnreadableImage(
            "The pixels of this file lie on a JPIP server, which is not asked. Export the image"
            " itself."
        )
    if is_image_class(sop_class) or (not name and integer(header, "Rows")):
        return UnreadableImage(
            "This DICOM file has the header of an image but no pixels. Export it again with its"
            " pixels."
        )
    if not name:
        return UnreadableImage(
            "This DICOM file holds no pixels and does not say what it is: it may be cut off. Copy"
            " or export it again."
        )
    kind = name.removesuffix(" Storage")
    return NotAnImage(f"This DICOM file is a {kind}, which holds no image. Give an image instead.")
