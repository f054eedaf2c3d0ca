import numpy as np
import pytest

from dprotonet.errors import ReadableError
from tests.training.datasets import public
from tests.training.datasets.public import opened


def test_medmnist_has_the_authors_three_splits_and_refuses_pickled_arrays(made, tmp_path):
    samples, dataset = made("medmnist")
    splits = [s.official_split for s in samples.values()]
    assert [splits.count(s) for s in ("train", "validation", "test")] == [6, 2, 3]
    assert (dataset.name, dataset.classes) == ("breastmnist", ("malignant", "normal, benign"))
    arrays = dict(np.load(tmp_path / "set" / "breastmnist.npz"))
    assert (samples["test-000001"].load().pixels == arrays["test_images"][1]).all()
    arrays["train_images"] = np.array([{"not": "pixels"}], dtype=object)
    np.savez(tmp_path / "set" / "breastmnist.npz", **arrays)
    with pytest.raises(ReadableError, match="cannot be read"):
        opened("medmnist", tmp_path / "set")


def test_medmnist_with_a_column_for_each_class_has_any_number_of_them(tmp_path):
    root = public.medmnist(tmp_path / "set")
    arrays = dict(np.load(root / "breastmnist.npz"))
    (root / "breastmnist.npz").unlink()
    for part in ("train", "val", "test"):
        labels = np.zeros((len(arrays[f"{part}_images"]), 14), dtype=np.uint8)
        labels[0, [0, 13]] = 1
        arrays[f"{part}_labels"] = labels
    np.savez(root / "chestmnist.npz", **arrays)
    dataset = opened("medmnist", root)
    assert dataset.multi_label and dataset.negative_class is None
    assert (dataset.classes[0], dataset.classes[13]) == ("atelectasis", "hernia")
    assert [s.labels for s in dataset.samples[:2]] == [(0, 13), ()]
