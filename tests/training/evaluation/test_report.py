import numpy as np
import pytest

from training.evaluation.report import paired_difference, report
from training.evaluation.scored_predictions import ScoredPredictions


def _predictions(probabilities, labels, **changes):
    settings = {
        "classes": ("no", "yes"),
        "negative_class": "no",
        "probabilities": np.asarray(probabilities, dtype=float),
        "labels": np.asarray(labels),
        "patients": np.arange(len(labels)),
        "views": np.array(["AP", "PA"] * (len(labels) // 2)),
        "threshold": 0.5,
    }
    return ScoredPredictions(**settings | changes)


def _pairs(scores):
    return np.stack([1 - np.asarray(scores), scores], axis=1)


def test_a_report_has_every_figure_with_its_interval_and_each_view():
    result = report(
        _predictions(_pairs([0.1, 0.8, 0.3, 0.9, 0.2, 0.4]), [0, 1, 0, 1, 0, 1]), resamples=50
    )
    for name in ("auroc", "accuracy", "sensitivity", "specificity"):
        assert set(result[name]) == {"value", "low", "high"}
    assert result["accuracy"]["value"] == pytest.approx(5 / 6, abs=1e-3)
    assert result["sensitivity"]["value"] == pytest.approx(2 / 3, abs=1e-3)
    assert result["specificity"]["value"] == 1.0
    assert set(result["by_view"]) == {"AP", "PA"}
    assert result["by_view"]["AP"]["films"] == 3
    assert {"ece", "brier", "curves", "films_by_class", "threshold"} <= set(result)
    assert result["curves"]["roc"]["yes"]["true_positive_rate"][-1] == 1.0


def test_the_same_model_twice_differs_by_nothing_and_a_worse_one_by_something():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 80)
    good = _predictions(_pairs(0.6 * labels + 0.4 * rng.random(80)), labels)
    poor = _predictions(_pairs(rng.random(80)), labels)
    same = paired_difference(good, good, resamples=50)
    assert same == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert paired_difference(good, poor, resamples=50)["low"] > 0
