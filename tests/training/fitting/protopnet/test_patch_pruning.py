import dataclasses

import numpy as np
import pytest
import torch

from dprotonet.modeling.model import DProtoNet
from training.fitting.crossval import split_rows
from training.fitting.fit import FittedNetwork
from training.fitting.networks import dprotonet, outputs
from training.fitting.protopnet.patch_pruning import PatchRule, kept_rows, without_pruned


@pytest.fixture
def whole(context):
    """An untrained network with the similarities of all images, its context and rows."""
    recipe = dataclasses.replace(context.recipe, masks="patch", prototypes_per_class=3)
    own = dataclasses.replace(context, recipe=recipe, inputs=context.live)
    model = dprotonet(recipe, own.dataset.classes, None).network
    everyone = torch.arange(len(own.images))
    similar = outputs(model, own.live, everyone, lambda o: o.similarities, "cpu")
    logits = np.zeros((len(everyone), 3))
    return FittedNetwork(model, logits, 1.0, None, [], 0.0, similarities=similar), own


def test_what_stays_is_nearest_to_images_of_its_class_and_the_rest_is_as_it_was(whole):
    fitted, context = whole
    rows = split_rows(context)
    labels = context.images.labels
    similar = torch.rand(fitted.similarities.shape, generator=torch.Generator().manual_seed(1))
    for p in (0, 3, 4, 6, 7, 8):  # similar to its class
        similar[labels == p // 3, p] += 2.0
    keep = kept_rows(fitted.network, similar, context, rows, PatchRule(nearest=4, least=4))
    assert set(keep) >= {0, 3, 4, 6, 7, 8}
    off = kept_rows(fitted.network, similar, context, rows, PatchRule(4, 4), off=("p03", "p08"))
    assert not {3, 8} & set(off)
    fitted = dataclasses.replace(fitted, similarities=similar)
    cut = without_pruned(fitted, keep, context, rows, l1=None)
    model = cut.network
    assert isinstance(model, DProtoNet)
    assert torch.equal(model.head.weight, fitted.network.head.weight[:, list(keep)])
    assert cut.similarities.shape == (len(labels), len(keep))
    expected = model.contributions(cut.similarities.double()).sum(dim=-1).detach().numpy()
    assert cut.logits == pytest.approx(expected)


def test_the_last_layer_is_fitted_again_and_a_large_penalty_leaves_it_no_foreign_weights(whole):
    fitted, context = whole
    rows = split_rows(context)
    keep = (0, 1, 3, 6, 8)
    small = without_pruned(fitted, keep, context, rows, l1=1e-4).network
    none = without_pruned(fitted, keep, context, rows, l1=100.0).network
    foreign = torch.arange(3)[:, None] != small.prototype_class
    assert small.head.weight[foreign].abs().max() > 0.0
    assert none.head.weight[foreign].abs().max() == 0.0
    assert not torch.equal(small.head.weight, fitted.network.head.weight[:, list(keep)])


@pytest.mark.parametrize("values", [(6, 0, 1e-4), (6, 7, 1e-4), (6, 3, -1.0)])
def test_a_rule_that_cannot_be_is_refused(values):
    with pytest.raises(ValueError, match="must"):
        PatchRule(*values)
