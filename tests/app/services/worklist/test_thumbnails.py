"""Thumbnails: made once, right side up in grey, gone with their case."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from app.domain.errors import NotFound
from app.services import review
from app.services.inference import queue as work
from app.services.uploading import intake
from app.services.worklist import thumbnails
from app.services.workplace import Workplace
from dprotonet.images.types import GrayOrColourImage, ImageFacts, Spacing
from dprotonet.images.windows import Window
from tests.app.services.workplaces import FakePool, png

FACTS = ImageFacts("dicom", 1, 1, 1, False, 12)


def shown(image: GrayOrColourImage) -> np.ndarray:
    with Image.open(io.BytesIO(thumbnails.drawn(image))) as picture:
        assert picture.mode == "L"
        return np.asarray(picture).astype(int)


def gradient(rows: int = 900, columns: int = 600) -> GrayOrColourImage:
    """Dark at the left, bright at the right, half of it beyond the default window."""
    values = np.tile(np.linspace(0, 4000, columns).astype(np.uint16), (rows, 1))
    windows = (Window.spanning(0, 2000, "half"), Window.spanning(0, 4000, "whole"))
    return GrayOrColourImage(values, windows, False, None, FACTS)


def test_a_thumbnail_is_the_image_in_its_default_window() -> None:
    result = shown(gradient())
    assert result.shape == (112, 75)
    assert result[:, 0].max() < 20 and result[:, 40:].min() > 240


def test_where_high_values_are_dark_the_thumbnail_is_too() -> None:
    plain, inverted = shown(gradient()), shown(replace(gradient(), inverted=True))
    assert np.abs(plain + inverted - 255).max() <= 6  # what the JPEG costs


def test_padding_is_black_and_long_pixels_are_long() -> None:
    padding = np.zeros((900, 600), bool)
    padding[:450] = True
    tall = replace(gradient(), padding=padding, spacing=Spacing(0.4, 0.2, "PixelSpacing"))
    result = shown(tall)
    assert result.shape == (112, 37) and result[:50].max() < 12 and result[60:, 30:].min() > 240


def test_colour_becomes_grey_and_a_small_image_is_not_blown_up() -> None:
    colour = np.zeros((10, 8, 3), np.uint8)
    colour[..., 1] = 255
    result = shown(GrayOrColourImage(colour, (), False, None, replace(FACTS, colour=True)))
    assert result.shape == (10, 8) and abs(int(result.mean()) - 150) < 4


def test_the_worker_makes_one_where_it_decodes_anyway(
    workplace: Workplace, pool: FakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = str(intake.add(workplace, png(1), name="a.png").case_id)
    work.run_pending(workplace, pool)
    monkeypatch.setattr(thumbnails, "drawn", None)  # it is not made again
    assert thumbnails.thumbnail(workplace, case_id)[:2] == b"\xff\xd8"


def test_a_case_of_before_gets_its_own_when_it_is_asked_for_and_takes_it_along(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = str(intake.add(workplace, png(1), name="a.png").case_id)
    before = set(workplace.blobs.all_keys())
    made = thumbnails.thumbnail(workplace, case_id)
    (key,) = set(workplace.blobs.all_keys()) - before
    with workplace.store.read() as tx:
        assert tx.blob_in_use(key) and key in tx.named_blobs()
    workplace.blobs.delete(key)  # lost: it is made again, to the same bytes
    assert thumbnails.thumbnail(workplace, case_id) == made and workplace.blobs.exists(key)
    monkeypatch.setattr(thumbnails, "drawn", None)
    assert thumbnails.thumbnail(workplace, case_id) == made
    review.delete_case(workplace, case_id)
    assert not list(workplace.blobs.all_keys())
    with pytest.raises(NotFound):
        thumbnails.thumbnail(workplace, case_id)
