import numpy as np
import pytest
from scipy.optimize import minimize

from dprotonet.editing.objective import head_objective
from dprotonet.editing.sparse import fit_sparse

CLASSES, PROTOTYPES = 3, 5
FOREIGN = np.arange(CLASSES)[:, None] != np.array([0, 0, 1, 1, 2])


@pytest.fixture
def objective():
    """Of images that are similar to their class's prototypes, with some noise."""
    chance = np.random.default_rng(3)
    labels = np.arange(60) % CLASSES
    inputs = chance.normal(0, 0.6, (60, PROTOTYPES)) + ~FOREIGN[labels]
    start = np.where(FOREIGN, -0.5, 1.0)
    return head_objective(inputs, labels, np.ones(CLASSES), 0.05, anchor=start)


def penalised_value(objective, weights, l1):
    return objective.value(weights) + l1 * np.abs(weights[FOREIGN]).sum()


@pytest.mark.parametrize("l1", [0.0, 1e-3, 3e-2])
def test_no_other_method_finds_a_lower_loss(objective, l1):
    found = fit_sparse(objective, FOREIGN, objective.anchor, l1=l1)

    def loss(parts):  # every penalised weight as a difference of two numbers above 0
        above, below = parts.reshape(2, CLASSES, PROTOTYPES)
        return objective.value(above - below) + l1 * ((above + below) * FOREIGN).sum()

    start = np.concatenate([found.clip(0.0).ravel(), (-found).clip(0.0).ravel()])
    other = minimize(loss, start + 0.1, bounds=[(0.0, None)] * start.size, tol=1e-12)
    assert penalised_value(objective, found, l1) <= other.fun + 1e-7


def test_the_optimum_does_not_depend_on_the_start(objective):
    first = fit_sparse(objective, FOREIGN, np.zeros((CLASSES, PROTOTYPES)), l1=1e-2)
    second = fit_sparse(objective, FOREIGN, np.full((CLASSES, PROTOTYPES), 4.0), l1=1e-2)
    assert first == pytest.approx(second, abs=1e-5)


def test_a_large_penalty_leaves_no_weight_to_another_class_and_none_shrinks_the_own(objective):
    found = fit_sparse(objective, FOREIGN, objective.anchor, l1=10.0)
    assert not found[FOREIGN].any()
    assert (found[~FOREIGN] > 0.5).all()


def test_a_penalty_below_zero_or_of_another_shape_is_refused(objective):
    with pytest.raises(ValueError, match="at least 0"):
        fit_sparse(objective, FOREIGN, objective.anchor, l1=-1.0)
    with pytest.raises(ValueError, match="as many penalties"):
        fit_sparse(objective, FOREIGN[:2], objective.anchor)
