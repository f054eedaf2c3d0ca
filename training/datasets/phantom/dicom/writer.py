"""Phantom images as real DICOM files: digital (DX) or computed radiography (CR), or frames."""

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

from training.datasets.phantom.dicom.header import identity, image_header
from training.datasets.phantom.generator import PhantomImage

SYNTAXES = {
    "explicit": ExplicitVRLittleEndian,
    "rle": RLELossless,
    "jpeg-ls": JPEGLSLossless,
    "jpeg2000": JPEG2000Lossless,
}
"""Names of the lossless ways to store the pixels."""

_PLUGINS = {RLELossless: "pydicom", JPEGLSLossless: "pyjpegls", JPEG2000Lossless: "pylibjpeg"}


@dataclass(frozen=True)
class ViewWindow:
    """A window as fractions of the image's full range: ``low`` is black, ``high`` white."""

    name: str = "FULL"
    low: float = 0.0
    high: float = 1.0


FULL = ViewWindow()


@dataclass(frozen=True)
class DicomOptions:
    """How an image is stored; none of it changes what the image shows.

    Attributes:
        photometric: "MONOCHROME2" (high is white) or "MONOCHROME1" (high is black).
        bits: stored for a pixel: 8, 12 or 16.
        windows: one or more; the first is the default.
        transfer_syntax: one of SYNTAXES.
        signed: store signed values with a rescale intercept (then as computed radiography).
    """

    photometric: str = "MONOCHROME2"
    bits: int = 16
    windows: tuple[ViewWindow, ...] = (FULL,)
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
            raise ValueError("an image needs a window.")


def write_dicom(
    image: PhantomImage,
    path: Path,
    options: DicomOptions | None = None,
    *,
    patient: int = 1,
) -> None:
    """Write one image.

    Args:
        image: what to write.
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
    dataset = image_header(image, storage, patient, variant=repr(options))
    _put_pixels(dataset, stored_values(image, options)[None], options)
    _write(dataset, path, SYNTAXES[options.transfer_syntax])


def write_frames(images: Sequence[PhantomImage], path: Path, *, patient: int = 1) -> None:
    """Write images of one size as the frames of one secondary capture, 16 bit.

    Raises:
        ValueError: no image, or images of different sizes.
    """
    if not images or len({image.pixels.shape for image in images}) != 1:
        raise ValueError("Frames need one or more images of the same size.")
    options = DicomOptions()
    dataset = image_header(images[0], MultiFrameGrayscaleWordSecondaryCaptureImageStorage, patient)
    dataset.NumberOfFrames = len(images)
    dataset.FrameIncrementPointer = 0x00182002  # Frame Label Vector, PS3.3 C.8.6.3
    dataset.FrameLabelVector = [f"{i + 1} {image.facts.view}" for i, image in enumerate(images)]
    _put_pixels(dataset, np.stack([stored_values(image, options) for image in images]), options)
    _write(dataset, path, ExplicitVRLittleEndian)


def stored_values(image: PhantomImage, options: DicomOptions) -> NDArray[np.integer]:
    """``(H, W)`` values as they stand in the file."""
    top = 2**options.bits - 1
    values = image.pixels >> (16 - options.bits)
    if options.photometric == "MONOCHROME1":
        values = (top - values).astype(np.uint16)
    if options.signed:
        return (values.astype(np.int32) - 2 ** (options.bits - 1)).astype(
            np.int8 if options.bits == 8 else np.int16
        )
    return values.astype(np.uint8 if options.bits == 8 else np.uint16)


def _put_pixels(dataset: Dataset, values: NDArray[np.integer], options: DicomOptions) -> None:
    """Pixels ``(F, H, W)`` and the attributes that describe them."""
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


def _window(window: ViewWindow, options: DicomOptions) -> tuple[float, float]:
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
