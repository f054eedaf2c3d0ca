import numpy as np
import pytest
import torch

from dprotonet.explain.baselines.own_map import upsampled
from dprotonet.explain.nodes import ClassNode, PrototypeNode
from training.evaluation.prototypes.own_maps import (
    OwnMaps,
    activations,
    box_around,
    near_peak,
    peaks,
    shown_region,
)

SIZE = 224


@pytest.mark.parametrize("cells", [7, 14])
def test_the_peak_comes_back_on_the_network_grid(cells):
    masks = torch.zeros(1, 1, cells, cells)
    masks[0, 0, 2, 5] = 1.0
    row, column = peaks(masks, SIZE)[0, 0]
    side = SIZE / cells
    assert 2 * side <= row < 3 * side
    assert 5 * side <= column < 6 * side


def test_of_equally_high_cells_the_peak_is_where_they_lie_together():
    masks = torch.zeros(1, 1, 14, 14)
    masks[0, 0, 1, 1] = 1.0  # alone, and first
    masks[0, 0, 8:11, 9:12] = 1.0
    row, column = peaks(masks, SIZE)[0, 0]
    assert 9 * 16 <= row < 10 * 16 and 10 * 16 <= column < 11 * 16


def test_a_peak_may_lie_between_cells():
    masks = torch.zeros(1, 1, 14, 14)
    masks[0, 0, 4, 4:6] = torch.tensor([1.0, 0.9])
    row, column = peaks(masks, SIZE)[0, 0]
    assert row // 16 == 4
    assert 74 <= column < 82  # between the middles, 71.5 and 87.5, and nearer to the higher
    large = upsampled(masks, SIZE)
    assert large.min() >= 0.0 and large.max() <= 1.001


def test_a_cell_that_is_higher_wins_over_many_lower_ones():
    masks = torch.zeros(1, 1, 7, 7)
    masks[0, 0, :3, :3] = 0.85
    masks[0, 0, 5, 5] = 1.0
    row, column = peaks(masks, SIZE)[0, 0]
    assert 160 <= row < 192 and 160 <= column < 192


def test_the_box_is_72_px_wide_on_a_grid_of_224():
    peak = np.array([100, 100])
    assert near_peak(peak, (136, 64), SIZE) and not near_peak(peak, (137, 100), SIZE)
    assert box_around(peak, SIZE).sum() == 73**2  # 36 px to either side
    assert box_around(np.array([0, 0]), SIZE).sum() == 37**2


def test_the_shown_region_reaches_half_of_the_peak():
    heatmap = np.array([[0.0, 0.4], [0.5, 1.0]], dtype=np.float32)
    assert shown_region(heatmap).tolist() == [[False, False], [True, True]]


def test_the_own_map_of_a_class_is_that_of_its_strongest_prototype(predictor):
    size = predictor.bundle.options.image_size
    x = torch.rand(3, size, size, generator=torch.Generator().manual_seed(0))
    similarities, masks = activations(predictor, x[None])
    contributions = predictor.model.contributions(similarities).detach()[0]
    owner = predictor.bundle.options.prototype_classes
    valid_mask = torch.ones(size, size, dtype=torch.bool)
    for k in range(len(predictor.bundle.classes)):
        own = [p for p, name in enumerate(owner) if name == k]
        expected = max(own, key=lambda p: float(contributions[k, p]))
        (one,) = OwnMaps().explain(predictor, x, valid_mask, [ClassNode(k)])
        assert one.prototype == expected
        assert one.heatmap.shape == (size, size) and one.heatmap.max() == pytest.approx(1.0)
        row, column = peaks(masks, size)[0, expected]
        assert one.heatmap[row, column] == pytest.approx(1.0)
    (last,) = OwnMaps().explain(predictor, x, valid_mask, [PrototypeNode(3)])
    assert last.prototype == 3
