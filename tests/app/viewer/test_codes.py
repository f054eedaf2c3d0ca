"""An image in 16-bit codes looks as the library shows it, whatever one value in it is."""

import numpy as np
import pytest

from app.viewer.codes import LAST_CODE, code_values, encode_values
from dprotonet.images.reader import read_image
from dprotonet.images.types import GrayOrColourImage, ImageFacts
from dprotonet.images.windows import VoiTable, Window
from tests.paths import REPORTS

RANDOM = np.random.default_rng(3)
RAMP = np.linspace(0, 1, 90 * 110).reshape(90, 110)
ONE_GREY = 1.01 / 255


def packed(
    pixels: np.ndarray, *windows: Window, padding: np.ndarray | None = None
) -> GrayOrColourImage:
    facts = ImageFacts("tiff", *pixels.shape, 1, False, 32)
    if not windows:
        low, high = (float(value) for value in np.nanpercentile(pixels, [1, 99]))
        windows = (Window.spanning(low, high),)
    return GrayOrColourImage(pixels, windows, False, padding, facts)


def in_the_browser(image: GrayOrColourImage, window: Window) -> np.ndarray:
    """The image as ``source/windowing.js`` paints it."""
    codes = encode_values(image)
    values = code_values(codes.knots, 1 << 16)[codes.samples]
    greys = window.apply(values)
    if codes.padding is not None:
        greys[codes.samples == codes.padding] = 0
    return greys


def assert_alike(image: GrayOrColourImage, *more: Window) -> None:
    for window in (*image.windows, *more):
        assert np.abs(in_the_browser(image, window) - image.unit(window)).max() < ONE_GREY


def with_spot(pixels: np.ndarray, value: float, size: int = 1) -> np.ndarray:
    changed = pixels.copy()
    changed[:size, :size] = value
    return changed


@pytest.mark.parametrize("name", ["C15.dcm", "N60.tif"])
def test_reported_images_are_not_black(name: str) -> None:
    image = read_image(REPORTS / name)
    assert_alike(image)
    assert in_the_browser(image, image.windows[0]).std() > 0.28


@pytest.mark.parametrize("spot", [1e3, 1e9, 3.4e38, -3.4e38, -9999, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("size", [1, 20])
def test_a_spot_of_any_value_leaves_the_rest_its_greys(spot: float, size: int) -> None:
    pixels = with_spot(RAMP.astype(np.float32), spot, size)
    image = packed(
        pixels, Window(0.5, 1.0, "", "LINEAR_EXACT"), Window(0.2, 0.1, "", "LINEAR_EXACT")
    )
    assert_alike(image, Window(0.7, 0.05, "", "LINEAR_EXACT"), Window(0.4, 0.2, "", "SIGMOID"))


def test_a_spot_keeps_its_value_and_shows_when_a_window_reaches_it() -> None:
    image = packed(with_spot(RAMP, 1e9), Window(0.5, 1.0, "", "LINEAR_EXACT"))
    codes = encode_values(image)
    assert codes.values[codes.samples[0, 0]] == 1e9
    assert_alike(image, Window.spanning(0, 1e9), Window.spanning(0, 2e9))


def test_two_clusters_far_apart_are_both_seen_when_a_window_comes_to_them() -> None:
    pixels = np.where(np.arange(110) < 55, RAMP, RAMP + 1e6)
    image = packed(pixels)
    assert_alike(image, Window.spanning(0, 1), Window.spanning(1e6, 1e6 + 1))


def test_a_small_cluster_far_away_is_seen_when_a_window_comes_to_it() -> None:
    pixels = RAMP.copy()
    pixels[40:48, 40:48] = 1e5 + np.arange(64).reshape(8, 8)  # 0.6 % of the image
    assert_alike(packed(pixels), Window.spanning(0, 1), Window.spanning(1e5, 1e5 + 64))


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.int64, np.float64])
@pytest.mark.parametrize("part", [0.0002, 0.05])
def test_saturated_pixels_leave_12_bits_of_anatomy_exact(dtype: type, part: float) -> None:
    pixels = (RAMP * 4095).astype(dtype)
    saturated = RANDOM.random(pixels.shape) < part
    pixels[saturated] = 2**31 - 1
    image = packed(pixels, Window(2000, 3000, "", "LINEAR"), Window(400, 200, "", "LINEAR"))
    assert_alike(image, Window(3000, 100, "", "LINEAR"))
    codes = encode_values(image)
    restored = codes.values[codes.samples]
    if dtype is not np.float64:
        np.testing.assert_array_equal(np.rint(restored)[~saturated], pixels[~saturated])
    assert (restored[saturated] == 2**31 - 1).all()


