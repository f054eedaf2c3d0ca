import numpy as np
import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.editing.conditions import own_weights
from dprotonet.editing.head import last_layer
from tests.dprotonet.tiny_concepts import make_tiny_concept_bundle
from training.learning.axis_weights import fitted_weights
from training.learning.fine_tune import LearnSettings
from training.learning.judged_images import JudgedImages

NUMBERS = np.array([[0.8, -0.1, 0.2, 0.1], [-0.5, 0.6, -0.3, 0.2]])
NOTHING = torch.empty((0, 2), dtype=torch.int64)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_tiny_concept_bundle(tmp_path_factory.mktemp("axes") / "b")


def fitted(bundle: Bundle, *, artefacts=NOTHING, useful=NOTHING, corrected=NOTHING, **settings):
    judged = JudgedImages(
        torch.zeros(2, 3, 1, 1), ("a", "b"), artefacts, useful, corrected, frozenset(), 0
    )
    return fitted_weights(
        bundle, bundle.responses, 1.0, NUMBERS, judged, LearnSettings(**settings)
    )[0]


def pairs(*rows):
    return torch.tensor(rows, dtype=torch.int64)


def own(bundle, weights):
    return own_weights(bundle.reasons_options, weights, nonnegative=False)


def test_without_a_word_the_last_layer_is_the_parents(bundle):
    np.testing.assert_allclose(fitted(bundle), last_layer(bundle).weights, atol=1e-4)


def test_an_axis_that_is_an_artefact_adds_the_less_the_more_it_was_seen(bundle):
    before = np.abs(fitted(bundle)[:, 0]).sum()
    once = np.abs(fitted(bundle, artefacts=pairs((0, 0)))[:, 0]).sum()
    twice = np.abs(fitted(bundle, artefacts=pairs((0, 0), (1, 0)))[:, 0]).sum()
    assert before > 1.2 * once > 1.2 * twice > 0.0
    hard = fitted(bundle, artefacts=pairs((0, 0)), forget=1e6)
    assert np.abs(hard[:, 0]).max() < 1e-2, "and nothing in the end"
    assert np.abs(hard[:, 1]).max() > 1e-2


def test_a_useful_axis_counts_no_less_than_before(bundle):
    old = own(bundle, fitted(bundle))[1]
    words = {"corrected": pairs((1, 0), (1, 1)), "correct": 300.0}
    strained = own(bundle, fitted(bundle, **words, artefacts=pairs((1, 1))))[1]
    kept = own(bundle, fitted(bundle, **words, artefacts=pairs((1, 1)), useful=pairs((0, 1))))[1]
    assert strained < old - 1e-3
    assert kept >= max(old, 0.0) - 1e-6


def test_an_image_whose_class_was_corrected_is_called_more_like_it(bundle):
    def rises(weights, image, k):
        logits = NUMBERS[image] @ weights.T
        return logits[k] - logits[1 - k]

    for image, k in ((0, 0), (0, 1), (1, 0), (1, 1)):
        taught = fitted(bundle, corrected=pairs((image, k)))
        assert rises(taught, image, k) > rises(fitted(bundle), image, k) + 1e-3
