"""Fewer prototypes: without dead ones, doubles, and those that are not of their class."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from dprotonet.modeling.encoder_masks import ImageMasks, LearnedMasks, RandomMasks
from dprotonet.modeling.model import DProtoNet, build_model
from dprotonet.modeling.options import ModelOptions
from dprotonet.modeling.similarity import unit_f64
from dprotonet.prototypes.activation_stats import ActivationStatistics
from dprotonet.prototypes.mixture import hardly_used
from dprotonet.prototypes.update import PrototypeUpdate

ALIKE = 0.9
"""Cosine above which two prototypes are one reason, though their images may differ a little."""


def worth_keeping(
    statistics: ActivationStatistics,
    model: DProtoNet,
    *,
    class_purity: Sequence[float] | None = None,
    least_purity: float = 0.0,
) -> tuple[int, ...]:
    """Rows of the prototypes to keep, ascending: each reason once, and only reasons for its class.

    A dead prototype goes, one whose nearest images are too seldom of its class, and one that lies
    within a cosine of .9 of a better one, whatever that one's class. Better is the purer, then the
    one that is closest to more images of its class, then the first. A class keeps at least one: its
    best.

    Args:
        class_purity: of each prototype, the fraction of its nearest images that are of its class;
            None for not measured.
        least_purity: below it a prototype goes.
    """
    options, records = model.options, statistics.prototypes
    owner, purity = options.prototype_classes, class_purity or [1.0] * len(records)
    vectors = unit_f64(model.prototypes.detach().cpu().numpy())
    is_double = vectors @ vectors.T > ALIKE
    best_first = sorted(range(len(owner)), key=lambda p: (-purity[p], -records[p].closest_share, p))
    rows: set[int] = set()
    for p in best_first:
        doubles_one = any(is_double[p, q] for q in rows)
        if not records[p].dead and purity[p] >= least_purity and not doubles_one:
            rows.add(p)
    for k in range(len(options.classes)):
        if not any(owner[p] == k for p in rows):
            rows.add(next(p for p in best_first if owner[p] == k))
    return tuple(sorted(rows))


def without_unused(
    keep: Sequence[int], update: PrototypeUpdate, options: ModelOptions
) -> tuple[int, ...]:
    """Of the rows to keep those that a mixture uses: a class loses prototypes with a low mixing
    weight, and keeps at least its heaviest. All of them where the update was no mixture."""
    if update.mixing_weights is None:
        return tuple(keep)
    owner, weights = np.array(options.prototype_classes), np.array(update.mixing_weights)
    rows: set[int] = set()
    for k in range(len(options.classes)):
        own = np.flatnonzero(owner == k)
        kept = [p for p in own[~hardly_used(weights[own])].tolist() if p in keep]
        rows |= set(kept) or {max((p for p in own.tolist() if p in keep), key=lambda p: weights[p])}
    return tuple(sorted(rows))


def pruned(model: DProtoNet, keep: Sequence[int]) -> DProtoNet:
    """A new model with some of the prototypes, their masks and their last-layer weights.

    A logit loses what the removed prototypes had contributed, and nothing else.

    Args:
        keep: rows of the prototypes, ascending, at least one of each class.

    Raises:
        ValueError: a class would have no prototype, or the rows do not ascend.
    """
    rows, owner = list(keep), model.options.prototype_classes
    if rows != sorted(set(rows)) or not set(rows) <= set(range(len(owner))):
        raise ValueError(f"keep must be ascending rows below {len(owner)}, not {rows}.")
    counts = tuple(sum(owner[p] == k for p in rows) for k in range(len(model.options.classes)))
    smaller = build_model(replace(model.options, prototypes_per_class=counts))
    smaller.backbone = copy.deepcopy(model.backbone)  # which may have been cut in training
    state = {key: value.clone() for key, value in model.state_dict().items()}
    at = torch.tensor(rows, device=model.prototypes.device)
    for key in ("prototypes", "prototype_class", *_mask_keys(model)):
        state[key] = state[key][at]
    state["head.weight"] = state["head.weight"][:, at]
    smaller.load_state_dict(state)
    return smaller.to(model.prototypes.device).train(model.training)


def pruned_update(
    update: PrototypeUpdate, model: DProtoNet, keep: Sequence[int]
) -> PrototypeUpdate:
    """The origin of the prototypes that ``model``, a :func:`pruned` one, still has."""
    digests = model.part_digests()
    return replace(
        update,
        prototypes=update.prototypes[list(keep)],
        sources=tuple(update.sources[p] for p in keep),
        made_with={part: digests[part] for part in update.made_with},
        mixing_weights=update.mixing_weights and tuple(update.mixing_weights[p] for p in keep),
    )


def _mask_keys(model: DProtoNet) -> tuple[str, ...]:
    """State keys of the masks that have a row for each prototype."""
    if isinstance(model.masks, ImageMasks):
        return ("masks.head.2.weight",)
    return ("masks.weight",) if isinstance(model.masks, LearnedMasks | RandomMasks) else ()
