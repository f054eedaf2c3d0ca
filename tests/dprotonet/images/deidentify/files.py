"""Small files for de-identification, and instructions for them."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from dprotonet.images.deidentify.file import deidentify, survey_file
from dprotonet.images.deidentify.instructions import Deidentified, Instructions


def make_dicom(
    change: Callable[[Dataset], None] = lambda data: None,
    *,
    pixels: np.ndarray | None = None,
    syntax: UID = ExplicitVRLittleEndian,
) -> bytes:
    """A radiograph of Jane Doe; ``pixels`` are (H, W) or (N, H, W) uint16."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    data = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, "1.2.3.4"
    data.StudyInstanceUID, data.SeriesInstanceUID = "1.2.3", "1.2.3.1"
    data.PatientName, data.PatientID = "Doe^Jane", "4711815"
    data.Modality, data.StudyDate, data.PatientBirthDate = "DX", "20240301", "19440719"
    values = np.arange(256, dtype=np.uint16).reshape(16, 16) if pixels is None else pixels
    data.PhotometricInterpretation, data.SamplesPerPixel = "MONOCHROME2", 1
    data.Rows, data.Columns = values.shape[-2:]
    if values.ndim == 3:
        data.NumberOfFrames = len(values)
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelRepresentation = 0
    order = "<u2" if syntax.is_little_endian else ">u2"
    data.PixelData = values.astype(order).tobytes()
    change(data)
    out = io.BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()


def done(data: bytes, *, kept: tuple[str, ...] = (), shift_days: int = -400) -> Deidentified:
    """The file de-identified for patient P-one, its identifiers 2.25.1, 2.25.2, …"""
    survey, _ = survey_file(data)
    uids = {uid: f"2.25.{number}" for number, uid in enumerate(survey.uids, start=1)}
    return deidentify(data, Instructions("P-one", uids, shift_days, kept))


def header_of(file: Deidentified) -> Dataset:
    """The new file, parsed."""
    return dcmread(io.BytesIO(file.data))
