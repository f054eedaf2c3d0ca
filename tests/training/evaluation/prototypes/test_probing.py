from dataclasses import replace

import numpy as np
import pytest

from training.datasets.samples import Sample
from training.evaluation.localisation import HeatmapWithTruth
from training.evaluation.prototypes.probing import own_map_figures, probe_prototypes


def test_prototypes_are_looked_at_with_parts_boxes_and_noise(predictor, samples):
    result = probe_prototypes(predictor, samples, 8, resamples=5)
    assert result["images"] == 8
    for name in ("class_purity", "consistency", "stability", "purity", "peak_inside"):
        assert 0.0 <= result[name]["value"] <= 1.0 and result[name]["prototypes"] == 4
    assert result["stability_of"] == "the named parts in the box"
    assert result["mask_area"] == pytest.approx(0.25)
    assert 0.0 <= result["peak_shift_px"]["value"] < 64 * 2**0.5
    assert result["misalignment"]["value"] > 0.0
    assert 0.0 < result["shown_area"]["value"] <= 1.0
    right = sum(
        predictor.predict(s.load()).label == predictor.bundle.classes[s.label] for s in samples
    )
    assert result["own_map"]["images"] == result["own_map"]["centre"]["images"] == right > 0
    assert result["own_map"]["area"]["value"] == pytest.approx(0.25)
    assert probe_prototypes(predictor, samples, 8, resamples=5) == result


def test_what_needs_parts_or_boxes_is_left_out_without_them(predictor, samples):
    bare = [Sample(s.sample_id, s.path, s.patient_id, s.label) for s in samples]
    result = probe_prototypes(predictor, bare, 4, resamples=5)
    assert not {"consistency", "purity", "peak_inside", "own_map"} & set(result)
    assert result["stability_of"] == "the peak in its own box"
    assert 0.0 <= result["stability"]["value"] <= 1.0


def test_an_own_map_is_scored_against_its_finding_and_beside_the_centre(samples):
    size = 64
    mask = np.zeros((size, size), dtype=bool)
    mask[:16, :16] = True  # a sixteenth of the image
    heatmap = np.zeros((size, size), dtype=np.float32)
    heatmap[:16, :32] = 1.0  # half of it inside
    one = HeatmapWithTruth(samples[0], heatmap, mask, np.ones_like(mask))
    beside = replace(one, sample=samples[2], heatmap=heatmap[::-1, ::-1])
    result = own_map_figures([one, beside], resamples=20)
    assert result["energy"]["value"] == pytest.approx(0.25)
    assert result["area"]["value"] == pytest.approx(1 / 16)
    assert result["energy_over_area"]["value"] == pytest.approx(4.0)
    assert result["energy_over_area"]["low"] == pytest.approx(0.0)  # a resample of one patient
    assert result["energy_over_area"]["high"] == pytest.approx(8.0)
    assert result["inside"]["value"] == 0.5
    # A centred Gaussian has less of its energy in a corner than an even map.
    assert 0.0 < result["centre"]["energy_over_area"]["value"] < 1.0
