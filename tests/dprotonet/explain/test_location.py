"""Where a heatmap peaks, and how much of it lies beside the body."""

import numpy as np
import pytest

from dprotonet.explain.location import fraction_outside, peak

SIDE = 60
INSIDE = np.zeros((SIDE, SIDE), bool)
INSIDE[:, 10:50] = True  # an image that is higher than wide


def blob(row: int, column: int, value: float = 1.0) -> np.ndarray:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return (value * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 50)).astype(np.float32)


def test_the_peak_is_a_share_of_the_images_sides() -> None:
    down, across = peak(blob(15, 30), INSIDE)
    assert (down, across) == pytest.approx(((15 + 0.5) / 60, (20 + 0.5) / 40))


def test_the_peak_of_a_plateau_is_its_middle() -> None:
    flat = np.zeros((SIDE, SIDE), np.float32)
    flat[30:51, 20:31] = 1
    assert peak(flat, INSIDE) == pytest.approx(((40.5) / 60, (15.5) / 40), abs=0.03)


def test_one_pixel_does_not_outweigh_a_region() -> None:
    heat = blob(45, 30, 0.9)
    heat[5, 15] = 1
    assert peak(heat, INSIDE)[0] > 0.6


def test_what_lies_on_the_padding_does_not_count() -> None:
    body = np.zeros((SIDE, SIDE), bool)
    body[20:, 10:50] = True
    heat = np.zeros((SIDE, SIDE), np.float32)
    heat[10:30, 30] = 1  # half of it above the body
    heat[:, :10] = 1
    assert fraction_outside(heat, body, INSIDE) == pytest.approx(0.5)
    assert fraction_outside(np.zeros_like(heat), body, INSIDE) == 0
    assert peak(heat, INSIDE)[1] == pytest.approx(20.5 / 40)
