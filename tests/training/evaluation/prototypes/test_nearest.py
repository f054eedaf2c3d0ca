import numpy as np

from dprotonet.modeling.labels import owned
from dprotonet.prototypes.nearest_patches import nearest_images
from training.evaluation.prototypes.nearest import class_purity, distinct


def test_class_purity_is_the_fraction_of_the_nearest_images_that_have_the_class():
    similarities = np.linspace(1, 0, 10)[:, None].repeat(2, axis=1)
    labels = np.array([0] * 5 + [1] * 5)
    assert class_purity(similarities, owned(labels, np.array([0, 1])), k=8).tolist() == [
        5 / 8,
        3 / 8,
    ]


def test_a_class_with_few_images_can_be_pure():
    similarities = np.linspace(1, 0, 10)[:, None].repeat(3, axis=1)
    own = owned(np.array([0] * 3 + [1] * 7), np.array([0, 1, 2]))
    assert class_purity(similarities, own).tolist() == [3 / 10, 7 / 10, 0.0]
    assert class_purity(similarities, own, attainable=True).tolist() == [1.0, 4 / 7, 0.0]


def test_ties_go_to_the_first_image():
    assert nearest_images(np.ones((4, 1)), 0, 2).tolist() == [0, 1]


def test_prototypes_that_show_the_same_images_are_not_distinct():
    same = np.linspace(1, 0, 12)[:, None].repeat(2, axis=1)
    assert distinct(same, np.array([0, 0])).tolist() == [5 / 10]
    apart = np.stack([np.linspace(1, 0, 12), np.linspace(0, 1, 12)], axis=1)
    assert distinct(apart, np.array([0, 0])).tolist() == [1.0]


def test_two_prototypes_with_two_of_three_images_in_common_show_four_of_six():
    similarities = np.array([[9, 1], [8, 9], [7, 8], [1, 7], [0, 0]], dtype=float)
    assert distinct(similarities, np.array([0, 0]), k=3).tolist() == [4 / 6]


def test_images_that_another_class_shows_as_well_do_not_count_against_a_class():
    similarities = np.linspace(1, 0, 12)[:, None].repeat(2, axis=1)
    assert distinct(similarities, np.array([0, 1])).tolist() == [1.0, 1.0]


def test_with_fewer_images_than_are_shown_all_of_them_are_the_most():
    assert distinct(np.ones((3, 2)), np.array([0, 0])).tolist() == [3 / 6]
