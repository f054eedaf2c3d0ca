import numpy as np
import pytest

from dprotonet.errors import ReadableError
from tests.training.datasets.tabular.table_files import write_table
from training.data.splits import by_split
from training.datasets.registry import open_dataset
from training.recipe import load_recipe


def recipe(*settings):
    return load_recipe("tabular", ["target=kind", "group=patient", *settings])


def test_each_row_is_a_sample_whose_image_is_made_of_it(tmp_path):
    dataset = open_dataset(recipe(), write_table(tmp_path / "t.csv"))
    assert dataset.classes == ("calm", "ill")
    first = dataset.samples[0]
    assert (first.sample_id, first.patient_id) == ("row-00002", "p0")
    assert np.array_equal(first.load().pixels, dataset.rows.image(first.row).pixels)


def test_scales_are_those_of_the_training_split(tmp_path):
    dataset = open_dataset(recipe("scaling=range"), write_table(tmp_path / "t.csv"))
    size = dataset.rows.table.attributes[0]
    train = [sample.row.values[0] for sample in by_split(dataset.samples)["train"]]
    assert size.knots == (min(train), max(train))


def test_a_table_is_given_by_file_or_by_name(tmp_path):
    assert open_dataset(recipe("table=wisconsin"), None).negative_class == "benign"
    with pytest.raises(ReadableError, match="table=wisconsin"):
        open_dataset(recipe(), None)


def test_noise_moves_a_row_by_the_seed_and_without_it_rows_stay(tmp_path):
    path = write_table(tmp_path / "t.csv")
    assert open_dataset(recipe("row_noise=0"), path).samples[0].varied is None
    varied = open_dataset(recipe("row_noise=0.1"), path).samples[0].varied
    assert np.array_equal(varied(1), varied(1))
    assert not np.array_equal(varied(1), varied(2))
    assert (varied(1).shape, varied(1).dtype) == ((3, 64, 64), np.uint8)
