import pytest

from dprotonet.errors import ReadableError
from training.datasets import elpv
from training.datasets.registry import open_dataset
from training.recipe import load_recipe


def test_elpv_counts_a_cell_as_defective_from_one_half_on(made):
    samples, _ = made("elpv")
    assert [s.label for s in samples.values()] == [0, 0, 1, 1]
    assert [s.view for s in samples.values()] == ["mono", "mono", "poly", "poly"]


def test_elpv_without_its_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(elpv.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ReadableError, match="pip install elpv-dataset"):
        open_dataset(load_recipe("elpv"), None)
