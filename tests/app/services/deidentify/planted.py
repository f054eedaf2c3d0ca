"""Files that name a person wherever a file can, and the search for what they name."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

FAMILY, GIVEN, NUMBER, ACCESSION = "Quixadarova", "Melindane", "QX77190431", "ACC90021477"
BORN, SEEN = "19440719", "20240102"
STUDY, SERIES, INSTANCE = (f"1.2.826.0.1.3680043.{n}.55512{n}" for n in (71, 72, 73))
_TEXTS = [
    "OtherPatientIDs",
    "PatientAddress",
    "ReferringPhysicianName",
    "InstitutionName",
    "StudyDescription",
    "SeriesDescription",
    "PatientComments",
    "ImageComments",
    "RequestingPhysician",
    "OperatorsName",
    "StationName",
    "ProtocolName",
    "AdditionalPatientHistory",
    "Occupation",
    "PatientTelephoneNumbers",
    "DeviceSerialNumber",
    "TextComments",
    "Manufacturer",
    "ManufacturerModelName",
    "WindowCenterWidthExplanation",
    "IssuerOfPatientID",
]
"""21 tags beside name, number, dates and identifiers; each gets a word of its own."""
TEXT_WORDS = {keyword: f"Canary{n:02d}word" for n, keyword in enumerate(_TEXTS)}
_PLACES = (
    *("private", "unknown", "nested", "deep", "meaning", "overlay", "preamble", "pngtext"),
    *("jpegcomment", "exif", "tifftext", "file", "folder", "archive", "upload"),
)
MORE_WORDS = {place: f"Canary{place}word" for place in _PLACES}
FILE_NAME = f"{FAMILY}_{GIVEN}_{MORE_WORDS['file']}"
FOLDER = f"{FAMILY} {BORN} {MORE_WORDS['folder']}"


def secrets() -> dict[str, str]:
    """What must not be found, by what it is."""
    named = {"family": FAMILY, "given": GIVEN, "number": NUMBER, "accession": ACCESSION}
    dates = {"birth": BORN, "visit": SEEN, "birth, dashed": "1944-07-19"}
    dates |= {"birth, dotted": "19.07.1944", "visit, dashed": "2024-01-02"}
    orders = {"name": f"{FAMILY}^{GIVEN}", "name, turned": f"{GIVEN}^{FAMILY}"}
    uids = {"study": STUDY, "series": SERIES, "instance": INSTANCE}
    return named | dates | orders | uids | TEXT_WORDS | MORE_WORDS


def found_in(data: bytes) -> set[str]:
    """Which secrets are in these bytes, however they are written."""
    small = data.lower()
    return {
        what
        for what, secret in secrets().items()
        if any(form in (small if is_small else data) for form, is_small in set(_forms(secret)))
    }


def found_in_files(folders: Iterable[Path]) -> dict[str, set[str]]:
    """Which secrets are in the names and bytes of all files below the folders."""
    found: dict[str, set[str]] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            hits = found_in(str(path.relative_to(folder)).encode())
            if path.is_file():
                hits |= found_in(path.read_bytes())
            if hits:
                found[str(path.relative_to(folder))] = hits
    return found


def _forms(secret: str) -> Iterator[tuple[bytes, bool]]:
    raw = secret.encode()
    yield raw.lower(), True
    yield secret.lower().encode("utf-16-le"), True
    yield secret.lower().encode("utf-16-be"), True
    yield quote(secret, safe="").lower().encode(), True
    yield raw.hex().encode(), True
    for text in (raw, raw.upper(), raw.lower()):
        for before in range(3):  # base64 of a text depends on where it stands
            coded = base64.b64encode(b"\0" * before + text)
            yield coded[(0, 2, 3)[before] : len(coded) - 4], False


def planted_dicom(number: int = 0, *, secret_words: bool = True) -> bytes:
    """A radiograph of 16 × 18 pixels that says all of it."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    meta.MediaStorageSOPInstanceUID = f"{INSTANCE}.{number}"
    meta.SourceApplicationEntityTitle = MORE_WORDS["upload"]
    preamble = MORE_WORDS["preamble"].encode().ljust(128, b"\0")
    data = FileDataset(None, {}, file_meta=meta, preamble=preamble)
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, f"{INSTANCE}.{number}"
    data.StudyInstanceUID, data.SeriesInstanceUID = STUDY, SERIES
    data.PatientName, data.PatientID = f"{FAMILY}^{GIVEN}", NUMBER
    data.PatientBirthDate = BORN
    data.AccessionNumber = ACCESSION
    data.StudyDate = data.AcquisitionDate = SEEN
    data.AcquisitionDateTime = f"{SEEN}101112"
    data.Modality, data.ViewPosition, data.BodyPartExamined = "DX", "PA", "CHEST"
    for keyword, word in TEXT_WORDS.items():
        setattr(data, keyword, word)
    _plant_parts(data)
    data.PhotometricInterpretation, data.SamplesPerPixel = "MONOCHROME2", 1
    data.Rows, data.Columns = 16, 18
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelRepresentation = 0
    chance = np.random.default_rng(number)
    data.PixelData = chance.integers(0, 4096, (16, 18)).astype("<u2").tobytes()
    out = io.BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _plant_parts(data: Dataset) -> None:
    deep = Dataset()
    deep.PersonName = f"{GIVEN}^{FAMILY}"
    deep.TextValue = MORE_WORDS["deep"]
    item = Dataset()
    item.PatientID, item.ScheduledProcedureStepDescription = NUMBER, MORE_WORDS["nested"]
    item.CodeValue, item.CodingSchemeDesignator = "R-10206", "SRT"
    item.CodeMeaning = MORE_WORDS["meaning"]
    item.StudyDate = SEEN
    item.ConceptNameCodeSequence = Sequence([deep])
    data.ViewCodeSequence = Sequence([item])
    data.RequestAttributesSequence = Sequence([deep])
    block = data.private_block(0x0019, "ACME 1.1", create=True)
    block.add_new(0x10, "LO", MORE_WORDS["private"])
    block.add_new(0x11, "UN", f"{FAMILY}^{GIVEN}".encode())
    data.add_new(0x00280999, "LO", MORE_WORDS["unknown"])
    data.add_new(0x60000010, "US", 16)
    data.add_new(0x60003000, "OW", MORE_WORDS["overlay"].encode() + b" ")
    data.add_new(0x60004000, "LT", f"{FAMILY} {NUMBER}")


