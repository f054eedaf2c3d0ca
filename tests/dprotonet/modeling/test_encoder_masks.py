import pytest
import torch

from dprotonet.modeling.model import build_model
from tests.dprotonet.modeling.networks import options


def test_masks_of_a_fixed_grid_refuse_an_image_of_another_size():
    with pytest.raises(ValueError, match="image_size"):
        build_model(options(masks="learned")).eval()(torch.zeros(1, 3, 96, 96))


def test_random_masks_are_strongest_at_their_own_cells_which_no_class_owns():
    net = build_model(options(masks="random", prototypes_per_class=4, image_size=64))
    strongest = net.masks.weight.mean(dim=1).flatten(1).argmax(dim=1)
    assert strongest.tolist() == [0, 1, 2, 3] * 3


def test_pooling_with_an_even_mask_is_the_plain_mean():
    net = build_model(options())
    features = torch.randn(2, 8, 2, 2)
    pooled = net.masks.pool(features, torch.full((2, 6, 2, 2), 3.0))
    mean = features.mean(dim=(2, 3)).unsqueeze(1).expand(-1, 6, -1)
    assert torch.allclose(pooled, mean, atol=1e-5)
