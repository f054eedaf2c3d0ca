import numpy as np
import pytest

from training.comparison.tables.importance import (
    log_loss,
    permutation_importance,
    rank_correlation,
)


def test_only_the_attribute_that_is_read_costs_something_when_shuffled():
    chance = np.random.default_rng(0)
    values, labels = chance.random((200, 3)), np.arange(200) % 2
    values[:, 1] = labels * 0.8 + 0.1

    def scores(given):
        return np.stack([1 - given[:, 1], given[:, 1]], axis=1)

    rises = permutation_importance(scores, values, labels, seed=0)
    assert rises[1] > 0.5
    assert rises[[0, 2]] == pytest.approx(0)
    assert values[:, 1] == pytest.approx(labels * 0.8 + 0.1)


def test_log_loss_is_that_of_the_true_class():
    assert log_loss(np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([0, 1])) == pytest.approx(
        np.log(2) / 2
    )


def test_ranks_are_compared_where_there_are_any():
    assert rank_correlation([1, 2, 3], [10, 20, 30]) == pytest.approx(1)
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None
