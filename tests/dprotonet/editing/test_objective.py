import numpy as np
import pytest
import torch

from dprotonet.editing.objective import objective_of
from dprotonet.modeling.losses import classification_loss


@pytest.mark.parametrize("multi_label", [False, True])
def test_the_loss_is_that_of_training(drawn, multi_label):
    responses, weights = drawn(multi_label)
    train = ~responses.validation
    x = torch.from_numpy(responses.similarities[train].astype(np.float64)) * 2.0
    expected = classification_loss(
        x @ torch.from_numpy(weights).T,
        torch.from_numpy(responses.labels[train]),
        torch.from_numpy(responses.class_weights),
        responses.label_smoothing,
    )
    found = objective_of(responses, 2.0).cross_entropy(weights)
    assert found == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize("multi_label", [False, True])
def test_gradient_and_hessian_are_the_slopes_of_the_loss(drawn, multi_label):
    responses, weights = drawn(multi_label)
    objective = objective_of(responses, 2.0)
    at = weights + np.random.default_rng(1).normal(0, 0.3, weights.shape)
    free = np.ones(weights.shape, bool)
    free[0, 1] = False
    hessian = objective.hessian(at, free)
    step = 1e-5
    for row, place in enumerate(np.argwhere(free)):
        moved = np.zeros(weights.shape)
        moved[tuple(place)] = step
        slope = (objective.value(at + moved) - objective.value(at - moved)) / (2 * step)
        assert objective.gradient(at)[tuple(place)] == pytest.approx(slope, abs=1e-7)
        change = (objective.gradient(at + moved) - objective.gradient(at - moved)) / (2 * step)
        assert hessian[row] == pytest.approx(change[free], abs=1e-7)


def test_the_trained_last_layer_is_the_optimum_around_its_anchor(drawn):
    responses, weights = drawn()
    objective = objective_of(responses, 2.0)
    assert np.abs(objective.gradient(weights)).max() < 1e-12
    chance = np.random.default_rng(2)
    for _ in range(20):
        away = weights + chance.normal(0, 0.1, weights.shape)
        assert objective.value(away) > objective.value(weights)
