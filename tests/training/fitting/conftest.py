from pathlib import Path

import pytest

from tests.training.conftest import SMALL


@pytest.fixture(scope="session")
def context(class_folder):
    """The context of a small run on colour photographs of three classes."""
    from dprotonet.modeling.preprocessing import Preprocessing
    from training.data.placed_images import place_images
    from training.datasets.folder import load
    from training.fitting.fit import prepare
    from training.recipe import load_recipe

    recipe = load_recipe("folder", [*SMALL, "name=colours"])
    dataset = load(class_folder)
    images = place_images(dataset.samples, Preprocessing(size=64))
    return prepare(recipe, dataset, images, out=Path(), device="cpu", resume=False)
