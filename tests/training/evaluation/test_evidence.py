from dataclasses import replace

import numpy as np
import pytest

from dprotonet.inference.predictor import Predictor
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from training.datasets.samples import Evidence
from training.evaluation.evidence import EvidenceCheck, confirmed


@pytest.fixture(scope="module")
def called(predictor, samples, tmp_path_factory):
    """A predictor whose threshold lies between two images, the one called and the other one."""
    chances = [predictor.predict(s.load()).probabilities["finding"] for s in samples]
    least, most = int(np.argmin(chances)), int(np.argmax(chances))
    assert chances[least] < chances[most]
    threshold = (chances[least] + chances[most]) / 2
    bundle = make_tiny_bundle(tmp_path_factory.mktemp("cut") / "tiny", threshold=threshold)
    return (
        Predictor(bundle, gate=False),
        replace(samples[most], label=1),
        replace(samples[least], label=0),
    )


def resting_on(sample, without):
    """The sample, whose evidence is gone in another image."""
    mask = np.ones(without.shape, bool)
    return replace(sample, evidence=lambda: Evidence("text", mask, without))


def test_evidence_without_which_the_call_changes_is_confirmed(called):
    predictor, sample, other = called
    check = confirmed(predictor, resting_on(sample, other.load()))
    name = predictor.bundle.classes[sample.label]
    assert (check.kind, check.class_name, check.flips) == ("text", name, True)
    assert check.label_without == predictor.bundle.classes[other.label]
    before, after = (predictor.predict(s.load()).probabilities[name] for s in (sample, other))
    assert (check.probability, check.probability_without) == (before, after)


def test_evidence_without_which_nothing_changes_is_not(called):
    predictor, sample, _ = called
    check = confirmed(predictor, resting_on(sample, sample.load()))
    assert check.probability == check.probability_without
    assert not check.flips and not check.halves


def test_an_image_that_is_called_as_another_class_says_nothing(called):
    predictor, sample, other = called
    wrong = replace(resting_on(sample, other.load()), label=other.label)
    assert confirmed(predictor, wrong) is None


def test_nothing_is_checked_where_nothing_is_known_or_classes_go_together(called):
    predictor, sample, other = called
    assert confirmed(predictor, sample) is None
    several = replace(resting_on(sample, other.load()), label=-1, labels=(0, 1))
    assert confirmed(predictor, several) is None


@pytest.mark.parametrize(("left", "halves"), [(0.39, True), (0.41, False)])
def test_half_of_the_probability_is_the_line(left, halves):
    assert EvidenceCheck("text", "a", 0.8, left, "a").halves is halves
