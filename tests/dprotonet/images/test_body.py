"""Where the body is on a radiograph, and where it cannot be found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dprotonet.images.body import body_mask, is_radiograph
from dprotonet.images.types import DicomFacts, GrayOrColourImage, ImageFacts
from dprotonet.images.windows import Window

SIDE = 160
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE]
BODY = (np.abs(COLUMNS - 80) < 55) & (ROWS > 20)
LUNGS = (np.hypot((ROWS - 80) / 1.6, COLUMNS - 55) < 18) | (
    np.hypot((ROWS - 80) / 1.6, COLUMNS - 105) < 18
)


def radiograph() -> np.ndarray:
    """``(H, W)`` in [0, 1]: dark air, a bright body down to the lower edge, darker lungs."""
    noise = np.random.default_rng(0).normal(0, 0.01, (SIDE, SIDE))
    displayed = np.where(LUNGS, 0.42, np.where(BODY, 0.8, 0.05)) + noise
    return displayed.clip(0, 1).astype(np.float32)


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union."""
    return float((one & other).sum() / (one | other).sum())


def test_the_body_is_found_with_its_lungs_and_without_the_air() -> None:
    result = body_mask(radiograph())
    assert result is not None and alike(result, BODY) > 0.95
    assert result[LUNGS].all()


def test_a_letter_in_the_air_and_a_grey_level_of_air_do_not_count_as_body() -> None:
    marked = radiograph()
    marked[5:12, 5:12] = 1.0
    result = body_mask(marked)
    assert result is not None and not result[5:12, 5:12].any()
    result = body_mask(0.25 + 0.75 * radiograph())
    assert result is not None and alike(result, BODY) > 0.95


def test_padding_is_neither_body_nor_air() -> None:
    valid_mask = np.zeros((SIDE, 200), bool)
    valid_mask[:, 20:180] = True
    padded = np.zeros((SIDE, 200), np.float32)
    padded[valid_mask] = radiograph().ravel()
    result = body_mask(padded, valid_mask)
    assert result is not None and not result[~valid_mask].any()
    assert alike(result[:, 20:180], BODY) > 0.95


@pytest.mark.parametrize(
    "shown",
    [
        np.where(LUNGS, 0.42, 0.8),  # the body fills the frame
        1 - radiograph(),
        np.zeros((SIDE, SIDE)),
        np.full((SIDE, SIDE), 0.5),
        np.where(np.hypot(ROWS - 80, COLUMNS - 80) < 12, 0.9, 0.0),  # a spot, no body
        np.random.default_rng(1).random((SIDE, SIDE)),
    ],
    ids=["fills the frame", "inverted", "black", "one grey", "a spot", "noise"],
)
def test_there_is_no_mask_where_the_body_cannot_be_distinguished(shown: np.ndarray) -> None:
    assert body_mask(shown.astype(np.float32)) is None


def test_there_is_no_mask_where_all_is_padding() -> None:
    assert body_mask(radiograph(), np.zeros((SIDE, SIDE), bool)) is None


def image(pixels: np.ndarray, dicom: DicomFacts | None = None) -> GrayOrColourImage:
    facts = ImageFacts("dicom" if dicom else "png", 4, 4, 1, pixels.ndim == 3, 8, dicom)
    windows = () if pixels.ndim == 3 else (Window(128, 256),)
    return GrayOrColourImage(pixels, windows, False, None, facts)


def test_photographs_and_slices_are_no_radiographs() -> None:
    grey = np.zeros((4, 4), np.uint8)
    colours = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    chest = DicomFacts(modality="DX")
    assert is_radiograph(image(grey)) and is_radiograph(image(grey, chest))
    assert is_radiograph(image(np.repeat(grey[..., None], 3, 2))), "grey, saved as colour"
    assert not is_radiograph(image(colours)) and not is_radiograph(image(colours, chest))
    for modality in ("CT", "MR", "US"):
        assert not is_radiograph(image(grey, replace(chest, modality=modality)))
