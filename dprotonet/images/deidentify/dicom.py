"""A DICOM file written anew: a header without the person, and the pixels as they were stored."""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import correct_ambiguous_vr, dcmwrite
from pydicom.tag import Tag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from dprotonet.errors import UnreadableImage
from dprotonet.images.deidentify.header import deidentified
from dprotonet.images.deidentify.instructions import Instructions
from dprotonet.images.deidentify.markers import blanked
from dprotonet.images.dicom.file import DicomFile
from dprotonet.images.dicom.header import integer, text
from dprotonet.images.dicom.location import UNDEFINED

IMPLEMENTATION = UID("2.25.214731908467105563712908834417906652131")  # ours, of this writer
_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
_WORDS = {8: "u1", 16: "u2", 32: "u4"}
_SIGNED = {8: "i1", 16: "i2", 32: "i4"}


def deidentified_dicom(file: DicomFile, instructions: Instructions) -> bytes:
    """The file without the person.

    Args:
        file: opened; its pixels are copied as they are encoded, and none is decoded.
        instructions: pseudonyms.

    Raises:
        UnreadableImage: an overlay lies in compressed pixels, from which it cannot be taken.
    """
    source, syntax = file.header, _syntax_of_copy(file)
    correct_ambiguous_vr(source, is_little := syntax != ExplicitVRBigEndian)
    value = pixel_value(file)
    return written(deidentified(source, instructions), syntax, value, file, is_little=is_little)


def written(
    header: Dataset, syntax: UID, value: bytes, file: DicomFile, *, is_little: bool = True
) -> bytes:
    """Header and pixels as a file of PS3.10.

    Args:
        header: all before the pixels.
        syntax: transfer syntax of header and pixels.
        value: of the pixel element, items and delimiter included where it is encapsulated.
        file: where the pixels are from; says which element they are.
        is_little: byte order.
    """
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = UID(text(header, "SOPClassUID") or "1.2.840.10008.5.1.4.1.1.7")
    meta.MediaStorageSOPInstanceUID = UID(text(header, "SOPInstanceUID") or IMPLEMENTATION)
    meta.ImplementationClassUID = IMPLEMENTATION
    header.file_meta, header.preamble = meta, b"\0" * 128
    out = io.BytesIO()
    dcmwrite(out, header, enforce_file_format=True)
    number = {"PixelData": 0x10, "FloatPixelData": 0x08, "DoubleFloatPixelData": 0x09}
    order = "<" if is_little else ">"
    out.write(struct.pack(f"{order}HH", 0x7FE0, number[file.location.keyword]))
    length = UNDEFINED if syntax.is_encapsulated else len(value) + len(value) % 2
    if syntax == ImplicitVRLittleEndian:
        out.write(struct.pack(f"{order}I", length))
    else:
        vr = {"PixelData": b"OW", "FloatPixelData": b"OF"}.get(file.location.keyword, b"OD")
        is_bytes = syntax.is_encapsulated or (
            file.location.keyword == "PixelData" and file.location.vr == "OB"
        )
        out.write((b"OB" if is_bytes else vr) + b"\0\0" + struct.pack(f"{order}I", length))
    out.write(value)
    out.write(b"\0" * (len(value) % 2))
    return out.getvalue()


def _syntax_of_copy(file: DicomFile) -> UID:
    syntax = file.location.syntax
    return ExplicitVRLittleEndian if syntax == DeflatedExplicitVRLittleEndian else syntax


def pixel_value(file: DicomFile) -> bytes:
    """The value of the pixel element: as stored, without comments and bits that are no pixels.

    Raises:
        UnreadableImage: an overlay lies in compressed pixels.
    """
    location = file.location
    stream = location.stream
    stream.seek(location.offset)
    if location.length == UNDEFINED or location.syntax.is_encapsulated:
        if _has_overlay_in_pixels(file.header):
            raise UnreadableImage(
                "Graphics lie in the compressed pixels of this file, from which they cannot be"
                " taken. Export it uncompressed."
            )
        return _fragments(stream)
    data = stream.read(location.length)
    return _stored_bits_only(data, file) if location.keyword == "PixelData" else data


def _fragments(stream: BinaryIO) -> bytes:
    """The items up to the delimiter; what is no item, and all behind, is left out."""
    out = io.BytesIO()
    while len(start := stream.read(8)) == 8 and start[:4] == _ITEM:
        length = struct.unpack("<I", start[4:])[0]
        if length == UNDEFINED:
            break
        body = stream.read(length)
        out.write(start[:4] + struct.pack("<I", len(body) + len(body) % 2))
        out.write(blanked(body) + b"\0" * (len(body) % 2))
    out.write(_END + bytes(4))
    return out.getvalue()


def _has_overlay_in_pixels(header: Dataset) -> bool:
    """An overlay of the retired kind: a plane of bits of the pixels (PS3.5 8.1.2)."""
    groups = {tag.group for tag in list(header.keys()) if 0x6000 <= tag.group <= 0x60FF}
    positions = (header.get(Tag(group, 0x0102)) for group in groups)
    return any(
        position is not None and position.value and Tag(position.tag.group, 0x3000) not in header
        for position in positions
    )


def _stored_bits_only(data: bytes, file: DicomFile) -> bytes:
    """Native pixels without the bits around the stored ones, where overlays used to lie.

    Our reader does not look at these bits, so the image stays as it is.
    """
    header = file.header
    allocated, stored = integer(header, "BitsAllocated"), integer(header, "BitsStored")
    high = integer(header, "HighBit")
    if allocated not in _WORDS or not stored or stored >= allocated or high is None:
        return data
    low = high + 1 - stored
    if low < 0 or high >= allocated:
        return data
    order = ">" if file.location.syntax == ExplicitVRBigEndian else "<"
    whole = len(data) - len(data) % (allocated // 8)
    # Shifted up and down again: a sign comes back by itself.
    kinds = _SIGNED if integer(header, "PixelRepresentation") == 1 else _WORDS
    samples = np.frombuffer(data[:whole], order + kinds[allocated])
    above = allocated - 1 - high
    samples = (samples << above) >> (above + low) << low
    return samples.astype(order + kinds[allocated]).tobytes() + bytes(len(data) - whole)
