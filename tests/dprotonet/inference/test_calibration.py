import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dprotonet.inference.calibration import (
    calls,
    class_probabilities,
    fit_offsets,
    fit_temperature,
    fit_threshold,
    log_loss,
    softmax,
)
from dprotonet.inference.prediction import decide, joined


def _images(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, 120)
    return np.eye(3)[labels] * 2.0 + rng.normal(0, 1.5, (120, 3)), labels


@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_the_temperature_never_makes_the_log_loss_worse(seed):
    logits, labels = _images(seed)
    fitted = log_loss(logits, labels, fit_temperature(logits, labels))
    assert fitted <= log_loss(logits, labels) + 1e-12


def test_sharper_logits_get_a_higher_temperature_and_the_same_probabilities():
    logits, labels = _images(1)
    once, thrice = fit_temperature(logits, labels), fit_temperature(3 * logits, labels)
    assert thrice == pytest.approx(3 * once, rel=0.03)


def test_a_temperature_keeps_the_order_of_the_classes():
    logits, _ = _images(2)
    for temperature in (0.1, 1.0, 8.0):
        order = softmax(logits, temperature).argsort(axis=1)
        assert (order == logits.argsort(axis=1)).all()


def test_the_threshold_stands_between_the_two_sides():
    positive = np.array([False, False, True, True])
    assert fit_threshold(np.array([0.1, 0.3, 0.7, 0.9]), positive) == pytest.approx(0.5)


def test_with_one_side_alone_the_threshold_is_a_half():
    assert fit_threshold(np.array([0.2, 0.4]), np.array([True, True])) == 0.5


def test_offsets_bring_each_class_to_its_own_frequency_and_keep_the_order():
    chance = np.random.default_rng(0)
    truth = chance.normal((-2.0, 1.0), 1.0, (4000, 2))
    labels = chance.random((4000, 2)) < 1 / (1 + np.exp(-truth))
    # What a weighted loss leaves: scaled, and too high as a whole.
    temperature, offsets = fit_offsets(2.0 * (truth + 1.5), labels)
    assert temperature == pytest.approx(2.0, rel=0.1)
    assert offsets == pytest.approx([-1.5, -1.5], abs=0.2)
    probabilities = class_probabilities(2.0 * (truth + 1.5), labels, temperature, offsets)
    assert probabilities.mean(axis=0) == pytest.approx(labels.mean(axis=0), abs=0.01)


def test_an_offset_stays_finite_where_validation_has_no_such_finding():
    _, offsets = fit_offsets(np.zeros((20, 2)), np.zeros((20, 2), dtype=bool))
    assert np.isfinite(offsets).all() and (offsets < -2).all()


@settings(max_examples=30)
@given(st.integers(0, 1000), st.floats(0.0, 1.0), st.booleans(), st.booleans())
def test_many_images_are_called_as_each_alone(seed, threshold, has_negative, has_thresholds):
    probabilities, classes = softmax(_images(seed)[0][:7]), ("none", "a", "b")
    probabilities[0] = 1 / 3  # ties go to the first
    rule = {
        "negative_class": "none" if has_negative else None,
        "threshold": threshold if has_negative else None,
        "thresholds": {"none": threshold, "a": 0.5, "b": 0.2} if has_thresholds else None,
    }
    made = calls(probabilities, classes, **rule)
    assert has_thresholds or (made.sum(axis=1) == 1).all()
    for row, call in zip(probabilities.tolist(), made, strict=True):
        names = tuple(name for name, is_called in zip(classes, call, strict=True) if is_called)
        assert joined(names) == decide(dict(zip(classes, row, strict=True)), **rule)
