"""A convolution and its activation as one kernel: the same values, the same gradients."""

import copy

import pytest
import torch
import torchvision
from torch import nn

from dprotonet.modeling.freezing.folding import layer_calls
from dprotonet.modeling.freezing.frozen import freeze
from dprotonet.modeling.freezing.fused_conv import FusedConvolution, fuse


def fused(network, x):
    other = copy.deepcopy(network)
    with torch.no_grad():
        is_fused = fuse(other, layer_calls(copy.deepcopy(network), x))
    return other, is_fused


def values_and_gradient(network, x):
    x = x.clone().requires_grad_(True)
    y = network(x)
    torch.manual_seed(1)
    (y * torch.randn(y.shape)).sum().backward()
    return y.detach(), x.grad


@pytest.mark.parametrize("act", [nn.ReLU, nn.ReLU6])
@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": 3, "padding": 1},
        {"kernel_size": 3, "padding": 1, "groups": 4},
        {"kernel_size": 3, "stride": 2, "padding": 1, "groups": 8},
        {"kernel_size": 3, "stride": 2, "padding": 1},
        {"kernel_size": (5, 2), "stride": (1, 3), "padding": (2, 0), "groups": 8},
        {"kernel_size": 1, "padding": 1},
        {"kernel_size": 1, "bias": False},
        {"kernel_size": 3, "dilation": 2, "groups": 4},
    ],
)
@pytest.mark.parametrize("size", [12, 13])
def test_values_and_gradients_are_those_of_the_two_layers(size, act, options):
    torch.manual_seed(0)
    conv = nn.Conv2d(8, 16, **options)
    with torch.no_grad():
        conv.weight.mul_(12)  # so that some values pass 6
    network = nn.Sequential(conv, act()).requires_grad_(False).eval()
    x = torch.randn(2, 8, size, size).to(memory_format=torch.channels_last)
    other, is_fused = fused(network, x)
    assert is_fused and isinstance(other[0], FusedConvolution)
    for one, two in zip(
        values_and_gradient(network, x), values_and_gradient(other, x), strict=True
    ):
        torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4)


def test_what_others_read_before_the_activation_is_left_alone():
    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.act, self.pool = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AvgPool2d(2)

        def forward(self, x):
            y = self.conv(x)
            return self.pool(y).mean() + self.act(y).mean()

    _, is_fused = fused(Both().eval(), torch.randn(1, 3, 8, 8))
    assert not is_fused


def test_an_activation_that_is_called_twice_is_left_alone():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.act = nn.Conv2d(3, 3, 1), nn.ReLU()

        def forward(self, x):
            return self.act(self.act(self.conv(x)) - 1)

    _, is_fused = fused(Twice().eval(), torch.randn(1, 3, 8, 8))
    assert not is_fused


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "densenet121"])
def test_a_frozen_network_says_what_the_network_says(name):
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)(weights=None, num_classes=3).eval()
    x = torch.randn(2, 3, 64, 64)
    frozen = freeze(model, x[:1], "float32")
    torch.testing.assert_close(frozen.run(x), model(x), atol=1e-3, rtol=1e-3)
    assert any(isinstance(m, FusedConvolution) for m in frozen.exact.modules())
    assert not any(isinstance(m, FusedConvolution) for m in model.modules())
