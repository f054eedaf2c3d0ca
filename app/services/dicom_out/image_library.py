"""The image library of a report: which image it is about, and how that lies (TID 1600 to 1603)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydicom.dataset import Dataset
from pydicom.sr._concepts_dict import concepts
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from app.services.dicom_out.codes import PIXELS
from dprotonet.images.dicom.header import numbers

if TYPE_CHECKING:
    from highdicom.sr import ContainerContentItem, ContentItem

_SOURCE = Code("260753009", "SCT", "Source")
_ACQUIRED, _CONTAINS = "HAS ACQ CONTEXT", "CONTAINS"


def image_library(header: Dataset) -> ContainerContentItem:
    """A library of one image. What its file does not say is left out.

    highdicom's own library refuses a radiograph without a spacing at its detector.
    """
    from highdicom.sr import ContainerContentItem, ContentSequence, ImageContentItem

    image = ImageContentItem(
        _SOURCE, header.SOPClassUID, header.SOPInstanceUID, relationship_type=_CONTAINS
    )
    image.ContentSequence = ContentSequence(_descriptors(header))
    group = ContainerContentItem(codes.DCM.ImageLibraryGroup, relationship_type=_CONTAINS)
    group.ContentSequence = ContentSequence([image])
    library = ContainerContentItem(codes.DCM.ImageLibrary, relationship_type=_CONTAINS)
    library.ContentSequence = ContentSequence([group])
    return library


def _descriptors(header: Dataset) -> list[ContentItem]:
    from highdicom.sr import CodeContentItem, NumContentItem, TextContentItem, UIDRefContentItem

    found: list[ContentItem] = []
    modality = _modality(str(header.get("Modality", "")))
    if modality is not None:
        found.append(CodeContentItem(codes.DCM.Modality, modality, _ACQUIRED))
    if "FrameOfReferenceUID" in header:
        name = codes.DCM.FrameOfReferenceUID
        found.append(UIDRefContentItem(name, header.FrameOfReferenceUID, _ACQUIRED))
    for name, size in (
        (codes.DCM.PixelDataRows, header.Rows),
        (codes.DCM.PixelDataColumns, header.Columns),
    ):
        found.append(NumContentItem(name, size, PIXELS, relationship_type=_ACQUIRED))
    for name, part in zip(
        (codes.DCM.PatientOrientationRow, codes.DCM.PatientOrientationColumn),
        header.get("PatientOrientation") or (),
        strict=False,
    ):
        if str(part).strip():
            found.append(TextContentItem(name, str(part), _ACQUIRED))
    spacing = numbers(header, "ImagerPixelSpacing")
    if len(spacing) == 2:
        for name, value in (
            (codes.DCM.HorizontalPixelSpacing, spacing[1]),
            (codes.DCM.VerticalPixelSpacing, spacing[0]),
        ):
            unit = codes.UCUM.Millimeter
            found.append(NumContentItem(name, value, unit, relationship_type=_ACQUIRED))
    return found


def _modality(value: str) -> Code | None:
    """The code of a modality (CID 29), whose value is that of the attribute."""
    entries: Any = concepts["DCM"]  # by keyword; each by its code: meaning and groups
    for entry in entries.values():
        if value and value in entry:
            return Code(value, "DCM", entry[value][0])
    return None
