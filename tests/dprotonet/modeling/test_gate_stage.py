import pytest
import torch

from dprotonet.modeling.freezing.frozen import fold
from dprotonet.modeling.gate_stage import (
    blocks,
    gate_stage,
    quarter_means,
    stage_features,
    stage_watched,
)
from dprotonet.modeling.options import ModelOptions
from tests.dprotonet.tiny_bundle import network_input, tiny_images, tiny_model


@pytest.fixture(scope="module")
def model():
    return tiny_model(
        ModelOptions(classes=("none", "finding"), prototypes_per_class=2, depth=16, image_size=64)
    )


@pytest.fixture(scope="module")
def images():
    return network_input(tiny_images(2, 1))


@pytest.mark.parametrize(
    ("name", "stage"),
    [("mobilenet_v2", "features.13"), ("resnet18", "layer3"), ("efficientnet_b0", "features.5")],
)
def test_the_stage_is_the_last_block_at_a_sixteenth_of_the_side(name, stage):
    assert gate_stage(name) == stage


def test_finding_the_stage_leaves_the_random_numbers_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    gate_stage("mobilenet_v2")
    assert torch.equal(torch.rand(3), expected)


def test_quarters_are_averaged_each_by_itself():
    maps = torch.zeros(1, 2, 4, 4)
    maps[0, 1, :2, 2:] = 3.0
    assert quarter_means(maps).tolist() == [[0, 0, 0, 0, 0, 3, 0, 0]]


def test_the_blocks_in_a_row_are_the_backbone(model, images):
    x = images
    with torch.inference_mode():
        for _, block in blocks(model.backbone):
            x = block(x)
        assert torch.equal(x, model.backbone(images))


def test_a_watched_pass_of_the_folded_network_reads_the_same_and_changes_nothing(model, images):
    stage = gate_stage("mobilenet_v2")
    folded = fold(model, images[:1])
    with torch.inference_mode():
        before = folded.run(images).logits
        with stage_watched(folded.network, stage) as features:
            watched = folded.run(images).logits
        after = folded.run(images).logits
        expected = stage_features(model.backbone, stage, images)

    assert len(features) == 1
    torch.testing.assert_close(features[0], expected, rtol=1e-3, atol=1e-4)
    assert torch.equal(before, watched) and torch.equal(before, after)


def test_a_stage_that_is_not_there_is_said(model, images):
    with pytest.raises(ValueError, match=r"features\.99"):
        stage_features(model.backbone, "features.99", images)