def test_uint32_over_its_whole_range_looks_right() -> None:
    pixels = (RAMP * (2**32 - 1)).astype(np.uint32)
    assert_alike(packed(pixels), Window.spanning(2**31, 2**31 + 2**26))


def test_many_windows_each_keep_their_greys() -> None:
    pixels = with_spot(RAMP, 1e12)
    windows = [Window.spanning(at, at + 0.02) for at in np.linspace(0, 0.98, 20)]
    assert_alike(packed(pixels, *windows))


def test_sixty_narrow_windows_each_keep_their_greys() -> None:
    pixels = np.linspace(0, 4e9, 1 << 18).astype(np.uint32).reshape(512, 512)
    windows = [Window(at, 1e6) for at in np.linspace(0, 4e9, 60)]
    assert_alike(packed(pixels, *windows))


def test_a_table_beside_a_hot_pixel_is_looked_up_by_the_right_values() -> None:
    table = VoiTable(0, np.linspace(1, 0, 1024, dtype=np.float32) ** 2)
    pixels = with_spot((RAMP * 1023).astype(np.int32), 2_000_000_000)
    assert_alike(packed(pixels, Window(511, 1024, "", "TABLE", table)))


@pytest.mark.parametrize("value", [0.0, -3.25, 1e30])
def test_one_value_alone_is_one_code(value: float) -> None:
    codes = encode_values(packed(np.full((4, 4), value), Window(0, 1, "", "LINEAR_EXACT")))
    assert codes.knots == [(0, value)] and not codes.samples.any()


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32])
def test_one_pixel_that_is_no_padding_keeps_its_value(dtype: type) -> None:
    pixels = np.full((5, 5), -2000, dtype)
    pixels[2, 2] = 300
    codes = encode_values(
        packed(pixels, Window(0, 600, "", "LINEAR_EXACT"), padding=pixels == -2000)
    )
    assert codes.values[codes.samples[2, 2]] == 300
    assert ((codes.samples == codes.padding) == (pixels == -2000)).all()


def test_no_number_is_padding() -> None:
    pixels = with_spot(RAMP, np.nan, 3)
    codes = encode_values(packed(pixels, Window(0.5, 1.0, "", "LINEAR_EXACT")))
    assert np.array_equal(codes.samples == codes.padding, np.isnan(pixels))


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_whole_numbers_at_the_end_of_64_bits_keep_their_differences(dtype: type) -> None:
    pixels = np.iinfo(dtype).max - np.arange(20, dtype=dtype).reshape(4, 5)
    codes = encode_values(packed(pixels, Window(0, 600, "", "LINEAR_EXACT")))
    assert np.array_equal(codes.samples.reshape(-1), np.arange(20)[::-1])


def test_codes_rise_and_leave_one_for_padding() -> None:
    pixels = np.sort(RANDOM.standard_cauchy(4000) * 1e4).reshape(50, 80)
    padding = np.zeros(pixels.shape, bool)
    padding[0, 0] = True
    codes = encode_values(packed(pixels, padding=padding))
    steps = np.diff([code for code, _ in codes.knots])
    assert (steps >= 1).all() and codes.knots[-1][0] <= LAST_CODE
    assert (np.diff(codes.samples.reshape(-1)[1:].astype(int)) >= 0).all()
    assert codes.samples.dtype == np.uint16
