"""Occlusion, integrated gradients and RISE."""

import pytest

from dprotonet.explain.baselines.perturbation import RISE, IntegratedGradients, Occlusion, window_of
from dprotonet.explain.nodes import ClassNode
from tests.dprotonet.explain.toys import (
    QUICK,
    SIZE,
    PatchClassifier,
    overlap,
    patch_mask,
    toy_image,
)

pytestmark = pytest.mark.usefixtures("processor")


@pytest.mark.parametrize("size", [16, 48, 50, 224])
def test_occluding_squares_cover_the_image_by_half_steps(size):
    window, stride = window_of(size)
    assert window == max(2, round(size / 8)) and stride == window // 2
    forward, backward = Occlusion(PatchClassifier()).passes(size, 2)
    starts = range(0, size - window + stride, stride)
    assert (forward, backward) == (2 * (len(starts) ** 2 + 1), 0)


def test_occlusion_marks_what_hiding_takes_from_the_value():
    x = toy_image(squares=(6, 22))
    heatmap = Occlusion(PatchClassifier(), QUICK).attribute(x, 1)[0]
    assert overlap(heatmap, patch_mask(6, 22)) >= 0.5


def test_integrated_gradients_are_smoothed_so_that_no_single_pixel_stands_out():
    x = toy_image(squares=(6, 22))
    heatmap = IntegratedGradients(PatchClassifier(), QUICK).attribute(x, 1)[0]
    steps = (heatmap[1:] - heatmap[:-1]).abs().max()
    assert heatmap.max() == 1 and steps < 0.5


def test_rise_takes_as_many_masks_as_it_is_asked_to_and_says_so_in_its_name():
    few = RISE(PatchClassifier(), QUICK, masks=20)
    (result,) = few.explain(toy_image(squares=(6, 22)), [ClassNode(1)])
    assert result.method == few.name == "rise-20"
    assert result.passes_forward - result.measuring_passes == 20 + 2
    assert few.passes(SIZE, 3) == (20, 0)
    assert RISE(PatchClassifier()).name == "rise" and RISE(PatchClassifier()).masks == 150
