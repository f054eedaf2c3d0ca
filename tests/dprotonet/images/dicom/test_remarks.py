"""What the header says beside the pixels: spacing, decimals, and remarks for the reader."""

import numpy as np
import pytest
from pydicom import config
from pydicom.dataset import Dataset

from dprotonet.images.reader import read_frames, read_image
from dprotonet.images.types import Spacing

SPACINGS = ["PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"]


def notes(data: bytes) -> str:
    return " ".join(read_image(data).notes)


@pytest.mark.parametrize("number", range(3))
def test_spacing_is_that_of_the_patient_then_the_detector_then_the_scanner(
    dicom_file, ramp, number
):
    stated = {name: [0.1 * (n + 2), 0.1] for n, name in enumerate(SPACINGS) if n >= number}
    image = read_image(dicom_file(ramp, **stated, PixelAspectRatio=[7, 1]))
    assert image.spacing.source == SPACINGS[number]
    assert image.pixel_aspect == pytest.approx(number + 2)


@pytest.mark.parametrize("keyword", SPACINGS)
def test_an_impossible_spacing_gives_way_to_the_next(dicom_file, ramp, keyword: str):
    image = read_image(dicom_file(ramp, **{keyword: [0, 0]}, PixelAspectRatio=[3, 2]))
    assert image.spacing is None and image.pixel_aspect == 1.5


def with_commas(dicom_file, pixels: np.ndarray, **values: str) -> bytes:
    """The decimals written with commas, which pydicom would not write."""
    data = dicom_file(pixels, **{k: v.replace(",", ".") for k, v in values.items()})
    for value in values.values():
        old = value.replace(",", ".").encode()
        assert data.count(old) == 1
        data = data.replace(old, value.encode())
    return data


def test_a_decimal_comma_is_a_point_and_is_said(dicom_file, ramp):
    data = with_commas(
        dicom_file,
        ramp,
        WindowCenter="2000,25\\1000,5",
        WindowWidth="3000,75\\500,5",
        RescaleSlope="1,5",
        RescaleIntercept="-10,25",
        PixelSpacing="0,125\\0,250",
    )
    image = read_image(data)
    assert [(w.centre, w.width) for w in image.windows] == [(2000.25, 3000.75), (1000.5, 500.5)]
    assert np.array_equal(image.pixels, (ramp * 1.5 - 10.25).astype(np.float32))
    assert image.spacing == Spacing(0.125, 0.25, "PixelSpacing")
    (note,) = image.notes
    for keyword in ("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept"):
        assert keyword in note
    assert "PixelSpacing" in note and "Imager" not in note


@pytest.mark.parametrize("keyword", SPACINGS[1:])
def test_a_decimal_comma_in_the_other_spacings_is_read(dicom_file, ramp, keyword: str):
    image = read_image(with_commas(dicom_file, ramp, **{keyword: "0,375\\0,125"}))
    assert image.spacing == Spacing(0.375, 0.125, keyword)
    assert keyword in " ".join(image.notes)


def test_a_decimal_comma_in_a_functional_group_is_read_and_said(dicom_file, dataset, written):
    def group(**values: str) -> Dataset:
        item = Dataset()
        item.FrameVOILUTSequence = [Dataset()]
        for keyword, value in values.items():
            setattr(item.FrameVOILUTSequence[0], keyword, value)
        return item

    ds = dataset(np.arange(24, dtype=np.uint16).reshape(2, 3, 4))
    ds.PerFrameFunctionalGroupsSequence = [
        group(WindowCenter="12.25", WindowWidth="24.5"),
        group(WindowCenter="13.75", WindowWidth="20.5"),
    ]
    data = written(ds).replace(b"13.75", b"13,75")
    first, second = read_frames(data)
    assert second.windows[0].centre == 13.75 and any("comma" in note for note in second.notes)
    assert first.windows[0].centre == 12.25 and not any("comma" in note for note in first.notes)


@pytest.mark.parametrize("written_as", ["1,024,5", "1.024,5", "1,024.5", "ten,5"])
def test_a_comma_that_may_mean_thousands_is_no_number(dicom_file, ramp, written_as: str):
    with config.disable_value_validation():
        data = dicom_file(ramp, WindowCenter="1234567", WindowWidth="800")
    data = data.replace(b"1234567 ", written_as.encode().ljust(8))
    image = read_image(data)
    assert all(window.function != "LINEAR" for window in image.windows)
    assert any("no window" in note for note in image.notes)


@pytest.mark.parametrize(
    "attributes",
    [
        {"PresentationIntentType": "FOR PROCESSING"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1.1"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.2.1"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.3.1"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.13.1.5"},
    ],
)
def test_raw_values_of_a_detector_are_said_to_be_raw(dicom_file, ramp, attributes: dict):
    assert "raw values of the detector" in notes(dicom_file(ramp, **attributes))
    assert "raw values" not in notes(dicom_file(ramp, PresentationIntentType="FOR PRESENTATION"))


def test_an_inverse_presentation_of_monochrome2_is_said_and_low_values_are_black(dicom_file, ramp):
    window = {"WindowCenter": 2350, "WindowWidth": 4700}
    plain = read_image(dicom_file(ramp, **window))
    odd = read_image(dicom_file(ramp, **window, PresentationLUTShape="INVERSE"))
    assert any("inverted" in note for note in odd.notes)
    assert np.array_equal(odd.unit(), plain.unit()) and odd.unit()[0, 0] == 0
    dark = {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"}
    usual = read_image(dicom_file(ramp, **window, **dark))
    assert usual.notes == () and usual.unit()[0, 0] == 1


@pytest.mark.parametrize(
    "attributes",
    [
        {"RedPaletteColorLookupTableDescriptor": [16, 4000, 16]},
        {"PixelPresentation": "COLOR"},
        {"PixelPresentation": "MIXED"},
    ],
)
def test_a_supplemental_palette_is_said_to_be_left_out(dicom_file, ramp, attributes: dict):
    image = read_image(dicom_file(ramp, **attributes))
    assert any("supplemental palette" in note for note in image.notes)
    assert np.array_equal(image.pixels, ramp)
    assert "palette" not in notes(dicom_file(ramp, PixelPresentation="MONOCHROME"))
