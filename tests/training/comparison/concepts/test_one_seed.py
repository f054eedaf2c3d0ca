import numpy as np
import pytest

from tests.training.conftest import SMALL
from training.cli.comparing import opened_run
from training.comparison.concepts.one_seed import read_seed
from training.data.concept_table import concept_table
from training.datasets.registry import open_dataset
from training.fitting.crossval import split_rows
from training.recipe import load_recipe

FEW = ("network=concepts", "phantom_films=60", "phantom_size=80", "epochs=2", "turn_every=2")


@pytest.fixture
def split(tmp_path):
    """A small phantom with its split and its concepts."""
    settings = [*SMALL, *FEW, "concept_batch=8", "concepts=AP view"]
    recipe = load_recipe("phantom", settings)
    dataset = open_dataset(recipe, None)
    wanted = {"placed_images": None, "folds": None, "command": "", "device": "cpu"}
    context = opened_run(recipe, dataset, out=tmp_path, **wanted)
    rows = split_rows(context)
    return context, rows, concept_table(context.images.samples, recipe, rows.train)


def test_a_seed_is_trained_once_and_another_one_is_another_network(split, tmp_path):
    context, rows, table = split
    first = read_seed(context, rows, table, 3, tmp_path)
    again = read_seed(context, rows, table, 3, tmp_path)
    other = read_seed(context, rows, table, 4, tmp_path)
    assert np.array_equal(first.axes.activations, again.axes.activations)
    assert np.array_equal(first.plain_features, again.plain_features)
    assert again.seconds["plain"] < first.seconds["plain"]
    assert not np.allclose(first.axes.activations, other.axes.activations)
    assert not np.allclose(first.plain_features, other.plain_features)


def test_every_image_is_read_and_every_concept_set_against_every_class(split, tmp_path):
    context, rows, table = split
    read = read_seed(context, rows, table, 0, tmp_path)
    assert len(read.axes.activations) == len(read.plain_features) == 60
    assert len(read.scored["concepts"].labels) == len(rows.test)
    assert len(read.importance) == 1
    assert {(one["concept"], one["class"]) for one in read.pulls} == {
        ("AP view", name) for name in context.dataset.classes
    }
