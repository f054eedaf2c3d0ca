import math
from dataclasses import replace

import pytest

from dprotonet.errors import WrongRequest
from dprotonet.inference.decision import DecisionRule, calibrated, runner_up
from dprotonet.inference.site_settings import SiteSettings
from tests.dprotonet.tiny_bundle import make_tiny_bundle

RULE = DecisionRule(("none", "mass", "edema"), "none", 2.0, None, 0.6, None)
LOGITS = {"none": 0.0, "mass": 2.0, "edema": -2.0}


def test_the_rule_of_a_bundle_and_that_of_a_site(tmp_path):
    bundle = make_tiny_bundle(tmp_path / "b", temperature=1.7)
    own = DecisionRule.of(bundle)
    assert (own.classes, own.negative_class) == (("none", "finding"), "none")
    assert (own.temperature, own.threshold, own.thresholds) == (1.7, 0.5, None)
    site = SiteSettings(
        bundle=bundle.digest,
        bundle_name=bundle.name,
        made_by="me",
        made_at="2026-11-26T12:00:00+00:00",
        images=10,
        patients=None,
        images_sha256="0" * 64,
        temperature=0.9,
        offsets={"none": 0.5, "finding": 0.0},
        threshold=0.7,
    )
    of_site = DecisionRule.of(bundle, site)
    assert (of_site.temperature, of_site.threshold) == (0.9, 0.7)
    assert of_site.offsets == {"none": 0.5, "finding": 0.0}
    with pytest.raises(WrongRequest, match="for the model tiny 1"):
        DecisionRule.of(bundle, replace(site, bundle="1" * 64))


def test_a_label_follows_the_threshold_on_all_findings_together():
    probabilities = RULE.probabilities(LOGITS)
    weights = [math.exp(value / 2) for value in LOGITS.values()]
    assert probabilities == pytest.approx(
        dict(zip(LOGITS, [w / sum(weights) for w in weights], strict=True))
    )
    assert RULE.label(probabilities) == "mass"
    assert replace(RULE, threshold=0.99).label(probabilities) == "none"


def test_classes_that_do_not_exclude_each_other_are_called_each_from_its_own_threshold():
    each = replace(
        RULE,
        negative_class=None,
        threshold=None,
        thresholds={"none": 0.9, "mass": 0.7, "edema": 0.2},
        offsets={"none": 0.0, "mass": 0.0, "edema": 1.0},
    )
    probabilities = each.probabilities(LOGITS)
    assert probabilities == pytest.approx(
        {"none": 0.5, "mass": 1 / (1 + math.exp(-1)), "edema": 0.5}
    )
    assert each.label(probabilities) == "mass + edema"


def test_an_offset_moves_a_logit_by_as_much_as_the_temperature_says():
    moved = calibrated(LOGITS, 2.0, {"none": 1.0, "mass": 0.0, "edema": 0.0})
    assert moved == pytest.approx(calibrated({**LOGITS, "none": 2.0}, 2.0))


def test_the_runner_up_is_the_next_class_and_of_one_class_there_is_none():
    assert runner_up(LOGITS, "mass") == "none"
    assert runner_up({"a": 1.0, "b": 0.5, "c": 0.5}, "a") == "b"
    assert runner_up({"a": 1.0}, "a") is None


def test_calibrated_probabilities_stand_the_largest_logits():
    assert calibrated({"a": 1e4, "b": -1e4}, 0.5) == {"a": 1.0, "b": 0.0}
    assert calibrated({"a": 3.0, "b": 3.0}, 2.0) == {"a": 0.5, "b": 0.5}
