import pytest
import torch
from torch import nn

from dprotonet.errors import Unexplainable
from dprotonet.modeling.backbones import build_backbone
from dprotonet.modeling.freezing.frozen import freeze
from dprotonet.modeling.reader.stages import find_stages
from dprotonet.modeling.reader.watching import outputs_watched
from tests.dprotonet.modeling.networks import lively


class Wrapped(nn.Module):
    """A network with a backbone of ours, and maps behind it that are none of the backbone's."""

    def __init__(self, name: str, stride: int = 32) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.backbone = build_backbone(name, stride=stride)
        self.behind = nn.Sequential(nn.Conv2d(self.backbone.out_channels, 3, 1), nn.Sigmoid())

    def forward(self, x):
        return self.behind(self.backbone(x)).mean(dim=(2, 3))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mobilenet_v2", {"features.3": 24, "features.6": 32, "features.13": 96, "": 1280}),
        ("resnet18", {"layer1": 64, "layer2": 128, "layer3": 256, "": 512}),
        (
            "densenet121",
            {
                "features.denseblock1": 256,
                "features.denseblock2": 512,
                "features.denseblock3": 1024,
                "": 1024,
            },
        ),
        ("convnext_tiny", {"features.1": 96, "features.3": 192, "features.5": 384, "": 768}),
    ],
)
def test_the_stages_are_the_last_blocks_at_a_fourth_to_a_thirty_second(name, expected):
    stages = find_stages(Wrapped(name).eval(), torch.randn(1, 3, 64, 64))
    names = {f"backbone.{block}".rstrip("."): count for block, count in expected.items()}
    assert {stage.name: stage.channels for stage in stages} == names
    assert [stage.name for stage in stages] == list(names)  # the finest first


def test_a_backbone_without_its_last_halving_has_three():
    stages = find_stages(Wrapped("mobilenet_v2", 16).eval(), torch.randn(1, 3, 64, 64))
    assert [stage.name for stage in stages] == [
        "backbone.features.3",
        "backbone.features.6",
        "backbone",
    ]


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "vgg11_bn"])
def test_stages_give_the_same_in_every_frozen_form(name):
    model, x = lively(name), torch.randn(1, 3, 64, 64)
    frozen = freeze(model, x, "float32")
    stages = find_stages(model, x, frozen.exact, frozen.folded.network)
    assert len(stages) >= 3
    given = []
    for network in (model, frozen.exact, frozen.folded.network):
        with torch.no_grad(), outputs_watched(network, [s.name for s in stages]) as outputs:
            network(x.contiguous(memory_format=torch.channels_last))
        given.append(outputs)
    for stage in stages:
        for other in given[1:]:
            torch.testing.assert_close(
                other[stage.name], given[0][stage.name], rtol=1e-3, atol=1e-3
            )
        assert given[0][stage.name].shape[1] == stage.channels


def test_a_module_that_another_form_changes_is_no_stage():
    class Changed(nn.Module):
        def __init__(self, factor: float) -> None:
            super().__init__()
            self.scale, self.act, self.factor = nn.Sequential(nn.Identity()), nn.ReLU(), factor

        def forward(self, x):
            return self.act(self.scale(x * self.factor) / self.factor).mean(dim=(2, 3))

    x = torch.randn(1, 3, 16, 16)
    assert [s.name for s in find_stages(Changed(1.0), x, Changed(3.0))] == ["act"]


def test_a_network_without_maps_is_refused():
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 2))
    with pytest.raises(Unexplainable, match="search"):
        find_stages(flat, torch.randn(1, 3, 8, 8))


def test_a_bare_convolution_is_taken_where_there_is_nothing_else():
    class Bare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 5, 3, stride=2)

        def forward(self, x):
            return self.conv(x).abs().mean(dim=(2, 3))

    (stage,) = find_stages(Bare(), torch.randn(1, 3, 16, 16))
    assert (stage.name, stage.channels) == ("conv", 5)
