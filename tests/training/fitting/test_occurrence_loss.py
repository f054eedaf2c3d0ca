import pytest
import torch

from dprotonet.modeling.options import ModelOptions
from tests.dprotonet.tiny_bundle import network_input, tiny_images, tiny_model
from training.fitting.occurrence_loss import OccurrencePenalty, random_affine, transformed


@pytest.fixture
def model():
    return tiny_model(ModelOptions(("a", "b"), prototypes_per_class=2, depth=8, image_size=64))


def test_sparsity_is_the_weighted_mean_of_the_maps(model):
    penalty = OccurrencePenalty(model, 0.5, 0.0)
    result = model(network_input(tiny_images(2, 1)))
    assert penalty(result.masks).item() == pytest.approx(0.5 * result.masks.mean().item())


def test_maps_that_are_the_same_everywhere_follow_any_change_but_for_the_border(model):
    maps = torch.ones(3, 2, 8, 8)
    torch.manual_seed(0)
    inner = transformed(maps, random_affine(3, maps.device))[:, :, 2:6, 2:6]
    assert torch.allclose(inner, torch.ones_like(inner), atol=1e-5)


def test_equivariance_punishes_maps_that_stay_where_they_are(model):
    images = network_input(tiny_images(2, 2))
    penalty = OccurrencePenalty(model, 0.0, 1.0)
    result = model(images)
    torch.manual_seed(0)
    apart = penalty(result.masks)
    assert apart > 0
    apart.backward()
    assert model.masks.head[2].weight.grad.abs().sum() > 0
    torch.manual_seed(0)
    with torch.no_grad():
        change = random_affine(len(images), images.device)
    torch.manual_seed(0)
    again = penalty(model(images).masks)
    assert again.item() == pytest.approx(apart.item())
    assert change.shape == (len(images), 2, 3)
