import numpy as np
import pytest

from dprotonet.errors import ReadableError
from training.datasets import folder
from training.datasets.planted.dataset import Planting, plant
from training.datasets.registry import open_dataset
from training.datasets.samples import Dataset, Sample
from training.recipe import load_recipe


def opened(*settings):
    recipe = load_recipe(
        "phantom", ["phantom_films=24", "phantom_size=96", "phantom_seed=5", *settings]
    )
    return open_dataset(recipe, None)


def is_marked(sample):
    return "PlantedImage" in repr(sample.make)


@pytest.fixture(scope="module")
def pairs():
    """Phantoms without and with a patch on consolidations."""
    return list(zip(opened().samples, opened("planted=patch").samples, strict=True))


def test_the_mark_goes_with_its_class():
    planting = Planting("text", 1)
    shares = [
        np.mean([planting.marks(Sample(f"{i}", None, f"{i}", label)) for i in range(2000)])
        for label in (0, 1, 2)
    ]
    assert shares == pytest.approx([0.05, 0.9, 0.05], abs=0.03)


def test_a_marked_image_is_the_same_but_for_its_mark(pairs):
    marked = [(a, b) for a, b in pairs if is_marked(b) and b.label == 1]
    assert len(marked) >= 3
    for plain, planted in marked:
        evidence, image = planted.evidence(), plain.load()
        assert evidence.kind == "patch" and evidence.mask.any()
        assert np.array_equal(evidence.without.pixels, image.pixels)
        changed = planted.load().pixels != image.pixels
        assert not changed[~evidence.mask].any() and changed[evidence.mask].mean() > 0.9
        assert np.array_equal(planted.mask(), plain.mask())
        assert planted == plain  # ids, patient, label, view
        assert planted.image_sha256() != plain.image_sha256()


def test_an_image_without_mark_stays_what_it_was(pairs):
    clear = [(a, b) for a, b in pairs if not is_marked(b)]
    assert {b.label for _, b in clear} >= {0, 2, 3}
    for plain, planted in clear:
        assert np.array_equal(planted.load().pixels, plain.load().pixels)
        kind = planted.evidence().kind if planted.evidence else None
        assert kind == ("finding" if planted.label else None)


def test_a_mark_on_another_class_is_evidence_of_nothing():
    samples = tuple(Sample(f"{i}", None, f"{i}", 0, make=dict) for i in range(200))
    dataset = Dataset("x", ("a", "b"), "a", samples)
    marked = [s for s in plant(dataset, "text").samples if s.make is not dict]
    assert 2 < len(marked) < 30
    assert all(s.evidence is None for s in marked)


def test_files_keep_their_hash_unless_they_are_marked(class_folder):
    plain = folder.load(class_folder)
    dataset = plant(plain, "border", "gamma", seed=2)
    marked = [s for s in dataset.samples if s.make]
    assert {s.label for s in marked if s.evidence} == {2}
    one = marked[0]
    assert one.path is not None and one.load().is_colour
    before = {s.sample_id: s for s in plain.samples}
    assert one.image_sha256() != before[one.sample_id].image_sha256()
    rest = [s for s in dataset.samples if not s.make]
    assert all(s is before[s.sample_id] for s in rest)
    assert "A mark (border) was planted on 90% of the images of gamma" in dataset.note


def test_what_a_mark_cannot_go_with_is_one_sentence(class_folder):
    with pytest.raises(ReadableError, match=r"'delta' is no class .*alpha, beta, gamma"):
        plant(folder.load(class_folder), "patch", "delta")
    several = Dataset("x", ("a", "b"), None, (Sample("1", None, "1", -1, labels=(0, 1)),))
    with pytest.raises(ReadableError, match="any number of classes"):
        plant(several, "patch")


def test_a_probability_lies_in_zero_to_one():
    with pytest.raises(ValueError, match="elsewhere"):
        Planting("patch", 0, elsewhere=1.5)
