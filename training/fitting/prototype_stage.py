"""What training does to prototypes: centre, start, update, prune, and fit the last layer."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from dprotonet.modeling.losses import classification_loss
from dprotonet.modeling.model import DProtoNet
from dprotonet.prototypes.activation_stats import activation_statistics
from dprotonet.prototypes.pruning import pruned, pruned_update, worth_keeping
from dprotonet.prototypes.update import PrototypeUpdate, update_prototypes
from training.evaluation.metrics import accuracy, auroc
from training.fitting.calibration import class_probabilities
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
    """What leaving prototypes out cost on the validation images.

    Attributes:
        dropped: ids that they had, dead or double.
        kept_by_class: prototypes that each class still has.
        auroc_before: with all prototypes; None where validation has one class only.
        auroc_after: without the dropped ones, the last layer fitted anew.
        accuracy_before: share of images whose most probable class is right; of multi-label images,
            of the classes on the right side of 0.5.
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

    All vectors of a fresh network share one direction, under which a cosine can hardly tell them
    apart. Masks do not depend on the last add-on layer, and pooling divides by the mask's sum: so
    the mean of the vectors, less from that layer's bias, leaves them centred.
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
    """Whether vectors are centred: where the recipe asks for it, and wherever findings go together.

    A softmax takes no notice of what all classes share; sigmoids do, and without centring they
    were seen to drive all vectors together on one direction.
    """
    return context.recipe.centre or context.images.multi_label


def start(model: DProtoNet, context: TrainingContext, rows: SplitRows) -> None:
    """Before the backbone begins to move: centre, and share images out among the prototypes."""
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
    found = outputs(model, context.final, everyone, lambda o: o.similarities, context.device)
    model.cpu()
    fit_head(model, found, context, rows)
    if not recipe.prune:
        return model, update, found, None
    return _prune(model, update, found, context, rows)


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
    smaller, left = pruned(model, keep), similarities[:, list(keep)]
    fit_head(smaller, left, context, rows)
    before, after = _judge(model, similarities, context, rows), _judge(smaller, left, context, rows)
    dropped = tuple(name for p, name in enumerate(model.prototype_ids) if p not in keep)
    cost = PruningCost(
        dropped, smaller.options.prototype_counts, before[0], after[0], before[1], after[1]
    )
    _log.info("pruning: %d of %d prototypes dropped", len(dropped), len(model.prototype_ids))
    return smaller, pruned_update(update, smaller, keep), left, cost


def _judge(
    model: DProtoNet, similarities: Tensor, context: TrainingContext, rows: SplitRows
) -> tuple[float | None, float]:
    """AUROC and accuracy on the validation images."""
    truth = context.images.labels[rows.validation].numpy()
    with torch.no_grad():
        logits = model.contributions(similarities[rows.validation]).sum(dim=-1)
    said = class_probabilities(logits.double().numpy(), truth)
    area = auroc(said, truth)
    return (None if np.isnan(area) else area), accuracy(said, truth)


def fit_head(
    model: DProtoNet, similarities: Tensor, context: TrainingContext, rows: SplitRows
) -> None:
    """The last layer alone, on similarities ``(N, P)`` that no longer change."""
    weight = model.head.weight
    start = weight.detach().clone()
    x, y = similarities[rows.train], context.images.labels[rows.train]
    weights = balance(context, rows)
    own = functional.one_hot(model.prototype_class, len(context.dataset.classes)).T.bool()
    weight.requires_grad_(True)
    optimizer = torch.optim.Adam([weight], lr=context.recipe.head_lr)
    for _ in range(context.recipe.head_steps):
        optimizer.zero_grad()
        logits = model.contributions(x).sum(dim=-1)
        loss = classification_loss(
            logits, y, None if weights is None else weights.cpu(), context.recipe.label_smoothing
        )
        # L1 on foreign weights as in the joint phase, and a pull to where that phase left them.
        loss = (
            loss
            + context.recipe.l1 * weight[~own].abs().sum()
            + 1e-2 * (weight - start).pow(2).sum()
        )
        loss.backward()
        optimizer.step()
