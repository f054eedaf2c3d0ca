"""What is converted to bfloat16, and what stays; frozen networks are tried in test_frozen.py."""

import torch
from torch import nn

from dprotonet.modeling.freezing.folding import layer_calls
from dprotonet.modeling.freezing.low_precision import bfloat16_copy
from dprotonet.modeling.freezing.network_copy import Borrowed
from tests.dprotonet.modeling.networks import lively, options
from tests.dprotonet.tiny_bundle import tiny_model

LOW, FULL = torch.bfloat16, torch.float32


def test_the_layers_behind_the_features_and_strided_depthwise_ones_stay_in_float32():
    network, x = lively("mobilenet_v2").requires_grad_(False), torch.randn(1, 3, 64, 64)
    low = bfloat16_copy(network, layer_calls(network, x))
    assert low is not None
    for module in low.modules():
        if isinstance(module, nn.Conv2d):
            strided = module.groups > 1 and max(module.stride) > 1
            assert module.weight.dtype == (FULL if strided else LOW)
    assert low.classifier[1].weight.dtype == FULL
    with torch.no_grad():
        assert low(x).dtype == FULL
        assert (low(x) - network(x)).abs().max() < 0.2 * (1 + network(x).abs().max())
    assert {weight.dtype for weight in network.parameters()} == {FULL}


def test_of_a_dprotonet_the_backbone_alone_is_converted(images):
    network = tiny_model(options())
    low = bfloat16_copy(network, layer_calls(network, images[:1]))
    assert low is not None
    for part in (low.add_on, low.masks, low.head):
        assert {weight.dtype for weight in part.parameters()} == {FULL}
    assert low.backbone.features[0][0].weight.dtype == LOW
    assert low.add_on[0].weight.data_ptr() == network.add_on[0].weight.data_ptr()


def test_a_network_whose_layers_cannot_be_reached_is_not_converted():
    assert bfloat16_copy(Borrowed(nn.Linear(2, 2)), []) is None
    assert bfloat16_copy(torch.jit.script(nn.Linear(2, 2)), []) is None
