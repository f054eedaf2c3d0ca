import pytest
import torch

from dprotonet.modeling.encoder_masks import TopMasks
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


def top_masks(share, levels=1):
    return TopMasks(share, levels, by_direction=True)


def features_with(similarities):
    """``(1, 2, h, w)`` cells whose cosines to (1, 0) are as given."""
    cosines = torch.tensor(similarities)
    return torch.stack([cosines, (1.0 - cosines.square()).sqrt()])[None]


def test_the_top_cells_are_weighed_by_how_much_they_exceed_the_first_one_left_out():
    features = features_with([[0.9, 0.5], [0.3, 0.1]])
    masks = top_masks(0.5)(features, features, torch.tensor([[1.0, 0.0]]))
    assert torch.allclose(masks[0, 0], torch.tensor([[0.75, 0.25], [0.0, 0.0]]), atol=1e-4)


def test_where_all_cells_are_alike_the_top_is_all_of_them_and_pooling_stays_finite():
    features = features_with([[0.5, 0.5], [0.5, 0.5]])
    masks = top_masks(0.25)
    weights = masks(features, features, torch.tensor([[1.0, 0.0]]))
    assert torch.allclose(weights, torch.full((1, 1, 2, 2), 0.25))
    assert torch.allclose(masks.pool(features, weights)[0, 0], features[0, :, 0, 0], atol=1e-4)


def test_a_small_change_of_the_cells_changes_top_masks_little_even_where_the_choice_changes():
    before, after = [[0.9, 0.501], [0.5, 0.1]], [[0.9, 0.5], [0.501, 0.1]]
    prototype, masks = torch.tensor([[1.0, 0.0]]), top_masks(0.5)
    first, second = (masks(f, f, prototype) for f in map(features_with, (before, after)))
    assert (first - second).abs().max() < 0.01


def test_two_levels_pool_the_mean_of_what_each_grid_pools():
    torch.manual_seed(0)
    features, prototypes = torch.randn(2, 4, 4, 4), torch.randn(3, 4)
    fine, both = top_masks(0.25), top_masks(0.25, levels=2)
    coarse = torch.nn.functional.avg_pool2d(features, 2)
    expected = (
        fine.pool(features, fine(features, features, prototypes))
        + fine.pool(coarse, fine(coarse, coarse, prototypes))
    ) / 2
    pooled = both.pool(features, both(features, features, prototypes))
    assert torch.allclose(pooled, expected, atol=1e-4)


def test_gradients_reach_the_cells_that_top_masks_pool_and_no_other():
    torch.manual_seed(0)
    net = build_model(options(masks="top", top_share=0.25, cell_norm="batch", stride=16)).train()
    cells = []

    def note(_module, _args, out):
        out.retain_grad()
        cells.append(out)

    net.cell_norm.register_forward_hook(note)
    result = net(torch.randn(2, 3, 64, 64))
    result.similarities.sum().backward()
    touched = cells[0].grad.abs().sum(dim=1) > 0
    assert torch.equal(touched, (result.masks > 0).any(dim=1))
