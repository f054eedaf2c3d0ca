import copy
import os

import pytest
import torch
import torchvision
from torch import nn

from dprotonet.modeling.frozen import _has_bfloat16, freeze
from dprotonet.modeling.logits import logits_of
from dprotonet.modeling.options import PRECISIONS
from tests.dprotonet.explain.toys import PatchClassifier, toy_image


def lively(name: str) -> nn.Module:
    """A random network whose batch norms are not the identity."""
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)(weights=None, num_classes=3)
    x = torch.randn(4, 3, 64, 64)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = None
                module.bias.uniform_(-0.2, 0.2)
        model(x)
    return model.eval()


# What the tests are told of the processor is one thing, what it can do another.
RUNS_BFLOAT16 = _has_bfloat16(torch.device("cpu")) and "ONEDNN_MAX_CPU_ISA" not in os.environ


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "densenet121"])
def test_the_frozen_copy_says_what_the_network_says(name, processor):
    model = lively(name)
    x = torch.randn(2, 3, 64, 64)
    network = freeze(model, x[:1])
    with torch.no_grad():
        wanted = model(x)
        torch.testing.assert_close(
            logits_of(network.run(x, exact=True)), wanted, atol=1e-3, rtol=1e-3
        )
        nearly = 1e-3 if network.precision == "float32" else 0.1
        seen = logits_of(network.run(x))
        assert (seen - wanted).abs().max() < nearly * (1 + wanted.abs().max())
    left = sum(isinstance(module, nn.BatchNorm2d) for module in network.exact.modules())
    assert left < sum(isinstance(module, nn.BatchNorm2d) for module in model.modules())


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "densenet121"])
def test_the_search_runs_in_the_precision_that_the_processor_has(name, processor):
    network = freeze(lively(name), torch.randn(1, 3, 64, 64))
    kinds = {p.dtype for p in network.fast.parameters()}
    assert (network.fast is network.exact) == (network.precision == "float32")
    assert (torch.bfloat16 in kinds) == (network.precision == "bfloat16")
    assert {p.dtype for p in network.exact.parameters()} == {torch.float32}
    if processor == "float32" or RUNS_BFLOAT16:
        assert network.precision == processor


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_precision_that_is_asked_for_goes_before_what_the_processor_has(precision, processor):
    network = freeze(lively("resnet18"), torch.randn(1, 3, 64, 64), precision)
    wanted = processor if precision == "auto" else precision
    if wanted == "float32" or RUNS_BFLOAT16:
        assert network.precision == wanted


def test_a_network_that_bfloat16_would_bend_is_searched_in_float32(processor):
    class Touchy(PatchClassifier):
        def forward(self, x):
            return 1e6 * torch.sin(1e4 * super().forward(x))

    assert freeze(Touchy(), toy_image(squares=(6, 22))[None]).precision == "float32"


def test_gradients_reach_the_image_and_no_weight(processor):
    network = freeze(PatchClassifier(), toy_image()[None])
    x = toy_image(squares=(6, 22))[None].requires_grad_(True)
    logits_of(network.run(x))[0, 1].backward()
    assert x.grad is not None and x.grad.abs().sum() > 0
    assert all(p.grad is None for p in network.exact.parameters())


def test_the_callers_network_keeps_its_mode_its_gradients_and_its_weights():
    model = PatchClassifier().train()
    model.classifier.weight.requires_grad_(False)
    before = copy.deepcopy(model.state_dict())
    freeze(model, toy_image()[None])
    assert model.training and model.features[2].inplace
    assert model.features[0].weight.requires_grad and not model.classifier.weight.requires_grad
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    assert not model.features._forward_hooks and not model.features[0]._forward_hooks


def test_the_copy_is_kept_until_a_weight_changes():
    model, example = PatchClassifier(), toy_image()[None]
    first = freeze(model, example)
    assert freeze(model, example) is first
    model.classifier.bias.data.copy_(model.classifier.bias.flip(0))  # the same sum
    second = freeze(model, example)
    assert second is not first
    assert freeze(model, example) is second


def test_a_batch_norm_that_shares_its_input_is_not_folded():
    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2)
            self.again = nn.Conv2d(2, 2, 1)
            self.norm.running_mean.fill_(0.7)

        def forward(self, x):
            seen = self.conv(x)
            return (self.norm(seen) + self.again(seen)).mean(dim=(2, 3))

    model = Shared().eval()
    network = freeze(model, toy_image()[None], "float32")
    with torch.no_grad():
        torch.testing.assert_close(
            network.run(toy_image()[None], exact=True), model(toy_image()[None])
        )
    assert any(isinstance(module, nn.BatchNorm2d) for module in network.exact.modules())


def test_an_unknown_precision_is_refused():
    with pytest.raises(ValueError, match=", ".join(PRECISIONS)):
        freeze(PatchClassifier(), toy_image()[None], "int8")


def test_a_graph_holds_as_many_images_as_the_memory_has_room_for():
    model = torchvision.models.resnet18(weights=None, num_classes=2).eval()
    frozen = freeze(model, torch.randn(1, 3, 64, 64), "float32")
    convolutions = [m for m in model.modules() if isinstance(m, torch.nn.Conv2d)]
    assert frozen.graph_bytes > len(convolutions) * 1000
    megabyte = 2**20
    assert frozen.fitting(1000, 100) == 100 * megabyte // frozen.graph_bytes
    assert frozen.fitting(4, 100) == 4
    assert frozen.fitting(1000, 1) == max(2, megabyte // frozen.graph_bytes)
