"""ProtoPNet's pruning: by the training patches nearest to each prototype, then the last layer.

Chen et al. 2019, section 2.5 and supplement: a prototype whose nearest patches are too seldom of
its class is dropped, and the last layer is fitted again by convex optimisation with an L1 penalty.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dprotonet.editing.objective import head_objective
from dprotonet.editing.sparse import L1, fit_sparse
from dprotonet.modeling.labels import owned
from dprotonet.modeling.model import DProtoNet
from dprotonet.prototypes.nearest_patches import LEAST, NEAREST, of_their_class
from dprotonet.prototypes.pruning import pruned
from training.fitting.context import SplitRows, TrainingContext, balance
from training.fitting.fit import FittedNetwork, calibrated
from training.fitting.prototype_stage import fit_head


@dataclass(frozen=True)
class PatchRule:
    """Which prototypes go, and how the last layer is fitted afterwards.

    Attributes:
        nearest: patches of a prototype that are looked at.
        least: of them that are to be of its class.
        l1: weight of the penalty on last-layer weights to classes that are not a prototype's own.

    Raises:
        ValueError: ``least`` is no number from 1 to ``nearest``, or ``l1`` is negative.
    """

    nearest: int = NEAREST
    least: int = LEAST
    l1: float = L1

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.nearest:
            raise ValueError(f"least must lie between 1 and {self.nearest}, not be {self.least}.")
        if self.l1 < 0:
            raise ValueError(f"l1 must be at least 0, not {self.l1}.")


def kept_rows(
    model: DProtoNet,
    similarities: Tensor,
    context: TrainingContext,
    rows: SplitRows,
    rule: PatchRule,
    *,
    off: Collection[str] = (),
) -> tuple[int, ...]:
    """Rows of the prototypes whose nearest training patches are of their class, ascending.

    Args:
        similarities: ``(N, P)`` of all images.
        off: ids of prototypes that do not count any more; they go in any case.
    """
    on = [p for p, name in enumerate(model.prototype_ids) if name not in off]
    owner = np.array(model.options.prototype_classes)[on]
    kept = of_their_class(
        similarities[rows.train][:, on].double().numpy(),
        owned(context.images.labels[rows.train].numpy(), owner),
        owner,
        nearest=rule.nearest,
        least=rule.least,
    )
    return tuple(on[p] for p in kept)


def without_pruned(
    fitted: FittedNetwork,
    keep: tuple[int, ...],
    context: TrainingContext,
    rows: SplitRows,
    *,
    l1: float | None = L1,
) -> FittedNetwork:
    """The network with some of its prototypes, calibrated anew on validation.

    Its ``update`` is left out: whoever writes a bundle makes it from the parent's.

    Args:
        fitted: with the similarities of all images.
        keep: rows of the prototypes that stay, ascending.
        l1: None leaves the last layer as it is, without the dropped ones' columns.
    """
    model = fitted.network
    assert isinstance(model, DProtoNet) and fitted.similarities is not None
    model.cpu()
    smaller, remaining = pruned(model, keep), fitted.similarities[:, list(keep)]
    smaller.requires_grad_(False)
    if l1 is not None:
        fit_last_layer(smaller, remaining, context, rows, l1)
    with torch.no_grad():
        logits = smaller.contributions(remaining.double()).sum(dim=-1).numpy()
    return calibrated(
        replace(fitted, network=smaller, logits=logits, similarities=remaining, update=None),
        context,
        rows,
    )


def fit_last_layer(
    model: DProtoNet, similarities: Tensor, context: TrainingContext, rows: SplitRows, l1: float
) -> None:
    """Fit the last layer on fixed similarities ``(N, P)``, with the penalty on foreign weights.

    A recipe whose last layer has weights of the own class alone keeps its own fit: there is nothing
    to penalise.
    """
    if context.recipe.head_nonnegative:
        fit_head(model, similarities, context, rows)
        return
    start: NDArray[np.float64] = model.head.weight.detach().double().numpy()
    weights, classes = balance(context, rows), len(model.options.classes)
    objective = head_objective(
        similarities[rows.train].double().numpy() * float(model.log_scale.detach().exp()),
        context.images.labels[rows.train].numpy(),
        np.ones(classes) if weights is None else weights.cpu().double().numpy(),
        context.recipe.label_smoothing,
        anchor=start,
    )
    foreign = np.arange(classes)[:, None] != np.array(model.options.prototype_classes)
    with torch.no_grad():
        model.head.weight.copy_(torch.from_numpy(fit_sparse(objective, foreign, start, l1=l1)))
