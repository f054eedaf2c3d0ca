"""The header of a phantom's DICOM file: all of it made up, all of it from the seed."""

from __future__ import annotations

import hashlib

from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
)

from training.datasets.phantom.generator import PhantomFilm
from training.datasets.phantom.seeds import stream

# PS3.16, context group 4010.
_VIEW_CODES = {
    "PA": ("272479007", "Postero-anterior"),
    "AP": ("399348003", "Antero-posterior"),
}


def identity(*names: object) -> UID:
    """A UID under 2.25 (PS3.5 B.2) that depends on the names alone."""
    digest = hashlib.sha256("/".join(str(name) for name in names).encode()).digest()[:16]
    return UID(f"2.25.{int.from_bytes(digest, 'big')}")


def film_header(film: PhantomFilm, storage: UID, patient: int, variant: str = "") -> Dataset:
    """The header of one film: patient, study, series, equipment and image.

    Args:
        film: whose header.
        storage: its SOP class.
        patient: number in name and id.
        variant: how the pixels are stored: one film stored in two ways is two instances.
    """
    facts = film.facts
    dataset = Dataset()
    key = (patient, facts.patient_seed, facts.seed)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = storage
    image = (*key, facts.finding, facts.rows, facts.columns, variant)
    dataset.SOPInstanceUID = identity("image", storage, *image)
    dataset.StudyInstanceUID = identity("study", *key)
    dataset.SeriesInstanceUID = identity("series", storage, *key)
    _patient(dataset, film, patient)
    _study(dataset, film)
    if storage == DigitalXRayImageStorageForPresentation:
        _digital_x_ray(dataset, film)
    elif storage == ComputedRadiographyImageStorage:
        _computed_radiography(dataset, film)
    else:
        _secondary_capture(dataset, film)
    return dataset


def _patient(dataset: Dataset, film: PhantomFilm, patient: int) -> None:
    dataset.PatientName = f"Phantom^N{patient}"
    dataset.PatientID = f"PHANTOM-{patient:05d}"
    dataset.PatientSex = film.facts.sex
    age = int(stream(film.facts.patient_seed, "age").integers(21, 89))
    dataset.PatientAge = f"{age:03d}Y"
    dataset.PatientBirthDate = ""
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "Synthetic image, no person"


def _study(dataset: Dataset, film: PhantomFilm) -> None:
    rng = stream(film.facts.seed, "calendar")
    day = f"2024{int(rng.integers(1, 13)):02d}{int(rng.integers(1, 29)):02d}"
    time = f"{int(rng.integers(7, 20)):02d}{int(rng.integers(0, 60)):02d}00"
    for name in ("Study", "Series", "Acquisition", "Content"):
        setattr(dataset, f"{name}Date", day)
        setattr(dataset, f"{name}Time", time)
    dataset.StudyID = str(film.facts.seed % 10**8)
    dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = f"Synthetic chest film, {film.facts.view}"
    dataset.SeriesNumber = 1
    dataset.InstanceNumber = 1
    dataset.Manufacturer = "DProtoNet Review"
    dataset.ManufacturerModelName = "Chest phantom"
    dataset.DeviceSerialNumber = "1"
    dataset.SoftwareVersions = "1"
    dataset.BurnedInAnnotation = "NO"
    dataset.ImageComments = "Synthetic film; shows no person. Not for diagnosis."


def _digital_x_ray(dataset: Dataset, film: PhantomFilm) -> None:
    """DX image, PS3.3 A.26."""
    dataset.Modality = "DX"
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", ""]
    dataset.PixelIntensityRelationship = "LOG"
    dataset.PixelIntensityRelationshipSign = -1
    dataset.LossyImageCompression = "00"
    dataset.DetectorType = "DIRECT"
    dataset.DetectorID = "1"
    dataset.PositionerType = "NONE"
    dataset.BodyPartExamined = "CHEST"
    dataset.ViewPosition = film.facts.view
    dataset.ImageLaterality = "U"
    dataset.PatientOrientation = ["L", "F"]
    dataset.ImagerPixelSpacing = [f"{film.spacing_mm:.6g}"] * 2
    dataset.AcquisitionContextSequence = []
    dataset.AnatomicRegionSequence = [_code("51185008", "SCT", "Chest")]
    value, meaning = _VIEW_CODES[film.facts.view]
    view = _code(value, "SCT", meaning)
    view.ViewModifierCodeSequence = []
    dataset.ViewCodeSequence = [view]


def _computed_radiography(dataset: Dataset, film: PhantomFilm) -> None:
    """CR image, PS3.3 A.2."""
    dataset.Modality = "CR"
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.BodyPartExamined = "CHEST"
    dataset.ViewPosition = film.facts.view
    dataset.PatientOrientation = ["L", "F"]
    dataset.ImagerPixelSpacing = [f"{film.spacing_mm:.6g}"] * 2


def _secondary_capture(dataset: Dataset, film: PhantomFilm) -> None:
    """Multi-frame grayscale word secondary capture, PS3.3 A.8.4."""
    dataset.Modality = "OT"
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    dataset.DerivationDescription = "Synthetic films as frames"
    dataset.ConversionType = "SYN"
    dataset.BodyPartExamined = "CHEST"
    dataset.PatientOrientation = ["L", "F"]
    dataset.PixelSpacing = [f"{film.spacing_mm:.6g}"] * 2
    dataset.PixelSpacingCalibrationType = "GEOMETRY"
    dataset.PixelSpacingCalibrationDescription = "At the detector"


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue = value
    code.CodingSchemeDesignator = scheme
    code.CodeMeaning = meaning
    return code
