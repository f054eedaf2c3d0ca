import numpy as np
import pytest
import torch

from dprotonet.errors import Cancelled
from dprotonet.explain import METHODS, ClassNode, MDMSettings, PrototypeNode, VectorNode
from tests.dprotonet.explain.toys import (
    SIZE,
    PatchClassifier,
    PatchPrototypes,
    film,
    overlap,
    patch_mask,
)

QUICK = MDMSettings(steps=2, random_masks=0, gradient_masks=4, faithfulness_steps=4)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_the_same_face(name):
    told: list[float] = []
    inside = torch.ones(SIZE, SIZE, dtype=torch.bool)
    inside[:6] = False
    found = METHODS[name](
        PatchPrototypes(),
        film(rows=(8, 4), columns=(28, 26)),
        [ClassNode(0, "a"), PrototypeNode(1, "p01"), VectorNode(0, "p00")],
        settings=QUICK,
        inside=inside,
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
        METHODS[name](PatchClassifier(), film(), [ClassNode(1)], cancelled=lambda: True)


@pytest.mark.parametrize("name", ["mdm", "gradcam", "rise"])
@pytest.mark.parametrize("place", [(6, 22), (28, 4)])
def test_methods_that_see_the_network_find_the_patch(name, place):
    (found,) = METHODS[name](PatchClassifier(), film(squares=place), [ClassNode(1)], settings=QUICK)
    heatmap = torch.from_numpy(found.heatmap)
    assert patch_mask(*place).flatten()[heatmap.argmax()]
    assert overlap(heatmap, patch_mask(*place)) >= 0.4


def test_the_centre_knows_nothing_of_the_network():
    (found,) = METHODS["centre"](PatchClassifier(), film(), [ClassNode(1)], settings=QUICK)
    row, column = np.unravel_index(found.heatmap.argmax(), found.heatmap.shape)
    assert abs(row - SIZE / 2) <= 1 and abs(column - SIZE / 2) <= 1


def test_grad_cam_takes_one_pass_each_way_beside_the_measures():
    (cam,) = METHODS["gradcam"](PatchClassifier(), film(), [ClassNode(1)], settings=QUICK)
    (centre,) = METHODS["centre"](PatchClassifier(), film(), [ClassNode(1)], settings=QUICK)
    assert cam.passes_backward == 1
    assert cam.passes_forward == centre.passes_forward + 1
