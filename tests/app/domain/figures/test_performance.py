"""Rates, intervals and weeks, computed from what was read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.figures.performance import (
    TOO_FEW,
    Read,
    Score,
    band,
    by_week,
    quantile,
    shares,
    slices,
    wilson,
)

READ = Read(False, "finding", 0.7, "DX", "PA", "upload", "")
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def test_the_interval_is_that_of_wilson() -> None:
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(0, 200))
def test_the_interval_holds_the_rate(one: int, other: int) -> None:
    low, high = wilson(one, one + other)
    assert 0 <= low <= high <= 1
    if one + other:
        assert low - 1e-9 <= one / (one + other) <= high + 1e-9


def test_the_worst_slice_comes_first_and_few_images_have_no_rate() -> None:
    lateral = replace(READ, view="LL")
    reads = [
        *[replace(READ, is_rejected=n < 2) for n in range(40)],
        *[replace(lateral, is_rejected=n < 12) for n in range(20)],
        *[replace(READ, view="AP", is_rejected=True) for _ in range(TOO_FEW - 1)],
    ]
    found = slices(reads)
    assert (found.overall.read, found.overall.rejected) == (69, 23)
    views = [row for row in found.rows if row.kind == "view"]
    assert [row.name for row in views] == ["LL", "PA", "AP"]
    assert found.rows[0] == views[0] and views[0].rate == 0.6
    assert views[2].rate == 1.0 and not views[2].has_rate


def test_what_a_file_does_not_state_is_a_slice_too() -> None:
    found = slices([replace(READ, view="", modality=""), READ])
    names = {(row.kind, row.name) for row in found.rows}
    assert {("view", "not stated"), ("modality", "not stated")} <= names
    assert not any(row.kind == "label" for row in found.rows), "it would hold all images"


@pytest.mark.parametrize(
    ("probability", "name"),
    [(0.0, "0 to 50 %"), (0.5, "50 to 60 %"), (0.999, "90 to 100 %"), (1.0, "90 to 100 %")],
)
def test_every_probability_has_one_band(probability: float, name: str) -> None:
    assert band(probability) == name


def test_weeks_begin_on_monday_and_count_what_was_said() -> None:
    scores = [
        Score(MONDAY - timedelta(seconds=1), 0.4, False, False),
        Score(MONDAY, 0.2, False, False),
        Score(MONDAY + timedelta(days=3), 0.8, True, False),
        Score(MONDAY + timedelta(days=6, hours=23), None, False, True),
    ]
    before, week = by_week(reversed(scores))
    assert (before.start, week.start) == (date(2026, 2, 23), date(2026, 3, 2))
    assert (week.images, week.refused, week.called) == (3, 1, 1)
    assert week.fraction_called == 0.5
    assert week.quantiles == pytest.approx((0.26, 0.35, 0.5, 0.65, 0.74))
    (refused,) = by_week([scores[3]])
    assert refused.fraction_called is None and refused.quantiles == ()


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0, 1))
def test_a_quantile_lies_among_the_values(values: list[float], at: float) -> None:
    values.sort()
    assert values[0] - 1e-12 <= quantile(values, at) <= values[-1] + 1e-12
    assert quantile(values, 0) == values[0] and quantile(values, 1) == values[-1]


def test_shares_count_evidence_in_either_direction_and_sum_to_one() -> None:
    assert shares([{"p0": 1.0, "p1": -2.0}, {"p1": 1.0}]) == {"p0": 0.25, "p1": 0.75}
    assert shares([{"p0": 0.0}]) == shares([]) == {}
