"""What a DICOM header says that the reader must know and the pixels do not show."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.uid import UID

from dprotonet.images.dicom.header import (
    SPACINGS,
    comma_decimals,
    element,
    frame_part,
    known_word,
    text,
)

_DECIMALS = {
    "FrameVOILUTSequence": ("WindowCenter", "WindowWidth"),
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept"),
    "PixelMeasuresSequence": SPACINGS,
}


def remarks(header: Dataset, frame: int) -> list[str]:
    """Sentences for the reader; none quotes the header.

    Args:
        header: the whole header.
        frame: counted from 0.
    """
    sentences = []
    if any(0x6000 <= tag.group <= 0x60FF for tag in list(header.keys())):
        sentences.append("The file carries overlay graphics, which are not drawn.")
    if text(header, "BurnedInAnnotation").upper() == "YES":
        sentences.append("The file says that text is burned into its pixels.")
    if _is_raw(header):
        sentences.append(
            "These are raw values of the detector (FOR PROCESSING), not made for viewing."
        )
    photometric = text(header, "PhotometricInterpretation").upper()
    if photometric == "MONOCHROME2" and known_word(header, "PresentationLUTShape", ("INVERSE",)):
        # PS3.3 C.8.11.3.1.2 lets INVERSE stand with MONOCHROME1 alone; C.7.6.3.1.2 decides.
        sentences.append(
            "The file asks for an inverted image (Presentation LUT Shape INVERSE) and says that low"
            " values are black (MONOCHROME2). Low values are shown black."
        )
    if photometric.startswith("MONOCHROME") and _has_colours(header):
        sentences.append(
            "The file gives colours for some of its values (a supplemental palette). They are left"
            " out; the grey values are shown."
        )
    if named := _with_comma(header, frame):
        sentences.append(f"A decimal comma stands in {named}; it is read as a point.")
    return sentences


def _is_raw(header: Dataset) -> bool:
    """PS3.3 C.8.11.7.1.1: the intent is stated, or the class of the file states it."""
    intent = text(header, "PresentationIntentType").upper()
    return intent == "FOR PROCESSING" or UID(text(header, "SOPClassUID")).name.endswith(
        "For Processing"
    )


def _has_colours(header: Dataset) -> bool:
    """PS3.3 C.7.6.19, C.8.16.2.1.1.1: some values of a grey image have colours."""
    coloured = known_word(header, "PixelPresentation", ("COLOR", "MIXED", "COLOR_RANGE"))
    return bool(coloured) or element(header, "RedPaletteColorLookupTableDescriptor") is not None


def _with_comma(header: Dataset, frame: int) -> str:
    named = [
        keyword
        for group, keywords in _DECIMALS.items()
        for keyword in keywords
        if comma_decimals(frame_part(header, frame, group), keyword)
        or comma_decimals(header, keyword)
    ]
    return ", ".join(named)
