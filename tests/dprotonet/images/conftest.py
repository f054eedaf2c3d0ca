import io
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

# These use signals, limits, links and pipes that Windows does not have, and macOS in part.
collect_ignore = (
    [] if sys.platform == "linux" else ["isolated/test_reader_limits.py", "test_walk_links.py"]
)


def image_dataset(pixels: np.ndarray, **attributes: Any) -> Dataset:
    """A digital X-ray with the given stored pixels; attributes by DICOM keyword, None removes."""
    ds = Dataset()
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    ds.SOPInstanceUID = generate_uid(entropy_srcs=["film"])
    ds.Modality = "DX"
    bits = 8 * pixels.dtype.itemsize
    colour = pixels.shape[-1] == 3 and pixels.ndim > 2
    ds.SamplesPerPixel = 3 if colour else 1
    ds.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        ds.PlanarConfiguration = 0
    frames = pixels.ndim == (4 if colour else 3)
    if frames:
        ds.NumberOfFrames = pixels.shape[0]
    ds.Rows, ds.Columns = pixels.shape[1:3] if frames else pixels.shape[:2]
    ds.BitsAllocated = ds.BitsStored = bits
    ds.HighBit = bits - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    for keyword, value in attributes.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    if pixels.dtype.kind == "f":
        name = "FloatPixelData" if bits == 32 else "DoubleFloatPixelData"
        setattr(ds, name, pixels.tobytes())
        for keyword in ("BitsStored", "HighBit", "PixelRepresentation"):
            delattr(ds, keyword)
    else:
        ds.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
        ds["PixelData"].VR = "OB" if bits == 8 else "OW"
    return ds


def dicom_bytes(ds: Dataset, syntax: str = ExplicitVRLittleEndian, **options: Any) -> bytes:
    """The dataset as a file; compressed where the syntax is a compressed one."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.get("SOPClassUID", "1.2.840.10008.5.1.4.1.1.7")
    ds.file_meta.MediaStorageSOPInstanceUID = ds.get("SOPInstanceUID", "1.2.3")
    ds.file_meta.TransferSyntaxUID = UID(syntax)
    if UID(syntax).is_compressed and not UID(syntax).is_deflated:
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.compress(UID(syntax), generate_instance_uid=False, **options)
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


@pytest.fixture(scope="session")
def dicom_file() -> Callable[..., bytes]:
    """Call with stored pixels and DICOM keywords: the bytes of a DICOM file."""

    def make(pixels: np.ndarray, syntax: str = ExplicitVRLittleEndian, **attributes: Any) -> bytes:
        return dicom_bytes(image_dataset(pixels, **attributes), syntax)

    return make


@pytest.fixture(scope="session")
def dataset() -> Callable[..., Dataset]:
    """As ``image``, before it is written."""
    return image_dataset


@pytest.fixture(scope="session")
def written() -> Callable[..., bytes]:
    """Call with a dataset and a transfer syntax: the bytes of the file."""
    return dicom_bytes


@pytest.fixture(scope="session")
def encapsulated() -> Callable[..., bytes]:
    """Call with one compressed frame, pixels like its own, a syntax and keywords: a file of it."""

    def make(stream: bytes, like: np.ndarray, syntax: str, **attributes: Any) -> bytes:
        ds = image_dataset(like, **attributes)
        ds.PixelData = encapsulate([stream])
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = UID(syntax)
        made = io.BytesIO()
        ds.save_as(made, enforce_file_format=True)
        return made.getvalue()

    return make


@pytest.fixture(scope="session")
def photo() -> Callable[..., bytes]:
    """Call with pixels or a Pillow image and a format: the bytes of the file."""

    def make(pixels: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
        image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
        stream = io.BytesIO()
        image.save(stream, kind, **options)
        return stream.getvalue()

    return make


@pytest.fixture(scope="session")
def ramp() -> np.ndarray:
    """(6, 8) uint16: 0, 100, …, 4700."""
    return (np.arange(48, dtype=np.uint16) * 100).reshape(6, 8)
