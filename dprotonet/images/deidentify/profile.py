"""What becomes of one element: the basic profile of PS3.15 annex E, and stricter beyond it.

The table is that of ``dicomanonymizer`` (Kitware), DICOM 2026c. Its own walk stops at the first
level of a header; ours (``header``) applies the table at every depth. An element that the table
does not name stays only where an image needs it: free text, names, binary values and elements that
are in no dictionary go.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydicom.datadict import dictionary_has_tag, keyword_for_tag
from pydicom.tag import BaseTag

Action = Literal["remove", "empty", "dummy", "keep", "date", "uid"]
# PS3.15 table E.1-1a, where several actions are allowed: the one that leaves an object valid
# whatever its kind.
_ACTIONS: dict[str, Action] = {
    "X_TAGS": "remove",
    "Z_TAGS": "empty",
    "D_TAGS": "dummy",
    "U_TAGS": "uid",
    "Z_D_TAGS": "dummy",
    "X_Z_TAGS": "empty",
    "X_D_TAGS": "dummy",
    "X_Z_D_TAGS": "dummy",
    "X_Z_U_STAR_TAGS": "keep",  # a sequence of references: its items are walked
}
_NEVER_DATES = {"PatientBirthDate", "PatientDeathDateInAlternativeCalendar"}
_NUMBERS = {
    "AT", "DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV", "US or SS", "OB or OW",
}  # fmt: skip
_TABLES = {
    "LUTData", "RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData", "SegmentedRedPaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData", "SegmentedBluePaletteColorLookupTableData",
}  # fmt: skip
# Coded strings that say how an image was made and is to be shown; others are as free as text.
_CODES = {
    "AcquiredImageAreaDoseProductUnit", "AnodeTargetMaterial", "BodyPartExamined",
    "BurnedInAnnotation", "CalibrationImage", "CollimatorShape", "ComplexImageComponent",
    "ConversionType", "DetectorActiveShape", "DetectorConditionsNominalFlag",
    "DetectorConfiguration", "DetectorType", "ExposureControlMode", "ExposureStatus",
    "FieldOfViewHorizontalFlip", "FieldOfViewShape", "FilterMaterial", "FilterType",
    "FrameLaterality", "FrameType", "Grid", "ImageLaterality", "ImageType", "Laterality",
    "LossyImageCompression", "LossyImageCompressionMethod", "Modality", "PatientOrientation",
    "PhotometricInterpretation", "PixelIntensityRelationship", "PixelPresentation",
    "PixelSpacingCalibrationType", "PresentationIntentType", "PresentationLUTShape",
    "QualityControlImage", "RecognizableVisualFeatures", "RescaleType", "SpecificCharacterSet",
    "TableType", "TypeOfData", "VOILUTFunction", "ViewPosition", "VolumetricProperties",
    "VolumeBasedCalculationTechnique",
}  # fmt: skip
_CODE_ITEMS = {"CodeValue", "CodingSchemeDesignator", "CodeMeaning"}  # seen to by ``header``
_SHORT_WORDS = {"ModalityLUTType", "RescaleType"}  # LO with defined terms, PS3.3 C.11.1.1.2


@cache
def _table() -> dict[tuple[int, int], Action]:
    from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as database

    return {
        (tag[0], tag[1]): action
        for name, action in _ACTIONS.items()
        for tag in getattr(database, name)
        if len(tag) == 2
    }


def action_of(tag: BaseTag, vr: str) -> Action:
    """What becomes of an element.

    Args:
        tag: of a standard element; private ones are decided by the list of those that stay.
        vr: its value representation as it is read.
    """
    group = tag.group
    is_graphics = 0x5000 <= group <= 0x50FF or 0x6000 <= group <= 0x60FF  # curves and overlays
    if is_graphics or tag.element == 0 or not dictionary_has_tag(tag):
        return "remove"
    keyword = keyword_for_tag(tag)
    listed = _table().get((group, tag.element))
    if vr in ("DA", "DT"):
        return ("empty" if listed != "remove" else "remove") if keyword in _NEVER_DATES else "date"
    if listed is not None:
        return listed
    return _unlisted(keyword, vr)


def _unlisted(keyword: str, vr: str) -> Action:
    if vr == "UI":
        return "uid"
    if vr == "CS":
        return "keep" if keyword in _CODES else "remove"
    allowed = keyword in _TABLES or keyword in _CODE_ITEMS or keyword in _SHORT_WORDS
    return "keep" if vr in _NUMBERS or vr == "SQ" or allowed else "remove"
