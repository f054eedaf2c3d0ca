"""The header of a phantom's DICOM file: all of it made up, all of it from the seed."""

from __future__ import annotations

import hashlib

from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
)

from training.datasets.phantom.generator import PhantomImage
from training.datasets.phantom.noise import stream

# PS3.16, context group 4010.
_VIEW_CODES = {
    "PA": ("272479007", "Postero-anterior"),
    "AP": ("399348003", "Antero-posterior"),
}


def identity(*names: object) -> UID:
    """A UID under 2.25 (PS3.5 B.2) that depends on the names alone."""
    digest = hashlib.sha256("/".join(str(name) for name in names).encode()).digest()[:16]
    return UID(f"2.25.{int.from_bytes(digest, 'big')}")


def image_header(image: PhantomImage, storage: UID, patient: int, variant: str = "") -> Dataset:
    """The header of one image: patient, study, series, equipment and image.

    Args:
        image: whose header.
        storage: its SOP class.
        patient: number in name and id.
        variant: how the pixels are stored: one image stored in two ways is two instances.
    """
    facts = image.facts
    dataset = Dataset()
    key = (patient, facts.patient_seed, facts.seed)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = storage
    described = (*key, facts.finding, facts.rows, facts.columns, variant)
    dataset.SOPInstanceUID = identity("image", storage, *described)
    dataset.StudyInstanceUID = identity("study", *key)
    dataset.SeriesInstanceUID = identity("series", storage, *key)
    _patient(dataset, image, patient)
    _study(dataset, image)
    if storage == DigitalXRayImageStorageForPresentation:
        _digital_x_ray(dataset, image)
    elif storage == ComputedRadiographyImageStorage:
        _computed_radiography(dataset, image)
    else:
        _secondary_capture(dataset, image)
    return dataset


def _patient(dataset: Dataset, image: PhantomImage, patient: int) -> None:
    dataset.PatientName = f"Phantom^N{patient}"
    dataset.PatientID = f"PHANTOM-{patient:05d}"
    dataset.PatientSex = image.facts.sex
    age = int(stream(image.facts.patient_seed, "age").integers(21, 89))
    dataset.PatientAge = f"{age:03d}Y"
    dataset.PatientBirthDate = ""
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "Synthetic image, no person"


def _study(dataset: Dataset, image: PhantomImage) -> None:
    rng = stream(image.facts.seed, "calendar")
    day = f"2024{int(rng.integers(1, 13)):02d}{int(rng.integers(1, 29)):02d}"
    time = f"{int(rng.integers(7, 20)):02d}{int(rng.integers(0, 60)):02d}00"
    for name in ("Study", "Series", "Acquisition", "Content"):
        setattr(dataset, f"{name}Date", day)
        setattr(dataset, f"{name}Time", time)
    dataset.StudyID = str(image.facts.seed % 10**8)
    dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = f"Synthetic chest image, {image.facts.view}"
    dataset.SeriesNumber = 1
    dataset.InstanceNumber = 1
    dataset.Manufacturer = "DProtoNet Review"
    dataset.ManufacturerModelName = "Chest phantom"
    dataset.DeviceSerialNumber = "1"
    dataset.SoftwareVersions = "1"
    dataset.BurnedInAnnotation = "NO"
    dataset.ImageComments = "Synthetic image; shows no person. Not for diagnosis."


def _digital_x_ray(dataset: Dataset, image: PhantomImage) -> None:
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
    dataset.ViewPosition = image.facts.view
    dataset.ImageLaterality = "U"
    dataset.PatientOrientation = ["L", "F"]
    dataset.ImagerPixelSpacing = [f"{image.spacing_mm:.6g}"] * 2
    dataset.AcquisitionContextSequence = []
    dataset.AnatomicRegionSequence = [_code("51185008", "SCT", "Chest")]
    value, meaning = _VIEW_CODES[image.facts.view]
    view = _code(value, "SCT", meaning)
    view.ViewModifierCodeSequence = []
    dataset.ViewCodeSequence = [view]


def _computed_radiography(dataset: Dataset, image: PhantomImage) -> None:
    """CR image, PS3.3 A.2."""
    dataset.Modality = "CR"
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.BodyPartExamined = "CHEST"
    dataset.ViewPosition = image.facts.view
    dataset.PatientOrientation = ["L", "F"]
    dataset.ImagerPixelSpacing = [f"{image.spacing_mm:.6g}"] * 2


def _secondary_capture(dataset: Dataset, image: PhantomImage) -> None:
    """Multi-frame grayscale word secondary capture, PS3.3 A.8.4."""
    dataset.Modality = "OT"
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    dataset.DerivationDescription = "Synthetic images as frames"
    dataset.ConversionType = "SYN"
    dataset.BodyPartExamined = "CHEST"
    dataset.PatientOrientation = ["L", "F"]
    dataset.PixelSpacing = [f"{image.spacing_mm:.6g}"] * 2
    dataset.PixelSpacingCalibrationType = "GEOMETRY"
    dataset.PixelSpacingCalibrationDescription = "At the detector"


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue = value
    code.CodingSchemeDesignator = scheme
    code.CodeMeaning = meaning
    return code
