import numpy as np
import pytest

from dprotonet.editing.conditions import constraints
from dprotonet.editing.objective import objective_of
from dprotonet.editing.quadratic import fit_weights
from dprotonet.editing.rashomon import RashomonSet
from dprotonet.modeling.options import ModelOptions


def _options(multi_label=False):
    return ModelOptions(("a", "b", "c"), prototypes_per_class=2, multi_label=multi_label)


@pytest.mark.parametrize("multi_label", [False, True])
def test_the_closed_form_of_one_removal_is_the_minimum_of_the_quadratic(drawn, multi_label):
    responses, weights = drawn(multi_label)
    near = RashomonSet.around(objective_of(responses, 2.0), weights, np.ones(weights.shape, bool))
    increases = near.removal_increases()
    for p, name in enumerate(_options().prototype_ids):
        without = constraints(_options(multi_label), (name,), least=np.zeros(6), nonnegative=False)
        found, increase = near.nearest(without)
        assert (found[:, p] == 0).all()
        assert increase == pytest.approx(increases[p], rel=1e-6)


def test_what_changes_nothing_costs_nothing(drawn):
    responses, weights = drawn()
    near = RashomonSet.around(objective_of(responses, 2.0), weights, np.ones(weights.shape, bool))
    found, increase = near.nearest(constraints(_options(), least=np.zeros(6), nonnegative=False))
    assert found == pytest.approx(weights, abs=1e-9) and increase == pytest.approx(0, abs=1e-9)


def test_the_ellipsoid_is_the_loss_to_second_order(drawn):
    responses, weights = drawn()
    objective = objective_of(responses, 2.0)
    near = RashomonSet.around(objective, weights, np.ones(weights.shape, bool))
    # A required weight a little above what is there: the smaller the change, the better it is met.
    errors = []
    for more in (0.4, 0.1):
        wanted = constraints(
            _options(), required=("p00",), least=np.full(6, 1.5 + more), nonnegative=False
        )
        found, increase = near.nearest(wanted)
        exact = fit_weights(objective, wanted, found)
        true = (objective.value(exact) - objective.value(weights)) / near.loss
        assert increase > 0 and true > 0
        errors.append(abs(increase - true) / true)
    assert errors[1] < errors[0] < 0.3 and errors[1] < 0.1
