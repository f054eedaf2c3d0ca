"""The formulas give the figures of the papers that they are from."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from app.domain.studies.agreement import (
    auc,
    cohen_kappa,
    fleiss_kappa,
    icc,
    mean_of,
    proportion,
    resampled,
)

FLEISS_1971 = """
00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""
"""Table 1: 30 patients, six psychiatrists, five diagnoses."""
SHROUT_FLEISS_1979 = [
    [9, 2, 5, 8],
    [6, 1, 3, 2],
    [8, 4, 6, 8],
    [7, 1, 2, 6],
    [10, 5, 6, 9],
    [6, 2, 4, 7],
]
"""Table 2: six targets, four judges."""


def test_fleiss_kappa_is_that_of_the_paper() -> None:
    counts = np.array([[int(digit) for digit in row] for row in FLEISS_1971.split()])
    assert counts.shape == (30, 5) and set(counts.sum(1)) == {6}
    assert (counts.sum(0) / 180).round(3).tolist() == [0.144, 0.144, 0.167, 0.306, 0.239]
    kappa = fleiss_kappa(counts)
    assert kappa is not None and round(kappa, 3) == 0.430


def test_fleiss_kappa_takes_cases_with_fewer_reads_and_leaves_out_single_ones() -> None:
    assert fleiss_kappa(np.array([[2, 0], [0, 3], [1, 0]])) == pytest.approx(1.0)
    assert fleiss_kappa(np.array([[2, 0], [3, 0]])) is None
    assert fleiss_kappa(np.array([[1, 0]])) is None


def test_icc_is_that_of_the_paper() -> None:
    value = icc(np.array(SHROUT_FLEISS_1979, dtype=float))
    assert value is not None and round(value, 2) == 0.29
    assert icc(np.ones((3, 2))) is None and icc(np.ones((1, 2))) is None


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_cohens_kappa_agrees_with_another_program(weights: str) -> None:
    chance = np.random.default_rng(1)
    first = chance.integers(0, 4, 60)
    second = np.where(chance.random(60) < 0.6, first, chance.integers(0, 4, 60))
    known = cohen_kappa_score(first, second, weights=None if weights == "none" else weights)
    assert cohen_kappa(first, second, kinds=4, weights=weights) == pytest.approx(known)  # type: ignore[arg-type]


def test_cohens_kappa_of_a_known_table_and_where_there_is_none() -> None:
    first = np.repeat([0, 0, 1, 1], [20, 5, 10, 15])
    second = np.repeat([0, 1, 0, 1], [20, 5, 10, 15])
    assert cohen_kappa(first, second, kinds=2) == pytest.approx(0.4)
    assert cohen_kappa(first[:0], second[:0], kinds=2) is None
    assert cohen_kappa(first[:20], second[:20], kinds=2) is None


def test_the_area_under_the_curve_counts_ties_half() -> None:
    chance = np.random.default_rng(2)
    scores, truth = chance.integers(1, 11, 50), chance.random(50) < 0.4
    assert auc(scores, truth) == pytest.approx(roc_auc_score(truth, scores))
    assert auc(scores, np.ones(50, bool)) is None


def test_a_proportion_has_wilsons_interval() -> None:
    # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I.
    found = proportion(81, 263)
    assert (round(found.low or 0, 4), round(found.high or 0, 4)) == (0.2553, 0.3662)
    none = proportion(0, 20)
    assert (none.value, none.low, round(none.high or 0, 4)) == (0.0, 0.0, 0.1611)
    assert proportion(0, 0).value is None


def test_resampling_gives_the_interval_of_a_mean() -> None:
    values = np.random.default_rng(3).normal(5.0, 2.0, 400)
    found = resampled(lambda drawn: float(values[drawn].mean()), 400)
    half = 1.96 * values.std() / 20
    assert found.value == pytest.approx(values.mean()) and found.n == 400
    assert found.low == pytest.approx(values.mean() - half, abs=0.03)
    assert found.high == pytest.approx(values.mean() + half, abs=0.03)
    again = resampled(lambda drawn: float(values[drawn].mean()), 400)
    assert (again.low, again.high) == (found.low, found.high)


def test_an_interval_that_most_draws_leave_undefined_is_none() -> None:
    rare = resampled(lambda drawn: 1.0 if set(drawn) == {0, 1, 2, 3} else None, 4)
    assert (rare.value, rare.low, rare.high) == (1.0, None, None)
    assert resampled(lambda drawn: 1.0, 0).value is None


def test_a_mean_is_known_where_all_its_parts_are() -> None:
    assert mean_of([1.0, 2.0]) == 1.5
    assert mean_of([1.0, None]) is None is mean_of([])