def planted_pictures() -> dict[str, bytes]:
    """A PNG, a JPEG and a TIFF with texts, by ending."""
    picture = Image.fromarray(np.random.default_rng(9).integers(0, 256, (16, 18)).astype(np.uint8))
    text = PngInfo()
    text.add_text("Description", f"{FAMILY} {MORE_WORDS['pngtext']}")
    exif = Image.Exif()
    exif[0x010E] = f"{NUMBER} {MORE_WORDS['exif']}"
    exif[0x0112] = 6
    pictures = {}
    for ending, options in (
        ("png", {"pnginfo": text}),
        ("jpg", {"comment": f"{FAMILY} {MORE_WORDS['jpegcomment']}".encode(), "exif": exif}),
        ("tif", {"description": f"{FAMILY} {MORE_WORDS['tifftext']}"}),
    ):
        out = io.BytesIO()
        kind = {"png": "PNG", "jpg": "JPEG", "tif": "TIFF"}[ending]
        picture.save(out, kind, **options)
        pictures[ending] = out.getvalue()
    return pictures


def planted_archive(number: int) -> bytes:
    """A ZIP whose folder, entries and comment name the person."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.comment = MORE_WORDS["archive"].encode()
        archive.writestr(f"{FOLDER}/{FILE_NAME}.dcm", planted_dicom(number))
        archive.writestr(f"{FOLDER}/{FILE_NAME}.txt", f"a letter about {FAMILY}")
        archive.writestr(f"{FOLDER}/{FILE_NAME}-cut.dcm", planted_dicom(number)[:900])
    return out.getvalue()
