from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dprotonet.errors import ReadableError
from dprotonet.modeling.preprocessing import Preprocessing
from training.benchmarks.heatmaps.measures.fills import filled_by, other_image
from training.datasets.samples import Evidence, Sample

IMAGES = ("a", "b", "c")


def of_patients(*patients):
    return {
        name: Sample(name, Path(name), patient, 0)
        for name, patient in zip(IMAGES, patients, strict=True)
    }


def test_the_other_image_is_the_next_of_another_patient():
    samples = of_patients("p", "p", "q")
    assert [other_image(name, IMAGES, samples) for name in IMAGES] == ["c", "c", "a"]


def test_images_of_one_patient_cannot_stand_in_for_each_other():
    with pytest.raises(ReadableError, match="one patient"):
        other_image("a", IMAGES, of_patients("p", "p", "p"))


def test_the_other_image_is_shown_in_the_image_and_not_in_its_padding(samples):
    preprocessing, valid_mask = Preprocessing(64), torch.ones(64, 64, dtype=torch.bool)
    valid_mask[:, 50:] = False
    x, _ = preprocessing(samples[0].load())
    other, _ = preprocessing(samples[1].load())
    fill = filled_by(samples[1], preprocessing, x, valid_mask, evidence=False)
    assert torch.equal(fill[:, :, :50], other[:, :, :50])
    assert torch.equal(fill[:, :, 50:], x[:, :, 50:])


def test_where_evidence_is_scored_the_other_image_is_shown_without_its_own(samples):
    without = samples[3].load()
    marked = replace(
        samples[1], evidence=lambda: Evidence("text", np.ones(without.shape, bool), without)
    )
    preprocessing, valid_mask = Preprocessing(64), torch.ones(64, 64, dtype=torch.bool)
    x, _ = preprocessing(samples[0].load())
    for evidence, shown in ((True, samples[3]), (False, samples[1])):
        fill = filled_by(marked, preprocessing, x, valid_mask, evidence=evidence)
        assert torch.equal(fill, preprocessing(shown.load())[0])
