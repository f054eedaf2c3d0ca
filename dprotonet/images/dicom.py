"""DICOM files: opened, refused with a reason, or decoded one frame at a time."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from dprotonet.errors import NotAnImage, UnreadableImage
from dprotonet.images.dicom_colour import palette_rgb, to_uint8
from dprotonet.images.dicom_decode import PixelLocation, decode_frame, refuse_syntax
from dprotonet.images.dicom_grey import grey_windows, modality_values, padding_mask
from dprotonet.images.dicom_header import (
    dicom_facts,
    integer,
    pixel_spacing,
    text,
)
from dprotonet.images.guard import readable_errors
from dprotonet.images.limits import Limits, check_frame, check_grid
from dprotonet.images.source import OpenFile
from dprotonet.images.types import GrayOrColourImage, ImageFacts

_PIXEL_ELEMENTS = {
    0x7FE00008: "FloatPixelData",
    0x7FE00009: "DoubleFloatPixelData",
    0x7FE00010: "PixelData",
}
_GREY = ("MONOCHROME1", "MONOCHROME2")
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")


@dataclass(frozen=True, eq=False)
class DicomFile:
    """A DICOM file whose header is read and whose pixels wait in ``location``."""

    header: Dataset
    facts: ImageFacts
    location: PixelLocation

    def frame(self, index: int) -> GrayOrColourImage:
        """Decode one frame.

        Raises:
            UnreadableImage: no such frame, or its data cannot be decoded.
        """
        check_frame(index, self.facts.frames)
        with readable_errors("decoding its pixels"):
            stored, photometric = decode_frame(self.header, self.location, index)
        with readable_errors("applying its lookup tables"):
            if photometric == "PALETTE COLOR":
                return self._colour(palette_rgb(stored, self.header), index)
            if stored.ndim == 3:
                bits = integer(self.header, "BitsStored") or 8
                return self._colour(to_uint8(stored, bits), index)
            return self._grey(stored, index)

    def _colour(self, rgb: np.ndarray, index: int) -> GrayOrColourImage:
        notes = list(self._notes())
        if self.facts.bits > 8:
            notes.append(f"Colour of {self.facts.bits} bits is reduced to 8 bits.")
        return GrayOrColourImage(
            pixels=rgb,
            windows=(),
            inverted=False,
            padding=None,
            facts=self.facts,
            frame=index,
            spacing=pixel_spacing(self.header, index),
            notes=tuple(notes),
        )

    def _grey(self, stored: np.ndarray, index: int) -> GrayOrColourImage:
        padding = padding_mask(stored, self.header)
        notes = list(self._notes())
        if padding is not None and padding.all():
            padding = None
            notes.append("The whole image has the padding value; it is shown as it is.")
        values = modality_values(stored, self.header, index, notes)
        if values.dtype.kind == "f":
            values, padding = _finite(values, padding)
        windows = grey_windows(values, padding, self.header, index, notes)
        return GrayOrColourImage(
            pixels=values,
            windows=windows,
            inverted=text(self.header, "PhotometricInterpretation") == "MONOCHROME1",
            padding=padding,
            facts=self.facts,
            frame=index,
            spacing=pixel_spacing(self.header, index),
            notes=tuple(notes),
        )

    def _notes(self) -> tuple[str, ...]:
        notes = []
        if any(0x6000 <= tag.group <= 0x60FF for tag in list(self.header.keys())):
            notes.append("The file carries overlay graphics, which are not drawn.")
        dicom = self.facts.dicom
        if dicom is not None and dicom.burned_in_annotation:
            notes.append("The file says that text is burned into its pixels.")
        return tuple(notes)


def open_dicom(file: OpenFile, limits: Limits) -> DicomFile:
    """Read the header of a DICOM file and check that its pixels may be decoded.

    Raises:
        NotAnImage: a report, a plan, a waveform, a document, a DICOMDIR.
        UnreadableImage: damaged, too large, or compressed in a way that is not decoded here.
    """
    with readable_errors("reading its DICOM header"):
        stream, header, syntax = _read_header(file, limits)
        location = _locate_pixels(stream, header, syntax, file)
        facts = _image_facts(header, syntax)
        check_grid(facts.rows, facts.columns, facts.frames, limits)
    return DicomFile(header, facts, location)


def looks_like_bare_dicom(head: bytes) -> bool:
    """True where a DICOM dataset without the 128-byte preamble could begin.

    Only a first test: :func:`open_dicom` asks for the required attributes.
    """
    if head[:4] == b"DICM":
        return True
    # The first element is of group 0002 (file meta) or 0008 (the identifying module), in either
    # byte order; command sets (group 0000) do not come in files that hold images.
    group, element = head[:2], head[2:4]
    if group in (b"\x02\x00", b"\x08\x00"):
        return element[1:2] == b"\x00" or group == b"\x08\x00"
    return group == b"\x00\x08" and len(head) >= 8


def _read_header(file: OpenFile, limits: Limits) -> tuple[BinaryIO, Dataset, UID]:
    stream = file.stream
    with_preamble = file.head[128:132] == b"DICM"
    if with_preamble and (deflated := _inflated(file, limits)) is not None:
        header = dcmread(deflated, stop_before_pixels=True)
        return deflated, header, DeflatedExplicitVRLittleEndian
    header = dcmread(stream, stop_before_pixels=True, force=not with_preamble)
    if not with_preamble and not _has_required_tags(header):
        raise NotAnImage(
            "This is no image file that is known here: it has no DICOM preamble and lacks the"
            " attributes that every DICOM file has. Give DICOM, PNG, JPEG, TIFF, BMP or WebP."
        )
    declared = header.file_meta.get("TransferSyntaxUID") if hasattr(header, "file_meta") else None
    if declared:
        return stream, header, UID(str(declared))
    implicit, little = header.original_encoding
    syntax = "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1"
    return stream, header, UID(syntax if little else "1.2.840.10008.1.2.2")


def _has_required_tags(header: Dataset) -> bool:
    """What tells a DICOM dataset from any other bytes that pydicom was forced to read."""
    storage = text(header, "SOPClassUID").startswith("1.2.840.10008.")
    grid = all(integer(header, tag) for tag in ("Rows", "Columns", "BitsAllocated"))
    return storage or (grid and bool(text(header, "PhotometricInterpretation")))


def _inflated(file: OpenFile, limits: Limits) -> io.BytesIO | None:
    """A deflated file (PS3.5 A.5) as an ordinary one, or None where it is not deflated.

    pydicom inflates without a cap, even for the header alone, so it must not see the original.
    """
    import zlib

    from pydicom.filereader import read_dataset
    from pydicom.filewriter import write_file_meta_info

    file.stream.seek(132)
    meta_bytes = file.stream.read(12)
    file.stream.seek(0)
    if meta_bytes[:4] != b"\x02\x00\x00\x00":  # no group length: then look for the UID itself
        found = b"1.2.840.10008.1.2.1.99" in file.head
        end = None
    else:
        end = 132 + 12 + struct.unpack("<I", meta_bytes[8:12])[0]
        file.stream.seek(132)
        found = b"1.2.840.10008.1.2.1.99" in file.stream.read(min(end, file.size) - 132)
    file.stream.seek(0)
    if not found:
        return None
    if end is None:
        raise UnreadableImage(
            "This deflated DICOM file states no length of its meta header. Export it uncompressed."
        )
    file.stream.seek(132)
    meta = FileMetaDataset(read_dataset(io.BytesIO(file.stream.read(end - 132)), False, True))
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    body = inflater.decompress(file.stream.read(), limits.inflated_bytes)
    file.stream.seek(0)
    if inflater.unconsumed_tail:
        raise UnreadableImage(
            f"This deflated DICOM file unpacks to more than {limits.inflated_bytes / 1e6:,.0f} MB."
            " Export it uncompressed."
        )
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    plain = io.BytesIO()
    plain.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(plain, meta, enforce_standard=False)
    plain.write(body)
    plain.seek(0)
    return plain


def _locate_pixels(stream: BinaryIO, header: Dataset, syntax: UID, file: OpenFile) -> PixelLocation:
    """Where the value of the pixel element begins; pydicom stopped just before it."""
    refuse_missing_pixels = _why_no_pixels(header)
    little = syntax != "1.2.840.10008.1.2.2"
    if stream.tell() == 0:
        raise refuse_missing_pixels
    start = stream.read(8)
    if len(start) < 8:
        raise refuse_missing_pixels
    order = "<" if little else ">"
    group, element, length = struct.unpack(f"{order}HHI", start)
    keyword = _PIXEL_ELEMENTS.get(group << 16 | element)
    if keyword is None:
        raise refuse_missing_pixels
    vr = "OW"
    if not header.original_encoding[0]:
        vr = start[4:6].decode("latin-1")
        length = struct.unpack(f"{order}I", stream.read(4))[0]
    encoded = ExplicitVRLittleEndian if syntax == DeflatedExplicitVRLittleEndian else syntax
    refuse_syntax(encoded)
    return PixelLocation(stream, stream.tell(), length, keyword, vr, encoded)


def _why_no_pixels(header: Dataset) -> UnreadableImage:
    sop_class = text(header, "SOPClassUID")
    name = UID(sop_class).name if sop_class else ""
    if name == "Media Storage Directory Storage" or "DirectoryRecordSequence" in header:
        return NotAnImage(
            "This is a DICOMDIR, the table of contents of a disc. Give the image files beside it."
        )
    if text(header, "PixelDataProviderURL"):
        return UnreadableImage(
            "The pixels of this file lie on a JPIP server, which is not asked. Export the image"
            " itself."
        )
    if "Image Storage" in name or (not name and integer(header, "Rows")):
        return UnreadableImage(
            "This DICOM file has the header of an image but no pixels. Export it again with pixels."
        )
    kind = name.removesuffix(" Storage") or "dataset of no stated kind"
    return NotAnImage(f"This DICOM file is a {kind}, which holds no image. Give an image instead.")


def _image_facts(header: Dataset, syntax: UID) -> ImageFacts:
    missing = [
        tag
        for tag in ("Rows", "Columns", "BitsAllocated", "PhotometricInterpretation")
        if header.get(tag) in (None, "")
    ]
    if missing:
        raise UnreadableImage(
            f"The header lacks {', '.join(missing)}, without which its pixels cannot be understood."
            " Export it again."
        )
    facts = dicom_facts(header, str(syntax))
    known = (*_GREY, *_COLOUR, "PALETTE COLOR")
    if facts.photometric not in known:
        raise UnreadableImage(
            f"The pixels are of the kind {facts.photometric}, which cannot be shown here. Export"
            " it as RGB or MONOCHROME2."
        )
    bits_allocated = integer(header, "BitsAllocated") or 0
    return ImageFacts(
        format="dicom",
        rows=integer(header, "Rows") or 0,
        columns=integer(header, "Columns") or 0,
        frames=integer(header, "NumberOfFrames") or 1,
        colour=facts.photometric not in _GREY,
        bits=integer(header, "BitsStored") or bits_allocated,
        dicom=facts,
    )


def _finite(values: np.ndarray, padding: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """NaN and infinity count as padding, at the least finite value."""
    odd = ~np.isfinite(values)
    if not odd.any():
        return values, padding
    if odd.all():
        raise UnreadableImage("No pixel of this image is a number. Export it again.")
    values = np.where(odd, values[~odd].min(), values)
    return values, odd if padding is None else padding | odd
