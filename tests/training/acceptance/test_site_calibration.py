from __future__ import annotations

import numpy as np
import pytest

from dprotonet.inference.decision import calibrated
from dprotonet.inference.prediction import decide
from training.acceptance import site_calibration
from training.acceptance.site_calibration import fit, folds_of, out_of_fold, too_few
from training.evaluation.scored_predictions import ScoredPredictions

CLASSES = ("none", "finding", "other")
OWN = {"temperature": 1.0, "offsets": np.zeros(3)}


def shifted(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are twice too large, and too high for the first class."""
    chance = np.random.default_rng(seed)
    odds = chance.normal(0, 2, (count, 3))
    probabilities = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    labels = np.array([chance.choice(3, p=row) for row in probabilities])
    return 2.0 * odds + np.array([3.0, 0.0, 0.0]), labels


def scored(logits: np.ndarray, labels: np.ndarray, patients: np.ndarray) -> ScoredPredictions:
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    views = np.array([""] * len(labels))
    return ScoredPredictions(CLASSES, "none", p, labels, patients, views, 0.5)


def test_what_the_site_differs_by_is_found() -> None:
    logits, labels = shifted(4000)
    fitted = fit(logits, labels, negative=0, **OWN)
    assert fitted.temperature == pytest.approx(2.0, abs=0.25)
    assert fitted.offsets[0] - fitted.offsets[1] == pytest.approx(-1.5, abs=0.25)
    assert fitted.offsets[1] - fitted.offsets[2] == pytest.approx(0.0, abs=0.2)


def test_few_images_stay_near_the_models_own_calibration() -> None:
    logits = np.array([[9.0, 0.0, 0.0], [0.0, 9.0, 0.0]])  # separable: log-loss alone has no end
    fitted = fit(logits, np.array([0, 1]), negative=0, **OWN)
    assert 0.5 < fitted.temperature < 2.0
    assert np.abs(fitted.offsets).max() < 0.1


def test_calls_are_those_of_the_one_decision_rule() -> None:
    logits, labels = shifted(60)
    fitted = fit(logits, labels, negative=0, **OWN)
    p = fitted.probabilities(logits)
    offsets = dict(zip(CLASSES, fitted.offsets.tolist(), strict=True))
    images = scored(logits, labels, np.arange(60))
    called = fitted.applied_to(images, p).calls()
    assert not np.array_equal(called, images.calls())  # the threshold was another one
    for row, call in zip(logits.tolist(), called.tolist(), strict=True):
        alone = calibrated(dict(zip(CLASSES, row, strict=True)), fitted.temperature, offsets)
        assert CLASSES[call] == decide(alone, negative_class="none", threshold=fitted.threshold)


def test_figures_after_recalibration_are_of_images_that_were_not_fitted_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logits, labels = shifted(90)
    patients = np.array([f"p{n // 3}" for n in range(90)])
    seen: list[set[tuple[float, ...]]] = []

    def noted(some: np.ndarray, *args: object, **named: object) -> object:
        seen.append({tuple(row) for row in some.tolist()})
        return fit(some, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(site_calibration, "fit", noted)
    out_of_fold(logits, scored(logits, labels, patients), **OWN)
    folds = folds_of(labels, patients)
    for fold, fitted_on in enumerate(seen):
        held = {tuple(row) for row in logits[folds == fold].tolist()}
        assert held and not held & fitted_on
        assert held | fitted_on == {tuple(row) for row in logits.tolist()}


def test_recalibration_on_noise_promises_nothing() -> None:
    chance = np.random.default_rng(3)
    logits, labels = chance.normal(size=(200, 3)), chance.integers(0, 3, 200)
    patients = np.arange(200)
    result = out_of_fold(logits, scored(logits, labels, patients), **OWN)
    negative_call = result.calls() == 0
    found = labels != 0
    youden = (~negative_call)[found].mean() - (~negative_call)[~found].mean()
    assert youden < 0.15  # fitted and judged on the same images it would look better than chance


def test_a_patient_is_in_one_fold() -> None:
    patients = np.array([f"p{n // 4}" for n in range(40)])
    folds = folds_of(np.arange(40) % 2, patients)
    assert all(len(set(folds[patients == name])) == 1 for name in set(patients))
    assert set(folds) == set(range(site_calibration.FOLDS))


def test_several_labels_get_a_threshold_each() -> None:
    chance = np.random.default_rng(0)
    logits = chance.normal(0, 2, (400, 3))
    labels = chance.random((400, 3)) < 1 / (1 + np.exp(-(logits - np.array([0.0, 2.0, 0.0]))))
    fitted = fit(logits, labels, negative=None, **OWN)
    assert fitted.threshold is None and fitted.thresholds is not None
    assert fitted.offsets[1] == pytest.approx(-2.0, abs=0.6)
    p = fitted.probabilities(logits)
    images = scored(logits, labels, np.arange(400))
    assert np.array_equal(fitted.applied_to(images, p).calls(), p >= fitted.thresholds)


@pytest.mark.parametrize(
    ("labels", "negative", "patients", "reason"),
    [
        ([0] * 10 + [1] * 9, 0, range(19), "9 image(s) with a finding, fewer than 10"),
        ([0] * 9 + [1] * 10, 0, range(19), "9 image(s) without a finding, fewer than 10"),
        ([0] * 10 + [1] * 10, 0, [n % 4 for n in range(20)], "images of 4 patient(s)"),
        ([1] * 30, None, range(30), "fewer than 10 images of a class"),
        ([0] * 10 + [1] * 10, 0, range(20), ""),
    ],
)
def test_too_few_images_are_said(
    labels: list[int], negative: int | None, patients: list[int], reason: str
) -> None:
    result = too_few(np.array(labels), negative, np.array(list(patients)))
    assert result.startswith(reason) and bool(result) == bool(reason)
