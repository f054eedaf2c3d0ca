import json
import math
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dprotonet.errors import WrongRequest
from dprotonet.inference.prediction import Prediction, PrototypeMatch, decide
from dprotonet.inference.support import Support

PREDICTION = Prediction(
    label="nodule",
    probabilities={"none": 0.25, "nodule": 0.75},
    logits={"none": -0.5, "nodule": 0.6},
    threshold=0.5,
    matches=(
        PrototypeMatch("p01", "nodule", 0.8, 0.7),
        PrototypeMatch("p00", "none", 0.2, -0.1),
    ),
    closest_similarity=0.8,
    no_prototype_is_close=False,
    seconds=0.1,
    bundle="0" * 64,
)


def test_a_prediction_comes_back_from_json_unchanged():
    assert Prediction.from_json(json.loads(json.dumps(PREDICTION.to_json()))) == PREDICTION
    assert PREDICTION.probability == 0.75


def test_the_evidence_of_all_matches_sums_to_the_difference_to_the_runner_up():
    matches = (
        PrototypeMatch("p01", "nodule", 0.8, 0.7, -0.35),
        PrototypeMatch("p00", "none", 0.2, -0.1, -0.15),
    )
    result = replace(PREDICTION, matches=matches, runner_up="none")
    assert [match.evidence for match in matches] == pytest.approx([1.05, 0.05])
    assert result.evidence == pytest.approx(1.1)
    assert Prediction.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_a_prediction_of_an_earlier_version_has_no_runner_up_and_sums_to_its_logit():
    data = PREDICTION.to_json()
    assert "runner_up" not in data and "against" not in data["matches"][0]
    result = Prediction.from_json(data)
    assert result.runner_up is None
    assert math.fsum(m.evidence for m in result.matches) == pytest.approx(result.evidence)


@pytest.mark.parametrize("runner_up", ["nodule", "effusion"])
def test_the_runner_up_is_another_class_of_the_model(runner_up):
    with pytest.raises(ValueError, match="runner-up"):
        replace(PREDICTION, runner_up=runner_up)


def test_without_a_threshold_the_most_probable_class_wins():
    assert decide({"a": 0.2, "b": 0.5, "c": 0.3}) == "b"
    assert decide({"a": 0.2, "b": 0.5, "c": 0.3}, negative_class="a") == "b"


def test_of_equally_probable_classes_the_first_wins():
    assert decide({"a": 0.5, "b": 0.5}) == "a"
    assert decide({"n": 0.2, "a": 0.4, "b": 0.4}, negative_class="n", threshold=0.5) == "a"


def test_at_the_threshold_the_finding_is_reported_though_the_negative_class_is_likelier():
    likely_negative = {"none": 0.7, "nodule": 0.2, "effusion": 0.1}
    rest = 1.0 - likely_negative["none"]
    assert decide(likely_negative, negative_class="none", threshold=rest) == "nodule"
    assert decide(likely_negative, negative_class="none", threshold=rest + 1e-9) == "none"


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_threshold_never_turns_a_negative_into_a_finding(p, low, high):
    low, high = sorted((low, high))
    probabilities = {"none": 1 - p, "nodule": p}
    at_low = decide(probabilities, negative_class="none", threshold=low)
    at_high = decide(probabilities, negative_class="none", threshold=high)
    assert not (at_low == "none" and at_high == "nodule")


def test_a_prediction_checks_itself():
    data = PREDICTION.to_json()
    with pytest.raises(ValueError, match="sum to 1"):
        Prediction.from_json({**data, "probabilities": {"none": 0.5, "nodule": 0.75}})
    with pytest.raises(ValueError, match="same classes"):
        Prediction.from_json({**data, "label": "effusion"})


OUTSIDE = Support("outside", 41.2, 15.0, 18.3, ("unlike what this model was trained on",))


def test_an_unsupported_image_keeps_similarities_and_nothing_else():
    withheld = replace(PREDICTION, support=OUTSIDE).withheld()

    assert (withheld.label, withheld.leading, withheld.probability) == (None, None, None)
    assert withheld.called == ()
    assert withheld.probabilities == withheld.logits == {}
    assert not withheld.supported
    assert [match.similarity for match in withheld.matches] == [0.8, 0.2]
    assert {match.contribution for match in withheld.matches} == {0.0}
    assert withheld.class_to_look_at("none") is withheld.class_to_look_at(None) is None
    assert withheld.probability_of_a_finding("none") is None
    assert withheld.probability_of_a_finding(None) is None
    assert Prediction.from_json(json.loads(json.dumps(withheld.to_json()))) == withheld
    with pytest.raises(WrongRequest, match=r"Unlike what this model was.* class:NAME"):
        withheld.require_leading()


@pytest.mark.parametrize(
    "support", [None, Support("inside", 1.0), Support("caution", 1.0, reasons=("at the edge",))]
)
def test_a_supported_image_keeps_its_label(support):
    prediction = replace(PREDICTION, support=support)

    assert prediction.supported
    assert prediction.withheld() is prediction
    assert prediction.require_leading() == "nodule"
    assert Prediction.from_json(json.loads(json.dumps(prediction.to_json()))) == prediction


def test_only_an_unsupported_image_may_lack_a_label():
    with pytest.raises(ValueError, match="unsupported"):
        replace(PREDICTION, label=None, probabilities={}, logits={})
    with pytest.raises(ValueError, match="no figures"):
        replace(PREDICTION, label=None, support=OUTSIDE)


def test_predictions_need_no_torch():
    code = "import sys, dprotonet.inference.prediction; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=".").returncode == 0


THRESHOLDS = {"mass": 0.5, "edema": 0.2, "nodule": 0.9}


def together(**probabilities):
    return Prediction(
        label=decide(probabilities, thresholds=THRESHOLDS),
        probabilities=probabilities,
        logits=dict.fromkeys(probabilities, 0.0),
        threshold=None,
        matches=(),
        closest_similarity=0.8,
        no_prototype_is_close=False,
        seconds=0.1,
        bundle="0" * 64,
        thresholds=THRESHOLDS,
    )


def test_classes_that_go_together_are_each_called_from_their_own_threshold():
    prediction = together(mass=0.6, edema=0.2, nodule=0.8)
    assert (prediction.label, prediction.called) == ("mass + edema", ("mass", "edema"))
    assert (prediction.leading, prediction.probability) == ("mass", 0.6)
    assert Prediction.from_json(json.loads(json.dumps(prediction.to_json()))) == prediction


def test_where_no_class_is_called_the_one_nearest_to_its_threshold_leads():
    prediction = together(mass=0.05, edema=0.1, nodule=0.5)
    assert (prediction.label, prediction.called, prediction.leading) == ("none called", (), "edema")


def test_a_label_that_is_not_what_the_thresholds_say_is_refused():
    data = together(mass=0.6, edema=0.2, nodule=0.8).to_json()
    with pytest.raises(ValueError, match="not what the thresholds say"):
        Prediction.from_json({**data, "label": "mass"})
    with pytest.raises(ValueError, match="outside of 0 and 1"):
        Prediction.from_json({**data, "probabilities": {**data["probabilities"], "mass": 1.2}})


def test_a_prediction_of_one_class_is_written_as_it_always_was():
    assert "thresholds" not in PREDICTION.to_json()
    assert (PREDICTION.leading, PREDICTION.called) == ("nodule", ("nodule",))
