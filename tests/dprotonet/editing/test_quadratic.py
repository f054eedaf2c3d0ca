import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dprotonet.editing.objective import objective_of
from dprotonet.editing.quadratic import Constraints, fit_weights, quadratic_step


@given(st.integers(0, 10_000))
def test_no_step_that_obeys_the_conditions_is_lower(seed):
    chance = np.random.default_rng(seed)
    size, count = int(chance.integers(1, 7)), int(chance.integers(0, 5))
    root = chance.normal(size=(size, size))
    hessian, gradient = root @ root.T + 0.1 * np.eye(size), chance.normal(size=size)
    rows = chance.normal(size=(count, size))
    inside = chance.normal(size=size)  # so that some step obeys them all
    least = rows @ inside - chance.random(count)
    step = quadratic_step(hessian, gradient, rows, least)

    def value(d):
        return 0.5 * d @ hessian @ d + gradient @ d

    assert (rows @ step >= least - 1e-6).all()
    for _ in range(50):
        other = step + chance.normal(size=size) * chance.choice([0.01, 0.1, 1.0])
        if (rows @ other >= least).all():
            assert value(other) >= value(step) - 1e-7


def test_conditions_that_contradict_each_other_are_an_error():
    rows = np.array([[1.0], [-1.0]])
    with pytest.raises(ValueError, match="obey"):
        quadratic_step(np.eye(1), np.zeros(1), rows, np.array([1.0, 1.0]))


def test_the_fit_reaches_the_same_optimum_from_far_away(drawn):
    responses, weights = drawn()
    objective = objective_of(responses, 2.0)
    everything = Constraints(np.ones(weights.shape, bool), np.zeros((0, weights.size)), np.zeros(0))
    start = np.random.default_rng(3).normal(0, 5, weights.shape)
    assert fit_weights(objective, everything, start) == pytest.approx(weights, abs=1e-4)


def test_weights_that_are_not_free_stay_zero_and_bounds_hold(drawn):
    responses, weights = drawn()
    free = np.ones(weights.shape, bool)
    free[:, 1] = False
    count = int(free.sum())
    bounds = Constraints(free, np.eye(count), np.full(count, -0.2))
    objective = objective_of(responses, 2.0)
    found = fit_weights(objective, bounds, weights)
    assert (found[:, 1] == 0).all() and found.min() >= -0.2 - 1e-8
    slope = objective.gradient(found)[free]
    inside = found[free] > -0.2 + 1e-6
    assert np.abs(slope[inside]).max() < 1e-4 and slope[~inside].min() > -1e-4
