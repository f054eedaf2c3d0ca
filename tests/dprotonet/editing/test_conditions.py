import numpy as np
import pytest

from dprotonet.editing.conditions import (
    check_edit,
    checked_ids,
    constraints,
    own_weights,
    usual_weight,
)
from dprotonet.errors import WrongRequest
from dprotonet.modeling.options import ModelOptions

OPTIONS = ModelOptions(("a", "b", "c"), prototypes_per_class=2)


def test_ids_come_in_the_networks_order_and_once():
    assert checked_ids(OPTIONS, ["p03", "p00", "p03"]) == ("p00", "p03")
    with pytest.raises(WrongRequest, match="no prototype 'p06'"):
        checked_ids(OPTIONS, ["p06"])


def test_a_class_keeps_a_prototype_and_none_is_both_off_and_required():
    check_edit(OPTIONS, ("p00", "p02"), ("p01",))
    with pytest.raises(WrongRequest, match="All prototypes of 'b'"):
        check_edit(OPTIONS, ("p02", "p03"), ())
    with pytest.raises(WrongRequest, match="p01 cannot be"):
        check_edit(OPTIONS, ("p01",), ("p01",))


def test_under_a_softmax_the_own_weight_does_not_change_with_what_all_classes_get():
    weights = np.random.default_rng(0).normal(size=(3, 6))
    own = own_weights(OPTIONS, weights, nonnegative=False)
    assert own_weights(OPTIONS, weights + 7.0, nonnegative=False) == pytest.approx(own)
    assert own[0] == pytest.approx(weights[0, 0] - (weights[1, 0] + weights[2, 0]) / 2)
    many = ModelOptions(("a", "b", "c"), prototypes_per_class=2, multi_label=True)
    assert own_weights(many, weights, nonnegative=False)[5] == weights[2, 5]


def test_the_usual_weight_is_the_median_of_the_class_and_never_below_zero():
    weights = np.zeros((3, 6))
    weights[0, 0], weights[0, 1] = 1.0, 3.0
    weights[1, 2], weights[1, 3] = -1.0, -2.0
    usual = usual_weight(OPTIONS, weights, nonnegative=True)
    assert usual.tolist() == [2.0, 2.0, 0.0, 0.0, 0.0, 0.0]


def test_non_negative_weights_leave_other_classes_out():
    wanted = constraints(OPTIONS, ("p00",), ("p01",), least=np.ones(6), nonnegative=True)
    assert wanted.free.sum() == 5 and not wanted.free[:, 0].any() and not wanted.free[1, 1]
    values = np.array([0.5, 1.0, 1.0, 1.0, 1.0])
    assert (wanted.rows @ values >= wanted.least).tolist() == [False, *[True] * 5]
