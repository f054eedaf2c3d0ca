import dataclasses
from types import SimpleNamespace

import pytest
import torch

from dprotonet.errors import ReadableError
from training.data.splits import by_split, moved_patients, split_of
from training.datasets.samples import Sample
from training.fitting.crossval import check_folds, moves_test_patients, split_rows


def test_no_bundle_is_evaluated_on_patients_that_its_fold_was_trained_on():
    many = [Sample(f"a{i}", None, f"a{i}", 0) for i in range(60)]
    trained = [f"b{i}" for i in range(60) if split_of(f"b{i}") == "train"][:4]
    tested = next(f"b{i}" for i in range(60) if split_of(f"b{i}") == "test")
    for people, moved in ((trained, True), ([*trained, tested], False)):
        samples = many + [Sample(p, None, p, 1) for p in people]
        assert ("test" in moved_patients(samples).values()) == moved
        assert (
            moves_test_patients(SimpleNamespace(images=SimpleNamespace(samples=samples))) == moved
        )


def test_without_folds_the_rows_are_those_of_the_split(context):
    rows = split_rows(context)
    parts = by_split(context.images.samples)
    for split in ("train", "validation", "test"):
        expected = [s.sample_id for s in parts[split]]
        assert [context.images.samples[i].sample_id for i in getattr(rows, split)] == expected


def test_over_all_folds_every_image_is_tested_once(context):
    tested = torch.cat([split_rows(context, fold=k, folds=3).test for k in range(3)])
    assert sorted(tested.tolist()) == list(range(len(context.images)))


def test_data_that_a_fold_cannot_use_are_refused_before_training(context):
    assert check_folds(context.images, context.dataset.classes, 3) == []
    alike = dataclasses.replace(
        context.images, sha256s=(context.images.sha256s[0],) * len(context.images)
    )
    with pytest.raises(ReadableError, match="on two sides of the split"):
        check_folds(alike, context.dataset.classes, 3)
