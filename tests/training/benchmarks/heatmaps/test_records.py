import pytest

from training.benchmarks.heatmaps.records import finished, hashed, rounded, row_name
from training.datasets.samples import Sample


def test_a_row_is_named_by_its_position_and_by_nothing_that_can_be_read():
    name = row_name(7, Sample("Doe^Jane", None, "Doe", 0))
    assert name == f"00007-{hashed('Doe^Jane')}"
    assert len(hashed("Doe^Jane")) == 12 and "Doe" not in name


def test_an_image_is_finished_when_every_method_has_its_results():
    rows = {"a": {"methods": {"mdm": {}, "rise": {}}}, "b": {"methods": {"mdm": {}}}}
    assert finished(rows, ["b", "a", "c"], ["mdm"]) == [rows["b"], rows["a"]]
    assert finished(rows, ["b", "a", "c"], ["mdm", "rise"]) == [rows["a"]]


def test_floats_are_rounded_however_deep_they_lie():
    value = {"a": [0.123456789, (1.0000001, 2)], "b": None, "c": "0.123456789"}
    assert rounded(value) == {"a": [0.12346, [1.0, 2]], "b": None, "c": "0.123456789"}
    assert rounded(0.123456789, 2) == pytest.approx(0.12)
