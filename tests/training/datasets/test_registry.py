from tests.training.datasets import public
from tests.training.datasets.public import opened
from training.datasets.phantom.dataset import phantom_samples
from training.datasets.registry import LOADERS, open_dataset
from training.recipe import load_recipe


def test_the_phantom_needs_no_folder_and_makes_its_images_when_they_are_loaded():
    recipe = load_recipe("phantom", ["phantom_films=8", "phantom_size=96", "phantom_seed=5"])
    dataset = open_dataset(recipe, None)
    assert dataset.classes == ("none", "consolidation", "nodule", "effusion")
    origin = phantom_samples(5, 8, size=96, difficulty=recipe.phantom_difficulty)[3]
    sample = dataset.samples[3]
    assert (sample.label, sample.view, sample.patient_id) == (
        origin.label,
        origin.view,
        origin.patient_id,
    )
    assert max(sample.load().shape) == 96
    assert sample.image_sha256() == origin.image_sha256()


def test_every_kind_of_a_recipe_is_opened_by_something():
    from typing import get_args

    from training.recipe import DatasetKind

    assert {*LOADERS, "phantom", "elpv", "tabular"} == set(get_args(DatasetKind))


def test_the_authors_split_can_be_left_out(tmp_path):
    dataset = opened("cub", public.cub(tmp_path / "set"), split="patient")
    assert {s.official_split for s in dataset.samples} == {""}
    assert len(dataset.samples) == 4 and dataset.samples[0].mask is not None


def test_a_recipe_plants_marks_on_whatever_it_opens():
    settings = ["phantom_films=40", "planted=token", "planted_class=effusion"]
    dataset = open_dataset(load_recipe("phantom", settings), None)
    marked = [s for s in dataset.samples if "PlantedImage" in repr(s.make)]
    own = sum(s.label == 3 for s in marked)
    assert own > 0.6 * sum(s.label == 3 for s in dataset.samples) and own > 0.6 * len(marked)
    assert "A mark (token)" in dataset.note
    other = open_dataset(load_recipe("phantom", [*settings, "planted_seed=1"]), None)
    assert [repr(s.make) for s in other.samples] != [repr(s.make) for s in dataset.samples]
