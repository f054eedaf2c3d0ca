import dataclasses

import pytest
import torch

from training.fitting.crossval import split_rows
from training.fitting.networks import dprotonet
from training.fitting.protopnet.patch_start import start_from_patches


@pytest.fixture
def started(context):
    """A network whose prototypes began as patches, its context and the rows of its split."""
    recipe = dataclasses.replace(context.recipe, masks="patch", start="patches")
    own = dataclasses.replace(context, recipe=recipe, inputs=context.live)
    rows = split_rows(own)
    model = dprotonet(recipe, own.dataset.classes, None).network
    start_from_patches(model, own, rows)
    return model, own, rows


def test_every_prototype_is_a_patch_of_a_training_image_of_its_class(started):
    model, context, rows = started
    with torch.inference_mode():
        similarities = model.eval()(context.live.clean(rows.train)).similarities
    labels = context.images.labels[rows.train]
    for p, k in enumerate(model.options.prototype_classes):
        assert similarities[labels == k, p].max() == pytest.approx(1.0, abs=1e-4)
    assert len(torch.unique(model.prototypes, dim=0)) == len(model.prototypes)


def test_the_same_seed_draws_the_same_patches_and_another_seed_others(started):
    model, context, rows = started
    first = model.prototypes.detach().clone()
    start_from_patches(model, context, rows)
    assert torch.equal(model.prototypes, first)
    other = dataclasses.replace(context, recipe=dataclasses.replace(context.recipe, seed=1))
    start_from_patches(model, other, rows)
    assert not torch.equal(model.prototypes, first)
