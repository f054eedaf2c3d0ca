"""A prototype's own mask, small enough to be kept."""

import json
import subprocess
import sys

import numpy as np
import pytest

from dprotonet.prototypes.own_map import OwnMap


def test_the_largest_cell_is_255_and_the_map_comes_back_from_json():
    own = OwnMap.of(np.array([[0.0, 0.5, 1.0], [2.0, 0.0, 0.0]]))
    assert own.values.tolist() == [[0, 64, 128], [255, 0, 0]]
    assert OwnMap.from_json(json.loads(json.dumps(own.to_json()))) == own


def test_a_mask_that_is_zero_everywhere_has_no_map():
    assert OwnMap.of(np.zeros((2, 2))) is None


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (0, 4), (4, 0)])
def test_a_map_has_a_number_for_each_cell(rows, columns):
    with pytest.raises(ValueError, match="each of its cells"):
        OwnMap(rows, columns, b"abc")


def test_own_maps_need_no_torch():
    code = "import sys, dprotonet.prototypes.own_map; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=".").returncode == 0
