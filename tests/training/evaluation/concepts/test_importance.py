import numpy as np
import pytest
import torch

from dprotonet.modeling.concepts.model import build_concept_net
from dprotonet.modeling.concepts.options import ConceptOptions
from training.evaluation.concepts.importance import (
    logits_with,
    permutation_importance,
    pull,
    switched_off,
)

LABELS = np.array([0, 1] * 50)


@pytest.fixture
def network():
    """Reads its second class off the first axis alone."""
    net = build_concept_net(ConceptOptions(("a", "b"), ("c", "d"), depth=4, image_size=64))
    with torch.no_grad():
        net.head.weight.zero_()
        net.head.bias.zero_()
        net.head.weight[1, 0] = 1.0
    return net


def activations():
    found = np.random.default_rng(0).normal(0.0, 0.1, (100, 4))
    found[:, 0] += np.where(LABELS == 1, 1.0, -1.0)
    return found


def test_the_last_layer_is_the_networks_own(network):
    with torch.no_grad():
        own = network.head(torch.from_numpy(activations()).float())
    assert np.allclose(logits_with(network, activations()), own.numpy(), atol=1e-5)


def test_shuffling_the_axis_that_is_read_costs_and_that_of_another_does_not(network):
    assert permutation_importance(network, activations(), LABELS, 0) > 0.3
    assert permutation_importance(network, activations(), LABELS, 1) == 0.0


def test_a_concept_pulls_until_its_axis_is_switched_off(network):
    shown = np.zeros(100, dtype=np.int8)
    shown[[0, 2, 4]] = 1
    marked = activations()
    marked[:, 0] = -1.0
    marked[shown == 1, 0] = 1.0  # the first axis follows the concept, not the class
    before = pull(network, marked, LABELS, shown, 1)
    assert (before.shown, before.absent) == (1.0, 0.0)
    after = pull(network, switched_off(marked, 0, -1.0), LABELS, shown, 1)
    assert (after.shown, after.absent) == (0.0, 0.0)


def test_without_an_image_there_is_no_share(network):
    nothing = pull(network, activations(), LABELS, np.zeros(100, dtype=np.int8), 1)
    assert nothing.shown is None and nothing.absent is not None
