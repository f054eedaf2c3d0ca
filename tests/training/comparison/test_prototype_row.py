from dataclasses import replace

import numpy as np
import pytest
import torch

from dprotonet.modeling.preprocessing import Preprocessing
from tests.training.conftest import SMALL
from training.comparison.prototype_row import FIGURES, prototype_row
from training.data.placed_images import place_images
from training.datasets.registry import open_dataset
from training.evaluation.prototypes.nearest import class_purity
from training.fitting import networks
from training.fitting.crossval import split_rows
from training.fitting.fit import cut_network, prepare
from training.recipe import load_recipe


@pytest.fixture(scope="module")
def parts(class_folder, tmp_path_factory):
    """A run whose networks stay cut, its rows, and such a network with random weights."""
    recipe = load_recipe("folder", [*SMALL, "variants=1", "frozen_blocks=2"])
    dataset = open_dataset(recipe, class_folder)
    images = place_images(dataset.samples, Preprocessing(size=recipe.image_size))
    out = tmp_path_factory.mktemp("row")
    run = prepare(recipe, dataset, images, out=out, device="cpu", resume=False, cut=True)
    network = networks.dprotonet(recipe, dataset.classes, None).network
    cut_network(network, run)
    return run, split_rows(run), network.eval()


def test_a_row_has_the_counts_and_every_figure(parts):
    run, rows, network = parts
    row = prototype_row(run, rows, network)
    assert list(row) == ["count", "dead", "doubles", *FIGURES]
    assert row["count"] == len(network.prototype_ids)
    assert 0.0 <= row["stability"] <= 1.0
    assert row == prototype_row(run, rows, network)


def test_purity_is_of_the_test_images_through_the_whole_network(parts):
    run, rows, network = parts
    with torch.inference_mode():
        similarities = network(run.final.clean(rows.test)).similarities.double().numpy()
    labels = run.images.labels[rows.test].numpy()
    own = labels[:, None] == np.array(network.options.prototype_classes)
    expected = class_purity(similarities, own).mean()
    assert prototype_row(run, rows, network)["class_purity"] == pytest.approx(expected, abs=1e-4)


def test_masks_that_do_not_see_the_image_are_stable(parts):
    run, rows, _ = parts
    recipe = replace(run.recipe, masks="learned")
    network = networks.dprotonet(recipe, run.dataset.classes, None).network
    cut_network(network, run)
    assert prototype_row(run, rows, network.eval())["stability"] == 1.0


def test_a_black_box_has_no_row(parts):
    run, rows, _ = parts
    black = networks.black_box(run.recipe, run.dataset.classes, None).network
    assert prototype_row(run, rows, black) is None
