import numpy as np
import pytest
import torch

from training.comparison.table import Seeds, tabulate


class _Images:
    """Six images of six patients, for figures that can be counted by hand."""

    labels = torch.tensor([0, 0, 0, 1, 1, 1])
    samples = tuple(type("S", (), {"sample_id": str(i)}) for i in range(6))
    patients = np.arange(6)


class _Run:
    images = _Images()
    recipe = type("R", (), {"resamples": 50})
    dataset = type("D", (), {"classes": ("a", "b")})


def _record(name, seed, scores, ids="012345"):
    return {
        "name": name,
        "seed": seed,
        "sample_ids": list(ids),
        "probabilities": [[1 - s, s] for s in scores],
        "called": [int(s > 0.5) for s in scores],
        "chosen": {},
        "prototypes": None,
        "seconds": 60.0,
        "validation": {"auroc": 0.5},
    }


def test_folds_are_pooled_by_image_and_seeds_are_averaged():
    perfect = [0.1, 0.2, 0.3, 0.7, 0.8, 0.9]
    records = [
        _record("one", 0, perfect[::-1], "543210"),  # images in another order
        _record("one", 1, [0.9, 0.2, 0.3, 0.7, 0.8, 0.95]),
        _record("two", 0, perfect[3:], "345"),
        _record("two", 0, perfect[:3], "012"),
        _record("two", 1, perfect),
    ]
    table = tabulate(_Run(), records, ["one", "two"])
    assert table["variants"]["one"]["auroc"]["each_seed"] == [1.0, round(7 / 9, 4)]
    assert table["variants"]["two"]["auroc"]["each_seed"] == [1.0, 1.0]
    assert table["variants"]["one"]["accuracy"]["each_seed"] == [1.0, round(5 / 6, 4)]
    difference = table["differences"]["one - two"]
    assert difference["auroc"]["value"] == pytest.approx((7 / 9 - 1) / 2, abs=1e-4)
    assert difference["auroc"]["low"] <= difference["auroc"]["value"] <= 0.0
    assert Seeds(_Run(), records[:2]).probabilities.shape == (2, 6, 2)


def test_figures_of_the_prototypes_are_averaged_over_folds_and_kept_for_each_seed():
    scores = [0.1, 0.2, 0.3, 0.7, 0.8, 0.9]
    measured = [(1, 0.5, 0.9), (0, 0.1, 0.6), (0, 0.2, 0.8)]
    records = [
        _record("one", seed, scores[half], ids)
        | {"prototypes": {"count": 5, "within_class_cosine": cosine, "class_purity": purity}}
        for (seed, cosine, purity), half, ids in zip(
            measured, (slice(None), slice(3), slice(3, 6)), ("012345", "012", "345"), strict=True
        )
    ]
    figures = tabulate(_Run(), records, ["one"])["variants"]["one"]
    assert figures["prototypes"] == {
        "count": 5.0,
        "within_class_cosine": pytest.approx(0.8 / 3, abs=1e-4),
        "class_purity": pytest.approx(2.3 / 3, abs=1e-4),
    }
    # In the order of the seeds, of which seed 0 has two folds.
    assert figures["prototypes_each_seed"]["within_class_cosine"] == pytest.approx([0.15, 0.5])
    assert figures["prototypes_each_seed"]["class_purity"] == pytest.approx([0.7, 0.9])


def test_rows_of_an_earlier_version_keep_their_counts():
    old, new = {"count": 4, "dead": 1, "doubles": 0}, {"count": 5, "dead": 0, "doubles": 0}
    records = [
        _record("one", 0, [0.1] * 6) | {"prototypes": old},
        _record("one", 1, [0.1] * 6)
        | {"prototypes": {**new, "class_purity": 0.5, "stability": None}},
    ]
    figures = tabulate(_Run(), records, ["one"])["variants"]["one"]
    assert figures["prototypes"] == {"count": 4.5, "dead": 0.5, "doubles": 0.0}
    assert figures["prototypes_each_seed"] == {}
