import numpy as np
import pytest

from training.evaluation.prototypes.summary import nearest_figures, prototype_figures


def test_class_purity_counts_the_most_similar_images_of_each_prototypes_class(predictor):
    bundle = predictor.bundle
    owner = np.array(bundle.options.prototype_classes)
    labels = np.array([0] * 10 + [1] * 10)
    similarities = (labels[:, None] == owner).astype(float)
    assert prototype_figures(bundle, similarities, labels)["class_purity"] == 1.0
    assert prototype_figures(bundle, 1 - similarities, labels)["class_purity"] == 0.0


def test_the_vectors_are_those_of_the_bundle(predictor):
    bundle = predictor.bundle
    vectors = bundle.model.prototypes.detach().numpy().astype(float)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    own = np.array(bundle.options.prototype_classes)
    pairs = [(p, q) for p in range(4) for q in range(p + 1, 4) if own[p] == own[q]]
    result = prototype_figures(bundle, np.eye(4), np.array([0, 0, 1, 1]))
    expected = np.mean([unit[p] @ unit[q] for p, q in pairs])
    assert result["within_class_cosine"] == pytest.approx(expected, abs=1e-4)
    assert result["pairs"] == len(pairs) == 2
    assert list(result["effective_rank_by_class"]) == list(bundle.classes)


def test_purity_is_the_mean_over_prototypes_and_distinct_the_mean_over_classes():
    # Two prototypes of class 0 show the same five of six images, the one of class 1 others.
    similarities = np.array([[5, 5, 0], [4, 4, 1], [3, 3, 2], [2, 2, 3], [1, 1, 4], [0, 0, 5.0]])
    labels = np.array([0, 0, 0, 1, 1, 1])
    result = nearest_figures(similarities, labels, np.array([0, 0, 1]))
    assert result == {"class_purity": 0.5, "distinct": 0.75}
