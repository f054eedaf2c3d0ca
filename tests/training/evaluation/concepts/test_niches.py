import numpy as np
import pytest

from training.data.concept_table import ConceptTable
from training.evaluation.concepts.niches import niche_impurity

CHANCE = np.random.default_rng(0)
SHOWN = (CHANCE.random((400, 2)) < 0.4).astype(np.int8)
TABLE = ConceptTable(("a", "b"), SHOWN)
TRAIN, TEST = np.arange(200), np.arange(200, 400)


def test_axes_that_are_their_concepts_and_nothing_else_are_pure():
    assert niche_impurity(SHOWN.astype(float), TABLE, TRAIN, TEST) == pytest.approx(0.5, abs=0.05)


def test_an_axis_that_tells_of_another_concept_too_is_not():
    noise = CHANCE.normal(size=(400, 2))
    mixed = SHOWN @ np.array([[1.0, 0.6], [0.0, 1.0]]) + 0.1 * noise
    pure = SHOWN + 0.1 * noise
    leaking, clean = (niche_impurity(axes, TABLE, TRAIN, TEST) for axes in (mixed, pure))
    assert leaking is not None and clean is not None
    assert leaking > clean + 0.05


def test_axes_that_follow_no_concept_at_all_leave_it_outside_of_every_niche():
    # Each concept is the sum of two axes, so that no single one is close to it.
    part = CHANCE.normal(size=400)
    axes = np.column_stack([SHOWN[:, 0] + 3 * part, part, SHOWN[:, 1]])
    found = niche_impurity(axes, ConceptTable(("a",), SHOWN[:, :1]), TRAIN, TEST)
    assert found is not None and found > 0.7


def test_an_axis_without_any_spread_tells_nothing():
    flat = np.ones((400, 2))
    assert niche_impurity(flat, TABLE, TRAIN, TEST) == pytest.approx(0.5)


def test_what_one_part_does_not_show_is_not_measured():
    absent = ConceptTable(("a",), np.zeros((400, 1), np.int8))
    assert niche_impurity(SHOWN.astype(float), absent, TRAIN, TEST) is None


def test_images_of_which_a_concept_is_unknown_do_not_count():
    values = SHOWN.copy()
    axes = SHOWN.astype(float)
    axes[:50], values[:50] = 7.0, -1
    assert niche_impurity(axes, ConceptTable(("a", "b"), values), TRAIN, TEST) == pytest.approx(
        0.5, abs=0.05
    )
