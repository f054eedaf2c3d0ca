import pytest

from dprotonet.attributes.encodings.cpcr import CpcR
from dprotonet.attributes.encodings.encoding import check_size, check_units


@pytest.mark.parametrize("size", [0, 16, 100, 1024, 64.0, True])
def test_a_side_is_one_that_a_network_takes(size):
    with pytest.raises(ValueError):
        check_size(size)


@pytest.mark.parametrize(
    ("units", "says"), [((0.5,), "1 attributes, not 2"), ((0.5, -0.1), "scale"), ((2, 0), "scale")]
)
def test_a_row_has_as_many_places_as_the_encoding_has_attributes_each_on_its_scale(units, says):
    with pytest.raises(ValueError, match=says):
        check_units(CpcR((0, 1)), units)


def test_json_is_name_and_options():
    assert CpcR((1, 0)).to_json() == {
        "name": "cpcr",
        "order": [1, 0],
        "size": 64,
        "grid": 16,
        "code": "colour",
        "shared": "split",
        "context": 0,
    }
