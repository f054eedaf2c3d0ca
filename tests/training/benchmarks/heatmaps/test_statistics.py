import numpy as np
import pytest

from training.benchmarks.heatmaps.statistics import difference, holm, two_sided_p
from training.evaluation.metrics import patient_draws


def test_holm_on_worked_numbers():
    # In order .005 × 4, .01 × 3, .03 × 2, and .04 × 1 raised to what came before it.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.5]) == [1.0, 1.0]
    assert holm([]) == []


def test_p_is_never_below_what_the_resamples_can_tell():
    assert two_sided_p(np.full(99, 0.3)) == pytest.approx(2 / 100)
    assert two_sided_p(np.zeros(99)) == 1.0
    assert two_sided_p(np.array([1.0, 1.0, 1.0, -1.0])) == pytest.approx(2 * 2 / 5)


def test_the_sign_says_who_is_ahead_and_p_does_not_depend_on_it():
    chance = np.random.default_rng(0)
    first = chance.normal(0.3, 1.0, 60)
    other = np.zeros(60)
    draws = patient_draws(np.arange(60), 2000)
    one, two = difference(first, other, draws), difference(other, first, draws)
    assert one.interval.value == pytest.approx(first.mean())
    assert one.interval.value == pytest.approx(-two.interval.value)
    assert one.p == two.p
    assert one.interval.low < one.interval.value < one.interval.high


def test_images_of_one_patient_do_not_count_as_many():
    apart = np.repeat([0.5, 0.4, -0.3, 0.2], 10)
    many = difference(apart, np.zeros(40), patient_draws(np.arange(40), 2000))
    few = difference(apart, np.zeros(40), patient_draws(np.repeat(np.arange(4), 10), 2000))
    assert few.p > many.p
