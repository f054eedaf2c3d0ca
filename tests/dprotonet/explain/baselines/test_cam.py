"""Grad-CAM, Score-CAM and the prototypes' own activation."""

import numpy as np
import pytest
import torch

from dprotonet.errors import WrongRequest
from dprotonet.explain.baselines.registry import METHODS
from dprotonet.explain.nodes import ClassNode, PrototypeNode, VectorNode
from dprotonet.modeling.options import ModelOptions
from tests.dprotonet.explain.toys import (
    QUICK,
    SIZE,
    PatchClassifier,
    toy_image,
)
from tests.dprotonet.tiny_bundle import network_input, tiny_images, tiny_model

pytestmark = pytest.mark.usefixtures("processor")


def test_grad_cam_takes_one_pass_each_way_beside_the_measures():
    (cam,) = METHODS["gradcam"](PatchClassifier(), toy_image(), [ClassNode(1)], settings=QUICK)
    (centre,) = METHODS["centre"](PatchClassifier(), toy_image(), [ClassNode(1)], settings=QUICK)
    assert cam.passes_backward == 1
    assert cam.passes_forward == centre.passes_forward + 1


def test_a_prototypes_own_map_is_where_its_mask_and_its_direction_meet():
    options = ModelOptions(classes=("a", "b"), backbone="resnet18", image_size=64)
    model = tiny_model(options)
    x = network_input(tiny_images(2, 1, 64))[0]
    nodes = [PrototypeNode(1), VectorNode(0), ClassNode(1)]
    result = METHODS["prototype"](model, x, nodes, settings=QUICK)
    with torch.no_grad():
        seen = model(x[None])
        cells = model.add_on(model.backbone(x[None]))[0]
        prototype = torch.nn.functional.normalize(model.prototypes[1], dim=0)
        terms = seen.masks[0, 1] * torch.einsum("dhw,d->hw", cells, prototype)
        pooled = terms.sum() / seen.masks[0, 1].sum() / seen.vectors[0, 1].norm()
    assert float(pooled) == pytest.approx(float(seen.similarities[0, 1]), abs=1e-4)
    wanted = torch.nn.functional.interpolate(terms.relu()[None, None], (64, 64), mode="bilinear")
    wanted = wanted[0, 0]
    raw = torch.from_numpy(result[0].heatmap) * (result[0].raw_range[1] - result[0].raw_range[0])
    assert torch.allclose(raw + result[0].raw_range[0], wanted, atol=1e-4)
    assert all(np.ptp(one.heatmap) > 0 for one in result)


class NoFeatureMaps(torch.nn.Module):
    """A classifier that sees the image as one long vector."""

    def __init__(self) -> None:
        super().__init__()
        self.head = torch.nn.Linear(3 * SIZE * SIZE, 2)

    def forward(self, x):
        return self.head(x.flatten(1))


@pytest.mark.parametrize("name", ["gradcam", "scorecam"])
def test_a_network_without_feature_maps_gives_a_sentence_and_no_even_map(name):
    with pytest.raises(WrongRequest, match="no feature maps"):
        METHODS[name](NoFeatureMaps(), toy_image(), [ClassNode(1)], settings=QUICK)


def test_a_network_without_prototypes_has_no_map_of_theirs():
    with pytest.raises(WrongRequest, match="no prototypes"):
        METHODS["prototype"](PatchClassifier(), toy_image(), [ClassNode(1)], settings=QUICK)
