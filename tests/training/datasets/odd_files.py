"""Small DICOM files of the kinds that lie about in folders."""

from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid


def _meta(sop_class: str) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = generate_uid()
    return meta


def dicom(path: Path, *, frames: int = 1, level: int = 100, side: int = 16) -> Path:
    """A grey image of noise, of one or several frames."""
    meta = _meta("1.2.840.10008.5.1.4.1.1.7")
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, generate_uid()
    data.Rows = data.Columns = side
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit, data.PixelRepresentation, data.SamplesPerPixel = 7, 0, 1
    data.PhotometricInterpretation = "MONOCHROME2"
    if frames > 1:
        data.NumberOfFrames = frames
    noise = np.random.default_rng(level).normal(level, 20, (frames, side, side))
    data.PixelData = noise.clip(0, 255).astype(np.uint8).tobytes()
    data.save_as(path, enforce_file_format=True)
    return path


def dicomdir(path: Path) -> Path:
    """A directory of DICOM files, which holds no image."""
    meta = _meta("1.2.840.10008.1.3.10")
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    data.FileSetID = "SET"
    data.DirectoryRecordSequence = []
    data.save_as(path, enforce_file_format=True)
    return path


def truncate(path: Path) -> None:
    """Leave the first half of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
