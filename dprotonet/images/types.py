"""What a file becomes: an image on its native grid, with all that a viewer needs to show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dprotonet.images.windows import Window

ImageFormat = Literal["dicom", "png", "jpeg", "tiff", "bmp", "webp"]


@dataclass(frozen=True)
class Spacing:
    """Millimetres from one pixel's centre to the next."""

    rows_mm: float  # mm between rows, down the image
    columns_mm: float  # mm between columns, across the image
    # The DICOM attribute: "PixelSpacing", "ImagerPixelSpacing" (at the detector) or
    # "NominalScannedPixelSpacing" (on the sheet that was scanned).
    source: str


@dataclass(frozen=True)
class PatientDirections:
    """Towards what each edge of the image lies: letters of A, P, L, R, H, F, the strongest first.

    A anterior, P posterior, L and R the patient's left and right, H head, F feet (PS3.3
    C.7.6.1.1.1). Opposite edges have opposite letters.
    """

    left: str
    top: str
    right: str
    bottom: str


@dataclass(frozen=True)
class Rescale:
    """How values came out of what the file stores: value = slope × stored + intercept."""

    slope: float
    intercept: float
    unit: str = ""  # of the values: "HU" or "OD"; "" where the file names none


@dataclass(frozen=True)
class DicomFacts:
    """What a DICOM header says; "" where it says nothing. No name, no birth date."""

    transfer_syntax: str = ""
    photometric: str = ""
    modality: str = ""
    view_position: str = ""
    laterality: str = ""
    body_part: str = ""
    study_uid: str = ""
    series_uid: str = ""
    sop_uid: str = ""
    study_date: str = ""
    burned_in_annotation: bool | None = None  # None: the header does not say
    manufacturer: str = ""
    station: str = ""
    sex: str = ""  # "F" or "M"
    age: int | None = None  # in whole years at the study


@dataclass(frozen=True)
class ImageFacts:
    """What is known of a file without decoding its pixels; sides are those of the native grid."""

    format: ImageFormat
    rows: int
    columns: int
    frames: int
    colour: bool
    bits: int  # of one sample, as stored
    dicom: DicomFacts | None = None


@dataclass(frozen=True, eq=False)
class GrayOrColourImage:
    """One frame on the native grid (after EXIF rotation), with the ways to show it."""

    pixels: np.ndarray  # (H, W) values after the modality LUT, or (H, W, 3) uint8 RGB
    windows: tuple[Window, ...]  # grey: one or more, the first is the default; colour: none
    inverted: bool  # MONOCHROME1: high values are dark
    padding: np.ndarray | None  # (H, W) bool, True where the scanner padded
    facts: ImageFacts
    frame: int = 0
    spacing: Spacing | None = None
    notes: tuple[str, ...] = ()  # remarks for the reader
    aspect_ratio: float | None = None  # height of a pixel by its width, where no spacing says it
    directions: PatientDirections | None = None  # None: the file does not say
    rescale: Rescale | None = None  # None: no straight line, or unknown

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if self.pixels.ndim == 3:
            if shape[2] != 3 or self.pixels.dtype != np.uint8:
                raise ValueError(f"colour is (H, W, 3) uint8, not {shape} {self.pixels.dtype}")
            if self.windows or self.inverted:
                raise ValueError("a colour image has no window and no polarity")
        elif self.pixels.ndim != 2 or self.pixels.dtype.kind not in "iuf":
            raise ValueError(f"grey is (H, W) of numbers, not {shape} {self.pixels.dtype}")
        elif not self.windows:
            raise ValueError("a grey image needs a window")
        if self.padding is not None and self.padding.shape != shape[:2]:
            raise ValueError(f"padding {self.padding.shape} does not cover pixels {shape}")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the native grid, (H, W)."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def is_colour(self) -> bool:
        """True for RGB."""
        return self.pixels.ndim == 3

    @property
    def pixel_aspect(self) -> float:
        """Height of a pixel divided by its width; 1 where the file does not say."""
        if self.spacing is not None:
            return self.spacing.rows_mm / self.spacing.columns_mm
        return self.aspect_ratio or 1.0

    def unit(self, window: Window | None = None) -> np.ndarray:
        """The image as shown.

        Args:
            window: how to show a grey image; None takes the first of ``windows``.

        Returns:
            float32 ``(H, W)`` or ``(H, W, 3)`` in [0, 1], where 1 is white on the screen. Padding
            is 0.
        """
        if self.is_colour:
            return self.pixels.astype(np.float32) / np.float32(255)
        values = (window or self.windows[0]).apply(self.pixels)
        if self.inverted:  # within the output range, so that windows keep their meaning
            values = 1 - values
        if self.padding is not None:
            values[self.padding] = 0
        return values

    def display(self, window: Window | None = None) -> np.ndarray:
        """As :meth:`unit`, in 256 steps: uint8 ``(H, W)`` or ``(H, W, 3)``."""
        if self.is_colour:
            return self.pixels.copy()
        return np.rint(self.unit(window) * np.float32(255)).astype(np.uint8)
