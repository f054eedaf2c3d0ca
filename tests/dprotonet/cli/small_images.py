"""Small images of every kind that the shell has to cope with."""

from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid


def picture(rows: int = 40, columns: int = 30, *, seed: int = 0) -> np.ndarray:
    """Grey noise on a slope, uint8 ``(H, W)``."""
    noise = np.random.default_rng(seed).integers(0, 60, (rows, columns))
    return (noise + np.linspace(0, 190, rows)[:, None]).astype(np.uint8)


def write_png(path: Path, *, seed: int = 0) -> Path:
    """A good grey image of 40 rows and 30 columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture(seed=seed)).save(path, format="PNG")
    return path


def write_broken(path: Path) -> Path:
    """A PNG that is cut off."""
    whole = write_png(path).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def write_rotated_jpeg(path: Path) -> Path:
    """40 rows and 30 columns as stored in the file; its EXIF turns it to 30 rows, 40 columns."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture()).save(path, format="JPEG", exif=exif)
    return path


def write_frames(path: Path, frames: int = 3) -> Path:
    """A DICOM file of several frames, each different."""
    return write_dicom(path, np.stack([picture(seed=seed) for seed in range(frames)]))


def write_dicom(path: Path, pixels: np.ndarray) -> Path:
    """A DICOM file of uint8 frames ``(frames, H, W)``."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    data.Modality = "DX"
    data.NumberOfFrames, data.Rows, data.Columns = pixels.shape
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit, data.PixelRepresentation = 7, 0
    data.PixelData = pixels.tobytes()
    data["PixelData"].VR = "OB"
    data.save_as(path, enforce_file_format=True)
    return path
