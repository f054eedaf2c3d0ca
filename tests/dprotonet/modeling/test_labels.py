import numpy as np
import pytest
import torch

from dprotonet.modeling.labels import owned

OWNER = [0, 0, 1, 2]


@pytest.mark.parametrize("array", [np.array, torch.tensor])
def test_a_prototype_is_owned_by_the_images_of_its_class(array):
    single = owned(array([2, 0]), array(OWNER))
    assert single.tolist() == [[False, False, False, True], [True, True, False, False]]


@pytest.mark.parametrize("array", [np.array, torch.tensor])
def test_an_image_of_several_classes_owns_the_prototypes_of_each(array):
    several = owned(array([[1, 0, 1], [0, 0, 0]]), array(OWNER))
    assert several.tolist() == [[True, True, False, True], [False] * 4]
