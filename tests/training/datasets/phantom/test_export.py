import csv

import numpy as np
from PIL import Image

from dprotonet.images.reader import read_image
from training.datasets.phantom.dataset import phantom_samples
from training.datasets.phantom.export import mask_box, write_folder
from training.datasets.phantom.parameters import FINDINGS, Shortcut


def test_a_folder_holds_the_images_their_masks_and_a_table(tmp_path):
    shortcut = Shortcut("consolidation", 1.0, 0.0)
    table = write_folder(tmp_path, 8, 29, shortcut, size=96)
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    samples = phantom_samples(29, 8, size=96, shortcut=shortcut)
    assert [row["finding"] for row in rows] == [FINDINGS[s.label] for s in samples]
    for row, sample in zip(rows, samples, strict=True):
        image = read_image(tmp_path / row["file"])
        phantom = sample.image()
        assert np.array_equal(image.pixels, phantom.pixels)
        assert image.facts.dicom.view_position == row["view"]
        assert bool(row["mask"]) == (row["finding"] != "none")
        assert bool(row["token_mask"]) == (row["finding"] == "consolidation")
        if row["mask"]:
            mask = np.asarray(Image.open(tmp_path / row["mask"])) == 255
            assert np.array_equal(mask, phantom.masks["finding"])


def test_the_box_of_a_mask_encloses_it_and_an_empty_mask_has_none():
    mask = np.zeros((9, 12), dtype=bool)
    assert mask_box(mask) is None
    mask[2, 5] = mask[6, 3] = True
    assert mask_box(mask) == [3, 2, 3, 5]
