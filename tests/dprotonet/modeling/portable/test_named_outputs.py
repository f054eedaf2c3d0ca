import torch
from torch import nn

from dprotonet.modeling.portable.named_outputs import NamedOutputs


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3)

    def forward(self, x):
        return self.second(self.first(x)).mean((2, 3))


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("factor", torch.tensor(2.0))

    def forward(self, result, _seen):
        return result * self.factor


def test_outputs_come_in_their_order_with_what_modules_inside_gave():
    network, x = Two(), torch.randn(2, 3, 8, 8)
    outputs = {
        "logits": lambda result, _seen: result,
        "doubled": Scaled(),
        "inside": lambda _result, seen: seen["first"],
    }
    named = NamedOutputs(network, outputs, ["first"])
    logits, doubled, inside = named(x)
    assert named.names == ("logits", "doubled", "inside")
    assert torch.equal(doubled, 2 * network(x))
    assert torch.equal(logits, network(x)) and torch.equal(inside, network.first(x))


def test_tensors_of_an_output_are_the_networks_own():
    named = NamedOutputs(Two(), {"doubled": Scaled()})
    assert any(name.endswith("factor") for name, _ in named.named_buffers())
    assert not named.network.first._forward_hooks
