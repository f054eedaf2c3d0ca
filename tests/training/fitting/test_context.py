import dataclasses

import torch

from tests.training.conftest import SMALL
from training.datasets.folder import load
from training.fitting.context import PER_PASS, balance, load_images, prototype_batches
from training.fitting.crossval import split_rows
from training.recipe import load_recipe


def test_equal_images_of_two_patients_become_one_patients_where_the_recipe_says_so(
    tmp_path, class_folder
):
    dataset = load(class_folder)
    first, last = dataset.samples[0], dataset.samples[-1]
    twin = dataclasses.replace(last, sample_id="twin", path=first.path)
    dataset = dataclasses.replace(dataset, samples=(*dataset.samples, twin))
    for duplicates, patients in (("refuse", 2), ("group", 1)):
        recipe = load_recipe("folder", [*SMALL, f"duplicates={duplicates}"])
        images = load_images(dataset, recipe, tmp_path / "films.safetensors")
        assert len({images.samples[0].patient_id, images.samples[-1].patient_id}) == patients


def test_classes_are_weighed_by_the_training_images_alone_unless_the_recipe_says_no(context):
    rows = split_rows(context)
    weights = balance(context, rows)
    labels = context.images.labels[rows.train]
    assert torch.isclose(weights[labels].mean(), torch.tensor(1.0))
    plain = dataclasses.replace(
        context, recipe=dataclasses.replace(context.recipe, class_balance=False)
    )
    assert balance(plain, rows) is None


def test_prototype_batches_name_each_image_once_and_do_not_augment(context):
    rows = split_rows(context).train
    batches = list(prototype_batches(context, rows, context.live))
    assert [len(batch.labels) for batch in batches[:-1]] == [PER_PASS] * (len(batches) - 1)
    names = [name for batch in batches for name in batch.sample_ids]
    assert names == [context.images.samples[i].sample_id for i in rows.tolist()]
    assert torch.equal(batches[0].images, context.live.clean(rows[:PER_PASS]))


def test_larger_images_pass_in_smaller_groups(context):
    large = dataclasses.replace(context, recipe=dataclasses.replace(context.recipe, image_size=448))
    assert (context.per_pass, large.per_pass) == (PER_PASS, PER_PASS // 4)
