"""The prototypes in training: centred, initialised, updated, pruned; then the last layer."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from dprotonet.editing.conditions import constraints
from dprotonet.editing.objective import head_objective
from dprotonet.editing.quadratic import fit_weights
from dprotonet.inference.calibration import class_probabilities
from dprotonet.modeling.labels import owned
from dprotonet.modeling.losses import classification_loss
from dprotonet.modeling.model import DProtoNet
from dprotonet.prototypes.activation_stats import activation_statistics
from dprotonet.prototypes.pruning import (
    pruned,
    pruned_update,
    without_unused,
    worth_keeping,
)
from dprotonet.prototypes.update import PrototypeUpdate, UpdateKind, update_prototypes
from training.evaluation.metrics import accuracy, auroc
from training.evaluation.prototypes.nearest import class_purity
from training.fitting.context import (
    SplitRows,
    TrainingContext,
    balance,
    prototype_batches,
)
from training.fitting.networks import outputs
from training.fitting.protopnet.patch_start import start_from_patches

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PruningCost:
    """What pruning prototypes cost on the validation images.

    Attributes:
        dropped: ids of the dead ones, the doubles, those that were not of their class, and those
            that a mixture hardly uses.
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
    if context.recipe.cell_norm != "none":
        return False  # which takes the mean out of every cell
    return context.recipe.centre or context.images.multi_label


def start(model: DProtoNet, context: TrainingContext, rows: SplitRows) -> None:
    """Centre the vectors and initialise the prototypes, before the backbone is trained."""
    if centres(context):
        centre(model, context, rows)
    if context.recipe.start == "patches":
        start_from_patches(model, context, rows)
    elif context.recipe.start != "random":
        estimate(model, context, rows, context.recipe.start, afresh=True)


def estimate(
    model: DProtoNet,
    context: TrainingContext,
    rows: SplitRows,
    kind: UpdateKind,
    *,
    afresh: bool = False,
) -> None:
    """Put prototypes of the training images into the model, in the middle of training.

    Args:
        afresh: see :func:`~dprotonet.prototypes.update.update_prototypes`.
    """
    update_prototypes(
        model,
        prototype_batches(context, rows.train, context.inputs),
        kind=kind,
        device=context.device,
        images_per_pass=context.per_pass,
        afresh=afresh,
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
    update = updated(model, context, rows)
    everyone = torch.arange(len(context.images))
    similarities = outputs(model, context.final, everyone, lambda o: o.similarities, context.device)
    model.cpu()
    fit_head(model, similarities, context, rows)
    if not recipe.prune:
        return model, update, similarities, None
    return _prune(model, update, similarities, context, rows)


def updated(model: DProtoNet, context: TrainingContext, rows: SplitRows) -> PrototypeUpdate:
    """Prototypes from their nearest training images, put into the model."""
    update = update_prototypes(
        model,
        prototype_batches(context, rows.train, context.final),
        kind=context.recipe.update,
        m=context.recipe.update_images,
        device=context.device,
        images_per_pass=context.per_pass,
    )
    update.apply_to(model)
    return update


def _prune(
    model: DProtoNet,
    update: PrototypeUpdate,
    similarities: Tensor,
    context: TrainingContext,
    rows: SplitRows,
) -> tuple[DProtoNet, PrototypeUpdate, Tensor, PruningCost]:
    statistics = activation_statistics(
        model,
        prototype_batches(context, rows.train, context.final),
        images_per_pass=context.per_pass,
    )
    keep = worth_keeping(
        statistics,
        model,
        class_purity=_purity(model, similarities, context, rows),
        least_purity=context.recipe.least_purity,
    )
    keep = without_unused(keep, update, model.options)
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


def _purity(
    model: DProtoNet, similarities: Tensor, context: TrainingContext, rows: SplitRows
) -> list[float]:
    """Fraction of each prototype's nearest validation images that are of its class."""
    own = owned(
        context.images.labels[rows.validation].numpy(), np.array(model.options.prototype_classes)
    )
    similarities = similarities[rows.validation]
    return class_purity(similarities.double().numpy(), own, attainable=True).tolist()


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
    if context.recipe.head_nonnegative:
        _fit_nonnegative(model, x, y, weights, context.recipe.label_smoothing)
        return
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


def _fit_nonnegative(
    model: DProtoNet, x: Tensor, y: Tensor, balance: Tensor | None, smoothing: float
) -> None:
    """Weights >= 0 for a prototype's own class and none for others (PIP-Net, Nauta et al. 2023).

    The optimum of the same loss, with the ridge towards the start, by Newton steps that keep to the
    bounds. A class is then called for what is there, never for what another class lacks; an image
    that is similar to no prototype has equal logits: the network abstains.
    """
    options, weight = model.options, model.head.weight
    bounds = constraints(options, least=np.zeros(len(options.prototype_ids)), nonnegative=True)
    start = np.where(bounds.free, weight.detach().double().numpy().clip(min=0.0), 0.0)
    objective = head_objective(
        x.double().numpy() * float(model.log_scale.detach().exp()),
        y.numpy(),
        np.ones(len(options.classes)) if balance is None else balance.cpu().double().numpy(),
        smoothing,
        anchor=start,
    )
    with torch.no_grad():
        fitted = fit_weights(objective, bounds, start).clip(min=0.0)  # of rounding
        weight.copy_(torch.from_numpy(fitted))
