import io
from pathlib import Path

import numpy as np
from PIL import Image

from app.viewer.colours import COLOUR_TABLE, COLOUR_TABLE_HEX, NORMAL_TABLE, heatmap_png


def save(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def decoded(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_the_browser_gets_the_librarys_table_byte_for_byte() -> None:
    received = np.frombuffer(bytes.fromhex(COLOUR_TABLE_HEX), np.uint8).reshape(256, 3)
    np.testing.assert_array_equal(received, COLOUR_TABLE)
    brightness = COLOUR_TABLE.sum(axis=1).astype(int)
    assert brightness[0] < 20 and brightness[-1] > 500, "from cold to hot"


def test_a_cold_heatmap_leaves_the_picture_as_it_is(tmp_path: Path) -> None:
    picture = np.arange(64, dtype=np.uint8).reshape(8, 8)
    cold = save(tmp_path / "cold.png", np.zeros((8, 8), np.uint8))
    png = heatmap_png(cold, save(tmp_path / "picture.png", picture))
    np.testing.assert_array_equal(decoded(png), np.repeat(picture[..., None], 3, axis=2))


def test_without_its_picture_a_heatmap_shows_its_colours(tmp_path: Path) -> None:
    values = np.array([[0, 128, 255]], np.uint8)
    png = heatmap_png(save(tmp_path / "heatmap.png", values), None)
    np.testing.assert_array_equal(decoded(png), COLOUR_TABLE[values])


def test_a_heatmap_that_has_colours_already_stays_as_it_is(tmp_path: Path) -> None:
    coloured = save(tmp_path / "heatmap.png", np.full((2, 2, 3), 90, np.uint8))
    assert heatmap_png(coloured, None) == coloured.read_bytes()


def test_the_palette_of_normal_rises_in_lightness_and_is_blue_where_the_other_is_not() -> None:
    lightness = NORMAL_TABLE.astype(float) @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(lightness) >= 0).all() and lightness[-1] > 215
    # Blue against yellow is what every kind of red-green blindness keeps apart.
    blue = NORMAL_TABLE[:, 2].astype(int) - NORMAL_TABLE[:, 0]
    fire = COLOUR_TABLE[:, 2].astype(int) - COLOUR_TABLE[:, 0]
    assert (blue[64:224] > 60).all() and (fire[96:224] < 0).all()
