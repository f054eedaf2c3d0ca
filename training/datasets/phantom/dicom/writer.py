"""Phantom films as real DICOM files: digital (DX) or computed radiography (CR), or frames."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    RLELossless,
)

from training.datasets.phantom.dicom.header import film_header, identity
from training.datasets.phantom.generator import PhantomFilm

SYNTAXES = {
    "explicit": ExplicitVRLittleEndian,
    "rle": RLELossless,
    "jpeg-ls": JPEGLSLossless,
    "jpeg2000": JPEG2000Lossless,
}
"""Names of the lossless ways to store the pixels."""

_PLUGINS = {RLELossless: "pydicom", JPEGLSLossless: "pyjpegls", JPEG2000Lossless: "pylibjpeg"}


@dataclass(frozen=True)
class FilmWindow:
    """A window as shares of the film's full range: ``low`` is shown black, ``high`` white."""

    name: str = "FULL"
    low: float = 0.0
    high: float = 1.0


FULL = FilmWindow()


@dataclass(frozen=True)
class DicomOptions:
    """How a film is stored; none of it changes what the film shows.

    Attributes:
        photometric: "MONOCHROME2" (high is white) or "MONOCHROME1" (high is black).
        bits: stored for a pixel: 8, 12 or 16.
        windows: one or more; the first is the default.
        transfer_syntax: one of SYNTAXES.
        signed: store signed values with a rescale intercept (then as computed radiography).
    """

    photometric: str = "MONOCHROME2"
    bits: int = 16
    windows: tuple[FilmWindow, ...] = (FULL,)
    transfer_syntax: str = "explicit"
    signed: bool = False

    def __post_init__(self) -> None:
        if self.photometric not in ("MONOCHROME1", "MONOCHROME2"):
            raise ValueError("photometric is MONOCHROME1 or MONOCHROME2.")
        if self.bits not in (8, 12, 16):
            raise ValueError("bits is 8, 12 or 16.")
        if self.transfer_syntax not in SYNTAXES:
            raise ValueError(f"transfer_syntax is one of {', '.join(SYNTAXES)}.")
        if not self.windows:
            raise ValueError("a film needs a window.")


def write_dicom(
    film: PhantomFilm,
    path: Path,
    options: DicomOptions | None = None,
    *,
    patient: int = 1,
) -> None:
    """Write one film.

    Args:
        film: what to write.
        path: the file.
        options: how; a plain 16-bit MONOCHROME2 file where not given.
        patient: number in the made-up name ``Phantom^N<number>`` and in the id.
    """
    options = options or DicomOptions()
    storage = (
        ComputedRadiographyImageStorage
        if options.signed
        else DigitalXRayImageStorageForPresentation
    )
    dataset = film_header(film, storage, patient, variant=repr(options))
    _put_pixels(dataset, stored_values(film, options)[None], options)
    _write(dataset, path, SYNTAXES[options.transfer_syntax])


def write_frames(films: Sequence[PhantomFilm], path: Path, *, patient: int = 1) -> None:
    """Write films of one size as the frames of one secondary capture, 16 bit.

    Raises:
        ValueError: no film, or films of different sizes.
    """
    if not films or len({film.pixels.shape for film in films}) != 1:
        raise ValueError("Frames need one or more films of the same size.")
    options = DicomOptions()
    dataset = film_header(films[0], MultiFrameGrayscaleWordSecondaryCaptureImageStorage, patient)
    dataset.NumberOfFrames = len(films)
    dataset.FrameIncrementPointer = 0x00182002  # Frame Label Vector, PS3.3 C.8.6.3
    dataset.FrameLabelVector = [f"{i + 1} {film.facts.view}" for i, film in enumerate(films)]
    _put_pixels(dataset, np.stack([stored_values(film, options) for film in films]), options)
    _write(dataset, path, ExplicitVRLittleEndian)


def stored_values(film: PhantomFilm, options: DicomOptions) -> NDArray[np.integer]:
    """``(H, W)`` values as they stand in the file."""
    top = 2**options.bits - 1
    values = film.pixels >> (16 - options.bits)
    if options.photometric == "MONOCHROME1":
        values = (top - values).astype(np.uint16)
    if options.signed:
        return (values.astype(np.int32) - 2 ** (options.bits - 1)).astype(
            np.int8 if options.bits == 8 else np.int16
        )
    return values.astype(np.uint8 if options.bits == 8 else np.uint16)


def _put_pixels(dataset: Dataset, values: NDArray[np.integer], options: DicomOptions) -> None:
    """Pixels ``(F, H, W)`` and all that says how to read them."""
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = options.photometric
    inverse = options.photometric == "MONOCHROME1"
    dataset.PresentationLUTShape = "INVERSE" if inverse else "IDENTITY"
    dataset.Rows, dataset.Columns = values.shape[1:]
    dataset.BitsAllocated = 8 if options.bits == 8 else 16
    dataset.BitsStored = options.bits
    dataset.HighBit = options.bits - 1
    dataset.PixelRepresentation = int(options.signed)
    dataset.RescaleIntercept = str(2 ** (options.bits - 1) if options.signed else 0)
    dataset.RescaleSlope = "1"
    dataset.RescaleType = "US"
    windows = [_window(window, options) for window in options.windows]
    dataset.WindowCenter = [f"{centre:.10g}" for centre, _ in windows]
    dataset.WindowWidth = [f"{width:.10g}" for _, width in windows]
    dataset.WindowCenterWidthExplanation = [window.name for window in options.windows]
    data = values.astype(values.dtype.newbyteorder("<")).tobytes()
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    dataset["PixelData"].VR = "OB" if options.bits == 8 else "OW"


def _window(window: FilmWindow, options: DicomOptions) -> tuple[float, float]:
    """Centre and width of the LINEAR function, PS3.3 C.11.2.1.2.1."""
    top = 2**options.bits - 1
    centre = (window.low + window.high) / 2 * top + 0.5
    width = (window.high - window.low) * top + 1
    if options.photometric == "MONOCHROME1":
        centre = top - centre + 1
    return centre, width


def _write(dataset: Dataset, path: Path, syntax: UID) -> None:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = identity("dprotonet-review")
    meta.ImplementationVersionName = "DPROTONET_1"
    dataset.file_meta = meta
    if syntax != ExplicitVRLittleEndian:
        dataset.compress(syntax, encoding_plugin=_PLUGINS[syntax], generate_instance_uid=False)
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    path.write_bytes(buffer.getvalue())
