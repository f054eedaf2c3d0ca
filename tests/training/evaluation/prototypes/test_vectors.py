import numpy as np
import pytest

from training.evaluation.prototypes.vectors import (
    across_class_cosines,
    effective_rank,
    effective_ranks,
    vector_figures,
    within_class_cosines,
)

# Class 0: two equal directions and one across; class 1: two opposite ones.
PROTOTYPES = np.array([[1.0, 0, 0], [3.0, 0, 0], [0, 2.0, 0], [0, 0, 1.0], [0, 0, -4.0]])
OWNER = np.array([0, 0, 0, 1, 1])


def test_cosines_are_of_every_pair_of_a_class_once():
    assert within_class_cosines(PROTOTYPES, OWNER).tolist() == [1.0, 0.0, 0.0, -1.0]
    assert across_class_cosines(PROTOTYPES, OWNER).tolist() == [0.0] * 6


def test_as_many_orthogonal_vectors_have_their_number_as_rank_and_equal_ones_have_one():
    assert effective_rank(np.diag([1.0, 5.0, 2.0])) == pytest.approx(3.0)
    assert effective_rank(np.array([[1.0, 1.0], [2.0, 2.0], [0.5, 0.5]])) == pytest.approx(1.0)


def test_two_vectors_60_degrees_apart_have_the_rank_that_their_singular_values_give():
    # Singular values sqrt(1 ± 1/2); fractions of their sum, then the exponential of the entropy.
    values = np.sqrt([1.5, 0.5])
    fractions = values / values.sum()
    expected = np.exp(-(fractions * np.log(fractions)).sum())
    vectors = np.array([[1.0, 0.0], [0.5, np.sqrt(0.75)]])
    assert effective_rank(vectors) == pytest.approx(expected)
    assert expected == pytest.approx(1.9286, abs=1e-4)


def test_each_class_has_a_rank_of_its_own():
    # Of two equal unit vectors and one across: singular values sqrt(2) and 1.
    values = np.array([np.sqrt(2), 1.0]) / (np.sqrt(2) + 1)
    first = np.exp(-(values * np.log(values)).sum())
    assert effective_ranks(PROTOTYPES, OWNER, 2) == pytest.approx([first, 1.0])


def test_the_figures_count_pairs_above_each_level():
    at_93 = np.array([[1.0, 0.0], [0.93, np.sqrt(1 - 0.93**2)], [1.0, 0.0]])
    figures = vector_figures(at_93, np.array([0, 0, 0]), ("a",))
    assert (figures["pairs"], figures["pairs_above_95"], figures["pairs_above_90"]) == (3, 1, 3)
    assert figures["within_class_cosine"] == pytest.approx((0.93 + 1.0 + 0.93) / 3, abs=1e-4)
    assert figures["largest_cosine"] == 1.0
    assert figures["largest_cosine_across_classes"] is None


def test_classes_of_one_prototype_have_no_pair():
    figures = vector_figures(np.eye(2), np.array([0, 1]), ("a", "b"))
    assert figures["within_class_cosine"] is None and figures["largest_cosine"] is None
    assert figures["effective_rank_by_class"] == {"a": 1.0, "b": 1.0}
    assert figures["largest_cosine_across_classes"] == 0.0
