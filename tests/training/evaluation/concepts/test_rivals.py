import numpy as np
import pytest

from training.evaluation.concepts.rivals import RIVALS, rival_scores
from training.evaluation.metrics import binary_auroc


def case(count=200):
    chance = np.random.default_rng(0)
    shown = chance.integers(0, 2, count).astype(np.int8)
    features = chance.normal(0.0, 1.0, (count, 6))
    features[:, 3] -= 2.0 * shown  # this channel is lower where the concept is shown
    return features, shown


@pytest.mark.parametrize("rival", RIVALS)
def test_a_rival_finds_what_a_channel_shows_in_images_it_was_not_fitted_to(rival):
    features, shown = case()
    scores = rival_scores(rival, features, shown, np.arange(100))
    found = binary_auroc(scores[100:], shown[100:] == 1, np.ones((1, 100)))
    assert float(found[0]) > 0.85


@pytest.mark.parametrize("rival", RIVALS)
def test_images_of_which_nothing_is_known_are_not_fitted_to(rival):
    features, shown = case()
    unknown = np.where(np.arange(200) % 2, -1, shown).astype(np.int8)
    other = features.copy()
    other[1::2] = 100.0
    first = rival_scores(rival, features, unknown, np.arange(200))
    second = rival_scores(rival, other, unknown, np.arange(200))
    assert np.allclose(first[::2], second[::2])
