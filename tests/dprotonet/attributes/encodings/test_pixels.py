import numpy as np
import pytest

from dprotonet.attributes.encodings.pixels import PixelPlaces


def places(**options):
    return PixelPlaces("igtd", 2, 2, ((0, 0), (0, 1), (1, 1)), **options)


def test_each_attribute_shades_its_own_place():
    pixels = places().pixels((1.0, 0.5, 0.2))
    assert pixels.shape == (64, 64, 3)
    assert pixels[0, 0, 0] == 255
    assert pixels[10, 40, 1] == 128
    assert pixels[50, 50, 2] == 51
    assert not pixels[32:, :32].any()


def test_a_dark_pixel_belongs_to_its_attribute_too():
    paint = places().paint((0.0, 0.0, 0.0))
    assert paint.sum(axis=(1, 2)).tolist() == [1024, 1024, 1024]
    assert paint.sum(axis=0).max() == 1


def test_attributes_of_one_place_are_averaged_and_share_it():
    shared = PixelPlaces("deepinsight", 2, 2, ((0, 0), (0, 0)))
    assert shared.pixels((1.0, 0.0))[0, 0, 0] == 128
    assert shared.paint((1.0, 0.0))[:, 0, 0].tolist() == [0.5, 0.5]


def test_a_grid_that_does_not_divide_the_image_is_centred():
    pixels = PixelPlaces("tinto", 6, 6, ((0, 0),)).pixels((1.0,))
    rows, columns = np.nonzero(pixels[..., 0])
    assert (rows.min(), rows.max()) == (2, 11)
    assert (columns.min(), columns.max()) == (2, 11)


def test_blur_paints_rings_around_the_place_as_tinto_does():
    grid = PixelPlaces("tinto", 9, 9, ((4, 4),), size=288, blur=2).pixels((1.0,))[16::32, 16::32, 0]
    assert grid[4, 4] == 255
    assert grid[4, 6] == round(255 / 4)
    assert grid[4, 8] == round(255 / 16)
    assert grid[0, 0] == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "own"},
        {"places": ((0, 2),)},
        {"places": ()},
        {"rows": 0},
        {"size": 50},
        {"blur": -1},
    ],
)
def test_places_that_cannot_be_are_refused(fields):
    usual = {"method": "tinto", "rows": 2, "columns": 2, "places": ((0, 0),)}
    with pytest.raises(ValueError):
        PixelPlaces(**usual | fields)
