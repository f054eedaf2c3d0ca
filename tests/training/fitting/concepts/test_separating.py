import numpy as np
import pytest

from training.fitting.concepts.separating import (
    Shown,
    mean_auroc,
    separating_directions,
    unit_rows,
)
from training.fitting.concepts.settling import mean_direction

CHANCE = np.random.default_rng(0)


def hidden(count: int = 400) -> Shown:
    """Two concepts under something that moves both their cells, and a third one by itself."""
    values = (CHANCE.random((count, 2)) < 0.5).astype(np.int8)
    cells = 0.5 * CHANCE.normal(size=(count, 6))
    cells[:, :2] += values
    cells[:, :3] += CHANCE.normal(scale=2.0, size=(count, 1))
    return Shown(cells, values)


def test_directions_stand_at_right_angles_and_tell_more_than_the_nearest_to_each_alone():
    train, validation, test = hidden(), hidden(), hidden()
    means = unit_rows([mean_direction(train, c) for c in (0, 1)])
    found = separating_directions(train, validation, means)
    assert np.allclose(found @ found.T, np.eye(2), atol=1e-9)
    left, _, right = np.linalg.svd(means, full_matrices=False)
    assert mean_auroc(found, test) > mean_auroc(left @ right, test) + 0.1


def test_a_direction_leads_to_what_shows_a_concept_whatever_is_unknown():
    values = np.array([1, 0] * 100 + [-1] * 50, dtype=np.int8)[:, None]
    cells = CHANCE.normal(size=(250, 5))
    cells[:, 3] += 3.0 * (values[:, 0] == 1) - 50.0 * (values[:, 0] == -1)
    shown = Shown(cells, values)
    for found in (
        unit_rows([mean_direction(shown, 0)]),
        separating_directions(shown, shown, np.eye(5)[:1]),
    ):
        assert found[0].argmax() == 3 and np.linalg.norm(found) == pytest.approx(1.0)


def test_a_start_on_the_wrong_side_is_turned_round():
    values = np.array([1, 0] * 100, dtype=np.int8)[:, None]
    cells = CHANCE.normal(size=(200, 4)) + 3.0 * values * np.array([1.0, 0, 0, 0])
    shown = Shown(cells, values)
    found = separating_directions(shown, shown, -np.eye(4)[:1])
    assert found[0, 0] > 0.9 and mean_auroc(found, shown) > 0.9


def test_a_validation_that_does_not_show_a_concept_chooses_the_smoothest_direction():
    values = CHANCE.integers(0, 2, (200, 1)).astype(np.int8)
    cells = CHANCE.normal(size=(200, 5)) + values
    train, nothing = Shown(cells, values), Shown(cells[:4], np.zeros((4, 1), dtype=np.int8))
    apart = cells[values[:, 0] == 1].mean(axis=0) - cells[values[:, 0] == 0].mean(axis=0)
    (smooth,) = separating_directions(train, nothing, unit_rows([apart]))
    assert smooth @ apart / np.linalg.norm(apart) > 0.98
