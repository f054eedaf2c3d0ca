import numpy as np
import pytest
import torch

from dprotonet.errors import Cancelled, WrongRequest
from dprotonet.explain.baselines import extremal, published_mdm
from dprotonet.explain.baselines.registry import METHODS
from dprotonet.explain.nodes import ClassNode, PrototypeNode, VectorNode
from dprotonet.explain.settings import MDMSettings
from dprotonet.modeling.model import ModelOptions
from tests.dprotonet.explain.toys import (
    SIZE,
    PatchClassifier,
    PatchPrototypes,
    overlap,
    patch_mask,
    toy_image,
)
from tests.dprotonet.tiny_bundle import network_input, tiny_images, tiny_model

pytestmark = pytest.mark.usefixtures("processor")
QUICK = MDMSettings(steps=2, faithfulness_steps=4)


ANY_NETWORK = [name for name in METHODS if name != "prototype"]  # that one needs a DProtoNet


@pytest.mark.parametrize("name", ANY_NETWORK)
def test_every_method_has_the_same_face(name):
    told: list[float] = []
    valid_mask = torch.ones(SIZE, SIZE, dtype=torch.bool)
    valid_mask[:6] = False
    found = METHODS[name](
        PatchPrototypes(),
        toy_image(rows=(8, 4), columns=(28, 26)),
        [ClassNode(0, "a"), PrototypeNode(1, "p01"), VectorNode(0, "p00")],
        settings=QUICK,
        valid_mask=valid_mask,
        seed=1,
        progress=told.append,
    )
    assert [one.node for one in found] == ["class:a", "prototype:p01", "vector:p00"]
    for one in found:
        assert one.method == name
        assert one.heatmap.shape == (SIZE, SIZE)
        assert one.heatmap.min() >= 0 and one.heatmap.max() == pytest.approx(1.0)
        assert one.heatmap[:6].max() == 0
        assert one.faithfulness.fill == "blur"
    assert told == sorted(told) and told[-1] == 1.0


@pytest.mark.parametrize("name", METHODS)
def test_every_method_can_be_cancelled(name):
    with pytest.raises(Cancelled):
        METHODS[name](PatchClassifier(), toy_image(), [ClassNode(1)], cancelled=lambda: True)


@pytest.mark.parametrize(
    "name",
    ["mdm", "gradcam", "scorecam", "integrated-gradients", "occlusion", "rise", "extremal"],
)
@pytest.mark.parametrize("place", [(6, 22), (28, 4)])
def test_methods_that_see_the_network_find_the_patch(name, place):
    (found,) = METHODS[name](
        PatchClassifier(), toy_image(squares=place), [ClassNode(1)], settings=QUICK
    )
    heatmap = torch.from_numpy(found.heatmap)
    assert patch_mask(*place).flatten()[heatmap.argmax()]
    assert overlap(heatmap, patch_mask(*place)) >= 0.4


def test_the_centre_knows_nothing_of_the_network():
    (found,) = METHODS["centre"](PatchClassifier(), toy_image(), [ClassNode(1)], settings=QUICK)
    row, column = np.unravel_index(found.heatmap.argmax(), found.heatmap.shape)
    assert abs(row - SIZE / 2) <= 1 and abs(column - SIZE / 2) <= 1


def test_grad_cam_takes_one_pass_each_way_beside_the_measures():
    (cam,) = METHODS["gradcam"](PatchClassifier(), toy_image(), [ClassNode(1)], settings=QUICK)
    (centre,) = METHODS["centre"](PatchClassifier(), toy_image(), [ClassNode(1)], settings=QUICK)
    assert cam.passes_backward == 1
    assert cam.passes_forward == centre.passes_forward + 1


def test_passes_are_counted_and_planned_alike():
    for name in ("gradcam", "scorecam", "integrated-gradients", "occlusion", "rise", "extremal"):
        told: list[float] = []
        nodes = [ClassNode(0), ClassNode(1)]
        (one, _) = METHODS[name](
            PatchClassifier(),
            toy_image(squares=(6, 22)),
            nodes,
            settings=QUICK,
            progress=told.append,
        )
        (centre, _) = METHODS["centre"](PatchClassifier(), toy_image(), nodes, settings=QUICK)
        forward, backward = METHODS[name].passes(SIZE, 2)
        assert one.passes_backward == backward, name
        # Score-CAM plans for as many channels as a MobileNetV2 has, and captum looks once more.
        spent = one.passes_forward - centre.passes_forward
        assert 0 < spent <= forward + 2, name
        assert told == sorted(told), name


def test_a_prototypes_own_map_is_where_its_mask_and_its_direction_meet():
    options = ModelOptions(classes=("a", "b"), backbone="resnet18", image_size=64)
    model = tiny_model(options)
    x = network_input(tiny_images(2, 1, 64))[0]
    nodes = [PrototypeNode(1), VectorNode(0), ClassNode(1)]
    found = METHODS["prototype"](model, x, nodes, settings=QUICK)
    with torch.no_grad():
        seen = model(x[None])
        cells = model.add_on(model.backbone(x[None]))[0]
        prototype = torch.nn.functional.normalize(model.prototypes[1], dim=0)
        shares = seen.masks[0, 1] * torch.einsum("dhw,d->hw", cells, prototype)
        pooled = shares.sum() / seen.masks[0, 1].sum() / seen.vectors[0, 1].norm()
    assert float(pooled) == pytest.approx(float(seen.similarities[0, 1]), abs=1e-4)
    wanted = torch.nn.functional.interpolate(shares.relu()[None, None], (64, 64), mode="bilinear")
    wanted = wanted[0, 0]
    raw = torch.from_numpy(found[0].heatmap) * (found[0].raw_range[1] - found[0].raw_range[0])
    assert torch.allclose(raw + found[0].raw_range[0], wanted, atol=1e-4)
    assert all(np.ptp(one.heatmap) > 0 for one in found)


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


def test_the_published_search_lies_over_the_patch_and_is_measured_like_every_other():
    x, node = toy_image(squares=(6, 22)), [ClassNode(1)]
    (found,) = METHODS["mdm-published"](PatchClassifier(), x, node, settings=QUICK, seed=3)
    (centre,) = METHODS["centre"](PatchClassifier(), x, node, settings=QUICK, seed=3)
    assert overlap(torch.from_numpy(found.heatmap), patch_mask(6, 22)) >= 0.5
    assert found.faithfulness.fill == "blur"  # the caller's; it searches under the mean
    assert found.value_before == centre.value_before  # a probability; it searches by logits
    assert found.faithfulness.random_insertion_auc == centre.faithfulness.random_insertion_auc
    forward, backward = published_mdm.passes(1)
    assert found.passes_forward == forward + centre.passes_forward
    assert found.passes_backward == backward > 0
    assert found.measuring_passes == centre.measuring_passes


def test_a_network_without_prototypes_has_no_map_of_theirs():
    with pytest.raises(WrongRequest, match="no prototypes"):
        METHODS["prototype"](PatchClassifier(), toy_image(), [ClassNode(1)], settings=QUICK)


def test_extremal_masks_keep_about_the_areas_they_were_asked_for():
    (found,) = METHODS["extremal"](
        PatchClassifier(), toy_image(squares=(6, 22)), [ClassNode(1)], settings=QUICK
    )
    low, high = found.raw_range
    mean = float(found.heatmap.mean()) * (high - low) + low
    assert mean == pytest.approx(sum(extremal.AREAS), abs=0.2)
