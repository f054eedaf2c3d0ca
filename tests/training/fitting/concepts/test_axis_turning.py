import dataclasses

import torch

from dprotonet.modeling.concepts.model import ConceptNet
from training.data.concept_table import ConceptTable, concept_table
from training.fitting import networks
from training.fitting.concepts.axis_turning import AxisTurning
from training.fitting.crossval import split_rows
from training.fitting.fit import fit_network


def turned(context, turns):
    rows = split_rows(context)
    table = concept_table(context.images.samples, context.recipe, rows.train)
    network = networks.concept_net(
        dataclasses.replace(context.recipe, depth=16),
        context.dataset.classes,
        table.names,
        None,
    ).network
    network.backbone = networks.back_blocks(network.backbone, context.recipe.frozen_blocks)
    turning = AxisTurning(network, context, table, rows.train)
    for iteration in range(turns):
        turning.turn(1, iteration)
    return network, turning


def test_turns_gain_and_leave_the_axes_rotations(with_concepts):
    network, turning = turned(with_concepts, 6)
    rotation = network.whitening.rotation
    assert torch.allclose(rotation @ rotation.T, torch.eye(16), atol=1e-5)
    assert turning.searches[-1].after >= turning.searches[0].before
    assert not torch.allclose(rotation, torch.eye(16), atol=1e-2)


def test_what_is_drawn_depends_on_seed_and_iteration_alone(with_concepts):
    first, _ = turned(with_concepts, 3)
    second, _ = turned(with_concepts, 3)
    assert torch.equal(first.whitening.rotation, second.whitening.rotation)


def test_a_turn_leaves_training_as_it_was(with_concepts):
    network, turning = turned(with_concepts, 1)
    network.train()
    before = network.whitening.mean.clone()
    turning.turn(1, 5)
    assert network.training and torch.equal(network.whitening.mean, before)


def test_a_training_with_concepts_turns_its_axes(with_concepts):
    fitted = fit_network(with_concepts, split_rows(with_concepts), out=None)
    assert isinstance(fitted.network, ConceptNet)
    rotation = fitted.network.whitening.rotation
    assert not torch.equal(rotation, torch.eye(len(rotation)))
    assert fitted.logits.shape == (len(with_concepts.images), 3)


def test_one_that_is_resumed_goes_on_with_the_same_gradients(with_concepts, tmp_path):
    _, turning = turned(with_concepts, 2)
    _, other = turned(with_concepts, 0)
    other.attach(_Trainer())["concept_gradients"].load_state_dict(
        turning.attach(_Trainer())["concept_gradients"].state_dict()
    )
    assert torch.equal(
        other.attach(_Trainer())["concept_gradients"].means,
        turning.attach(_Trainer())["concept_gradients"].means,
    )


class _Trainer:
    """Takes handlers, and never calls them."""

    def on(self, event):
        return lambda handler: handler


def test_a_concept_that_nothing_shows_would_have_no_batch(with_concepts):
    table = ConceptTable(("none",), with_concepts.images.labels.numpy()[:, None] * 0 - 1)
    assert len(table.showing(0, torch.arange(4))) == 0
