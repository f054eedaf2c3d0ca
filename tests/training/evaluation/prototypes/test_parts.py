import numpy as np

from training.evaluation.prototypes import parts as of_parts

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
    assert of_parts.consistency(planted(), PARTS, OWN, SIZE).tolist() == [1.0, 0.0]


def test_a_prototype_is_consistent_from_eight_of_ten_images_on():
    centres = planted()
    centres[:2, 0] = (180, 180)
    assert of_parts.consistency(centres, PARTS, OWN, SIZE)[0] == 1.0
    centres[2, 0] = (180, 180)
    assert of_parts.consistency(centres, PARTS, OWN, SIZE)[0] == 0.0


def test_a_part_that_is_hidden_does_not_count_against_a_prototype():
    parts = [*PARTS[:7], *[{"tail": (180.0, 180.0)}] * 3]
    assert of_parts.consistency(planted(), parts, OWN, SIZE)[0] == 1.0


def test_a_prototype_that_noise_moves_is_unstable():
    noisy = planted()
    noisy[:4, 0] = (180, 180)
    assert of_parts.stability(planted(), noisy, PARTS, OWN, SIZE).tolist() == [0.6, 1.0]


def test_purities_of_known_cases():
    similarities = np.linspace(1, 0, 10)[:, None].repeat(2, axis=1)
    result = of_parts.purity(planted(), PARTS, similarities, SIZE, k=8)
    assert result.tolist() == [1.0, 5 / 8]


def test_peaks_inside_are_counted_among_the_images_of_the_class_that_have_a_mask():
    mask = np.zeros((SIZE, SIZE), dtype=bool)
    mask[:100, :100] = True
    masks = [mask, mask, *[None] * 3, *[mask] * 5]
    own = OWN.copy()
    own[0, 1] = False
    assert of_parts.inside_masks(planted(), masks, own).tolist() == [1.0, 1 / 6]
