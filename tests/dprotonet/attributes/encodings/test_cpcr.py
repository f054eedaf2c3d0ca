import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dprotonet.attributes.encodings.cpcr import CpcR

UNITS = st.lists(st.floats(0, 1), min_size=7, max_size=7)


def read_back(encoding, pixels):
    """The cell of every pair, found by its colour alone."""
    side = encoding.size // encoding.grid
    cells = []
    for colour in np.rint(encoding.colours() * 255).astype(np.uint8):
        rows, columns = np.nonzero((pixels == colour).all(axis=2))
        cells.append({(r // side, c // side) for r, c in zip(rows, columns, strict=True)})
    return cells


@settings(max_examples=40, deadline=None)
@given(UNITS, st.sampled_from(["colour", "grey"]))
def test_every_pair_can_be_read_back_from_its_image(units, code):
    encoding = CpcR(tuple(range(7)), code=code)
    found = read_back(encoding, encoding.pixels(units))
    assert found == [{cell} for cell in encoding.cells(units)]


def test_x_goes_to_the_right_and_y_up():
    encoding = CpcR((0, 1), grid=16)
    assert encoding.cells((0.0, 0.0)) == ((15, 0),)
    assert encoding.cells((1.0, 1.0)) == ((0, 15),)


def test_an_odd_last_attribute_is_paired_with_itself():
    encoding = CpcR((2, 0, 1))
    assert encoding.pairs == ((2, 0), (1, 1))


def test_the_order_of_attributes_is_the_order_of_pairs():
    encoding = CpcR((3, 1, 0, 2))
    assert encoding.cells((0.0, 1.0, 0.0, 1.0))[0] == (0, 15)


@pytest.mark.parametrize("shared", ["split", "mean", "first"])
@pytest.mark.parametrize("context", [0, 2])
@settings(max_examples=15, deadline=None)
@given(units=UNITS)
def test_each_painted_pixel_is_divided_among_those_that_painted_it(shared, context, units):
    encoding = CpcR(tuple(range(7)), shared=shared, context=context)
    total = encoding.paint(units).sum(axis=0)
    painted = encoding.pixels(units).max(axis=2) > 0
    assert total.max() <= 1 + 1e-6
    assert ((total > 0) == painted).all()


def test_pairs_that_share_a_cell_divide_it_mix_in_it_or_the_first_has_it():
    units = (0.5, 0.5, 0.5, 0.5)
    cell = (slice(28, 32), slice(32, 36))
    split, mean, first = (
        CpcR((0, 1, 2, 3), code="grey", shared=shared).pixels(units)[cell][..., 0]
        for shared in ("split", "mean", "first")
    )
    assert sorted(set(split.ravel().tolist())) == [128, 255]
    assert (split == 255).sum() == 8
    assert set(mean.ravel().tolist()) == {191}
    assert set(first.ravel().tolist()) == {255}


def test_the_context_is_fainter_than_its_point():
    pixels = CpcR((0, 1), code="grey", context=1).pixels((0.5, 0.5))[..., 0]
    assert pixels[28, 32] == 255
    assert pixels[28, 31] == 128
    assert pixels[28, 26] == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"order": ()},
        {"order": (0, 2)},
        {"order": (0, 1), "size": 60},
        {"order": (0, 1), "grid": 5},
        {"order": (0, 1), "code": "sound"},
        {"order": (0, 1), "shared": "none"},
        {"order": (0, 1), "context": -1},
        {"order": tuple(range(520)), "code": "grey"},
    ],
)
def test_an_encoding_that_cannot_be_is_refused(fields):
    with pytest.raises(ValueError):
        CpcR(**fields)


def test_a_row_of_another_table_is_refused():
    with pytest.raises(ValueError, match="3 attributes, not 2"):
        CpcR((0, 1)).pixels((0.1, 0.2, 0.3))
    with pytest.raises(ValueError, match="scale"):
        CpcR((0, 1)).paint((0.1, 1.2))
