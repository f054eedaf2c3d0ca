from types import SimpleNamespace

import numpy as np
import torch

from training.datasets.phantom.dataset import phantom_samples
from training.datasets.phantom.parameters import Shortcut
from training.evaluation.prototypes import marker
from training.evaluation.prototypes.marker import MarkerImages, marker_figures, marker_shares


def network(weight):
    """Two classes of two prototypes each, with this last layer."""
    return SimpleNamespace(
        options=SimpleNamespace(
            image_size=224, classes=("none", "finding"), prototype_classes=(0, 0, 1, 1)
        ),
        prototype_ids=("p00", "p01", "p02", "p03"),
        head=SimpleNamespace(weight=torch.tensor(weight)),
        log_scale=torch.tensor(0.0),
    )


# p03 is the marker: class 1 is called by it alone on image 2, and image 3 has none when drawn
# without it. p02 sees the finding itself, less strongly than p00 says "none".
WEIGHT = [[1.0, 0.0, -1.0, -1.0], [-1.0, 0.0, 2.0, 1.0]]
WITHOUT = np.array([[0.9, 0, 0.1, 0.9], [0.8, 0, 0.2, 0.0], [0.3, 0, 0.4, 0.0], [0.5, 0, 0.1, 0.0]])
IMAGES = MarkerImages(
    similarities=np.array(
        [[0.9, 0.1, 0.1, 0.0], [0.8, 0.2, 0.2, 0.1], [0.3, 0.3, 0.4, 0.9], [0.5, 0.4, 0.1, 0.8]]
    ),
    distances=np.array([[np.inf] * 4, [np.inf] * 4, [90, 30, 10, 0.0], [80, 40, 60, 20.0]]),
    without=WITHOUT,
    labels=np.array([0, 0, 1, 1]),
    patients=np.array(["a", "b", "c", "d"]),
    reference=np.array([0, 0, 1, 1]),
)


def test_a_share_is_of_the_nearest_images_whose_peak_lies_within_20_px_of_the_marker():
    shares = marker_shares(IMAGES.similarities, IMAGES.distances, 20.0, k=2)
    assert shares.tolist() == [0.0, 0.0, 0.5, 1.0]
    nearer = marker_shares(IMAGES.similarities, IMAGES.distances, 19.9, k=2)
    assert nearer.tolist() == [0.0, 0.0, 0.5, 0.5]


def test_an_image_without_a_marker_counts_against_a_prototype():
    shares = marker_shares(IMAGES.similarities, IMAGES.distances, 20.0, k=4)
    assert shares.tolist() == [0.0, 0.0, 0.25, 0.5]


def test_the_prototype_of_the_largest_share_is_named_and_switched_off():
    result = marker_figures(network(WEIGHT), IMAGES, 1, resamples=5)
    assert (result["prototype"], result["class"], result["share"]) == ("p03", "finding", 0.5)
    assert (result["images"], result["with_marker"], result["within_px"]) == (4, 2, 20.0)
    # By hand, logits of "none" minus "finding": image 0: (.9 - .1 - .9) - (-.9 + .2 + .9) = -.3 is
    # wrong, and (.9 - .1) - (-.9 + .2) = 1.5 is right without p03. Image 1: .6 - (-.4) = 1: right.
    # Image 2: -.1 - .5 = -.6: right. Image 3: .4 - (-.3) = .7: wrong. p03 is 0 in these three.
    assert result["accuracy_without_marker"]["all_prototypes"]["value"] == 0.5
    assert result["accuracy_without_marker"]["switched_off"]["value"] == 0.75
    assert result["found_without_marker"]["switched_off"]["value"] == 0.5
    assert result["gain"]["value"] == 0.25
    assert result["accuracy_without_marker"]["reference"]["value"] == 1.0
    assert result["gap_to_reference"]["value"] == 0.25


def test_a_last_layer_that_was_fitted_without_the_prototype_is_scored_beside_the_others():
    asked = []

    def refit(prototype):
        asked.append(prototype)
        return np.array([[1.0, 0, -6, 0], [-1, 0, 6, 0]])

    result = marker_figures(network(WEIGHT), IMAGES, 1, refit=refit, resamples=5)
    assert asked == ["p03"]
    # By hand, half of "none" minus "finding": .3, -.4, -2.1 and -.1: image 1 alone is wrong.
    assert result["accuracy_without_marker"]["refitted"]["value"] == 0.75
    assert result["found_without_marker"]["refitted"]["value"] == 1.0
    assert result["found_without_marker"]["switched_off"]["value"] == 0.5
    assert set(result["accuracy_without_marker"]) == {
        *("all_prototypes", "switched_off", "refitted", "reference")
    }


def test_without_a_fitted_last_layer_the_gain_is_that_of_switching_off():
    result = marker_figures(network(WEIGHT), IMAGES, 1, refit=lambda _: None, resamples=5)
    assert "refitted" not in result["accuracy_without_marker"]
    assert result["gain"]["value"] == 0.25


def test_phantoms_are_passed_as_they_are_and_drawn_without_their_token(phantom_predictor):
    samples = phantom_samples(1, 12, size=96, shortcut=Shortcut("nodule", 1.0, 0.0))
    images = marker.marker_images(phantom_predictor, samples, phantom_predictor)
    token = np.array([s.facts.shortcut_token for s in samples])
    assert 0 < token.sum() < 12
    assert (np.isfinite(images.distances).all(axis=1) == token).all()
    changed = (images.similarities != images.without).any(axis=1)
    assert (changed == token).all()
    classes = phantom_predictor.bundle.classes
    plain = int(np.flatnonzero(~token)[0])
    label = phantom_predictor.predict(samples[plain].load()).probabilities
    assert images.reference[plain] == np.argmax([label[name] for name in classes])
