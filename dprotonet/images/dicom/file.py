"""DICOM files: opened, refused with a reason, or decoded one frame at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import UID

from dprotonet.errors import UnreadableImage
from dprotonet.images.decoder_errors import readable_errors
from dprotonet.images.dicom.colour import to_uint8
from dprotonet.images.dicom.directions import patient_directions
from dprotonet.images.dicom.frames import Frames, find_frames
from dprotonet.images.dicom.grayscale import (
    grey_windows,
    modality_values,
    padding_mask,
    rescale,
)
from dprotonet.images.dicom.header import (
    dicom_facts,
    element,
    integer,
    pixel_aspect_ratio,
    pixel_spacing,
    text,
)
from dprotonet.images.dicom.location import PixelLocation
from dprotonet.images.dicom.open import locate_pixels, read_header
from dprotonet.images.dicom.palette import palette_rgb
from dprotonet.images.dicom.pixels import decode_frame
from dprotonet.images.dicom.remarks import remarks
from dprotonet.images.limits import Limits, check_frame, check_grid
from dprotonet.images.source import OpenFile
from dprotonet.images.types import GrayOrColourImage, ImageFacts
from dprotonet.images.windows import Window

_GREY = ("MONOCHROME1", "MONOCHROME2")
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "PALETTE COLOR")
_OTHER_KINDS = ("ARGB", "CMYK", "HSV", "YBR_PARTIAL_420", "YBR_PARTIAL_422", "XYB")
_REQUIRED = ("Rows", "Columns", "BitsAllocated", "PhotometricInterpretation")


@dataclass(frozen=True, eq=False)
class DicomFile:
    """A DICOM file whose header is read and whose pixels wait in ``location``."""

    header: Dataset
    facts: ImageFacts
    location: PixelLocation
    frames: Frames

    def frame(self, index: int) -> GrayOrColourImage:
        """Decode one frame.

        Raises:
            UnreadableImage: no such frame, or its data cannot be decoded.
        """
        check_frame(index, self.facts.frames)
        notes: list[str] = []
        with readable_errors("decoding its pixels"):
            stored = decode_frame(self.header, self.location, self.frames, index, notes)
        with readable_errors("applying its lookup tables"):
            if not self.facts.colour:
                return self._grey(stored, index, notes)
            if stored.ndim == 2:
                return self._image(palette_rgb(stored, self.header), index, notes)
            if self.facts.bits > 8:
                notes.append(f"Colour of {self.facts.bits} bits is reduced to 8 bits.")
            return self._image(to_uint8(stored, self.facts.bits), index, notes)

    def _grey(self, stored: np.ndarray, index: int, notes: list[str]) -> GrayOrColourImage:
        if stored.ndim != 2:
            raise UnreadableImage(
                "The header states grey pixels and the data hold colours. Export it again."
            )
        padding = padding_mask(stored, self.header)
        if padding is not None and padding.all():
            padding = None
            notes.append("The whole image has the padding value; it is shown as it is.")
        values, span = modality_values(stored, self.header, index, notes)
        if values.dtype.kind == "f":
            values, padding = _finite(values, padding)
        windows = grey_windows(values, span, padding, self.header, index, notes)
        return self._image(values, index, notes, windows, padding)

    def _image(
        self,
        pixels: np.ndarray,
        index: int,
        notes: list[str],
        windows: tuple[Window, ...] = (),
        padding: np.ndarray | None = None,
    ) -> GrayOrColourImage:
        return GrayOrColourImage(
            pixels=pixels,
            windows=windows,
            inverted=self.facts.dicom is not None and self.facts.dicom.photometric == "MONOCHROME1",
            padding=padding,
            facts=self.facts,
            frame=index,
            spacing=pixel_spacing(self.header, index),
            aspect_ratio=pixel_aspect_ratio(self.header),
            directions=patient_directions(self.header, index),
            rescale=None if self.facts.colour else rescale(self.header, index),
            notes=(*self.frames.notes, *remarks(self.header, index), *notes),
        )


def open_dicom(file: OpenFile, limits: Limits) -> DicomFile:
    """Read the header of a DICOM file and check that its pixels may be decoded.

    Raises:
        NotAnImage: a report, a plan, a waveform, a document, a DICOMDIR.
        UnreadableImage: damaged, too large, or compressed in a way that is not decoded here.
    """
    with readable_errors("reading its DICOM header"):
        stream, header, syntax = read_header(file, limits)
        location = locate_pixels(stream, header, syntax)
        _check_kind(header)
        frames = find_frames(header, location)
        facts = _image_facts(header, syntax, frames)
        check_grid(facts.rows, facts.columns, facts.frames, limits)
    return DicomFile(header, facts, location, frames)


def _check_kind(header: Dataset) -> None:
    missing = [tag for tag in _REQUIRED if element(header, tag) is None]
    if missing:
        raise UnreadableImage(
            f"The header lacks {', '.join(missing)}, without which its pixels cannot be understood."
            " Export it again."
        )
    photometric = text(header, "PhotometricInterpretation").upper()
    if photometric not in (*_GREY, *_COLOUR):
        # Anything may stand there, so only a known kind of pixels is named.
        kind = f"of the kind {photometric}" if photometric in _OTHER_KINDS else "of no known kind"
        raise UnreadableImage(
            f"The pixels are {kind}, which cannot be shown here. Export them as RGB or MONOCHROME2."
        )


def _image_facts(header: Dataset, syntax: UID, frames: Frames) -> ImageFacts:
    facts = dicom_facts(header, str(syntax))
    return ImageFacts(
        format="dicom",
        rows=integer(header, "Rows") or 0,
        columns=integer(header, "Columns") or 0,
        frames=frames.count,
        colour=facts.photometric not in _GREY,
        bits=integer(header, "BitsStored") or integer(header, "BitsAllocated") or 0,
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
