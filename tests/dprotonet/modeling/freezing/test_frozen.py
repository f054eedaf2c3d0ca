import copy
import os

import pytest
import torch
import torchvision
from torch import nn

from dprotonet.modeling.freezing import frozen, fused_conv
from dprotonet.modeling.freezing.frozen import FUSED_CONV, _has_bfloat16, fold, freeze
from dprotonet.modeling.freezing.fused_conv import FusedConvolution
from dprotonet.modeling.logits import logits_of
from dprotonet.modeling.options import PRECISIONS
from tests.dprotonet.explain.toys import PatchClassifier, toy_image
from tests.dprotonet.modeling.networks import lively

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


def storages(network: nn.Module) -> set[int]:
    return {weight.untyped_storage().data_ptr() for weight in network.state_dict().values()}


def has_fused_layers(network: nn.Module) -> bool:
    return any(isinstance(module, FusedConvolution) for module in network.modules())


def test_all_forms_of_a_network_share_the_weights_that_nothing_changes(processor):
    model, x = lively("mobilenet_v2"), torch.randn(1, 3, 64, 64)
    network = freeze(model, x)
    plain = storages(network.folded.network)
    assert plain <= storages(network.exact)
    assert not plain & storages(model)
    if network.precision == "bfloat16":  # strided layers and the head stay in float32
        assert plain & storages(network.fast)


def test_predictions_and_heatmaps_come_from_one_frozen_network():
    model, x = lively("resnet18"), torch.randn(1, 3, 64, 64)
    folded = fold(model, x)
    assert freeze(model, x).folded is folded is freeze(model, x, "float32").folded
    assert freeze(model, x) is freeze(model, x)
    assert has_fused_layers(freeze(model, x).exact) and not has_fused_layers(folded.network)


def test_a_sealed_network_is_frozen_once_and_its_weights_are_not_read_again(monkeypatch):
    model, example = PatchClassifier(), toy_image()[None]
    monkeypatch.setattr(frozen, "_checksums", None)
    folded = fold(model, example, sealed=True)
    first = freeze(model, example)
    assert freeze(model, example) is first and first.folded is folded
    with torch.no_grad():
        model.classifier.bias.add_(1.0)  # autograd counts this
    second = freeze(model, example)
    assert second is not first
    change = logits_of(second.run(example)) - logits_of(first.run(example))
    torch.testing.assert_close(change, torch.ones_like(change), atol=0.05, rtol=0)


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "densenet121"])
def test_without_the_fused_kernel_logits_and_gradients_stay(name, processor):
    model, x = lively(name), torch.randn(2, 3, 64, 64)
    outputs = []
    for fused in (True, False):
        network = freeze(model, x[:1], "float32", fused=fused)
        assert has_fused_layers(network.exact) == fused
        image = x.clone().requires_grad_(True)
        logits = logits_of(network.run(image))
        logits[:, 1].sum().backward()
        outputs.append((logits.detach(), image.grad))
    (logits, gradient), (plain_logits, plain_gradient) = outputs
    torch.testing.assert_close(logits, plain_logits, atol=1e-4, rtol=1e-3)
    # As a whole: where an activation is all but 0, rounding decides whether its gradient passes.
    assert (gradient - plain_gradient).norm() < 0.01 * plain_gradient.norm()


def test_the_environment_switches_the_fused_kernel_off(monkeypatch):
    model, x = lively("resnet18"), torch.randn(1, 3, 64, 64)
    for value, fused in (("1", True), ("0", False)):
        monkeypatch.setenv(FUSED_CONV, value)
        assert has_fused_layers(freeze(model, x, "float32").exact) == fused
    monkeypatch.setenv(FUSED_CONV, "off")
    with pytest.raises(ValueError, match="DPROTONET_FUSED_CONV is 0 or 1, not 'off'"):
        freeze(model, x)


def test_a_fused_kernel_that_fails_is_replaced_with_one_line_in_the_log(monkeypatch, caplog):
    def missing(*_args):
        raise AttributeError("no such operator")

    monkeypatch.setattr(fused_conv, "_convolve", missing)
    model, x = lively("resnet18"), torch.randn(1, 3, 64, 64)
    network = freeze(model, x, "float32")
    assert not has_fused_layers(network.exact) and network.differentiable
    (line,) = caplog.messages
    assert "fused convolution fails" in line and "no such operator" in line
    with torch.no_grad():
        torch.testing.assert_close(logits_of(network.run(x)), model(x), atol=1e-3, rtol=1e-3)
