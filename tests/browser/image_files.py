"""DICOM images for the browser."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

ROWS, COLUMNS = 160, 120


def values(seed: int = 0) -> np.ndarray:
    """``(H, W)`` uint16 of 12 bits: a slope with a bright disc."""
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    disc = np.hypot(rows - 50, columns - 40) < 18
    noise = np.random.default_rng(seed).integers(0, 80, (ROWS, COLUMNS))
    return (rows * 15 + 1200 * disc + noise).astype(np.uint16)


def write_image(
    path: Path, *, seed: int = 0, study: str = "", frames: int = 1, spacing_mm: float = 0
) -> Path:
    """A chest image as a detector would send it, with two windows.

    Args:
        study: its StudyInstanceUID; one of its own where it is empty.
        frames: each with noise of its own.
        spacing_mm: between two pixels, as PixelSpacing; 0 where the file states none.
    """
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    data.StudyInstanceUID, data.SeriesInstanceUID = study or generate_uid(), generate_uid()
    data.Modality, data.ViewPosition = "DX", "PA"
    data.Rows, data.Columns = ROWS, COLUMNS
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelRepresentation = 0
    data.WindowCenter, data.WindowWidth = [1800, 900], [3600, 800]
    data.WindowCenterWidthExplanation = ["STANDARD", "LUNG"]
    if frames > 1:
        data.NumberOfFrames = frames
    if spacing_mm:
        data.PixelSpacing = [spacing_mm, spacing_mm]
    data.PixelData = b"".join(values(seed + frame).tobytes() for frame in range(frames))
    data.save_as(path, enforce_file_format=True)
    return path
