import pytest

from dprotonet.errors import ReadableError
from training.datasets.phantom.dataset import phantom_samples
from training.datasets.registry import open_dataset
from training.datasets.samples import Dataset, Sample
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


def test_a_sample_named_twice_and_a_single_class_are_refused():
    twice = (Sample("a", None, "1", 0), Sample("a", None, "2", 1))
    with pytest.raises(ReadableError, match="names a more than once"):
        Dataset("d", ("x", "y"), None, twice)
    with pytest.raises(ReadableError, match="at least two classes"):
        Dataset("d", ("x",), None, ())
