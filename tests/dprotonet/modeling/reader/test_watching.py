import threading

import pytest
import torch
from torch import nn

from dprotonet.modeling.reader.watching import outputs_watched


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


def test_what_a_module_gave_is_noted_and_nothing_stays_behind(network):
    x = torch.randn(5, 3)
    with outputs_watched(network, ["1"]) as outputs:
        result = network(x)
    assert torch.equal(outputs["1"], network[1](network[0](x)))
    assert torch.equal(network(2 * x), network(2 * x)) and torch.equal(network(x), result)
    assert not any(module._forward_hooks for module in network.modules())
    assert len(outputs["1"]) == 5


def test_the_passes_of_other_threads_are_not_noted(network):
    with outputs_watched(network, ["0"]) as outputs:
        network(torch.ones(1, 3))
        thread = threading.Thread(target=lambda: network(torch.zeros(7, 3)))
        thread.start()
        thread.join()
    assert len(outputs["0"]) == 1


def test_a_module_that_is_not_there_leaves_no_hook(network):
    with pytest.raises(AttributeError), outputs_watched(network, ["0", "9"]):
        pass
    assert not network[0]._forward_hooks
