import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dprotonet.inference.random_regions import APART, IN_BODY, random_regions

SIZE = 24
VALID = np.zeros((SIZE, SIZE), bool)
VALID[3:21] = True


def rectangle(top, left, height, width):
    mask = np.zeros((SIZE, SIZE), bool)
    mask[top : top + height, left : left + width] = True
    return mask & VALID


@given(
    top=st.integers(3, 18),
    left=st.integers(0, 21),
    height=st.integers(1, 8),
    width=st.integers(1, 8),
    seed=st.integers(0, 5),
)
def test_random_regions_have_the_shape_of_the_region_inside_the_image_and_are_elsewhere(
    top, left, height, width, seed
):
    mask = rectangle(top, left, height, width)
    mask[top, left] = (height, width) == (1, 1)  # no plain rectangle
    if not mask.any():
        mask[top, left] = True
    found = random_regions(mask, 6, valid_mask=VALID, body=None, seed=seed)
    rows, columns = np.nonzero(mask)
    shape = set(zip(rows - rows.min(), columns - columns.min(), strict=True))
    assert len(found.masks) == 6 and not found.in_body
    assert len({moved.tobytes() for moved in (*found.masks, mask)}) == 7
    for moved in found.masks:
        assert not (moved & ~VALID).any()
        assert (moved & mask).sum() <= APART * mask.sum()
        down, across = np.nonzero(moved)
        assert set(zip(down - down.min(), across - across.min(), strict=True)) == shape


def test_they_lie_in_the_body_where_there_is_one():
    body = rectangle(5, 4, 12, 12)
    mask = rectangle(3, 20, 4, 3)  # beside it
    found = random_regions(mask, 8, valid_mask=VALID, body=body, seed=1)
    assert found.in_body and len(found.masks) == 8
    assert all((moved & body).sum() >= IN_BODY * mask.sum() for moved in found.masks)


def test_a_body_that_is_smaller_than_the_region_binds_nothing():
    body = rectangle(8, 8, 2, 2)
    found = random_regions(rectangle(4, 4, 6, 6), 8, valid_mask=VALID, body=body, seed=1)
    assert not found.in_body and len(found.masks) == 8


@pytest.mark.parametrize("columns, places", [(24, 0), (23, 1), (21, 3)])
def test_a_region_that_fills_the_image_leaves_few_places_or_none(columns, places):
    mask = rectangle(3, 0, 18, columns)
    found = random_regions(mask, 8, valid_mask=VALID, body=None, seed=0)
    assert found.masks.shape == (places, SIZE, SIZE)


def test_the_same_seed_gives_the_same_places_and_another_seed_others():
    mask = rectangle(10, 10, 3, 3)
    first, again, other = (
        random_regions(mask, 8, valid_mask=VALID, body=None, seed=seed).masks for seed in (0, 0, 1)
    )
    assert (first == again).all() and not (first == other).all()
