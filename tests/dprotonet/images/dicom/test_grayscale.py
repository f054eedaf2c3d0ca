"""Rescale, tables, windows, polarity and padding of grey DICOM images."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from dprotonet.images.reader import read_image
from dprotonet.images.types import Rescale
from dprotonet.images.windows import Window


def lut_item(first: int, entries: list[int], bits: int, explanation: str = "") -> Dataset:
    item = Dataset()
    item.LUTDescriptor = [len(entries), first, bits]
    item["LUTDescriptor"].VR = "SS" if first < 0 else "US"
    item.LUTExplanation = explanation
    item.LUTData = np.array(entries, "<u2").tobytes()
    item["LUTData"].VR = "OW"
    return item


def low_high(window: Window) -> tuple[float, float]:
    return window.centre - window.width / 2, window.centre + window.width / 2


def test_a_whole_rescale_keeps_integers_and_agrees_with_pydicom(dicom_file, dataset, ramp):
    rescale = {"RescaleSlope": 2, "RescaleIntercept": -1024}
    image = read_image(dicom_file(ramp, **rescale, BitsStored=13, HighBit=12))
    assert image.pixels.dtype == np.int16
    assert np.array_equal(image.pixels, apply_modality_lut(ramp, dataset(ramp, **rescale)))


def test_a_fractional_rescale_gives_floats(dicom_file, dataset, ramp):
    rescale = {"RescaleSlope": "0.25", "RescaleIntercept": "-3.5"}
    image = read_image(dicom_file(ramp, **rescale))
    assert image.pixels.dtype == np.float32
    expected = apply_modality_lut(ramp, dataset(ramp, **rescale))
    assert np.allclose(image.pixels, expected)


def test_double_pixels_keep_digits_that_float32_cannot_hold(dicom_file):
    stored = 1e12 + np.linspace(0, 1, 12).reshape(3, 4)
    window = {"WindowCenter": "1000000000000.5", "WindowWidth": "1"}
    image = read_image(dicom_file(stored, **window, VOILUTFunction="LINEAR_EXACT"))
    assert np.allclose(image.unit(), stored - 1e12, atol=0.001)


def test_a_fractional_rescale_of_32_bits_keeps_its_digits(dicom_file):
    stored = 2_000_000_000 + np.arange(12, dtype=np.int32).reshape(3, 4)
    image = read_image(dicom_file(stored, RescaleSlope="0.5", RescaleIntercept="0"))
    assert image.pixels.tolist() == (stored / 2).tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("none", [-3.4e38, 1e36])
def test_numbers_that_stand_for_no_value_do_not_choose_the_window(
    dicom_file, dtype: type, none: float
):
    stored = np.linspace(0, 1, 400, dtype=dtype).reshape(20, 20)
    stored[:5] = none
    image = read_image(dicom_file(stored))
    assert [round(end, 1) for end in low_high(image.windows[0])] == [0.3, 1.0]
    assert [round(end, 1) for end in low_high(image.windows[1])] == [0.3, 1.0]


def test_a_window_with_nothing_behind_its_last_backslash_counts(dicom_file, ramp):
    image = read_image(dicom_file(ramp, WindowCenter=["40", ""], WindowWidth=["80", ""]))
    assert [(window.centre, window.width) for window in image.windows] == [(40, 80)]


def test_a_rescale_that_leaves_16_bits_is_exact(dicom_file):
    stored = np.array([[0, 65535]], np.uint16)
    image = read_image(dicom_file(stored, RescaleSlope=70000, RescaleIntercept=1))
    assert image.pixels.tolist() == [[1, 65535 * 70000 + 1]]


def test_a_slope_of_zero_is_remarked_and_ignored(dicom_file, ramp):
    image = read_image(dicom_file(ramp, RescaleSlope=0, RescaleIntercept=5))
    assert np.array_equal(image.pixels, ramp)
    assert any("slope" in note for note in image.notes)


def test_a_modality_table_agrees_with_pydicom(dicom_file, dataset):
    stored = np.array([[-5, -3, -2, 0, 9]], np.int16)
    lut = {"ModalityLUTSequence": [lut_item(-3, [7, 70, 700, 7000], 16)]}
    image = read_image(dicom_file(stored, **lut))
    assert image.pixels.tolist() == [[7, 7, 70, 7000, 7000]]


def test_every_window_is_offered_with_its_name_and_agrees_with_pydicom(dicom_file, dataset, ramp):
    windows = {
        "WindowCenter": [2000, 900],
        "WindowWidth": [3000, 500],
        "WindowCenterWidthExplanation": ["LUNG", "SOFT"],
    }
    image = read_image(dicom_file(ramp, **windows))
    assert [(w.centre, w.width, w.name) for w in image.windows] == [
        (2000, 3000, "LUNG"),
        (900, 500, "SOFT"),
    ]
    for index, window in enumerate(image.windows):
        expected = apply_voi_lut(ramp, dataset(ramp, **windows), index) / 65535
        assert np.abs(image.unit(window) - expected).max() < 1e-6
    assert np.array_equal(image.unit(), image.unit(image.windows[0]))


def test_a_voi_table_comes_before_the_windows_and_agrees_with_pydicom(dicom_file, dataset, ramp):
    entries = (np.linspace(0, 1, 4000) ** 2 * 4095).astype(int).tolist()
    attributes = {
        "VOILUTSequence": [lut_item(100, entries, 12, "HARDER")],
        "WindowCenter": 2000,
        "WindowWidth": 3000,
    }
    image = read_image(dicom_file(ramp, **attributes))
    assert [w.function for w in image.windows] == ["TABLE", "LINEAR"]
    assert image.windows[0].name == "HARDER"
    written = dcmread_bytes(dicom_file(ramp, **attributes))
    assert np.abs(image.unit() - apply_voi_lut(ramp, written) / 4095).max() < 1e-6


def test_a_voi_table_that_overstates_its_bits_is_shown_over_its_own_range(dicom_file, ramp):
    entries = list(range(0, 4096))
    image = read_image(dicom_file(ramp, VOILUTSequence=[lut_item(0, entries, 16)]))
    assert image.unit().max() == 1
    assert any("16 bits" in note for note in image.notes)


def test_a_damaged_voi_table_is_left_out_and_remarked(dicom_file, ramp):
    item = lut_item(0, list(range(100)), 12)
    item.LUTDescriptor = [4000, 0, 12]
    image = read_image(dicom_file(ramp, VOILUTSequence=[item], WindowCenter=50, WindowWidth=100))
    assert [w.function for w in image.windows] == ["LINEAR"]
    assert any("damaged" in note for note in image.notes)


def dcmread_bytes(data: bytes) -> Dataset:
    import io

    return dcmread(io.BytesIO(data))


def test_a_file_without_window_is_shown_by_percentiles_and_says_so(dicom_file):
    stored = np.arange(10000, dtype=np.uint16).reshape(100, 100)
    image = read_image(dicom_file(stored))
    assert low_high(image.windows[0]) == pytest.approx((99, 9899), abs=1)
    assert low_high(image.windows[1]) == (0, 9999)
    assert any("no window" in note for note in image.notes)


def test_an_impossible_window_is_left_out_and_remarked(dicom_file, ramp):
    image = read_image(dicom_file(ramp, WindowCenter=[5, 100], WindowWidth=[0, 200]))
    assert [w.centre for w in image.windows] == [100]
    assert any("left out" in note for note in image.notes)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    centre=st.integers(-500, 5000),
    width=st.integers(2, 6000),
    function=st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
)
def test_a_monochrome1_image_is_the_negative_of_its_monochrome2_twin(
    dicom_file, seed: int, centre: int, width: int, function: str
):
    stored = np.random.default_rng(seed).integers(0, 4096, (9, 7), dtype=np.uint16)
    voi = {"WindowCenter": centre, "WindowWidth": width, "VOILUTFunction": function}
    light = read_image(dicom_file(stored, **voi))
    dark = read_image(dicom_file(stored, **voi, PhotometricInterpretation="MONOCHROME1"))
    assert np.array_equal(dark.pixels, light.pixels)
    assert dark.inverted and not light.inverted
    assert np.abs(dark.unit() - (1 - light.unit())).max() < 1e-6


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), centre=st.integers(0, 4095), width=st.integers(2, 6000))
def test_a_monochrome1_image_equals_its_inverted_twin(
    dicom_file, seed: int, centre: int, width: int
):
    # The same picture, once stored upside down: LINEAR_EXACT is symmetric about its centre.
    stored = np.random.default_rng(seed).integers(0, 4096, (9, 7), dtype=np.uint16)
    voi = {"WindowWidth": width, "VOILUTFunction": "LINEAR_EXACT"}
    light = read_image(dicom_file(stored, WindowCenter=centre, **voi))
    turned = dicom_file(
        4095 - stored, WindowCenter=4095 - centre, PhotometricInterpretation="MONOCHROME1", **voi
    )
    assert np.abs(read_image(turned).unit() - light.unit()).max() < 1e-6


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_is_black_and_does_not_count_in_the_percentiles(dicom_file, photometric: str):
    stored = np.full((20, 20), 63536, np.uint16)
    stored[5:15, 5:15] = np.arange(1000, 1100).reshape(10, 10)
    image = read_image(
        dicom_file(stored, PixelPaddingValue=63536, PhotometricInterpretation=photometric)
    )
    assert image.padding.sum() == 300
    assert np.all(image.unit()[image.padding] == 0)
    assert low_high(image.windows[0]) == pytest.approx((1000, 1098), abs=1)


def test_a_range_of_padding_is_masked_in_stored_values(dicom_file):
    stored = np.array([[-2000, -1990, -1000, 40]], np.int16)
    image = read_image(
        dicom_file(
            stored,
            PixelPaddingValue=-2000,
            PixelPaddingRangeLimit=-1990,
            RescaleSlope=1,
            RescaleIntercept=-24,
        )
    )
    assert image.padding.tolist() == [[True, True, False, False]]


def test_an_image_all_of_padding_is_shown(dicom_file):
    image = read_image(dicom_file(np.zeros((4, 4), np.uint16), PixelPaddingValue=0))
    assert image.padding is None
    assert any("padding" in note for note in image.notes)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({}, Rescale(1, 0)),
        (
            {"RescaleSlope": 2, "RescaleIntercept": -1024, "RescaleType": "HU"},
            Rescale(2, -1024, "HU"),
        ),
        ({"Modality": "CT", "RescaleSlope": 1, "RescaleIntercept": -1024}, Rescale(1, -1024, "HU")),
        ({"Modality": "CT", "RescaleType": "US"}, Rescale(1, 0)),
        ({"RescaleSlope": 0, "RescaleIntercept": 7}, Rescale(1, 0)),
        ({"RescaleType": "of Jane Doe"}, Rescale(1, 0)),
    ],
)
def test_the_line_from_stored_values_and_its_unit_are_told(dicom_file, ramp, stated, expected):
    image = read_image(dicom_file(ramp, **stated))
    assert image.rescale == expected
    line = image.rescale
    np.testing.assert_allclose(image.pixels, ramp * line.slope + line.intercept)


def test_behind_a_modality_table_there_is_no_line(dicom_file, ramp):
    table = Dataset()
    table.LUTDescriptor, table.ModalityLUTType = [256, 0, 16], "US"
    table.LUTData = np.arange(256, dtype=np.uint16).tobytes()
    table["LUTData"].VR = "OW"
    assert read_image(dicom_file(ramp, ModalityLUTSequence=[table])).rescale is None
