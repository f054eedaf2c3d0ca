import json

import numpy as np
import pytest
import torch

from dprotonet.images.types import GrayOrColourImage, ImageFacts, Spacing
from dprotonet.images.windows import Window
from dprotonet.modeling.preprocessing import Preprocessing


def grey(pixels: np.ndarray, **more: object) -> GrayOrColourImage:
    facts = ImageFacts("png", *pixels.shape[:2], 1, False, 16)
    options = {"inverted": False, "padding": None, **more}
    return GrayOrColourImage(pixels, (Window.spanning(0, 1000),), facts=facts, **options)


def test_grey_is_windowed_placed_and_repeated_to_three_channels():
    pixels = np.full((40, 20), 250, np.uint16)
    x, placement = Preprocessing(size=32).place(grey(pixels))
    assert x.shape == (3, 32, 32) and x.dtype == torch.float32
    assert placement.stored == (40, 20) and placement.resized == (32, 16)
    assert torch.all(x[:, placement.valid_mask()] == 0.25)
    assert torch.all(x[:, ~placement.valid_mask()] == 0)


def test_colour_keeps_its_channels():
    pixels = np.zeros((10, 10, 3), np.uint8)
    pixels[..., 1] = 255
    image = GrayOrColourImage(pixels, (), False, None, ImageFacts("png", 10, 10, 1, True, 8))
    x, _ = Preprocessing(size=8).place(image)
    assert x.mean((1, 2)).tolist() == [0, 1, 0]


def test_padding_and_polarity_reach_the_network():
    pixels = np.full((8, 8), 250, np.uint16)
    padding = np.zeros((8, 8), bool)
    padding[:, :4] = True
    x, _ = Preprocessing(size=8).place(grey(pixels, inverted=True, padding=padding))
    assert torch.all(x[:, :, :4] == 0) and torch.all(x[:, :, 4:] == 0.75)


def test_pixels_that_are_not_square_keep_their_true_shape():
    pixels = np.zeros((50, 100), np.uint16)
    image = grey(pixels, spacing=Spacing(0.2, 0.1, "PixelSpacing"))
    assert Preprocessing(size=64).place(image)[1].resized == (64, 64)


def test_normalising_follows_imagenet_and_is_undone():
    preprocessing = Preprocessing(size=16)
    placed, placement = preprocessing.place(grey(np.full((16, 16), 500, np.uint16)))
    x, same = preprocessing(grey(np.full((16, 16), 500, np.uint16)))
    assert same == placement
    expected = [(0.5 - m) / s for m, s in zip(preprocessing.mean, preprocessing.sd, strict=True)]
    assert x[:, 0, 0].tolist() == pytest.approx(expected, rel=1e-5)
    assert torch.allclose(preprocessing.denormalise(x), placed, atol=1e-6)
    batch = torch.stack([placed, placed])
    assert torch.equal(preprocessing.normalise(batch)[1], x)


def test_json_brings_back_the_same_preprocessing():
    one = Preprocessing(size=96, mean=(0.1, 0.2, 0.3), sd=(1, 2, 3))
    again = Preprocessing.from_json(json.loads(json.dumps(one.to_json())))
    assert again == one and again.digest == one.digest


def test_the_digest_changes_with_every_field_and_with_nothing_else():
    one = Preprocessing()
    others = [
        Preprocessing(size=225),
        Preprocessing(mean=(0.5, 0.456, 0.406)),
        Preprocessing(sd=(0.229, 0.224, 0.226)),
    ]
    assert len({one.digest, *(other.digest for other in others)}) == 4
    assert len(one.digest) == 64
    assert Preprocessing(sd=[0.229, 0.224, 0.225]).digest == one.digest


@pytest.mark.parametrize(
    "data",
    [
        {"size": 224, "mean": [0, 0, 0]},
        {"size": 224, "mean": [0, 0, 0], "sd": [1, 1, 1], "crop": 1},
        {"size": 0, "mean": [0, 0, 0], "sd": [1, 1, 1]},
        {"size": 224, "mean": [0, 0], "sd": [1, 1, 1]},
        {"size": 224, "mean": [0, 0, 0], "sd": [1, 0, 1]},
    ],
)
def test_impossible_json_is_refused(data: dict):
    with pytest.raises(ValueError):
        Preprocessing.from_json(data)
