import dataclasses

import numpy as np
import pytest
import torch

from dprotonet.modeling.concepts.activation import activation
from training.data.concept_table import concept_table
from training.evaluation.concepts.axes import read_axes
from training.fitting import networks
from training.fitting.concepts.settling import rotation_near, settle
from training.fitting.crossval import split_rows


def settled(context, **settings):
    recipe = dataclasses.replace(context.recipe, depth=8, backbone="mobilenet_v2", **settings)
    context = dataclasses.replace(context, recipe=recipe, cut=False)
    rows = split_rows(context)
    table = concept_table(context.images.samples, recipe, rows.train)
    network = networks.concept_net(recipe, context.dataset.classes, table.names, None).network
    network.eval()
    before = networks.outputs(network, context.final, rows.train, networks.logits_of, "cpu")
    settle(network, context, table, rows)
    return network, context, rows, before


def test_the_cells_of_the_training_images_have_no_mean_and_no_correlation(with_concepts):
    network, context, rows, _ = settled(with_concepts, settle="mean")
    read = read_axes(network, context.final, rows.train, "cpu", correlated=rows.train)
    assert abs(read.correlation[0, 1]) < 0.05
    means = networks.outputs(
        network, context.final, rows.train, lambda said: activation(said.maps, "mean"), "cpu"
    )
    assert means.mean(dim=0).abs().max() < 1e-2
    rotation = network.whitening.rotation
    assert torch.allclose(rotation @ rotation.T, torch.eye(8), atol=1e-5)


def test_without_steps_of_the_last_layer_the_logits_stay_as_they_were(with_concepts):
    network, context, rows, before = settled(with_concepts, head_steps=0, concept_activation="mean")
    after = networks.outputs(network, context.final, rows.train, networks.logits_of, "cpu")
    assert torch.allclose(after, before, atol=1e-2)


def test_the_nearest_rotation_gives_each_of_two_alike_aims_its_half():
    aims = np.array([[1.0, 0.0, 0.0], [0.8, 0.6, 0.0]])
    rotation = rotation_near(aims, np.eye(3))
    assert np.allclose(rotation @ rotation.T, np.eye(3))
    nearness = (rotation[:2] * aims).sum(axis=1)
    assert nearness[0] == pytest.approx(nearness[1]) and nearness[0] > 0.89
    assert abs(rotation[2, 2]) == pytest.approx(1.0)
