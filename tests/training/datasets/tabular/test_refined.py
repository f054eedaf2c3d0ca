import numpy as np
import pytest
from scipy.spatial.distance import cdist

from training.datasets.tabular.refined import climbed, refined_places

CHANCE = np.random.default_rng(0)


def cosine(places, apart):
    near = cdist(places, places)
    return (near * apart).sum() / np.linalg.norm(near) / np.linalg.norm(apart)


def test_alike_attributes_lie_side_by_side():
    left, right = CHANCE.random((2, 60, 1))
    # Two groups of four, which take turns.
    units = np.concatenate([left, right] * 4, axis=1) + CHANCE.normal(0, 0.01, (60, 8))
    places = np.array(refined_places(units, 0))
    near = cdist(places, places)
    same = np.arange(8)[:, None] % 2 == np.arange(8)[None] % 2
    assert near[same & (near > 0)].mean() < near[~same].mean() - 0.5


@pytest.mark.parametrize("count", [1, 2, 5, 9, 30])
def test_every_attribute_has_a_place_of_its_own_the_same_every_time(count):
    units = CHANCE.random((40, count))
    places = refined_places(units, 3)
    side = int(np.ceil(np.sqrt(count)))
    assert len(set(places)) == count
    assert all(0 <= row < side and 0 <= column < side for row, column in places)
    assert refined_places(units, 3) == places


def test_climbing_brings_distances_closer_to_those_of_the_attributes():
    true = np.array([(row, column) for row in range(3) for column in range(3)])[:7]
    apart = cdist(true, true)
    start = CHANCE.permutation(true)
    found = climbed(start, apart, 3)
    assert cosine(found, apart) > cosine(start, apart)
    assert np.array_equal(climbed(true, apart, 3), true)


def test_attributes_that_are_all_the_same_have_places():
    assert len(set(refined_places(np.full((10, 4), 0.5), 0))) == 4
