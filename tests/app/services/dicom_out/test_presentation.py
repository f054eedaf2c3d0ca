"""Window and marks as a presentation state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from app.domain.marks import Mark
from app.services.dicom_out.presentation import presentation
from dprotonet.images.windows import VoiTable, Window
from tests.app.services.dicom_out.reads import MARKS, read_of


def test_the_window_is_the_one_that_the_image_opens_with() -> None:
    read = read_of()
    window = Window(40.5, 300.0, function="SIGMOID")
    made = presentation(replace(read, image=replace(read.image, windows=(window,))))
    (item,) = made.SoftcopyVOILUTSequence
    assert (item.WindowCenter, item.WindowWidth) == (40.5, 300)
    assert item.VOILUTFunction == "SIGMOID"


@pytest.mark.parametrize(("kind", "shape"), [("dx", "IDENTITY"), ("cr", "INVERSE")])
def test_an_image_in_which_high_is_dark_stays_so(kind: str, shape: str) -> None:
    assert presentation(read_of(kind)).PresentationLUTShape == shape


def test_values_are_rescaled_as_the_file_says() -> None:
    made = presentation(read_of("ct"))
    assert (made.RescaleSlope, made.RescaleIntercept) == (1, -1024)


def test_every_mark_is_a_graphic_at_its_place() -> None:
    (found,) = presentation(read_of()).GraphicAnnotationSequence
    drawn = [item.GraphicType for item in found.GraphicObjectSequence]
    assert drawn == ["POLYLINE", "ELLIPSE", "POLYLINE", "POLYLINE", "POLYLINE", "POINT"]
    assert list(found.GraphicObjectSequence[5].GraphicData) == [4.5, 4.5]
    assert found.GraphicObjectSequence[0].GraphicAnnotationUnits == "PIXEL"


def test_notes_lengths_and_angles_are_written_beside_them() -> None:
    (found,) = presentation(read_of()).GraphicAnnotationSequence
    texts = [item.UnformattedTextValue for item in found.TextObjectSequence]
    assert texts[0] == "here" and texts[1].endswith(" mm") and texts[2] == "90.0°"
    assert len(texts) == 3 and "hidden to try" not in texts


def test_without_marks_and_without_notes_nothing_is_drawn() -> None:
    assert "GraphicAnnotationSequence" not in presentation(read_of(marks=MARKS[-1:]))
    (found,) = presentation(
        read_of(marks=(Mark("point", ((1.0, 1.0),)),))
    ).GraphicAnnotationSequence
    assert "TextObjectSequence" not in found


def test_an_image_in_colour_has_a_presentation_in_colour() -> None:
    made = presentation(read_of("colour"))
    assert made.SOPClassUID.name.startswith("Color Softcopy")
    assert made.ICCProfile[12:16] == b"scnr" and made.ICCProfile[24:36] == bytes(12)


def test_of_several_frames_it_is_of_the_one_that_was_read() -> None:
    made = presentation(read_of("frames"))
    item = made.ReferencedSeriesSequence[0].ReferencedImageSequence[0]
    assert item.ReferencedFrameNumber == 2


def test_a_table_is_handed_on_as_it_is_and_one_from_below_0_as_a_straight_line() -> None:
    read, values = read_of(), np.array([0, 0.25, 1], np.float32)

    def shown(first: int) -> Dataset:
        window = Window(20.0, 3.0, function="TABLE", table=VoiTable(first, values))
        image = replace(read.image, windows=(window,))
        return presentation(replace(read, image=image)).SoftcopyVOILUTSequence[0]

    (table,) = shown(19).VOILUTSequence
    assert list(table.LUTDescriptor) == [3, 19, 16]
    assert np.frombuffer(table.LUTData, "<u2").tolist() == [0, 16384, 65535]
    assert (shown(-1).WindowCenter, shown(-1).VOILUTFunction) == (20, "LINEAR_EXACT")


def test_an_image_with_a_palette_has_a_presentation_in_colour() -> None:
    data = Path(str(get_testdata_file("OBXXXX1A.dcm"))).read_bytes()
    assert presentation(read_of(data=data)).SOPClassUID.name.startswith("Color Softcopy")
