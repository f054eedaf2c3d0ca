"""What a DICOM file says of one frame, for objects that are made of it and refer to it.

Only the elements named here: who and which study it is of, how the frame lies in the patient, and
how its values are shown. Of a file of many frames they are those of the one frame (PS3.3
C.7.6.16), as if it were alone.
"""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

from dprotonet.errors import UnreadableImage
from dprotonet.images.decoder_errors import readable_errors
from dprotonet.images.dicom.header import element, frame_part
from dprotonet.images.dicom.open import read_header
from dprotonet.images.limits import Limits
from dprotonet.images.source import Source, opened

_PATIENT_AND_STUDY = (
    *("PatientName", "PatientID", "IssuerOfPatientID", "TypeOfPatientID", "PatientBirthDate"),
    *("PatientSex", "PatientAge", "PatientSpeciesDescription", "PatientSpeciesCodeSequence"),
    *("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence"),
    *("LongitudinalTemporalInformationModified", "StudyInstanceUID", "StudyDate", "StudyTime"),
    *("StudyID", "AccessionNumber", "IssuerOfAccessionNumberSequence", "StudyDescription"),
    *("ReferringPhysicianName", "ProcedureCodeSequence", "TimezoneOffsetFromUTC"),
    *("ClinicalTrialSponsorName", "ClinicalTrialProtocolID", "ClinicalTrialProtocolName"),
    *("ClinicalTrialSiteID", "ClinicalTrialSiteName", "ClinicalTrialSubjectID"),
    *("ClinicalTrialSubjectReadingID", "ClinicalTrialTimePointID"),
)
_IMAGE = (
    *("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "SeriesNumber", "InstanceNumber"),
    *("Modality", "BodyPartExamined", "Laterality", "ImageLaterality", "ViewPosition"),
    *("PatientOrientation", "FrameOfReferenceUID", "PositionReferenceIndicator"),
    *("Manufacturer", "ManufacturerModelName", "SoftwareVersions", "BurnedInAnnotation"),
    *("SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns", "NumberOfFrames"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PlanarConfiguration"),
    *("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod"),
    *("ImagerPixelSpacing", "NominalScannedPixelSpacing", "PixelAspectRatio"),
    *("PixelSpacingCalibrationType", "PixelSpacingCalibrationDescription"),
)
_OF_FRAME = {
    "PlanePositionSequence": ("ImagePositionPatient",),
    "PlaneOrientationSequence": ("ImageOrientationPatient",),
    "PixelMeasuresSequence": ("PixelSpacing", "SliceThickness", "SpacingBetweenSlices"),
    "PixelValueTransformationSequence": (
        *("ModalityLUTSequence", "RescaleSlope", "RescaleIntercept", "RescaleType"),
    ),
    "FrameVOILUTSequence": (
        *("VOILUTSequence", "WindowCenter", "WindowWidth", "WindowCenterWidthExplanation"),
        "VOILUTFunction",
    ),
}
"""Of a functional group, or where there are none of the root, the elements that are taken."""


def frame_header(source: Source, *, frame: int, limits: Limits | None = None) -> dict[str, Any]:
    """The header of one frame in the JSON model of PS3.18 annex F, in Unicode.

    Elements that a file does not have, or whose values cannot be understood, are left out; private
    elements and pixels never come.

    Args:
        source: a DICOM file.
        frame: counted from 0.
        limits: what is refused.

    Raises:
        UnreadableImage: the header cannot be read.
    """
    limits = limits or Limits()
    with opened(source, limits) as file, readable_errors("reading its header"):
        _, header, _ = read_header(file, limits)
        kept = Dataset()
        _take(header, kept, (*_PATIENT_AND_STUDY, *_IMAGE))
        for group, names in _OF_FRAME.items():
            _take(frame_part(header, frame, group), kept, names)
        said: dict[str, Any] = kept.to_json_dict(suppress_invalid_tags=True)
    if not said:
        raise UnreadableImage("The header of this file says nothing. Export it again.")
    return said


def _take(header: Dataset, kept: Dataset, names: tuple[str, ...]) -> None:
    for name in names:
        if element(header, name) is None:
            continue
        found = header[name]
        if found.VR == "SQ":
            for item in found.value:
                item.remove_private_tags()
        kept.add(found)
