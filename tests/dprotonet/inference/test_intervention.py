import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dprotonet.errors import WrongRequest
from dprotonet.inference.decision import DecisionRule, runner_up
from dprotonet.inference.intervention import (
    Control,
    InterventionResult,
    Region,
    known_contributions,
    result_of,
)
from dprotonet.inference.prediction import Prediction, PrototypeMatch
from dprotonet.inference.support import Support

CLASSES = ("none", "mass", "edema")
NAMES = tuple(f"p{number:02d}" for number in range(5))
NUMBERS = st.floats(-20, 20, allow_subnormal=False)
RULE = DecisionRule(CLASSES, "none", 1.3, None, 0.4, None)
UNLIKE = Support("outside", 4.0, 1.0, 2.0, ("unlike what this model was trained on",))


def predicted(contributions):
    """The prediction that a predictor makes of these contributions, ``(K, P)``."""
    logits = {name: math.fsum(row) for name, row in zip(CLASSES, contributions, strict=True)}
    probabilities = RULE.probabilities(logits)
    label = RULE.label(probabilities)
    second = runner_up(logits, label)
    own = contributions[CLASSES.index(label)]
    against = contributions[CLASSES.index(second)]
    return Prediction(
        label=label,
        probabilities=probabilities,
        logits=logits,
        threshold=RULE.threshold,
        matches=tuple(
            PrototypeMatch(name, "mass", 0.5, own[i], against[i]) for i, name in enumerate(NAMES)
        ),
        closest_similarity=0.5,
        no_prototype_is_close=False,
        seconds=0.1,
        bundle="m",
        runner_up=second,
    )


def named(contributions):
    return {
        name: dict(zip(NAMES, row, strict=True))
        for name, row in zip(CLASSES, contributions, strict=True)
    }


tables = st.lists(st.lists(NUMBERS, min_size=5, max_size=5), min_size=3, max_size=3)


@given(tables)
def test_nothing_off_is_the_prediction_itself(table):
    before = predicted(table)
    after = result_of(before, named(table), RULE)
    assert (after.label, after.logits, after.probabilities) == (
        before.label,
        before.logits,
        before.probabilities,
    )
    assert after.evidence == {match.prototype: match.evidence for match in before.matches}


@given(tables, st.sets(st.sampled_from(NAMES)))
def test_prototypes_that_are_off_take_exactly_their_own_part_with_them(table, off):
    before = predicted(table)
    after = result_of(before, named(table), RULE, off=off)
    for name, row in named(table).items():
        gone = math.fsum(row[prototype] for prototype in off)
        assert after.logits[name] == pytest.approx(before.logits[name] - gone, abs=1e-12)
    # The difference between the same two classes falls by the evidence of what is off.
    gone = math.fsum(m.evidence for m in before.matches if m.prototype in off)
    left = after.logits[before.label] - after.logits[before.runner_up]
    assert left == pytest.approx(before.evidence - gone, abs=1e-12)
    assert math.fsum(after.evidence.values()) == pytest.approx(left, abs=1e-12)
    assert {name for name, value in after.evidence.items() if value} <= set(NAMES) - off


@given(tables)
def test_with_all_off_the_logits_are_those_without_any_evidence(table):
    after = result_of(predicted(table), named(table), RULE, off=NAMES)
    assert set(after.logits.values()) == {0.0}
    assert after.probabilities == RULE.probabilities(dict.fromkeys(CLASSES, 0.0))


def test_a_prediction_itself_says_what_adds_to_its_two_classes():
    table = [[1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 2.0, 2.0, 2.0, 2.0], [0.0, 0.0, 0.0, 0.0, 1.0]]
    known = known_contributions(predicted(table))
    assert known == {name: row for name, row in named(table).items() if name != "edema"}


def test_of_an_image_that_was_refused_nothing_can_be_tried():
    refused = Prediction(
        label=None,
        probabilities={},
        logits={},
        threshold=None,
        matches=(PrototypeMatch("p00", "mass", 0.5, 0.0),),
        closest_similarity=0.5,
        no_prototype_is_close=False,
        seconds=0.1,
        bundle="m",
        support=UNLIKE,
    )
    with pytest.raises(WrongRequest, match=r"makes no call here.*Unlike what this model"):
        result_of(refused, {}, RULE)


def test_a_prototype_that_is_not_there_is_named():
    table = [[0.0] * 5] * 3
    with pytest.raises(WrongRequest, match="no prototype “p77”"):
        result_of(predicted(table), named(table), RULE, off=("p77",))


def test_a_control_is_mean_and_standard_deviation_of_at_least_two_draws():
    draws = [{"mass": 0.2, "none": 0.8}, {"mass": 0.6, "none": 0.4}]
    control = Control.of(draws, in_body=True)
    assert control.mean == pytest.approx({"mass": 0.4, "none": 0.6})
    assert control.sd == pytest.approx({"mass": 0.08**0.5, "none": 0.08**0.5})
    assert control.draws == 2 and control.in_body
    assert Control.of(draws[:1], in_body=True) is None


def test_a_result_comes_back_from_json_as_it_was():
    whole = InterventionResult(
        "mass",
        {"mass": 1.0},
        {"mass": 2.0},
        {"p00": 0.5},
        0.1,
        Control({"mass": 0.4}, {"mass": 0.1}, 8, False),
        UNLIKE,
    )
    bare = InterventionResult("mass", {"mass": 1.0}, {"mass": 2.0}, {"p00": 0.5})
    for result in (whole, bare):
        assert InterventionResult.from_json(result.to_json()) == result


@pytest.mark.parametrize(
    "values", [{"mask": np.zeros((2, 2))}, {"action": "paint"}, {"fill": "zero"}]
)
def test_a_region_that_cannot_be_is_refused(values):
    with pytest.raises(ValueError, match=r"a region is|a fill is"):
        Region(**{"mask": np.zeros((2, 2), bool), **values})
