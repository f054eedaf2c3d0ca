"""Discs for tests: small images of two studies with a DICOMDIR, and a viewer program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from pydicom import config
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage

FILES = ("IM1", "IM2", "IM3", "IM4")


def image(number: int, *, study: str, series: str) -> Dataset:
    """A radiograph of 16 × 18 pixels with what a DICOMDIR has to say of it."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    made.SOPInstanceUID = f"1.2.3.{number}"
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.PatientName, made.PatientID = "Zuckmayer^Planted", "planted-17"
    made.StudyInstanceUID, made.SeriesInstanceUID = study, f"{study}.{series}"
    made.StudyID, made.AccessionNumber = study[-1], ""
    made.StudyDate, made.StudyTime = "20260101", "120000"
    made.Modality, made.SeriesNumber, made.InstanceNumber = "DX", series, number
    made.PhotometricInterpretation, made.SamplesPerPixel = "MONOCHROME2", 1
    made.Rows, made.Columns, made.PixelRepresentation = 16, 18, 0
    made.BitsAllocated, made.BitsStored, made.HighBit = 8, 8, 7
    made.PixelData = bytes((number * 7 + n) % 256 for n in range(16 * 18))
    return made


def write_directory(path: Path, files: Sequence[Sequence[str]], *, studies: int = 2) -> None:
    """A DICOMDIR with records one after another, without offsets; paths may be anything."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    made.file_meta.MediaStorageSOPInstanceUID = "1.2.99"
    made.FileSetID = "DISC"
    kinds = ["PATIENT", *["STUDY"] * studies, *["IMAGE"] * len(files)]
    records = [Dataset() for _ in kinds]
    for record, kind in zip(records, kinds, strict=True):
        record.DirectoryRecordType = kind
    records[0].PatientName = "Zuckmayer^Planted"
    with config.disable_value_validation():  # paths that the standard forbids are made here
        for record, file in zip(records[1 + studies :], files, strict=True):
            record.ReferencedFileID = list(file)
        made.DirectoryRecordSequence = records
        made.save_as(path, enforce_file_format=True)


def disc(folder: Path) -> Path:
    """A disc: four images of two studies in turn, a DICOMDIR that lists them study by study (IM1,
    IM3, IM2, IM4), and a viewer program with a picture that is no patient's."""
    (folder / "IMAGES").mkdir(parents=True)
    for number, name in enumerate(FILES, start=1):
        made = image(number, study=f"1.2.{1 + (number + 1) % 2}", series="1")
        made.save_as(folder / "IMAGES" / name, enforce_file_format=True)
    listed = [("IMAGES", name) for name in ("IM1", "IM3", "IM2", "IM4")]
    write_directory(folder / "DICOMDIR", listed)
    (folder / "AUTORUN.INF").write_text("[autorun]\n")
    (folder / "VIEWER").mkdir()
    Image.new("L", (20, 20), 90).save(folder / "VIEWER" / "logo.png")
    return folder
