import numpy as np
import pytest
import torch

from dprotonet.modeling.labels import owned
from training.evaluation import prototype_metrics as figures

SIZE = 224
PARTS = [{"beak": (40.0, 40.0), "tail": (180.0, 180.0)}] * 10
OWN = np.ones((10, 2), dtype=bool)


def planted():
    """Prototype 0 sits on the beak of every image, prototype 1 on nothing twice."""
    result = np.zeros((10, 2, 2), dtype=int)
    result[:, 0] = (42, 38)
    result[:5, 1], result[5:, 1] = (40, 40), (180, 180)
    return result


def test_a_prototype_on_one_part_is_consistent_and_one_that_wanders_is_not():
    assert figures.consistency(planted(), PARTS, OWN, SIZE).tolist() == [1.0, 0.0]


def test_a_part_that_is_hidden_does_not_count_against_a_prototype():
    parts = [*PARTS[:7], *[{"tail": (180.0, 180.0)}] * 3]
    assert figures.consistency(planted(), parts, OWN, SIZE)[0] == 1.0


def test_a_prototype_that_noise_moves_is_unstable():
    noisy = planted()
    noisy[:4, 0] = (180, 180)
    assert figures.stability(planted(), noisy, PARTS, OWN, SIZE).tolist() == [0.6, 1.0]


def test_purities_of_known_cases():
    similarities = np.linspace(1, 0, 10)[:, None].repeat(2, axis=1)
    result = figures.purity(planted(), PARTS, similarities, SIZE, k=8)
    assert result.tolist() == [1.0, 5 / 8]
    labels = np.array([0] * 5 + [1] * 5)
    assert figures.class_purity(similarities, owned(labels, np.array([0, 1])), k=8).tolist() == [
        5 / 8,
        3 / 8,
    ]


def test_the_peak_comes_back_on_the_network_grid():
    masks = torch.zeros(1, 1, 7, 7)
    masks[0, 0, 2, 5] = 1.0
    row, column = figures.peaks(masks, SIZE)[0, 0]
    assert 64 <= row < 96
    assert 160 <= column < 192


@pytest.mark.parametrize(("everywhere", "moves"), [(False, False), (True, True)])
def test_only_a_model_that_looks_outside_of_what_it_shows_is_misaligned(everywhere, moves):
    def look(images):
        masks = torch.zeros(len(images), 1, 7, 7)
        masks[:, :, 3, 3] = 1.0
        seen = images if everywhere else images[:, :, 100:124, 100:124]
        return seen.mean(dim=(1, 2, 3))[:, None], masks

    images, others = torch.ones(3, 3, SIZE, SIZE), torch.zeros(3, 3, SIZE, SIZE)
    result = figures.misalignment(look, images, others, np.zeros(3, dtype=int))
    assert (result > 0.5).all() if moves else (result == 0).all()
