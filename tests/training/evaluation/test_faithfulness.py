import pytest

from training.evaluation.faithfulness import evenly_spaced, faithfulness, strongest
from training.evaluation.heatmap_method import HeatmapMethod

QUICK = HeatmapMethod("gradcam", "draft")


def test_faithfulness_covers_the_class_and_its_strongest_prototype(predictor, samples):
    result = faithfulness(predictor, samples, 3, QUICK, resamples=5)
    assert (result["images"], result["method"], result["tier"]) == (3, "gradcam", "draft")
    for node in ("class", "prototype"):
        figures = result[node]
        apart = figures["insertion_auc"]["value"] - figures["deletion_auc"]["value"]
        assert figures["score"]["value"] == pytest.approx(apart, abs=2e-4)
        assert 0.0 <= figures["average_increase"]["value"] <= 1.0


def test_a_random_order_is_no_better_than_itself(predictor, samples):
    result = faithfulness(predictor, samples, 8, HeatmapMethod("random", "draft"), resamples=5)
    interval = result["class"]["score_minus_random"]
    assert abs(interval["value"]) < 1.0


def test_the_strongest_prototype_is_the_leading_class_s_own(predictor, samples):
    prediction = predictor.predict(samples[0].load())
    best = next(m for m in prediction.matches if m.prototype == strongest(prediction))
    assert best.class_name == prediction.leading
    own = [m.contribution for m in prediction.matches if m.class_name == prediction.leading]
    assert best.contribution == max(own)


def test_chosen_images_are_spread_over_all_of_them(samples):
    assert [s.sample_id for s in evenly_spaced(samples, 3)] == ["0", "3", "7"]
    assert len(evenly_spaced(samples, 99)) == 8
