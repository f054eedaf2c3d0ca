"""Similarities in float64: the same as the network's, and the same bits whatever stands beside."""

import numpy as np
import pytest
import torch

from dprotonet.modeling.model import prototype_similarity
from dprotonet.modeling.similarity import similarity_f64, unit_f64

KINDS = ["cosine", "half_cosine", "log"]


@pytest.fixture
def vectors():
    return np.random.default_rng(0).normal(size=(7, 3, 16)).astype(np.float32)


@pytest.fixture
def prototypes():
    return np.random.default_rng(1).normal(size=(3, 16))


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_networks_similarity(kind, vectors, prototypes):
    expected = prototype_similarity(
        torch.from_numpy(vectors).double(), torch.from_numpy(prototypes), kind
    )
    np.testing.assert_allclose(similarity_f64(vectors, prototypes, kind), expected, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_has_the_same_bits_alone_and_among_others(kind, vectors, prototypes):
    together = similarity_f64(vectors, prototypes, kind)
    for row in range(len(vectors)):
        alone = similarity_f64(vectors[row : row + 1], prototypes, kind)
        assert np.array_equal(alone[0], together[row])


def test_a_row_of_zeros_has_no_direction_and_stays():
    unit = unit_f64(np.array([[0.0, 0.0], [3.0, 4.0]]))
    np.testing.assert_allclose(unit, [[0.0, 0.0], [0.6, 0.8]])
