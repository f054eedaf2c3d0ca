import numpy as np
import pytest

from dprotonet.prototypes.nearest_patches import nearest_images, of_their_class

LABELS = np.array([0] * 6 + [1] * 6)
OWNER = np.array([0, 0, 1])
OWN = LABELS[:, None] == OWNER


def similar_to(*orders):
    """``(12, P)``: for each prototype, images from the most similar on; all others are 0."""
    similarities = np.zeros((len(LABELS), len(orders)))
    for p, order in enumerate(orders):
        similarities[list(order), p] = np.linspace(1.0, 0.5, len(order))
    return similarities


def test_a_prototype_goes_when_fewer_than_three_of_its_six_nearest_are_of_its_class():
    own, three, two = (0, 1, 2, 3, 4, 5), (6, 7, 8, 0, 1, 2), (6, 7, 8, 9, 0, 1)
    ones = (6, 7, 8, 9, 10, 11)
    assert of_their_class(similar_to(own, three, ones), OWN, OWNER) == (0, 1, 2)
    assert of_their_class(similar_to(own, two, ones), OWN, OWNER) == (0, 2)


def test_other_numbers_of_patches_can_be_asked_for():
    similarities = similar_to((0, 6, 7), (0, 1, 6), (6, 7, 0))
    assert of_their_class(similarities, OWN, OWNER, nearest=3, least=2) == (1, 2)
    with pytest.raises(ValueError, match="between 1 and 3"):
        of_their_class(similarities, OWN, OWNER, nearest=3, least=4)


def test_a_class_that_would_lose_all_keeps_the_one_with_most_patches_of_its_class():
    none, one = (6, 7, 8, 9, 10, 11), (6, 7, 8, 9, 10, 0)
    ones = (6, 7, 8, 9, 10, 11)
    assert of_their_class(similar_to(none, one, ones), OWN, OWNER) == (1, 2)
    assert of_their_class(similar_to(one, none, ones), OWN, OWNER) == (0, 2)


def test_of_images_that_are_equally_similar_the_first_come_first():
    assert nearest_images(np.ones((5, 1)), 0, 3).tolist() == [0, 1, 2]
    assert nearest_images(np.array([[0.1], [0.9], [0.9]]), 0, 2).tolist() == [1, 2]
