import pytest
import torch

from dprotonet.modeling.freezing.folding import folded, last_spatial, layer_calls
from dprotonet.modeling.freezing.frozen import fold
from tests.dprotonet.modeling.networks import lively, options
from tests.dprotonet.tiny_bundle import tiny_model


@pytest.mark.parametrize("backbone", ["mobilenet_v2", "resnet18", "densenet121"])
def test_the_folded_network_gives_the_same_similarities_and_leaves_the_model_alone(
    backbone, images
):
    net = tiny_model(options(backbone=backbone))
    digests, flags = net.part_digests(), [p.requires_grad for p in net.parameters()]
    twin = fold(net, images[:1]).network
    norms = [m for m in twin.backbone.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    with torch.no_grad():
        assert torch.allclose(twin(images).similarities, net(images).similarities, atol=1e-4)
    assert len(norms) < sum(isinstance(m, torch.nn.BatchNorm2d) for m in net.modules())
    assert net.part_digests() == digests
    assert [p.requires_grad for p in net.parameters()] == flags


def test_calls_stand_in_their_order_with_what_went_in_and_came_out():
    network, x = lively("resnet18"), torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        calls = layer_calls(network, x)
    names = [name for name, _, _ in calls]
    assert names[:3] == ["conv1", "bn1", "relu"] and names[-1] == "fc"
    assert torch.equal(calls[0][1], x) and calls[1][1] is calls[0][2]
    assert not any(module._forward_hooks for module in network.modules())


def test_the_last_feature_map_is_the_backbones_of_a_dprotonet_and_the_last_of_any_other(images):
    net, other = tiny_model(options()), lively("resnet18")
    with torch.no_grad():
        assert last_spatial(net, images[:1], layer_calls(net, images[:1])) == "backbone"
        assert last_spatial(other, images[:1], layer_calls(other, images[:1])) == "layer4.1.relu"
        flat = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 2))
        x = torch.zeros(1, 3, 2, 2)
        assert last_spatial(flat, x, layer_calls(flat, x)) == ""


def test_a_folding_that_would_change_the_logits_is_left_out():
    network, x = lively("resnet18").requires_grad_(False), torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        calls, logits = layer_calls(network, x), network(x)
        assert folded(network, calls, x, logits) is not network
        assert folded(network, calls, x, logits + 1.0) is network
