import pytest

from training.datasets.samples import Sample
from training.evaluation.prototype_probing import probe_prototypes


def test_prototypes_are_looked_at_with_parts_boxes_and_noise(predictor, samples):
    result = probe_prototypes(predictor, samples, 8, resamples=5)
    assert result["images"] == 8
    for name in ("class_purity", "consistency", "stability", "purity", "peak_inside"):
        assert 0.0 <= result[name]["value"] <= 1.0 and result[name]["prototypes"] == 4
    assert result["mask_area"] == pytest.approx(0.25)
    assert 0.0 <= result["peak_shift_px"]["value"] < 64 * 2**0.5
    assert result["misalignment"]["value"] > 0.0
    assert probe_prototypes(predictor, samples, 8, resamples=5) == result


def test_what_needs_parts_or_boxes_is_left_out_without_them(predictor, samples):
    bare = [Sample(s.sample_id, s.path, s.patient_id, s.label) for s in samples]
    result = probe_prototypes(predictor, bare, 4, resamples=5)
    assert not {"consistency", "stability", "purity", "peak_inside"} & set(result)
