import numpy as np
import pytest
import torch

from training.evaluation.prototypes import perturbation

SIZE = 224


def looking_at(seen):
    """A network whose similarity is the mean of ``seen(images)``; its map is the middle cell."""

    def look(images):
        masks = torch.zeros(len(images), 1, 7, 7)
        masks[:, :, 3, 3] = 1.0
        return seen(images).mean(dim=(1, 2, 3))[:, None], masks

    return look


def everywhere(images):
    return images


def middle(images):
    return images[:, :, 104:120, 104:120]


def corner(images):
    return images[:, :, :20, :20]


IMAGES, OTHERS = torch.ones(3, 3, SIZE, SIZE), torch.zeros(3, 3, SIZE, SIZE)
FIRST = np.zeros(3, dtype=int)


def test_noise_is_clipped_and_the_same_for_the_same_seed():
    image = torch.full((3, 64, 64), 0.5)
    noise = perturbation.with_noise(image, 7) - image
    assert noise.abs().max() == pytest.approx(0.25, abs=1e-6)
    # A fifth lies beyond 1.25 standard deviations of a normal distribution: 21.1 %.
    assert (noise.abs() > 0.2499).float().mean() == pytest.approx(0.211, abs=0.01)
    assert noise[noise.abs() < 0.24].std() > 0.1
    assert torch.equal(perturbation.with_noise(image, 7), image + noise)
    assert not torch.equal(perturbation.with_noise(image, 8), image + noise)


def test_a_peak_is_stable_while_it_stays_in_its_own_box():
    centres = np.full((4, 2, 2), 100)
    noisy = centres.copy()
    noisy[0, 0] = (136, 64)  # at the edge
    noisy[1, 0] = (137, 100)  # beyond it
    noisy[2, 1] = (0, 0)
    own = np.array([[True, False], [True, False], [True, True], [True, False]])
    assert perturbation.peak_stability(centres, noisy, own, SIZE).tolist() == [0.75, 0.0]
    none = perturbation.peak_stability(centres, noisy, np.zeros((4, 2), dtype=bool), SIZE)
    assert np.isnan(none).all()


@pytest.mark.parametrize(("seen", "moves"), [(middle, False), (everywhere, True)])
def test_only_a_model_that_looks_outside_of_what_it_shows_is_misaligned(seen, moves):
    result = perturbation.misalignment(looking_at(seen), IMAGES, OTHERS, FIRST)
    assert (result > 0.5).all() if moves else (result == 0).all()


def test_a_map_that_shows_what_counts_notices_the_focused_perturbation_alone():
    focused, dual, shown = perturbation.focused_and_dual(looking_at(middle), IMAGES, OTHERS, FIRST)
    assert focused.tolist() == [-1.0] * 3 and dual.tolist() == [0.0] * 3
    assert (shown > (24 / SIZE) ** 2).all() and (shown < (34 / SIZE) ** 2).all()


def test_a_map_that_shows_another_place_notices_the_dual_perturbation_alone():
    focused, dual, _ = perturbation.focused_and_dual(looking_at(corner), IMAGES, OTHERS, FIRST)
    assert focused.tolist() == [0.0] * 3 and dual.tolist() == [-1.0] * 3


def test_a_model_that_looks_everywhere_notices_each_by_the_area_that_it_replaces():
    focused, dual, shown = perturbation.focused_and_dual(
        looking_at(everywhere), IMAGES, OTHERS, FIRST
    )
    assert focused == pytest.approx(-shown, abs=1e-5)
    assert dual == pytest.approx(-(1 - shown), abs=1e-5)


def test_a_similarity_near_zero_has_no_relative_change():
    dark = IMAGES * 0.04
    focused, dual, _ = perturbation.focused_and_dual(looking_at(middle), dark, OTHERS, FIRST)
    assert np.isnan(focused).all() and np.isnan(dual).all()


def test_a_similarity_that_falls_below_zero_changes_by_its_size():
    before, after = np.array([0.5, -0.5]), np.array([-0.5, -1.0])
    assert perturbation.relative_change(before, after).tolist() == [-2.0, -1.0]
