import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dprotonet.prototypes.mixture import class_mixture, hardly_used, representatives

SIZES = (120, 60, 20)  # images of each of three directions


def _three_directions(seed, components=3, noise=0.1):
    """``(200, J, 16)`` unit vectors about three directions at right angles, which all components
    see, and the direction of each."""
    chance = np.random.default_rng(seed)
    axes = np.linalg.qr(chance.normal(size=(16, 3)))[0].T
    which = chance.permutation(np.repeat(np.arange(3), SIZES))
    vectors = axes[which] + chance.normal(0, noise, (200, 16))
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.repeat(vectors[:, None], components, axis=1), axes, which


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_three_separated_directions_of_a_class_are_found_whatever_their_sizes(seed):
    vectors, axes, which = _three_directions(seed)
    mixture = class_mixture(vectors, None, "cosine")
    cosines = mixture.means @ axes.T
    found = cosines.argmax(axis=1)
    assert sorted(found.tolist()) == [0, 1, 2]
    assert cosines.max(axis=1).min() > 0.97
    assert (found[mixture.responsibilities.argmax(axis=1)] == which).all()
    heaviest_first = mixture.weights[np.argsort(found)]
    assert heaviest_first[0] > heaviest_first[1] > heaviest_first[2]


def test_the_mixing_weights_are_the_fractions_of_the_images_up_to_momentum_and_smoothing():
    vectors, axes, _ = _three_directions(0)
    mixture = class_mixture(vectors, None, "cosine")
    weights = mixture.weights[np.argsort((mixture.means @ axes.T).argmax(axis=1))]
    assert mixture.weights.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(weights, np.array(SIZES) / 200, atol=0.03)
    few = class_mixture(vectors[:10], None, "cosine").weights
    assert abs(few - 1 / 3).max() < abs(mixture.weights - 1 / 3).max()  # ten images move it less


def test_the_means_of_a_class_are_pushed_apart(monkeypatch):
    vectors, _, _ = _three_directions(1, components=3, noise=0.6)
    apart = class_mixture(vectors, None, "cosine").means
    monkeypatch.setattr("dprotonet.prototypes.mixture.REPULSION", 0.0)
    near = class_mixture(vectors, None, "cosine").means
    pairs = np.triu_indices(3, 1)
    assert (apart @ apart.T)[pairs].mean() < (near @ near.T)[pairs].mean() - 0.01


def test_a_component_that_starts_far_from_all_images_is_called_hardly_used():
    # Two directions, three components, of which one starts on the far side of both.
    vectors, axes, which = _three_directions(2)
    vectors = vectors[which < 2]
    start = np.stack([axes[0], axes[1], -axes[0] - axes[1]])
    mixture = class_mixture(vectors, start, "cosine")
    others = mixture.weights[:2]
    assert hardly_used(mixture.weights).tolist() == [False, False, True] or others.min() > 0.25
    assert hardly_used(np.array([0.45, 0.45, 0.1])).tolist() == [False, False, False]
    assert hardly_used(np.array([0.48, 0.48, 0.04])).tolist() == [False, False, True]
    assert hardly_used(np.array([1.0])).tolist() == [False]


def test_lengths_count_where_the_similarity_is_the_log_of_a_distance():
    chance = np.random.default_rng(0)
    vectors = np.concatenate([np.full((30, 2, 4), 1.0), np.full((30, 2, 4), 5.0)])
    vectors += chance.normal(0, 0.1, (60, 1, 4))
    mixture = class_mixture(vectors, None, "log")
    np.testing.assert_allclose(np.sort(mixture.means[:, 0]), [1.0, 5.0], atol=0.15)


def test_more_components_than_images_give_finite_means():
    vectors, _, _ = _three_directions(0, components=4)
    mixture = class_mixture(vectors[:2], None, "cosine")
    assert np.isfinite(mixture.means).all() and np.isfinite(mixture.weights).all()


def test_an_outlier_is_no_representative():
    vectors, axes, _ = _three_directions(3)
    vectors[0] = -axes.sum(axis=0) / np.sqrt(3)
    chosen = representatives(vectors)
    assert sorted((chosen @ axes.T).argmax(axis=1).tolist()) == [0, 1, 2]
    assert (chosen @ axes.T).max(axis=1).min() > 0.7
