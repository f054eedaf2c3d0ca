from dataclasses import replace

import pytest

from tests.training.benchmarks.heatmaps.quick_run import QUICK, rows_of
from training.benchmarks.heatmaps.run import benchmark


def test_places_are_judged_on_images_that_are_called_rightly(folder, split, tmp_path):
    benchmark(folder, None, replace(QUICK, count=8), tmp_path)
    rows = rows_of(tmp_path).values()
    for row in rows:
        place = {"energy", "peak_inside", "peak_near"} & set(row["methods"]["centre"]["class"])
        assert bool(place) == row["right"] == (row["truth_area"] is not None)
        assert not {"energy"} & set(row["methods"]["centre"]["prototype"])
    right = [row for row in rows if row["right"]]
    assert right and right[0]["truth_area"] == pytest.approx(0.25)
