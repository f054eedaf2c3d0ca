"""Shapes on the network's grid."""

import math

import numpy as np
import pytest

from app.domain.marks import Mark
from app.services.interventions.shapes import region_mask
from dprotonet.modeling.placement import GridPlacement

PLACEMENTS = [
    GridPlacement.of((448, 448), 224),
    GridPlacement.of((300, 180), 64),
    GridPlacement.of((100, 400), 224, 0.8),
]


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_a_rectangle_covers_the_pixels_that_lie_in_it_at_least_half(
    placement: GridPlacement,
) -> None:
    rows, columns = placement.stored
    x0, x1, y0, y1 = 0.2 * columns, 0.71 * columns, 0.13 * rows, 0.52 * rows
    mask = region_mask([Mark("rectangle", ((x1, y0), (x0, y1)))], placement)
    down = (np.arange(placement.network) + 0.5 - placement.offset[0]) * rows / placement.resized[0]
    across = np.arange(placement.network) + 0.5 - placement.offset[1]
    across = across * columns / placement.resized[1]
    expected = ((down > y0) & (down < y1))[:, None] & ((across > x0) & (across < x1))
    # Shapes are drawn an eighth of a pixel fine: at most one row or column is another.
    assert (mask ^ expected).sum() <= expected.any(1).sum() + expected.any(0).sum()
    assert abs(int(mask.sum()) - int(expected.sum())) <= max(expected.shape)


def test_an_ellipse_has_the_area_of_an_ellipse_and_an_outline_that_of_its_polygon() -> None:
    placement = PLACEMENTS[0]
    ellipse = region_mask([Mark("ellipse", ((40.0, 80.0), (240.0, 400.0)))], placement)
    assert ellipse.sum() == pytest.approx(math.pi * 50 * 80, rel=0.02)
    triangle = ((20.0, 20.0), (420.0, 20.0), (20.0, 320.0))
    outline = region_mask([Mark("outline", triangle)], placement)
    assert outline.sum() == pytest.approx(200 * 150 / 2, rel=0.02)


def test_several_shapes_are_one_region_and_what_lies_outside_the_image_is_no_part_of_it() -> None:
    placement = PLACEMENTS[2]
    left, right = (Mark("rectangle", ((x, -50.0), (x + 60.0, 900.0))) for x in (-10.0, 340.0))
    both = region_mask([left, right], placement)
    assert (both == region_mask([left], placement) | region_mask([right], placement)).all()
    top, height = placement.offset[0], placement.resized[0]
    assert not both[:top].any() and not both[top + height :].any() and both[top].any()
    assert not region_mask([Mark("rectangle", ((900.0, 0.0), (990.0, 50.0)))], placement).any()
