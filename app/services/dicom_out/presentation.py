"""How the image is shown when it is opened, and what the reader drew, as a presentation state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset

from app.domain.marks import Mark
from app.services.dicom_out.codes import printed
from app.services.dicom_out.equipment import creator, finish, series
from app.services.dicom_out.shapes import drawn, measured
from app.services.dicom_out.signed import SignedRead

if TYPE_CHECKING:
    from highdicom.pr import GraphicAnnotation, GraphicLayer, TextObject

_LAYER = "READER"


def presentation(read: SignedRead) -> Dataset:
    """A grayscale softcopy presentation state; of an image in colour, a colour one.

    The window is the one that the image opens with in the reading room, which is the first that
    its file offers; what a reader set while looking is not kept with a signature.
    """
    from highdicom.pr import ColorSoftcopyPresentationState, GrayscaleSoftcopyPresentationState

    layers, drawings = _drawings(read)
    given: dict[str, Any] = {
        "referenced_images": [read.source.header],
        "content_label": _LAYER,
        "content_description": "Window and marks of a signed read",
        "content_creator_name": creator(read),
        "graphic_layers": layers or None,
        "graphic_annotations": drawings or None,
        **series(read, "presentation"),
    }
    if read.image.is_colour:
        made = ColorSoftcopyPresentationState(**given, icc_profile=_srgb())
        return finish(read, made, "presentation")
    return finish(read, GrayscaleSoftcopyPresentationState(**given, **_greys(read)), "presentation")


def _srgb() -> bytes:
    """The ICC profile of sRGB: of the class of an input device, as PS3.3 C.11.15.1.1 asks, and
    without the time at which it was made (ICC.1:2022 7.2.5 and 7.2.8)."""
    from PIL.ImageCms import ImageCmsProfile, createProfile

    made = bytearray(ImageCmsProfile(createProfile("sRGB")).tobytes())
    made[12:16], made[24:36] = b"scnr", bytes(12)
    return bytes(made)


def _greys(read: SignedRead) -> dict[str, Any]:
    from highdicom import VOILUT, PresentationLUTTransformation
    from highdicom.pr import SoftcopyVOILUTTransformation

    # A presentation state says by its own LUT what MONOCHROME1 says of an image (PS3.3 C.11.6.1.2).
    shape = "INVERSE" if read.image.inverted else "IDENTITY"
    found: dict[str, Any] = {
        "presentation_lut_transformation": PresentationLUTTransformation(
            presentation_lut_shape=shape
        )
    }
    window = read.image.windows[0]
    table = window.table
    if table is not None and table.first >= 0:
        steps = np.rint(table.values * 65535).astype(np.uint16)
        shown = SoftcopyVOILUTTransformation(voi_luts=[VOILUT(table.first, steps)])
    else:
        # Of a table that begins below 0, which highdicom does not write, the straight line.
        shown = SoftcopyVOILUTTransformation(
            window_center=round(window.centre, 6),
            window_width=round(window.width, 6),
            voi_lut_function="LINEAR_EXACT" if table is not None else window.function,
        )
    return {**found, "voi_lut_transformations": [shown]}


def _drawings(read: SignedRead) -> tuple[list[GraphicLayer], list[GraphicAnnotation]]:
    from highdicom.pr import GraphicAnnotation, GraphicLayer, GraphicObject

    if not read.marks:
        return [], []
    layer = GraphicLayer(_LAYER, 1, description="Drawn by the reader")
    shapes, texts = [], []
    for number, mark in enumerate(read.marks, 1):
        kind, points = drawn(mark)
        name, identifier = f"Mark {number}", read.uid("mark", number)
        shapes.append(
            GraphicObject(kind, points, "PIXEL", tracking_id=name, tracking_uid=identifier)
        )
        texts += _texts(read, mark)
    found = GraphicAnnotation(
        [read.source.header], layer, graphic_objects=shapes, text_objects=texts or None
    )
    return [layer], [found]


def _texts(read: SignedRead, mark: Mark) -> list[TextObject]:
    from highdicom.pr import TextObject

    value = measured(mark, read.image)
    parts = (printed(mark.text), value.text if value is not None else "")
    said = ", ".join(part for part in parts if part)
    if not said:
        return []
    column, row = mark.points[0]
    return [TextObject(said, "PIXEL", anchor_point=(column, row), anchor_point_visible=False)]
