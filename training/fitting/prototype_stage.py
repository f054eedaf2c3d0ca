"""The prototypes in training: centred, initialised, updated, pruned; then the last layer."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from dprotonet.inference.calibration import class_probabilities
from dprotonet.modeling.losses import classification_loss
from dprotonet.modeling.model import DProtoNet
from dprotonet.prototypes.activation_stats import activation_statistics
from dprotonet.prototypes.pruning import pruned, pruned_update, worth_keeping
from dprotonet.prototypes.update import PrototypeUpdate, update_prototypes
from training.evaluation.metrics import accuracy, auroc
from training.fitting.context import (
    PER_PASS,
    SplitRows,
    TrainingContext,
    balance,
    prototype_batches,
)
from training.fitting.networks import outputs

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PruningCost:
    """What pruning prototypes cost on the validation images.

    Attributes:
        dropped: ids of the dead and duplicate ones.
        kept_by_class: prototypes that each class still has.
        auroc_before: with all prototypes; None where validation has one class only.
        auroc_after: without the dropped ones, with the last layer fitted again.
        accuracy_before: fraction of images whose most probable class is right; for multi-label
            images, of classes on the right side of 0.5.
        accuracy_after: the same without the dropped ones.
    """

    dropped: tuple[str, ...]
    kept_by_class: tuple[int, ...]
    auroc_before: float | None
    auroc_after: float | None
    accuracy_before: float
    accuracy_after: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def centre(model: DProtoNet, context: TrainingContext, rows: SplitRows) -> None:
    """Take the training images' mean out of the pooled vectors.

    All vectors of a new network have one direction in common, so that their cosines hardly
    differ. Masks do not depend on the last add-on layer, and pooling divides by the mask's sum: so
    the vectors are centred when their mean is subtracted from that layer's bias.
    """
    vectors = outputs(model, context.inputs, rows.train, lambda o: o.vectors, context.device)
    with torch.no_grad():
        bias = model.add_on[-1].bias
        assert isinstance(bias, Tensor)
        bias -= vectors.mean(dim=(0, 1)).to(bias.device)


def recentre(model: DProtoNet, context: TrainingContext, rows: SplitRows) -> None:
    """Take the mean out of trained vectors, and out of the prototypes that lie among them."""
    vectors = outputs(model, context.final, rows.train, lambda o: o.vectors, context.device)
    mean, length = vectors.mean(dim=(0, 1)), vectors.norm(dim=-1).mean()
    with torch.no_grad():
        bias = model.add_on[-1].bias
        assert isinstance(bias, Tensor)
        bias -= mean.to(bias.device)
        placed = functional.normalize(model.prototypes, dim=-1) * length.to(bias.device)
        model.prototypes.copy_(placed - mean.to(bias.device))


def centres(context: TrainingContext) -> bool:
    """Whether vectors are centred: where the recipe asks for it, always for multi-label images.

    A softmax ignores what all classes have in common. Sigmoids do not: without centring, training
    with them was seen to drive all vectors into one direction.
    """
    return context.recipe.centre or context.images.multi_label


def start(model: DProtoNet, context: TrainingContext, rows: SplitRows) -> None:
    """Centre the vectors and initialise the prototypes, before the backbone is trained."""
    if centres(context):
        centre(model, context, rows)
    if context.recipe.start == "kmeans":
        update_prototypes(
            model,
            prototype_batches(context, rows.train, context.inputs),
            kind="kmeans",
            device=context.device,
            images_per_pass=PER_PASS,
        ).apply_to(model)


def finish(
    model: DProtoNet, context: TrainingContext, rows: SplitRows
) -> tuple[DProtoNet, PrototypeUpdate, Tensor, PruningCost | None]:
    """Update, last layer, and pruning where the recipe asks for it.

    Returns:
        The model, on the CPU; where its prototypes come from; the similarities ``(N, P)`` of all
        images; and what pruning cost.
    """
    recipe = context.recipe
    if recipe.recentre:
        recentre(model, context, rows)
    update = update_prototypes(
        model,
        prototype_batches(context, rows.train, context.final),
        kind=recipe.update,
        m=recipe.update_images,
        device=context.device,
        images_per_pass=PER_PASS,
    )
    update.apply_to(model)
    everyone = torch.arange(len(context.images))
    similarities = outputs(model, context.final, everyone, lambda o: o.similarities, context.device)
    model.cpu()
    fit_head(model, similarities, context, rows)
    if not recipe.prune:
        return model, update, similarities, None
    return _prune(model, update, similarities, context, rows)


def _prune(
    model: DProtoNet,
    update: PrototypeUpdate,
    similarities: Tensor,
    context: TrainingContext,
    rows: SplitRows,
) -> tuple[DProtoNet, PrototypeUpdate, Tensor, PruningCost]:
    statistics = activation_statistics(
        model, prototype_batches(context, rows.train, context.final), images_per_pass=PER_PASS
    )
    keep = worth_keeping(statistics, model.options)
    smaller, remaining = pruned(model, keep), similarities[:, list(keep)]
    fit_head(smaller, remaining, context, rows)
    before = _validation_figures(model, similarities, context, rows)
    after = _validation_figures(smaller, remaining, context, rows)
    dropped = tuple(name for p, name in enumerate(model.prototype_ids) if p not in keep)
    cost = PruningCost(
        dropped, smaller.options.prototype_counts, before[0], after[0], before[1], after[1]
    )
    _log.info("pruning: %d of %d prototypes dropped", len(dropped), len(model.prototype_ids))
    return smaller, pruned_update(update, smaller, keep), remaining, cost


def _validation_figures(
    model: DProtoNet, similarities: Tensor, context: TrainingContext, rows: SplitRows
) -> tuple[float | None, float]:
    """AUROC and accuracy on the validation images."""
    truth = context.images.labels[rows.validation].numpy()
    with torch.no_grad():
        logits = model.contributions(similarities[rows.validation]).sum(dim=-1)
    probabilities = class_probabilities(logits.double().numpy(), truth)
    area = auroc(probabilities, truth)
    return (None if np.isnan(area) else area), accuracy(probabilities, truth)


def fit_head(
    model: DProtoNet, similarities: Tensor, context: TrainingContext, rows: SplitRows
) -> None:
    """Fit the last layer alone, on fixed similarities ``(N, P)``."""
    weight = model.head.weight
    start = weight.detach().clone()
    x, y = similarities[rows.train], context.images.labels[rows.train]
    weights = balance(context, rows)
    own_class = functional.one_hot(model.prototype_class, len(context.dataset.classes)).T.bool()
    weight.requires_grad_(True)
    optimizer = torch.optim.Adam([weight], lr=context.recipe.head_lr)
    for _ in range(context.recipe.head_steps):
        optimizer.zero_grad()
        logits = model.contributions(x).sum(dim=-1)
        loss = classification_loss(
            logits, y, None if weights is None else weights.cpu(), context.recipe.label_smoothing
        )
        # L1 on the weights of other classes as in the joint phase, and L2 towards their start.
        loss = (
            loss
            + context.recipe.l1 * weight[~own_class].abs().sum()
            + 1e-2 * (weight - start).pow(2).sum()
        )
        loss.backward()
        optimizer.step()
