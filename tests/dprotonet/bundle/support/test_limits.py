import json

import pytest

from dprotonet.bundle.support.limits import SupportLimits

LIMITS = SupportLimits("features.13", 1.1, 1.25, 515, 65)


def test_limits_come_back_from_json_unchanged():
    assert SupportLimits.from_json(json.loads(json.dumps(LIMITS.to_json()))) == LIMITS


@pytest.mark.parametrize(
    "change",
    [
        {"stage": ""},
        {"caution_from": 2.0},
        {"threshold": float("inf")},
        {"threshold": "1.25"},
        {"threshold": True},
        {"caution_from": -0.1},
        {"colour": 1},
    ],
)
def test_limits_that_make_no_sense_are_refused(change):
    with pytest.raises(ValueError, match="gate"):
        SupportLimits.from_json({**LIMITS.to_json(), **change})
