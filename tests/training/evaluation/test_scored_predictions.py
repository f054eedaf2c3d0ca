from dataclasses import fields

import numpy as np

from training.evaluation.scored_predictions import ScoredPredictions


def predictions(probabilities, labels, **changes):
    settings = {
        "classes": ("no", "a", "b"),
        "negative_class": "no",
        "probabilities": np.asarray(probabilities, dtype=float),
        "labels": np.asarray(labels),
        "patients": np.arange(len(labels)),
        "views": np.array(["AP"] * len(labels)),
        "threshold": 0.5,
    }
    return ScoredPredictions(**settings | changes)


def test_calls_follow_the_projects_one_decision_rule():
    own = predictions([[0.5, 0.3, 0.2], [0.7, 0.1, 0.2]], [1, 0])
    assert own.calls().tolist() == [1, 0]
    without = predictions([[0.5, 0.3, 0.2]] * 2, [1, 0], threshold=None)
    assert without.calls().tolist() == [0, 0]


def test_each_finding_of_a_multi_label_image_is_called_from_its_own_threshold():
    thresholds = {"no": 0.9, "a": 0.2, "b": 0.5}
    labels = np.array([[False, True, False]])
    own = predictions(
        [[0.8, 0.2, 0.4]], labels, negative_class=None, threshold=None, thresholds=thresholds
    )
    assert own.multi_label and own.calls().tolist() == [[False, True, False]]


def test_calls_of_pooled_images_are_taken_as_they_are():
    called = np.array([2, 1])
    own = predictions([[0.9, 0.1, 0.0]] * 2, [1, 0], called=called)
    assert own.calls() is called


def test_a_subset_keeps_every_column_of_its_images():
    own = predictions(
        [[0.5, 0.3, 0.2], [0.7, 0.1, 0.2], [0.1, 0.1, 0.8]],
        [1, 0, 2],
        called=np.array([1, 0, 2]),
        sexes=np.array(["F", "M", ""]),
        ages=np.array([40.0, 50.0, np.nan]),
    )
    rows = np.array([True, False, True])
    part = own.subset(rows)
    for field in fields(ScoredPredictions):
        whole, kept = getattr(own, field.name), getattr(part, field.name)
        if isinstance(whole, np.ndarray):
            np.testing.assert_array_equal(kept, whole[rows])
        else:
            assert kept == whole
