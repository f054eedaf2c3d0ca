import pytest
import torch

from dprotonet.errors import WrongRequest
from dprotonet.explain.baselines.own_map import PrototypeOwnMap, strongest_prototype, upsampled
from dprotonet.explain.nodes import ClassNode, PrototypeNode
from tests.dprotonet.explain.toys import PatchClassifier, toy_image
from tests.dprotonet.tiny_bundle import network_input, tiny_images, tiny_model


@pytest.fixture(scope="module")
def model():
    from dprotonet.modeling.options import ModelOptions

    options = ModelOptions(
        classes=("none", "finding"),
        backbone="mobilenet_v2",
        prototypes_per_class=2,
        depth=16,
        image_size=64,
        similarity_scale=5.0,
    )
    return tiny_model(options)


def test_a_prototype_s_map_is_its_mask_enlarged_and_scaled(model):
    x = network_input(tiny_images(2, per_class=1))[0]
    heatmap = PrototypeOwnMap(model).attribute(x, PrototypeNode(1))[0]
    with torch.inference_mode():
        large = upsampled(model(x[None]).masks, 64)[0, 1]
    expected = (large - large.min()) / (large.max() - large.min())
    assert torch.allclose(heatmap, expected, atol=1e-3)


def test_a_class_shows_the_map_of_its_own_prototype_that_adds_most(model):
    x = network_input(tiny_images(2, per_class=1))[1]
    with torch.inference_mode():
        similarities = model(x[None]).similarities
        added = model.contributions(similarities)[0]
    owners = model.options.prototype_classes
    for index in range(2):
        row = strongest_prototype(model, similarities, index)
        own = [float(added[index, p]) for p in range(len(owners)) if owners[p] == index]
        assert owners[row] == index and float(added[index, row]) == max(own)
        method = PrototypeOwnMap(model)
        of_class, of_prototype = (
            method.attribute(x, node) for node in (ClassNode(index), PrototypeNode(row))
        )
        assert torch.equal(of_class, of_prototype)


def test_no_pass_is_made_for_it(model):
    x = network_input(tiny_images(2, per_class=1))[0]
    (result,) = PrototypeOwnMap(model).explain(x, [ClassNode(0)])
    assert result.passes_forward - result.measuring_passes <= 2 and result.passes_backward == 0


def test_a_network_without_prototypes_has_none():
    with pytest.raises(WrongRequest, match="no prototypes"):
        PrototypeOwnMap(PatchClassifier()).explain(toy_image(), [ClassNode(1)])
