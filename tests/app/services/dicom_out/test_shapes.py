"""Marks as DICOM draws them."""

from __future__ import annotations

import numpy as np
import pytest

from app.domain.marks import Mark
from app.services.dicom_out.shapes import drawn, measured
from dprotonet.images.types import Spacing
from tests.app.services.dicom_out.reads import read_of


def test_a_rectangle_and_an_outline_come_back_to_where_they_begin() -> None:
    kind, points = drawn(Mark("rectangle", ((2.0, 3.0), (9.0, 8.0))))
    assert kind == "POLYLINE"
    assert points.tolist() == [[2, 3], [9, 3], [9, 8], [2, 8], [2, 3]]
    kind, points = drawn(Mark("outline", ((1.0, 1.0), (5.0, 1.0), (4.0, 6.0))))
    assert (kind, points[0].tolist(), len(points)) == ("POLYLINE", points[-1].tolist(), 4)


@pytest.mark.parametrize(
    ("corner", "axes"),
    [
        ((10.0, 4.0), [[0, 2], [10, 2], [5, 0], [5, 4]]),
        ((4.0, 10.0), [[2, 0], [2, 10], [0, 5], [4, 5]]),
    ],
)
def test_an_ellipse_has_the_ends_of_its_longer_axis_first(
    corner: tuple[float, float], axes: list[list[float]]
) -> None:
    kind, points = drawn(Mark("ellipse", ((0.0, 0.0), corner)))
    assert (kind, points.tolist()) == ("ELLIPSE", axes)


def test_an_ellipse_without_a_height_is_a_line() -> None:
    assert drawn(Mark("ellipse", ((0.0, 2.0), (5.0, 2.0))))[0] == "POLYLINE"


def test_points_and_lines_stay_as_they_are() -> None:
    assert drawn(Mark("point", ((4.5, 4.5),)))[1].tolist() == [[4.5, 4.5]]
    line = Mark("length", ((1.0, 1.0), (5.0, 4.0)), "measure")
    assert np.array_equal(drawn(line)[1], line.points)


def test_a_length_is_in_millimetres_where_the_image_says_how_large_a_pixel_is() -> None:
    from dataclasses import replace

    image = read_of().image
    line = Mark("length", ((1.0, 1.0), (4.0, 5.0)), "measure")
    spaced = replace(image, spacing=Spacing(0.5, 2.0, "PixelSpacing"))
    found = measured(line, spaced)
    assert found is not None and found.value == pytest.approx((6**2 + 2**2) ** 0.5)
    assert found.text == "6.3 mm"
    bare = measured(line, replace(image, spacing=None))
    assert bare is not None and bare.text == "5.0 px"


def test_an_angle_is_that_between_its_legs() -> None:
    found = measured(
        Mark("angle", ((1.0, 1.0), (5.0, 1.0), (5.0, 6.0)), "measure"), read_of().image
    )
    assert found is not None and found.text == "90.0°"
    assert measured(Mark("point", ((4.5, 4.5),)), read_of().image) is None
