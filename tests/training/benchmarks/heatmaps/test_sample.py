from dataclasses import replace

import pytest

from tests.training.benchmarks.heatmaps.quick_run import QUICK, rows_of
from training.benchmarks.heatmaps.run import benchmark


def test_locations_are_scored_on_rightly_classified_images(folder, split, tmp_path):
    benchmark(folder, None, replace(QUICK, count=8), tmp_path)
    rows = rows_of(tmp_path).values()
    for row in rows:
        location = {"energy", "peak_inside", "peak_near"} & set(row["methods"]["centre"]["class"])
        assert bool(location) == row["right"] == (row["truth_area"] is not None)
        assert not {"energy"} & set(row["methods"]["centre"]["prototype"])
    right = [row for row in rows if row["right"]]
    assert right and right[0]["truth_area"] == pytest.approx(0.25)
