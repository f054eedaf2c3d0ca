import logging
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from PIL import Image

from dprotonet.modeling.preprocessing import Preprocessing
from tests.training import replicas
from tests.training.datasets.odd_files import dicom, truncate
from training.data.placed_images import labels_of, place_images, readable
from training.datasets import folder
from training.datasets.planted.dataset import PlantedImage, Planting
from training.datasets.samples import Sample

PREPROCESSING = Preprocessing(size=64)


def test_placed_images_outlive_the_run_until_a_file_changes(class_folder, tmp_path):
    samples, keep = folder.load(class_folder).samples, tmp_path / "films.safetensors"
    images = place_images(samples, PREPROCESSING, keep=keep)
    written = keep.stat().st_mtime_ns
    again = place_images(samples, PREPROCESSING, keep=keep)
    assert torch.equal(again.pixels, images.pixels)
    assert again.sha256s == images.sha256s
    assert keep.stat().st_mtime_ns == written
    place_images(samples[1:], PREPROCESSING, keep=keep)
    assert keep.stat().st_mtime_ns != written


def test_what_was_left_out_is_known_again_from_the_kept_images(tmp_path, caplog):
    root, keep = replicas.classes(tmp_path / "set", each=2), tmp_path / "films.safetensors"
    truncate(root / "beta/01.png")
    samples = folder.load(root).samples
    first = place_images(samples, PREPROCESSING, keep=keep, damaged="leave_out")
    written = keep.stat().st_mtime_ns
    again = place_images(samples, PREPROCESSING, keep=keep, damaged="leave_out")
    assert keep.stat().st_mtime_ns == written
    assert again.left_out == first.left_out and first.left_out[0][0] == "beta/01.png"
    assert len(again) == len(first) == 5 and again.labels.tolist() == [0, 0, 1, 2, 2]
    assert again.pixels.equal(first.pixels)


def test_of_a_file_with_several_frames_the_first_is_taken_and_logged(tmp_path, caplog):
    root = tmp_path / "set"
    for name, level in (("a", 60), ("b", 180)):
        (root / name).mkdir(parents=True)
        dicom(root / name / "one.dcm", level=level)
        dicom(root / name / "cine.dcm", level=level + 1, frames=3)
    pages = [replicas.image(level, level).resize((16, 16)) for level in (30, 200)]
    pages[0].save(root / "a/pages.tif", save_all=True, append_images=pages[1:])
    with caplog.at_level(logging.WARNING):
        images = place_images(folder.load(root).samples, PREPROCESSING)
    assert len(images) == 5 and images.several_frames == 3
    assert "3 files have several frames: the first of each was taken" in caplog.text
    first = next(i for i, s in enumerate(images.samples) if s.sample_id == "a/pages.tif")
    assert images.pixels[first].float().mean() < 128


def test_where_one_image_has_colour_all_get_three_channels(tmp_path):
    root = replicas.classes(tmp_path / "set", each=1)
    colour = place_images(folder.load(root).samples, PREPROCESSING)
    assert colour.pixels.shape == (3, 3, 64, 64)
    for path in sorted(root.rglob("*.png"))[1:]:
        Image.open(path).convert("L").save(path)
    mixed = place_images(folder.load(root).samples, PREPROCESSING)
    assert mixed.pixels.shape == (3, 3, 64, 64) and mixed.pixels[0].equal(colour.pixels[0])
    assert mixed.pixels[1, 0].equal(mixed.pixels[1, 2])
    grey = place_images(folder.load(root).samples[1:], PREPROCESSING)
    assert grey.pixels.shape == (2, 1, 64, 64)


def test_rows_are_those_of_the_samples_that_are_asked_for(class_folder):
    images = place_images(folder.load(class_folder).samples[:6], PREPROCESSING)
    samples = [images.samples[i] for i in (4, 0)]
    assert images.rows(samples).tolist() == [4, 0]
    assert images.patients.tolist() == [s.patient_id for s in images.samples]


def test_a_multi_label_set_gets_a_row_of_booleans_for_each_image():
    samples = [Sample(str(i), None, str(i), -1, labels=k) for i, k in enumerate([(0, 2), ()])]
    assert labels_of(samples, 3).tolist() == [[True, False, True], [False, False, False]]
    with pytest.raises(ValueError, match="number of classes"):
        labels_of(samples)


def test_only_images_that_can_be_loaded_are_readable(tmp_path, caplog):
    root = replicas.classes(tmp_path / "set", each=1)
    truncate(root / "beta/00.png")
    kept = readable(folder.load(root).samples)
    assert [s.sample_id for s in kept] == ["alpha/00.png", "gamma/00.png"]
    assert "left out" in caplog.text and "beta/00.png" in caplog.text


def test_images_kept_without_a_mark_are_not_taken_for_marked_ones(class_folder, tmp_path):
    keep, plain = tmp_path / "films.safetensors", folder.load(class_folder).samples[:5]
    image = PlantedImage(plain[1], Planting("patch", 0))
    marked = (plain[0], replace(plain[1], make=image.load), *plain[2:])
    other = PlantedImage(plain[1], Planting("patch", 0, seed=1))
    pixels = [
        place_images(samples, PREPROCESSING, keep=keep).pixels
        for samples in (plain, marked, (plain[0], replace(plain[1], make=other.load), *plain[2:]))
    ]
    assert all(p[0].equal(pixels[0][0]) for p in pixels)
    assert not any(a[1].equal(b[1]) for a, b in pairwise(pixels))
    written = keep.stat().st_mtime_ns
    again = PlantedImage(plain[1], Planting("patch", 0, seed=1))
    samples = (plain[0], replace(plain[1], make=again.load), *plain[2:])
    assert place_images(samples, PREPROCESSING, keep=keep).pixels.equal(pixels[2])
    assert keep.stat().st_mtime_ns == written
