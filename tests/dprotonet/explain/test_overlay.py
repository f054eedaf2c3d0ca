import subprocess
import sys

import numpy as np
import pytest

from dprotonet.explain.overlay import COLOUR_MAPS, colour_table, coloured, overlay


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_a_colour_map_grows_lighter_from_low_to_high(name):
    table = colour_table(name).astype(float)
    lightness = table @ [0.2126, 0.7152, 0.0722]
    assert table.shape == (256, 3)
    assert (np.diff(lightness) > -1.0).all() and lightness[-1] - lightness[0] > 120


def test_no_heat_leaves_the_image_and_full_heat_covers_it_by_the_opacity():
    image = np.full((2, 2), 100, np.uint8)
    heatmap = np.array([[0.0, 1.0], [0.5, 1.0]], np.float32)
    mixed = overlay(image, heatmap, 0.5)
    assert mixed.dtype == np.uint8 and mixed.shape == (2, 2, 3)
    assert mixed[0, 0].tolist() == [100, 100, 100]
    assert mixed[0, 1].tolist() == np.rint(100 / 2 + colour_table()[255] / 2).tolist()


def test_colour_images_are_overlaid_too():
    image = np.zeros((3, 4, 3), np.uint8)
    image[..., 2] = 200
    assert np.array_equal(overlay(image, np.zeros((3, 4)), 1.0), image)


def test_values_beyond_the_range_take_the_ends():
    ends = coloured(np.array([[-1.0, 2.0, np.nan]]))
    assert ends[0].tolist() == [
        colour_table()[0].tolist(),
        colour_table()[255].tolist(),
        colour_table()[0].tolist(),
    ]


def test_a_heatmap_of_another_size_is_refused():
    with pytest.raises(ValueError, match="differ in size"):
        overlay(np.zeros((4, 4), np.uint8), np.zeros((4, 5)))


def test_an_unknown_colour_map_is_refused():
    with pytest.raises(ValueError, match="inferno or viridis"):
        colour_table("jet")


def test_overlays_need_no_torch():
    code = (
        "import sys; from dprotonet.explain.overlay import overlay;"
        "from dprotonet.explain.explanation import Explanation;"
        "from dprotonet.explain.nodes import parse_node;"
        "from dprotonet.explain.settings import MDMSettings;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
