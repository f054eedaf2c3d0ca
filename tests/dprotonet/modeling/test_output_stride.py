import pytest
import torch
from torch import nn

from dprotonet.modeling.output_stride import take_out_last_halving


def chain(*, last):
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2, padding=1),
        nn.Conv2d(4, 4, 3, padding=1),
        last,
        nn.Conv2d(4, 5, 3, padding=1),
        nn.Conv2d(5, 6, 1),
    )


@pytest.mark.parametrize(
    "last", [nn.Conv2d(4, 4, 3, stride=2, padding=1), nn.MaxPool2d(2), nn.AvgPool2d(2)]
)
def test_the_last_halving_goes_and_only_what_follows_it_is_spread(last):
    layers = chain(last=last).train()
    before = layers(torch.zeros(1, 3, 32, 32)).shape[-1]
    take_out_last_halving(layers, stride=4)
    assert layers(torch.zeros(1, 3, 32, 32)).shape[-1] == 2 * before
    assert [layers[at].dilation for at in (0, 1, 3, 4)] == [(1, 1), (1, 1), (2, 2), (1, 1)]
    assert layers.training


def test_cells_of_the_coarse_grid_are_among_those_of_the_fine_one():
    torch.manual_seed(0)
    layers = chain(last=nn.Conv2d(4, 4, 3, stride=2, padding=1))
    images = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        coarse = layers(images)
        take_out_last_halving(layers, stride=4)
        assert torch.allclose(layers(images)[..., ::2, ::2], coarse, atol=1e-5)


def test_a_backbone_without_a_halving_there_is_refused():
    with pytest.raises(ValueError, match="halves"):
        take_out_last_halving(nn.Sequential(nn.Conv2d(3, 4, 1)), stride=4)
