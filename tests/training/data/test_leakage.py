from dataclasses import replace

import numpy as np
import pytest
import torch

from dprotonet.errors import ReadableError
from dprotonet.images.hashes import file_sha256
from training.data.leakage import check_leakage, group_duplicates
from training.data.placed_images import PlacedImages
from training.datasets.samples import Sample

SIDES = {"train": torch.tensor([0, 1]), "validation": torch.tensor([2]), "test": torch.tensor([3])}


@pytest.fixture
def images():
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 1, 8, 8), np.uint8))
    samples = tuple(Sample(f"s{i}", None, f"p{i}", 0) for i in range(4))
    return PlacedImages(pixels, torch.zeros(4, dtype=torch.int64), samples, ("a", "b", "c", "d"))


def test_a_clean_split_passes(images):
    check_leakage(images, SIDES)


def test_a_patient_on_two_sides_is_refused_by_name(images):
    samples = (*images.samples[:3], replace(images.samples[3], patient_id="p1"))
    with pytest.raises(ReadableError, match=r"Patient p1 .*s1 \(train\) and s3 \(test\)"):
        check_leakage(replace(images, samples=samples), SIDES)


def test_an_identical_file_on_two_sides_is_refused(images):
    with pytest.raises(ReadableError, match=r"One file .*s0 \(train\) and s2 \(validation\)"):
        check_leakage(replace(images, sha256s=("a", "b", "a", "d")), SIDES)


def test_an_identical_picture_in_another_file_is_refused(images):
    images.pixels[3] = images.pixels[0]
    with pytest.raises(ReadableError, match=r"One picture .*duplicates=group"):
        check_leakage(images, SIDES)


def test_an_image_may_come_twice_on_one_side(images):
    images.pixels[1] = images.pixels[0]
    check_leakage(replace(images, sha256s=("a", "a", "c", "d")), SIDES)


def test_patients_who_share_images_become_one_along_the_whole_chain(images):
    images.pixels[1] = images.pixels[0]
    grouped = group_duplicates(replace(images, sha256s=("a", "b", "b", "d")))
    assert [s.patient_id for s in grouped.samples] == ["p0", "p0", "p0", "p3"]


def test_a_file_is_known_under_a_planted_mark(images, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"pixels")
    marked = replace(images.samples[0], path=path, make=dict)
    images = replace(
        images,
        samples=(marked, *images.samples[1:]),
        sha256s=("a", "b", "c", file_sha256(path)),
    )
    with pytest.raises(ReadableError, match=r"One file .*s0 \(train\) and s3 \(test\)"):
        check_leakage(images, SIDES)
    assert [s.patient_id for s in group_duplicates(images).samples] == ["p0", "p1", "p2", "p0"]
