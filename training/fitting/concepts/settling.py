"""The last step of a concept network's training: statistics, axes and last layer from all images.

In training the whitening follows moving means over augmented batches. They lie whole standard
deviations beside the cells of the finished network, so that one direction, the offset, is common to
all concepts, and their axes turn towards it. Here the statistics are those of all training images
as they are, the axes directions at right angles that tell their concepts, and the last layer is
fitted again. Ours; the published network ends with the moving means.

Letters: n training images, D axes, k concepts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dprotonet.modeling.cell_norm import inverse_root
from dprotonet.modeling.concepts.model import ConceptNet
from dprotonet.modeling.concepts.whitening import EPSILON
from dprotonet.modeling.losses import classification_loss
from training.data.concept_table import ConceptTable
from training.evaluation.metrics import Array
from training.fitting.concepts.separating import Shown, separating_directions, unit_rows
from training.fitting.context import SplitRows, TrainingContext, balance
from training.fitting.networks import outputs

ITERATIONS = 25  # of Newton's method: once, so that it may go all the way
_PULL = 1e-2  # of the last layer towards its start


class _Pooled(NamedTuple):
    """Of the training images: mean ``(D,)`` and covariance ``(D, D)`` of all cells, and the mean
    cell of each image ``(n, D)``; float64."""

    mean: Tensor
    covariance: Tensor
    images: Tensor


def settle(
    model: ConceptNet, context: TrainingContext, table: ConceptTable, rows: SplitRows
) -> None:
    """Settle a trained network's axes by the training images as they are, in place.

    Args:
        context: whose recipe says which directions are taken: "mean", the published objective, or
            "separating", which tell images that show a concept from those that do not.
    """
    model.eval()
    pooled = _pooled(model, context, rows.train)
    before = _linear(model)
    eye = torch.eye(len(pooled.mean), dtype=torch.float64)
    matrix = inverse_root(pooled.covariance + EPSILON * eye, ITERATIONS)
    train = Shown(((pooled.images - pooled.mean) @ matrix).numpy(), table.values[rows.train])
    aims = unit_rows([mean_direction(train, c) for c in range(len(table.names))])
    if context.recipe.settle != "mean":
        others = _pooled(model, context, rows.validation).images
        validation = Shown(((others - pooled.mean) @ matrix).numpy(), table.values[rows.validation])
        aims = separating_directions(train, validation, aims)
    old = model.whitening.rotation.detach().double().cpu().numpy()
    rotation = torch.from_numpy(rotation_near(aims, old))
    layer = model.whitening
    with torch.no_grad():
        for buffer, value in (
            (layer.mean, pooled.mean),
            (layer.matrix, matrix),
            (layer.rotation, rotation),
        ):
            buffer.copy_(value)
    _fit_head(model, context, rows, before)


def mean_direction(train: Shown, concept: int) -> Array:
    """The direction ``(D,)`` of the images that show a concept: the published objective."""
    cells, shown = train.known(concept)
    mean: Array = cells[shown].mean(axis=0)
    return mean


def rotation_near(aims: Array, rotation: Array) -> Array:
    """The rotation ``(D, D)`` whose first k rows are as near to ``aims (k, D)`` as orthogonal rows
    can be (Schönemann 1966); its other rows span what is left, as near to the old ones."""
    left, _, right = np.linalg.svd(aims, full_matrices=True)
    named = left @ right[: len(aims)]
    rest = right[len(aims) :]  # a basis of what is left
    old = rotation[len(aims) :]
    u, _, v = np.linalg.svd(old @ rest.T)
    return np.vstack([named, u @ v @ rest])


def _pooled(model: ConceptNet, context: TrainingContext, train: Tensor) -> _Pooled:
    depth = len(model.whitening.mean)
    total = torch.zeros(depth, dtype=torch.float64)
    squares = torch.zeros(depth, depth, dtype=torch.float64)
    images, count = [], 0
    with torch.inference_mode():
        for batch in train.split(context.final.images_a_pass):
            cells = model.cells(context.final.clean(batch).to(context.device)).double().cpu()
            images.append(cells.mean(dim=(2, 3)))
            flat = cells.transpose(0, 1).flatten(1)
            total += flat.sum(dim=1)
            squares += flat @ flat.T
            count += flat.shape[1]
    mean = total / count
    covariance = squares / count - torch.outer(mean, mean)
    return _Pooled(mean.clone(), covariance.clone(), torch.cat(images).clone())


class _Linear(NamedTuple):
    """From a mean cell to logits, as if activations were means: ``(K, D)`` and ``(K,)``."""

    weight: Tensor
    bias: Tensor


def _linear(model: ConceptNet) -> _Linear:
    layer = model.whitening
    axes = (layer.rotation @ layer.matrix).detach().double().cpu()
    weight = model.head.weight.detach().double().cpu() @ axes
    bias = model.head.bias.detach().double().cpu() - weight @ layer.mean.double().cpu()
    return _Linear(weight, bias)


def _fit_head(
    model: ConceptNet, context: TrainingContext, rows: SplitRows, before: _Linear
) -> None:
    """The last layer alone, from what gives the logits of before, on the training images."""
    head, layer, recipe = model.head, model.whitening, context.recipe
    axes = (layer.rotation.double() @ layer.matrix.double()).cpu()
    start = torch.linalg.solve(axes, before.weight, left=False)
    with torch.no_grad():
        head.weight.copy_(start)
        head.bias.copy_(before.bias + before.weight @ layer.mean.double().cpu())
    x = outputs(model, context.final, rows.train, lambda said: said.activations, context.device)
    y = context.images.labels[rows.train]
    weights = balance(context, rows)
    weight, bias = (p.detach().cpu().clone().requires_grad_() for p in (head.weight, head.bias))
    optimizer = torch.optim.Adam([weight, bias], lr=recipe.head_lr)
    for _ in range(recipe.head_steps):
        optimizer.zero_grad()
        loss = classification_loss(
            x @ weight.T + bias,
            y,
            None if weights is None else weights.cpu(),
            recipe.label_smoothing,
        )
        (loss + _PULL * (weight - start.float()).pow(2).sum()).backward()
        optimizer.step()
    with torch.no_grad():
        head.weight.copy_(weight)
        head.bias.copy_(bias)
