"""DICOM files: opened, refused with a reason, or decoded one frame at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import UID

from dprotonet.errors import UnreadableImage
from dprotonet.images.dicom_colour import palette_rgb, to_uint8
from dprotonet.images.dicom_decode import PixelLocation, decode_frame
from dprotonet.images.dicom_grey import grey_windows, modality_values, padding_mask
from dprotonet.images.dicom_header import (
    dicom_facts,
    element,
    integer,
    pixel_aspect_ratio,
    pixel_spacing,
    text,
)
from dprotonet.images.dicom_open import locate_pixels, read_header
from dprotonet.images.guard import readable_errors
from dprotonet.images.limits import Limits, check_frame, check_grid
from dprotonet.images.source import OpenFile
from dprotonet.images.types import GrayOrColourImage, ImageFacts
from dprotonet.images.windows import Window

_GREY = ("MONOCHROME1", "MONOCHROME2")
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "PALETTE COLOR")
_REQUIRED = ("Rows", "Columns", "BitsAllocated", "PhotometricInterpretation")


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
            stored = decode_frame(self.header, self.location, index)
        with readable_errors("applying its lookup tables"):
            if not self.facts.colour:
                return self._grey(stored, index)
            if stored.ndim == 2:
                return self._colour(palette_rgb(stored, self.header), index)
            notes = []
            if self.facts.bits > 8:
                notes.append(f"Colour of {self.facts.bits} bits is reduced to 8 bits.")
            return self._colour(to_uint8(stored, self.facts.bits), index, notes)

    def _grey(self, stored: np.ndarray, index: int) -> GrayOrColourImage:
        if stored.ndim != 2:
            raise UnreadableImage(
                "The header states grey pixels and the data hold colours. Export it again."
            )
        notes: list[str] = []
        padding = padding_mask(stored, self.header)
        if padding is not None and padding.all():
            padding = None
            notes.append("The whole image has the padding value; it is shown as it is.")
        values = modality_values(stored, self.header, index, notes)
        if values.dtype.kind == "f":
            values, padding = _finite(values, padding)
        windows = grey_windows(values, padding, self.header, index, notes)
        return self._image(values, index, notes, windows, padding)

    def _colour(
        self, rgb: np.ndarray, index: int, notes: list[str] | None = None
    ) -> GrayOrColourImage:
        return self._image(rgb, index, notes or [], (), None)

    def _image(
        self,
        pixels: np.ndarray,
        index: int,
        notes: list[str],
        windows: tuple[Window, ...],
        padding: np.ndarray | None,
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
            notes=(*self._remarks(), *notes),
        )

    def _remarks(self) -> list[str]:
        """What the header says that the pixels do not show."""
        remarks = []
        if any(0x6000 <= tag.group <= 0x60FF for tag in list(self.header.keys())):
            remarks.append("The file carries overlay graphics, which are not drawn.")
        if self.facts.dicom is not None and self.facts.dicom.burned_in_annotation:
            remarks.append("The file says that text is burned into its pixels.")
        return remarks


def open_dicom(file: OpenFile, limits: Limits) -> DicomFile:
    """Read the header of a DICOM file and check that its pixels may be decoded.

    Raises:
        NotAnImage: a report, a plan, a waveform, a document, a DICOMDIR.
        UnreadableImage: damaged, too large, or compressed in a way that is not decoded here.
    """
    with readable_errors("reading its DICOM header"):
        stream, header, syntax = read_header(file, limits)
        location = locate_pixels(stream, header, syntax)
        facts = _image_facts(header, syntax)
        check_grid(facts.rows, facts.columns, facts.frames, limits)
    return DicomFile(header, facts, location)


def _image_facts(header: Dataset, syntax: UID) -> ImageFacts:
    missing = [tag for tag in _REQUIRED if element(header, tag) is None]
    if missing:
        raise UnreadableImage(
            f"The header lacks {', '.join(missing)}, without which its pixels cannot be understood."
            " Export it again."
        )
    facts = dicom_facts(header, str(syntax))
    if facts.photometric not in (*_GREY, *_COLOUR):
        raise UnreadableImage(
            f"The pixels are of the kind {facts.photometric}, which cannot be shown here. Export"
            " them as RGB or MONOCHROME2."
        )
    return ImageFacts(
        format="dicom",
        rows=integer(header, "Rows") or 0,
        columns=integer(header, "Columns") or 0,
        frames=_frames(header),
        colour=facts.photometric not in _GREY,
        bits=integer(header, "BitsStored") or integer(header, "BitsAllocated") or 0,
        dicom=facts,
    )


def _frames(header: Dataset) -> int:
    stated = element(header, "NumberOfFrames")
    frames = integer(header, "NumberOfFrames")
    if stated is not None and frames is None:
        raise UnreadableImage(
            f"The header states “{text(header, 'NumberOfFrames')}” frames, which is no number."
            " Export it again."
        )
    return frames or 1  # absent, empty or 0: some writers mean a single frame


def _finite(values: np.ndarray, padding: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """NaN and infinity count as padding, at the least finite value."""
    odd = ~np.isfinite(values)
    if not odd.any():
        return values, padding
    if odd.all():
        raise UnreadableImage("No pixel of this image is a number. Export it again.")
    values = np.where(odd, values[~odd].min(), values)
    return values, odd if padding is None else padding | odd
