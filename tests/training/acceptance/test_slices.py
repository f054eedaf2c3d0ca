from __future__ import annotations

import numpy as np

from training.acceptance.slices import slices
from training.evaluation.scored_predictions import ScoredPredictions


def scored(count: int = 60) -> tuple[ScoredPredictions, list[dict[str, str]]]:
    """Right on PA, by chance on AP; every image from one device."""
    chance = np.random.default_rng(0)
    labels = np.arange(count) % 2
    is_ap = np.arange(count) >= count // 2
    scores = np.where(is_ap, chance.random(count), 0.1 + 0.8 * labels)
    groups = [{"view": "AP" if ap else "PA", "modality": "DX"} for ap in is_ap.tolist()]
    return (
        ScoredPredictions(
            ("none", "finding"),
            "none",
            np.stack([1 - scores, scores], axis=1),
            labels,
            np.arange(count),
            np.array([""] * count),
            0.5,
        ),
        groups,
    )


def test_the_worst_slice_comes_first_with_its_number_and_interval() -> None:
    predictions, groups = scored()
    result = slices(predictions, groups, resamples=200)
    worst, best = result["rows"]
    assert (worst["kind"], worst["group"], worst["images"]) == ("view", "AP", 30)
    assert best["auroc"]["value"] == 1.0
    assert worst["auroc"]["low"] < worst["auroc"]["value"] < worst["auroc"]["high"]
    assert worst["worse"] == ["auroc", "accuracy"] and best["worse"] == []


def test_a_kind_in_which_all_images_are_alike_has_no_slice() -> None:
    predictions, groups = scored()
    kinds = {row["kind"] for row in slices(predictions, groups, resamples=5)["rows"]}
    assert kinds == {"view"}


def test_a_small_slice_is_counted_and_gets_no_figure() -> None:
    predictions, groups = scored()
    for group in groups[:9]:
        group["view"] = "lateral"
    result = slices(predictions, groups, resamples=5)
    assert result["left_out"] == {"view: lateral": 9}
    result = slices(predictions, groups, resamples=5, unnamed=True)
    assert result["left_out"] == {"view: group 1": 9}
    assert {row["group"] for row in result["rows"]} == {"AP", "PA"}
