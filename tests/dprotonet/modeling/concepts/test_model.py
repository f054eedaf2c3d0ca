import pytest
import torch

from dprotonet.modeling.concepts.model import build_concept_net
from dprotonet.modeling.concepts.options import ConceptOptions


def options(**more):
    kinds = {"classes": ("none", "finding"), "concepts": ("device", "marker")}
    return ConceptOptions(**{**kinds, "image_size": 64, "depth": 16, **more})


@pytest.mark.parametrize("depth", [16, None])
def test_every_logit_is_the_sum_of_what_the_axes_add(depth):
    net = build_concept_net(options(depth=depth)).eval()
    with torch.no_grad():
        axes = net(torch.randn(2, 3, 64, 64))
        added = net.contributions(axes.activations).sum(dim=-1) + net.head.bias
    assert axes.maps.shape == (2, depth or 512, 2, 2)
    assert torch.allclose(added, axes.logits, atol=1e-4)


def test_the_same_options_give_the_same_network_whatever_the_seed_of_torch():
    torch.manual_seed(5)
    first = build_concept_net(options())
    torch.manual_seed(6)
    second = build_concept_net(options())
    assert all(
        torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True)
    )


def test_the_axes_are_no_parameters_of_the_optimiser_and_belong_to_the_state():
    net = build_concept_net(options())
    assert "whitening.rotation" in net.state_dict()
    assert not any(name.startswith("whitening") for name, _ in net.named_parameters())
