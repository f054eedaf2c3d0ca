import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.pixels import apply_windowing

from dprotonet.images.windows import VoiTable, Window, percentile_window


def test_a_linear_window_follows_the_standard_at_its_edges():
    # PS3.3 C.11.2.1.2.1: black up to c - 0.5 - (w-1)/2, white above c - 0.5 + (w-1)/2.
    window = Window(100, 11)
    displayed = window.apply(np.array([94, 94.5, 95, 99.5, 104.5, 105]))
    assert displayed == pytest.approx([0, 0, 0.05, 0.5, 1, 1])


def test_a_linear_window_one_wide_is_a_step_just_below_its_centre():
    displayed = Window(100, 1).apply(np.array([99, 99.5, 99.6, 100]))
    assert displayed.tolist() == [0, 0, 1, 1]


def test_an_exact_linear_window_reaches_its_ends_half_a_width_from_the_centre():
    # PS3.3 C.11.2.1.3.2
    displayed = Window(100, 10, "", "LINEAR_EXACT").apply(np.array([94.9, 95, 97.5, 100, 105, 106]))
    assert displayed == pytest.approx([0, 0, 0.25, 0.5, 1, 1])


def test_a_sigmoid_window_is_the_standards_and_does_not_overflow():
    window = Window(100, 10, "", "SIGMOID")
    displayed = window.apply(np.array([-1e9, 95, 100, 105, 1e9]))
    assert displayed == pytest.approx([0, 1 / (1 + np.exp(2)), 0.5, 1 / (1 + np.exp(-2)), 1])


def test_a_table_answers_with_its_ends_outside_its_range():
    table = VoiTable(-2, np.array([0.1, 0.5, 0.9], np.float32))
    window = Window(-1, 2, "", "TABLE", table)
    displayed = window.apply(np.array([-30, -2, -1, 0, 30], np.int16))
    assert displayed == pytest.approx([0.1, 0.1, 0.5, 0.9, 0.9])


@given(
    centre=st.floats(-3000, 3000),
    width=st.floats(1, 9000),
    function=st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
)
def test_windows_agree_with_pydicom(centre: float, width: float, function: str):
    values = np.arange(-2048, 2048, 7, dtype=np.int16)
    ds = Dataset()
    # A decimal string has sixteen characters (PS3.5, table 6.2-1): no room for long exponents.
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = f"{centre:.9f}", f"{width:.9f}", function
    ds.PhotometricInterpretation, ds.BitsStored, ds.PixelRepresentation = "MONOCHROME2", 12, 1
    expected = (apply_windowing(values, ds) + 2048) / 4095
    window = Window(float(ds.WindowCenter), float(ds.WindowWidth), "", function)
    assert np.abs(window.apply(values) - expected).max() < 1e-5


@given(low=st.integers(-40000, 20000), seed=st.integers(0, 9))
def test_the_fast_way_for_large_integer_images_gives_the_same(low: int, seed: int):
    values = np.random.default_rng(seed).integers(low, low + 30000, (300, 300), dtype=np.int32)
    window = Window(low + 12000, 9000)
    assert np.array_equal(window.apply(values), window.apply(values.astype(np.float64)))


@pytest.mark.parametrize("width", [0, -5, 0.5])
def test_a_linear_window_less_than_one_wide_is_refused(width: float):
    with pytest.raises(ValueError, match="wide"):
        Window(0, width)


def test_percentiles_leave_out_the_padding_and_the_extremes():
    values = np.concatenate([np.arange(1000), [60000] * 5, [0] * 5000]).astype(np.uint16)
    keep = np.ones(values.shape, bool)
    keep[-5000:] = False
    window = percentile_window(values, keep)
    low, high = window.centre - window.width / 2, window.centre + window.width / 2
    assert (low, high) == pytest.approx((10, 994), abs=1)


def test_percentiles_of_floats_and_of_integers_agree():
    values = np.random.default_rng(0).integers(-500, 500, 20000).astype(np.int16)
    one, two = percentile_window(values), percentile_window(values.astype(np.float32))
    assert (one.centre, one.width) == pytest.approx((two.centre, two.width), abs=1)


def test_an_image_that_is_constant_but_for_a_few_pixels_is_shown_over_its_whole_range():
    values = np.zeros((100, 100), np.uint8)
    values[0, 0] = 7
    assert percentile_window(values).apply(values).max() == 1


def test_a_constant_image_is_shown_mid_grey():
    values = np.full((4, 4), 9, np.uint16)
    assert np.all(percentile_window(values).apply(values) == 0.5)


def test_what_is_no_number_is_black_and_counts_for_no_percentile():
    values = np.linspace(0, 1, 100, dtype=np.float32).reshape(10, 10)
    values[0, :2] = np.nan, np.inf
    window = percentile_window(values)
    assert window.centre - window.width / 2 >= 0 and window.centre + window.width / 2 <= 1
    assert window.apply(values)[0, :2].tolist() == [0, 1]


@pytest.mark.parametrize("dtype", [np.uint32, np.uint64, np.int64])
def test_large_whole_numbers_near_one_another_keep_their_differences(dtype: type):
    top = np.iinfo(dtype).max
    values = (top - np.arange(90_000, dtype=dtype)).reshape(300, 300)
    displayed = Window(float(top), 100.0, "", "LINEAR_EXACT").apply(np.array([[0, top]], dtype))
    assert displayed.tolist() == [[0, 0.5]]
    window = percentile_window(values)
    assert window.width == pytest.approx(88_200, rel=0.05)


def test_a_hot_pixel_of_float_is_above_a_table_and_not_below_it():
    table = VoiTable(0, np.array([0.2, 0.8], np.float32))
    window = Window(0.5, 2, "", "TABLE", table)
    displayed = window.apply(np.array([-3.4e38, 0, 1, 3.4e38], np.float32))
    np.testing.assert_allclose(displayed, [0.2, 0.2, 0.8, 0.8])
