"""Maps that are kept with a prediction, and read again without a model."""

import numpy as np
import pytest

from dprotonet.explain.location import fraction_outside
from dprotonet.explain.reader.kept_maps import STEPS, KeptMaps, rectangle
from dprotonet.modeling.geometry import Placement
from dprotonet.modeling.placement import GridPlacement

PLACEMENT = GridPlacement((80, 40), 64, (64, 32), (0, 16))
NODES = ("class:finding", "prototype:p00")


@pytest.fixture(scope="module")
def smooth():
    """Two maps of 16 cells a side: a slope, and a blob at the right of the image."""
    row, column = np.mgrid[:16, :16].astype(np.float32)
    blob = np.exp(-((row - 4) ** 2 + (column - 10) ** 2) / 4)
    return np.stack([row + column / 20, 7 * blob - 3])


def test_maps_come_back_from_their_file_in_steps(smooth):
    kept = KeptMaps.of(NODES, smooth, PLACEMENT)
    again = KeptMaps.from_npy(kept.to_npy(), NODES, PLACEMENT)
    np.testing.assert_array_equal(again.cells, kept.cells)
    assert kept.cells.min() == 0 and kept.cells.max() == STEPS
    assert len(kept.to_npy()) < 2 * 16 * 16 * 2 + 200


def test_a_map_that_is_flat_or_no_number_marks_nothing(smooth):
    odd = np.stack([np.full((16, 16), 3.0), np.where(smooth[0] > 9, np.nan, smooth[0])])
    kept = KeptMaps.of(NODES, odd, PLACEMENT)
    assert not kept.cells.any() and not kept.heatmap(0).any() and not kept.heatmap(1).any()


def test_a_heatmap_lies_on_the_image_and_peaks_where_the_map_does(smooth):
    heatmap = KeptMaps.of(NODES, smooth, PLACEMENT).heatmap(1)
    assert heatmap.shape == (64, 64) and heatmap.dtype == np.float32 and heatmap.max() == 1
    assert not heatmap[~rectangle(PLACEMENT)].any()
    row, column = np.unravel_index(heatmap.argmax(), heatmap.shape)
    assert abs(row - 18) <= 2 and abs(column - 42) <= 2


def test_the_rectangle_of_the_image_is_that_of_the_library():
    np.testing.assert_array_equal(
        rectangle(PLACEMENT), Placement((80, 40), 64, (64, 32), (0, 16)).valid_mask().numpy()
    )


def test_what_lies_outside_the_body_is_about_that_of_the_whole_heatmap(smooth):
    kept = KeptMaps.of(NODES, smooth, PLACEMENT)
    body = np.zeros((64, 64), bool)
    body[:, 16:40] = True
    for number, fraction in enumerate(kept.outside(body)):
        exact = fraction_outside(kept.heatmap(number), body, rectangle(PLACEMENT))
        assert abs(fraction - exact) < 0.05
    assert kept.outside(np.ones((64, 64), bool)) == (0, 0)


def test_a_map_without_its_node_or_of_another_kind_is_no_map(smooth):
    with pytest.raises(ValueError, match="its node"):
        KeptMaps.of(NODES[:1], smooth, PLACEMENT)
    with pytest.raises(ValueError, match="uint16"):
        KeptMaps(NODES, smooth, PLACEMENT)
