"""Every method under its name."""

import pytest
import torch

from dprotonet.errors import Cancelled
from dprotonet.explain.baselines.registry import METHODS
from dprotonet.explain.nodes import ClassNode, PrototypeNode, VectorNode
from tests.dprotonet.explain.toys import (
    QUICK,
    SIZE,
    PatchClassifier,
    PatchPrototypes,
    overlap,
    patch_mask,
    toy_image,
)

pytestmark = pytest.mark.usefixtures("processor")

# Those two need a DProtoNet.
ANY_NETWORK = [name for name in METHODS if name not in ("prototype", "own-map")]


@pytest.mark.parametrize("name", ANY_NETWORK)
def test_every_method_has_the_same_face(name):
    fractions: list[float] = []
    valid_mask = torch.ones(SIZE, SIZE, dtype=torch.bool)
    valid_mask[:6] = False
    result = METHODS[name](
        PatchPrototypes(),
        toy_image(rows=(8, 4), columns=(28, 26)),
        [ClassNode(0, "a"), PrototypeNode(1, "p01"), VectorNode(0, "p00")],
        settings=QUICK,
        valid_mask=valid_mask,
        seed=1,
        progress=fractions.append,
    )
    assert [one.node for one in result] == ["class:a", "prototype:p01", "vector:p00"]
    for one in result:
        assert one.method == name
        assert one.heatmap.shape == (SIZE, SIZE)
        assert one.heatmap.min() >= 0 and one.heatmap.max() == pytest.approx(1.0)
        assert one.heatmap[:6].max() == 0
        assert one.faithfulness.fill == "blur"
    assert fractions == sorted(fractions) and fractions[-1] == 1.0


@pytest.mark.parametrize("name", METHODS)
def test_every_method_can_be_cancelled(name):
    with pytest.raises(Cancelled):
        METHODS[name](PatchClassifier(), toy_image(), [ClassNode(1)], cancelled=lambda: True)


@pytest.mark.parametrize(
    "name",
    ["mdm", "gradcam", "scorecam", "integrated-gradients", "occlusion", "rise", "extremal"],
)
@pytest.mark.parametrize("position", [(6, 22), (28, 4)])
def test_methods_that_see_the_network_find_the_patch(name, position):
    (result,) = METHODS[name](
        PatchClassifier(), toy_image(squares=position), [ClassNode(1)], settings=QUICK
    )
    heatmap = torch.from_numpy(result.heatmap)
    assert patch_mask(*position).flatten()[heatmap.argmax()]
    assert overlap(heatmap, patch_mask(*position)) >= 0.4


def test_passes_are_counted_and_planned_alike():
    for name in ("gradcam", "scorecam", "integrated-gradients", "occlusion", "rise", "extremal"):
        fractions: list[float] = []
        nodes = [ClassNode(0), ClassNode(1)]
        (one, _) = METHODS[name](
            PatchClassifier(),
            toy_image(squares=(6, 22)),
            nodes,
            settings=QUICK,
            progress=fractions.append,
        )
        (centre, _) = METHODS["centre"](PatchClassifier(), toy_image(), nodes, settings=QUICK)
        forward, backward = METHODS[name].make(PatchClassifier()).passes(SIZE, 2)
        assert one.passes_backward == backward, name
        # Score-CAM plans for as many channels as a MobileNetV2 has, and captum looks once more.
        spent = one.passes_forward - centre.passes_forward
        assert 0 < spent <= forward + 2, name
        assert fractions == sorted(fractions), name
