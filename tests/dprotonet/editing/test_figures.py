import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dprotonet.editing.figures import auroc, figures_and_calls
from dprotonet.inference.calibration import Calibration


def test_auroc_is_the_mean_over_classes_and_ties_count_half():
    chance = np.random.default_rng(0)
    labels = chance.integers(0, 3, 40)
    scores = chance.integers(0, 5, (40, 3)) + (labels[:, None] == np.arange(3))
    truth = np.eye(3, dtype=bool)[labels]
    expected = np.mean([roc_auc_score(truth[:, k], scores[:, k]) for k in range(3)])
    assert auroc(scores.astype(float), truth) == pytest.approx(expected)
    assert auroc(scores.astype(float), np.ones((40, 3), bool)) is None


def test_calls_follow_the_threshold_on_the_negative_class():
    logits = np.log(np.array([[0.7, 0.3], [0.55, 0.45], [0.2, 0.8]]))
    labels = np.array([0, 1, 1])
    strict, calls = figures_and_calls(
        logits, labels, Calibration(1.0, 0.5), ("none", "ill"), "none"
    )
    assert calls[:, 1].tolist() == [False, False, True]
    assert strict.accuracy == pytest.approx(2 / 3) and strict.auroc == 1.0
    wary, calls = figures_and_calls(logits, labels, Calibration(1.0, 0.4), ("none", "ill"), "none")
    assert calls[:, 1].tolist() == [False, True, True] and wary.accuracy == 1.0
    assert wary.log_loss == pytest.approx(-np.log([0.7, 0.45, 0.8]).mean())


def test_multi_label_images_are_called_each_class_by_its_own_threshold():
    logits, labels = np.array([[2.0, -1.0], [-2.0, 1.0]]), np.array([[1, 1], [0, 1]], bool)
    chosen = Calibration(1.0, None, {"a": 0.5, "b": 0.2}, {"a": 0.0, "b": 0.0})
    figures, calls = figures_and_calls(logits, labels, chosen, ("a", "b"), None)
    assert calls.tolist() == [[True, True], [False, True]]
    assert figures.accuracy == 1.0 and figures.auroc is None
