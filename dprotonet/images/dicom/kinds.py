"""Which kinds of DICOM objects are images, and which of their encodings are read here."""

from __future__ import annotations

from functools import cache

from pydicom.uid import UID, AllTransferSyntaxes

from dprotonet.errors import UnreadableImage
from dprotonet.images.dicom.pixels import refuse_syntax


def is_image_class(sop_class: str) -> bool:
    """Does the standard list this SOP class as one of images (PS3.4 B.5)?

    Segmentations, parametric maps, reports, presentation states and plans are none: they say
    something about images.
    """
    return "Image Storage" in UID(sop_class).name


@cache
def readable_syntaxes() -> tuple[UID, ...]:
    """The transfer syntaxes of which pixels can be decoded here, in the standard's order."""
    return tuple(syntax for syntax in AllTransferSyntaxes if _is_readable(syntax))


def _is_readable(syntax: UID) -> bool:
    try:
        refuse_syntax(syntax)
    except UnreadableImage:
        return False
    return True
