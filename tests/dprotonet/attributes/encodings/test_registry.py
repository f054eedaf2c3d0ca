import json

import pytest

from dprotonet.attributes.encodings.cpcr import CpcR
from dprotonet.attributes.encodings.pixels import METHODS, PixelPlaces
from dprotonet.attributes.encodings.registry import DRAWN, ENCODINGS, encoding_from_json

ALL = (
    CpcR((1, 0, 2), grid=32, shared="mean", context=1),
    *(PixelPlaces(method, 3, 2, ((0, 0), (1, 1), (2, 0)), blur=1) for method in METHODS),
    *(drawing(3, 64) for drawing in DRAWN.values()),
)


def test_every_name_has_an_encoding():
    assert {encoding.name for encoding in ALL} == set(ENCODINGS)


@pytest.mark.parametrize("encoding", ALL, ids=lambda one: one.name)
def test_json_brings_an_encoding_back_with_the_same_image(encoding):
    again = encoding_from_json(json.loads(json.dumps(encoding.to_json())))
    assert again == encoding
    units = (0.1, 0.7, 1.0)
    assert again.pixels(units).tobytes() == encoding.pixels(units).tobytes()


@pytest.mark.parametrize("encoding", ALL, ids=lambda one: one.name)
def test_every_attribute_paints_something_and_no_pixel_is_painted_twice(encoding):
    paint = encoding.paint((0.1, 0.7, 1.0))
    assert paint.shape == (3, 64, 64)
    assert (paint.sum(axis=(1, 2)) > 0).all()
    assert paint.sum(axis=0).max() <= 1 + 1e-6


@pytest.mark.parametrize("encoding", ALL, ids=lambda one: one.name)
def test_what_is_painted_is_an_attributes(encoding):
    units = (0.1, 0.7, 1.0)
    painted = encoding.pixels(units).max(axis=2) > 0
    assert (encoding.paint(units).sum(axis=0)[painted] > 0).all()


@pytest.mark.parametrize("name", DRAWN)
def test_one_attribute_alone_can_be_drawn(name):
    assert DRAWN[name](1).pixels((0.5,)).shape == (64, 64, 3)
    assert DRAWN[name](1).paint((0.5,)).max() == 1


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"name": "pickle"},
        {"name": "cpcr"},
        {"name": "cpcr", "order": [0, 1], "surprise": 1},
        {"name": "supertml", "count": 0},
    ],
)
def test_what_is_no_encoding_is_refused(data):
    with pytest.raises(ValueError):
        encoding_from_json(data)
