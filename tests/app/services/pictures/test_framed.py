"""Small pictures are framed as the network sees the image."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from app.services.pictures.framed import framed, png
from dprotonet.images.reader import read_image
from dprotonet.modeling.preprocessing import Preprocessing


def image(shape: tuple[int, ...], seed: int = 0) -> bytes:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    smooth = 120 + 60 * np.sin(rows / 17 + seed) + 60 * np.cos(columns / 23)
    pixels = np.repeat(smooth[..., None], 3, 2) * [1, 0.8, 0.6] if len(shape) == 3 else smooth
    stream = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize("shape", [(150, 90), (90, 150), (100, 100), (150, 90, 3)])
def test_the_picture_is_what_the_network_sees(shape: tuple[int, ...]) -> None:
    decoded = read_image(image(shape))
    picture = framed(decoded, 64)
    unit, placement = Preprocessing(size=64).place(decoded)
    network = unit.mul(255).round().byte().numpy()
    expected = np.moveaxis(network, 0, -1) if len(shape) == 3 else network[0]
    assert picture.shape == expected.shape
    assert np.abs(picture.astype(int) - expected.astype(int)).max() <= 3
    assert not picture[~placement.valid_mask().numpy()].any()


def test_it_is_a_png() -> None:
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    with Image.open(io.BytesIO(png(pixels))) as file:
        assert np.array_equal(np.asarray(file), pixels)
