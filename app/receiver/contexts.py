"""What the receiver agrees to take: images, in every encoding whose pixels are read here."""

from __future__ import annotations

from pydicom.uid import UID
from pynetdicom import (
    AllStoragePresentationContexts,
    VerificationPresentationContexts,
    build_context,
)
from pynetdicom.presentation import PresentationContext

from dprotonet.images.dicom.kinds import is_image_class, readable_syntaxes


def contexts() -> list[PresentationContext]:
    """Presentation contexts: verification, and storage of each class of images.

    An encoding that is not read here is not agreed to, so that a sender which can encode otherwise
    does. Reports, segmentations and whatever else is no image are not agreed to either.
    """
    syntaxes: list[str | UID] = list(readable_syntaxes())
    images = [
        context.abstract_syntax
        for context in AllStoragePresentationContexts
        if context.abstract_syntax is not None and is_image_class(context.abstract_syntax)
    ]
    return [*VerificationPresentationContexts, *(build_context(each, syntaxes) for each in images)]
