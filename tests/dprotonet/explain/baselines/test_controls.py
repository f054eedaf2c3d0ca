"""The controls that see no network."""

import numpy as np
import pytest

from dprotonet.explain.baselines.registry import METHODS
from dprotonet.explain.nodes import ClassNode
from tests.dprotonet.explain.toys import (
    QUICK,
    SIZE,
    PatchClassifier,
    PatchPrototypes,
    toy_image,
)

pytestmark = pytest.mark.usefixtures("processor")


def test_the_centre_knows_nothing_of_the_network():
    (result,) = METHODS["centre"](PatchClassifier(), toy_image(), [ClassNode(1)], settings=QUICK)
    row, column = np.unravel_index(result.heatmap.argmax(), result.heatmap.shape)
    assert abs(row - SIZE / 2) <= 1 and abs(column - SIZE / 2) <= 1


def test_the_random_control_is_the_same_for_every_network_and_another_for_every_seed():
    nodes = [ClassNode(0), ClassNode(1)]
    first, second = METHODS["random"](PatchClassifier(), toy_image(), nodes, settings=QUICK)
    (other,) = METHODS["random"](PatchPrototypes(), toy_image(), nodes[:1], settings=QUICK)
    (seeded,) = METHODS["random"](PatchClassifier(), toy_image(), nodes[:1], settings=QUICK, seed=1)
    assert np.array_equal(first.heatmap, second.heatmap)
    assert np.array_equal(first.heatmap, other.heatmap)
    assert not np.array_equal(first.heatmap, seeded.heatmap)
