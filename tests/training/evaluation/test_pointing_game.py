import numpy as np
import pytest

from training.evaluation.localisation import peak_hits
from training.evaluation.pointing_game import wilson_interval


def test_the_peak_counts_inside_the_mask_or_within_fifteen_pixels_of_it():
    mask = np.zeros((64, 64), dtype=bool)
    mask[10:20, 10:20] = True
    for column, expected in ((12, (True, True)), (30, (False, True)), (40, (False, False))):
        heatmap = np.zeros((64, 64), dtype=np.float32)
        heatmap[15, column] = 1.0
        assert peak_hits(heatmap, mask) == expected


def test_a_fraction_has_its_interval_and_stays_in_zero_to_one():
    result = wilson_interval([True] * 10)
    assert result["value"] == 1.0
    assert 0.6 < result["low"] < result["high"] <= 1.0
    half = wilson_interval([True, False] * 50)
    assert half["low"] == pytest.approx(0.4038, abs=1e-3)  # Wilson's interval of 50 in 100
    assert wilson_interval([]) == {"films": 0}
