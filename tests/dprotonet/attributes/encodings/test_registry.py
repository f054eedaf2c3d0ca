import json

import pytest

from dprotonet.attributes.encodings.cpcr import CpcR
from dprotonet.attributes.encodings.pixels import PixelPlaces
from dprotonet.attributes.encodings.registry import ENCODINGS, encoding_from_json
from dprotonet.attributes.encodings.supertml import SuperTml

ALL = (
    CpcR((1, 0, 2), grid=32, shared="mean", context=1),
    SuperTml(3, 64),
    *(
        PixelPlaces(method, 3, 2, ((0, 0), (1, 1), (2, 0)), blur=1)
        for method in ("tinto", "igtd", "refined", "deepinsight")
    ),
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
def test_every_attribute_paints_something(encoding):
    assert (encoding.paint((0.1, 0.7, 1.0)).sum(axis=(1, 2)) > 0).all()


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
