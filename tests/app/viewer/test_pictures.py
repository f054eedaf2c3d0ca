import io
from pathlib import Path

import numpy as np
from PIL import Image

from app.viewer.colours import TABLE
from app.viewer.pictures import heatmap_png


def save(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def shown(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_a_cold_map_leaves_the_picture_as_it_is(tmp_path: Path) -> None:
    picture = np.arange(64, dtype=np.uint8).reshape(8, 8)
    cold = save(tmp_path / "cold.png", np.zeros((8, 8), np.uint8))
    found = shown(heatmap_png(cold, save(tmp_path / "picture.png", picture)))
    np.testing.assert_array_equal(found, np.repeat(picture[..., None], 3, axis=2))


def test_without_its_picture_a_map_shows_its_colours(tmp_path: Path) -> None:
    heat = np.array([[0, 128, 255]], np.uint8)
    found = shown(heatmap_png(save(tmp_path / "heat.png", heat), None))
    np.testing.assert_array_equal(found, TABLE[heat])


def test_a_map_that_has_colours_already_stays_as_it_is(tmp_path: Path) -> None:
    coloured = save(tmp_path / "heat.png", np.full((2, 2, 3), 90, np.uint8))
    assert heatmap_png(coloured, None) == coloured.read_bytes()
