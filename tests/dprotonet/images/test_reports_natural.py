"""Files like those of public reports, which other readers show wrong, with their right values."""

import numpy as np
import pytest

from dprotonet.images.reader import inspect, read_image
from tests.paths import REPORTS

VALUES = ("N09.tif", "N10.tif", "N11.tif", "N51.tif")
SHOWN = {"N02.tif": 0, "N36.tif": 3}


def right(name: str) -> np.ndarray:
    return np.load((REPORTS / name).with_suffix(".expected.npy"))


@pytest.mark.parametrize("name", VALUES)
def test_stored_values_are_exact(name: str) -> None:
    assert np.array_equal(read_image(REPORTS / name).pixels.astype(np.float64), right(name))


@pytest.mark.parametrize("name", SHOWN)
def test_eight_bits_are_shown_as_the_file_means_them(name: str) -> None:
    image = read_image(REPORTS / name, frame=SHOWN[name])
    assert np.abs(image.unit() - right(name)).max() < 0.003


@pytest.mark.parametrize("name", ["N03.tif", "N04.tif"])
def test_white_is_zero_of_16_bits_and_of_float_begins_white(name: str) -> None:
    displayed = read_image(REPORTS / name).unit()
    assert displayed[0, 0] == 1 and displayed[-1, -1] == 0


@pytest.mark.parametrize("name", ["N19.tif", "N20.tif"])
def test_pyramid_levels_and_masks_are_no_frames(name: str) -> None:
    assert inspect(REPORTS / name).frames == int(right(name)) == 1
    assert read_image(REPORTS / name).shape == (128, 160)


def test_linear_light_is_corrected_for_the_screen() -> None:
    assert np.abs(read_image(REPORTS / "L09.png").unit() - right("L09.png")).max() < 0.003


def test_a_photograph_is_turned_upright() -> None:
    assert np.abs(read_image(REPORTS / "M06.jpg").unit() - right("M06.jpg")).max() < 0.05


def test_a_ramp_is_seen_beside_a_value_that_is_none() -> None:
    displayed = read_image(REPORTS / "N60.tif").unit()
    assert displayed.std() > 0.28


def test_a_window_holds_beside_a_hot_pixel() -> None:
    assert np.abs(read_image(REPORTS / "C15.dcm").unit() - right("C15.dcm")).max() < 0.003
