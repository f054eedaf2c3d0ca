import dataclasses

import numpy as np
import pytest

from dprotonet.errors import ReadableError
from tests.training.datasets.public import opened
from training.datasets.cropping.boxes import crop_to_boxes
from training.datasets.samples import Box


def test_birds_are_cut_to_their_boxes_with_parts_and_masks(made, tmp_path):
    whole, _ = made("cub")
    cut = opened("cub", tmp_path / "set", crop=True)
    for before, after in zip(whole.values(), cut.samples, strict=True):
        image = after.load()
        assert image.shape == (30, 20) and (image.facts.rows, image.facts.columns) == (30, 20)
        assert np.array_equal(image.pixels, before.load().pixels[6:36, 5:25])
        assert after.image_sha256() != before.image_sha256()
        assert (after.sample_id, after.official_split) == (before.sample_id, before.official_split)
    first = cut.samples[0]
    parts = [(part.name, part.x, part.y) for part in first.parts]
    assert parts == [("back", 5.0, 6.5), ("left eye", 15.0, 6.5)]
    assert first.mask().shape == (30, 20) and first.mask().all()
    assert first.boxes[0].width == 20.0 and cut.samples[1].mask is None


def test_a_box_that_reaches_out_of_the_image_is_cut_at_its_edge(made):
    _, dataset = made("cub")
    sample = dataset.samples[0]
    rows, columns = sample.load().shape
    wide = dataclasses.replace(sample, boxes=(Box(-4.0, rows - 2.0, 2.0 * columns, 50.0),))
    image = crop_to_boxes(dataclasses.replace(dataset, samples=(wide,))).samples[0].load()
    assert image.shape == (2, columns)


def test_images_with_no_box_are_refused(made, tmp_path):
    made("ham10000")
    with pytest.raises(ReadableError, match="has 0 boxes"):
        opened("ham10000", tmp_path / "set", crop=True)
