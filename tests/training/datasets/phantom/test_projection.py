import numpy as np
import pytest

from training.datasets.phantom.projection import Projection, deposit, smooth_path, tubes


def _projection(**changes):
    values = {
        "shape": (80, 60),
        "spacing": 0.5,
        "centre": (0.0, 12.0),
        "view": "PA",
        "source_distance": 180.0,
    }
    return Projection(**values | changes)


def test_what_lies_nearer_to_the_source_is_thrown_larger():
    assert _projection().magnification(-8.0) > _projection().magnification(8.0) > 1.0
    assert _projection(view="AP").magnification(8.0) > _projection(view="AP").magnification(-8.0)


def test_a_point_falls_on_the_pixel_whose_plane_holds_it():
    projection = _projection(roll=0.1)
    x, y = projection.plane(3.0)
    column, row, _ = projection.to_image(np.array([[x[20, 45], y[20, 45], 3.0]]))
    assert (column[0], row[0]) == pytest.approx((45, 20), abs=0.05)


def test_deposited_weight_is_kept_inside_the_image_and_lost_outside():
    column, row = np.array([2.25, 30.0, 500.0]), np.array([3.5, 7.0, 500.0])
    grid = deposit((20, 40), column, row, np.array([1.0, 2.0, 4.0]))
    assert grid.sum() == pytest.approx(3.0, abs=1e-5)
    assert grid[3, 2] == pytest.approx(0.375) and grid[7, 30] == pytest.approx(2.0)


def test_a_tube_keeps_its_volume_whichever_way_it_runs():
    projection = _projection(spacing=0.25, shape=(160, 120))
    volumes = []
    for end in ((6.0, 12.0, 0.0), (0.0, 18.0, 0.0)):
        axis = np.linspace((0.0, 12.0, 0.0), end, 200)[None]
        width = np.full((1, 200), 0.8)
        thickness = tubes(projection, axis, width, np.pi * width**2)
        scale = projection.magnification(0.0)
        volumes.append(thickness.sum() * (projection.spacing / scale) ** 2)
    assert volumes == pytest.approx([np.pi * 0.8**2 * 6.0] * 2, rel=0.03)


def test_a_path_goes_through_its_points():
    points = np.array([(0.0, 0.0), (1.0, 2.0), (3.0, 1.0)])
    curve = smooth_path(points, 5)
    assert curve.shape == (5, 2) and np.allclose(curve[[0, 2, 4]], points)
