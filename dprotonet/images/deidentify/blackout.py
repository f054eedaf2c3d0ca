"""Rectangles made black on every frame, before an image is taken in."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from dprotonet.errors import UnreadableImage
from dprotonet.images.deidentify.dicom import written
from dprotonet.images.deidentify.instructions import TextFound
from dprotonet.images.dicom.file import DicomFile
from dprotonet.images.dicom.header import integer, text
from dprotonet.images.dicom.pixels import decode_frame
from dprotonet.images.limits import Limits
from dprotonet.images.reader import open_image

Rectangle = TextFound
_GREY = ("MONOCHROME1", "MONOCHROME2")


def blacked_out(data: bytes, rectangles: Sequence[Rectangle], limits: Limits) -> tuple[bytes, str]:
    """A file whose rectangles are black on every frame.

    Args:
        data: a de-identified file.
        rectangles: in pixels of the image as it is shown, upright; what lies outside is cut.
        limits: what is refused before decoding.

    Returns:
        The new file and the ending of its name: a DICOM file becomes an uncompressed one, whose
        pixels outside the rectangles keep their values; any other becomes a PNG of what is shown.

    Raises:
        UnreadableImage: it cannot be decoded, has several pages that are no DICOM frames, or its
            colours come from a palette.
    """
    with open_image(data, limits) as file:
        if isinstance(file, DicomFile):
            return _dicom(file, rectangles), ".dcm"
        if file.facts.frames > 1:
            raise UnreadableImage(
                "Pages of a TIFF cannot be blacked out here. Give each page as a file of its own."
            )
        pixels = file.frame(0).pixels
        if pixels.dtype not in (np.uint8, np.uint16):
            pixels = file.frame(0).display()
        pixels = pixels.copy()
        _blacken(pixels, rectangles, 0)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue(), ".png"


def _dicom(file: DicomFile, rectangles: Sequence[Rectangle]) -> bytes:
    frames = []
    for index in range(file.facts.frames):
        stored = decode_frame(file.header, file.location, file.frames, index, [])
        if stored.ndim == 2 and file.facts.colour:
            raise UnreadableImage(
                "The colours of this file come from a palette, in which there may be no black."
                " Export it as RGB."
            )
        stored = stored.copy()
        _blacken(stored, rectangles, _black(stored, file))
        frames.append(stored)
    pixels = np.stack(frames)
    header = _describing(file.header, pixels, file)
    value = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    return written(header, ExplicitVRLittleEndian, value, file)


def _black(stored: np.ndarray, file: DicomFile) -> int:
    """The stored value that is shown darkest: of the values that occur, which all windows know."""
    if text(file.header, "PhotometricInterpretation").upper() == "MONOCHROME1":
        return int(stored.max())
    return int(stored.min()) if stored.ndim == 2 else 0


def _blacken(pixels: np.ndarray, rectangles: Sequence[Rectangle], value: int) -> None:
    for box in rectangles:
        pixels[max(box.top, 0) : max(box.bottom, 0), max(box.left, 0) : max(box.right, 0)] = value


def _describing(header: Dataset, pixels: np.ndarray, file: DicomFile) -> Dataset:
    """The header with what has changed of the pixels' description (PS3.3 C.7.6.3)."""
    allocated = 8 * pixels.dtype.itemsize
    stored = min(integer(header, "BitsStored") or allocated, allocated)
    header.BitsAllocated, header.BitsStored, header.HighBit = allocated, stored, stored - 1
    header.PixelRepresentation = 1 if pixels.dtype.kind == "i" else 0
    if file.facts.colour:
        header.PhotometricInterpretation = "RGB"
        header.PlanarConfiguration = 0
    if file.facts.frames > 1:
        header.NumberOfFrames = file.facts.frames
    for name in ("SmallestImagePixelValue", "LargestImagePixelValue"):
        header.pop(name, None)
    return header
