import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from dprotonet.modeling.backbones import build_backbone
from tests.paths import ROOT
from training.fitting import networks
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
