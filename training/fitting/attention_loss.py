"""Prototypes look at the finding, where a box or mask says where it is.

IAIA-BL (Barnett et al., Nature Machine Intelligence 2021, "fine annotation loss"): the norm of a
prototype's map times (1 - mask), on the images of its own class. Theirs is a sum over images,
prototypes and pixels of unnormalised maps, with a weight of 1e-3. Here a map's scale means nothing
where it is a mask for pooling, so the norm is a fraction of the whole map's, in [0, 1], and its
mean is taken: weights of .1 to 1 are of the size of the other terms.

That norm is spread over all cells, and few of them are a small finding: it says little about where
the map is highest. So there is a second kind, ours: of a softmax over the cells the part inside of
the finding, as its negative logarithm, in nats; a cell counts by how much of it the finding covers.
It is low where the most similar cells are those that the finding covers most.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

from dprotonet.modeling.encoder_masks import cell_cosines
from dprotonet.modeling.model import DProtoNet, Inference
from training.data.finding_masks import Targets

_TINY = 1e-12  # maps of an untrained network are very small
_SHARPNESS = 10.0  # of the softmax over the cells' cosines


class AttentionPenalty:
    """How much of the maps lies outside of the findings, for the batch that a model saw last.

    The maps are the model's masks where gradients reach them; for other kinds ("patch", "top",
    "random") the positive cosine of every cell to the prototype.
    """

    def __init__(self, model: DProtoNet, kind: Literal["outside", "peak"] = "outside") -> None:
        self._model, self._kind = model, kind
        self._cells: Tensor | None = None
        if model.options.masks not in ("image", "learned"):
            model.cell_norm.register_forward_hook(self._note)

    def _note(self, _: nn.Module, inputs: Any, cells: Tensor) -> None:
        self._cells = cells if torch.is_grad_enabled() else None

    def __call__(self, inference: Inference, targets: Targets) -> Tensor:
        """A scalar >= 0, at most 1 for "outside"; 0 where no image of the batch has a finding."""
        owner = self._model.prototype_class
        if self._cells is None:
            if self._kind == "outside":
                return outside_fraction(inference.masks, targets, owner)
            return missed_peak((inference.masks + _TINY).log(), targets, owner)
        cosines = cell_cosines(self._cells.float(), self._model.prototypes)
        if self._kind == "outside":
            return outside_fraction(cosines.clamp(min=0.0), targets, owner)
        return missed_peak(_SHARPNESS * cosines, targets, owner)


def outside_fraction(maps: Tensor, targets: Targets, owner: Tensor) -> Tensor:
    """Mean of ``‖map · (1 - mask)‖ / ‖map‖`` over annotated images and their class's prototypes.

    The mask is 1 in every cell that the finding touches.

    Args:
        maps: ``(N, P, h, w)`` >= 0.
        targets: with findings on the same grid.
        owner: ``(P,)`` class index of each prototype.

    Raises:
        ValueError: maps and findings have different grids.
    """
    pairs = _annotated_pairs(maps, targets, owner)
    if pairs is None:
        return maps.sum() * 0.0
    own, covered = pairs
    return ((own * (covered == 0)).norm(dim=1) / own.norm(dim=1).clamp(min=_TINY)).mean()


def missed_peak(scores: Tensor, targets: Targets, owner: Tensor) -> Tensor:
    """Mean of ``-log Σ softmax(scores) · covered``, over the same pairs.

    Args:
        scores: ``(N, P, h, w)`` of any size.
        targets: with findings on the same grid.
        owner: ``(P,)`` class index of each prototype.

    Raises:
        ValueError: scores and findings have different grids.
    """
    pairs = _annotated_pairs(scores, targets, owner)
    if pairs is None:
        return scores.sum() * 0.0
    own, covered = pairs
    weights = (covered.to(own.dtype) / 255).log()  # -inf outside
    return -(own.log_softmax(dim=1) + weights).logsumexp(dim=1).mean()


def _annotated_pairs(maps: Tensor, targets: Targets, owner: Tensor) -> tuple[Tensor, Tensor] | None:
    """Of annotated images and their class's prototypes: maps and coverage, each ``(n, h·w)``."""
    if maps.shape[-2:] != targets.findings.shape[-2:]:
        raise ValueError(
            f"The maps have a grid of {tuple(maps.shape[-2:])}, the findings of "
            f"{tuple(targets.findings.shape[-2:])}."
        )
    image, prototype = targets.annotated[:, owner].nonzero(as_tuple=True)
    if not len(image):
        return None
    return maps[image, prototype].flatten(1), targets.findings[image, owner[prototype]].flatten(1)
