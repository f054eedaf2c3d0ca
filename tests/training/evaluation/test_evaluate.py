from types import SimpleNamespace

import numpy as np
import pytest

from dprotonet.errors import ReadableError
from training.evaluation.evaluate import (
    check_classes,
    evaluate_samples,
    phantom_test_samples,
    recipe_of,
)
from training.recipe import load_recipe


def test_samples_are_predicted_as_for_a_reader_and_scored(predictor, samples):
    result = evaluate_samples(predictor.bundle, samples, "test", resamples=5)
    assert (result["split"], result["films"], result["patients"]) == ("test", 8, 4)
    right = [
        predictor.predict(sample.load()).label == predictor.bundle.classes[sample.label]
        for sample in samples
    ]
    assert result["accuracy"]["value"] == pytest.approx(np.mean(right), abs=1e-4)
    assert result["prototypes"]["count"] == 4
    assert 0.0 < result["prototypes"]["distinct"] <= 1.0


def test_a_bundle_whose_card_names_no_recipe_is_refused(predictor):
    with pytest.raises(ReadableError, match="names no recipe"):
        recipe_of(predictor.bundle)


def test_data_with_other_classes_or_with_several_findings_are_refused(predictor):
    other = SimpleNamespace(multi_label=False, classes=("cat", "dog"))
    with pytest.raises(ReadableError, match="has the classes cat, dog"):
        check_classes(predictor.bundle, other)
    several = SimpleNamespace(multi_label=True, classes=predictor.bundle.classes)
    with pytest.raises(ReadableError, match="any number of classes"):
        check_classes(predictor.bundle, several)


def test_phantoms_without_marks_are_not_given_for_marked_ones():
    recipe = load_recipe("phantom", ["phantom_films=8", "planted=text"])
    with pytest.raises(ReadableError, match="with a planted mark"):
        phantom_test_samples(recipe)
