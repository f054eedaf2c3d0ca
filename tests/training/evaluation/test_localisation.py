import numpy as np
import pytest

from training.datasets.samples import Box, Sample
from training.evaluation.heatmap_method import HeatmapMethod
from training.evaluation.localisation import (
    HeatmapWithTruth,
    best_threshold,
    energy_inside,
    figures,
    heatmaps_with_truth,
    overlap,
)
from training.evaluation.sanity import rank_correlation

SAMPLE = Sample("a", None, "p", 1, boxes=(Box(2, 4, 6, 8),))


def image(heatmap, mask):
    return HeatmapWithTruth(SAMPLE, heatmap.astype(np.float32), mask, np.ones_like(mask))


def test_a_map_equal_to_the_mask_scores_one_and_one_beside_it_scores_nothing():
    mask = np.zeros((64, 64), dtype=bool)
    mask[:8, :8] = True
    right = figures([image(mask, mask)], 0.5, resamples=5)
    wrong = figures([image(mask[::-1, ::-1], mask)], 0.5, resamples=5)
    for name in ("inside", "near", "energy", "iou", "dice"):
        assert (right[name]["value"], wrong[name]["value"]) == (1.0, 0.0)


def test_half_an_overlap_has_its_known_iou_and_dice():
    mask = np.zeros((4, 4), dtype=bool)
    mask[:2] = True
    heatmap = np.zeros((4, 4), dtype=np.float32)
    heatmap[1:3] = 1.0
    assert overlap(heatmap, mask, 0.5) == pytest.approx((1 / 3, 1 / 2))
    assert energy_inside(heatmap, mask) == pytest.approx(0.5)


def test_the_threshold_is_the_one_that_fits_the_validation_masks():
    mask = np.zeros((8, 8), dtype=bool)
    mask[:4] = True
    heatmap = np.where(mask, 0.8, 0.6)
    assert 0.6 < best_threshold([image(heatmap, mask)]) <= 0.8
    assert best_threshold([]) is None


def test_a_heatmap_ranks_like_itself_and_against_its_inverse():
    one, whole = np.random.default_rng(0).random((9, 9)), np.ones((9, 9), dtype=bool)
    assert rank_correlation(one, one, whole) == pytest.approx(1.0)
    assert rank_correlation(one, -one, whole) == pytest.approx(-1.0)
    assert rank_correlation(one, np.zeros((9, 9)), whole) == 0.0
    assert np.isnan(rank_correlation(np.zeros((9, 9)), one, whole))


def test_only_rightly_called_images_are_pointed_at(predictor, samples):
    right = [
        s for s in samples if predictor.predict(s.load()).label == ("none", "finding")[s.label]
    ]
    result = list(heatmaps_with_truth(predictor, samples, 8, HeatmapMethod("gradcam", "draft")))
    assert [f.sample.sample_id for f in result] == [s.sample_id for s in right]
    for image in result:
        assert image.mask.sum() == 32 * 32
        assert image.heatmap.shape == (64, 64)
