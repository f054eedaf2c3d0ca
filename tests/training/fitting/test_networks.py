import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from dprotonet.modeling.backbones import build_backbone
from dprotonet.modeling.usage_loss import usage_loss
from tests.paths import ROOT
from tests.training.conftest import SMALL
from training.data.finding_masks import Targets
from training.fitting import networks
from training.fitting.attention_loss import outside_fraction
from training.recipe import load_recipe


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "densenet121"])
def test_front_and_back_blocks_one_after_the_other_are_the_backbone(name):
    torch.manual_seed(0)
    backbone = build_backbone(name).eval()
    x = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        front = networks.front_blocks(backbone, 3)(x)
        assert torch.equal(networks.back_blocks(backbone, 3)(front), backbone(x))


def test_more_frozen_blocks_than_there_are_is_refused():
    backbone = build_backbone("resnet18")
    assert len(networks.back_blocks(backbone, 8)) == 0  # all of them may be frozen
    with pytest.raises(ReadableError, match="Freeze fewer"):
        networks.front_blocks(backbone, 9)


def test_a_network_may_start_from_the_backbone_of_a_bundle():
    folder = ROOT / "assets" / "models" / "nih-pneumonia"
    recipe = load_recipe("folder", [f"weights={folder}"])
    trained = Bundle.load(folder).model.backbone.state_dict()
    for make in (networks.dprotonet, networks.black_box):
        own = networks.backbone_of(make(recipe, ("a", "b"), None).network).state_dict()
        assert all(torch.equal(own[key], value) for key, value in trained.items())
    with pytest.raises(ReadableError, match="--set backbone=mobilenet_v2"):
        other = load_recipe("folder", [f"weights={folder}", "backbone=resnet18"])
        networks.dprotonet(other, ("a", "b"), None)


def test_a_missing_weights_file_says_how_to_give_one():
    recipe = load_recipe("nih", ["weights=/nowhere/w.safetensors"])
    with pytest.raises(ReadableError, match="--set weights=torchvision"):
        networks.dprotonet(recipe, ("a", "b"), None)


def test_usage_and_attention_are_added_with_the_weights_of_the_recipe():
    owner = torch.arange(4) // 2
    labels = torch.tensor([0, 1, 1])
    findings = torch.zeros(3, 2, 2, 2, dtype=torch.uint8)
    findings[1, 1, 1, 1] = 255
    targets = Targets(labels, findings, findings.flatten(2).any(dim=2))
    losses = {}
    for settings in ((), ("usage=entropy", "usage_weight=0.5"), ("attention=0.25",)):
        recipe = load_recipe("folder", [*SMALL, "masks=image", *settings])
        trainee = networks.dprotonet(recipe, ("a", "b"), None)
        torch.manual_seed(0)
        output = trainee.network.eval()(torch.randn(3, 3, 64, 64))
        losses[settings[:1]] = float(trainee.loss(output, targets).detach())
        if not settings:
            assert losses[()] == float(trainee.loss(output, labels).detach())
    usage = usage_loss(output.similarities, labels, owner, "entropy")
    outside = outside_fraction(output.masks, targets, owner)
    assert usage > 0.005 and outside > 0.01
    added = pytest.approx(losses[()] + 0.5 * float(usage.detach()), abs=1e-5)
    assert losses[("usage=entropy",)] == added
    assert losses[("attention=0.25",)] == pytest.approx(
        losses[()] + 0.25 * float(outside.detach()), abs=1e-5
    )
