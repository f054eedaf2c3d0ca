import pytest
import torch

from dprotonet.modeling.preprocessing import Preprocessing
from tests.training import replicas
from tests.training.datasets.odd_files import truncate
from training.data.transforms import (
    PlaceImage,
    augmentation,
    augmented_copy,
    is_augmented,
    unit,
)
from training.datasets.samples import Sample
from training.recipe import load_recipe


@pytest.fixture
def image():
    return torch.randint(
        0, 256, (1, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )


def _transform(**keys):
    return augmentation(load_recipe("folder", [f"{k}={v}" for k, v in keys.items()]))


STILL = {"rotate": 0, "shift": 0, "zoom": 0, "brightness": 0, "contrast": 0, "flip": "false"}


def test_the_seed_alone_decides_how_an_image_is_augmented(image):
    transform = _transform(image_size=32)
    first = augmented_copy(transform, image, 7)
    augmented_copy(transform, image, 8)
    assert torch.equal(augmented_copy(transform, image, 7), first)
    assert first.shape == image.shape and first.dtype == torch.float32
    assert first.min() >= 0 and first.max() <= 1


def test_with_every_change_at_zero_the_image_stays(image):
    still = augmented_copy(_transform(image_size=32, **STILL), image, 1)
    assert torch.allclose(still, unit(image), atol=1e-4)


def test_a_flip_is_left_to_right_and_only_where_the_recipe_allows_it(image):
    transform = _transform(image_size=32, **STILL | {"flip": "true"})
    copies = [augmented_copy(transform, image, seed) for seed in range(20)]
    flipped = [torch.allclose(copy, unit(image).flip(2), atol=1e-4) for copy in copies]
    same = [torch.allclose(copy, unit(image), atol=1e-4) for copy in copies]
    assert any(flipped) and any(same) and all(a != b for a, b in zip(flipped, same, strict=True))


def test_a_placed_image_is_grey_or_colour_as_its_file_is_and_a_damaged_one_says_why(tmp_path):
    transform = PlaceImage(Preprocessing(size=24))
    for name, colour in (("grey.png", False), ("colour.png", True)):
        replicas.image(90, 1, colour=colour).save(tmp_path / name)
        entry = transform(Sample(name, tmp_path / name, "p", 0))
        assert entry["image"].shape == (3 if colour else 1, 24, 24)
        assert entry["image"].dtype == torch.uint8
        assert len(entry["sha256"]) == 64 and entry["frames"] == 1
    truncate(tmp_path / "grey.png")
    entry = transform(Sample("grey.png", tmp_path / "grey.png", "p", 0))
    assert entry.keys() == {"problem"} and "grey.png cannot be read" in entry["problem"]


def test_a_recipe_whose_changes_are_all_at_zero_does_not_change_images():
    assert not is_augmented(load_recipe("tabular"))
    assert is_augmented(load_recipe("tabular", ["rotate=1"]))
    assert is_augmented(load_recipe("phantom"))
