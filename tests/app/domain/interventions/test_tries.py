"""What came of a change."""

import pytest

from app.domain.interventions.tries import stands_out
from dprotonet.inference.intervention import Control, InterventionResult


@pytest.mark.parametrize(
    "after, sd, expected",
    [(0.5, 0.1, False), (0.71, 0.1, True), (0.29, 0.1, True), (0.5, 0, False)],
)
def test_a_region_stands_out_beyond_two_standard_deviations(
    after: float, sd: float, expected: bool
) -> None:
    control = Control({"mass": 0.5}, {"mass": sd}, 8, True)
    result = InterventionResult("mass", {"mass": after}, {"mass": 0.0}, {}, 0.1, control)
    assert stands_out(result, "mass") is expected


def test_without_a_control_nothing_is_said() -> None:
    assert stands_out(InterventionResult("mass", {"mass": 1.0}, {"mass": 0.0}, {}), "mass") is None
