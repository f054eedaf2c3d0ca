"""What came of teaching a bundle's network, and how one with prototypes is taught."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn

from dprotonet.bundle.bundle import Bundle
from dprotonet.modeling.model import DProtoNet
from dprotonet.prototypes.responses import Responses
from training.fitting.export import kept_responses
from training.fitting.fit import FittedNetwork, calibrated
from training.fitting.prototype_stage import fit_head, updated
from training.learning.fine_tune import LearnSettings, fine_tune
from training.learning.judged_images import JudgedImages
from training.learning.kept_edit import kept_edit
from training.learning.reopened import Reopened, as_fitted, logits_of


@dataclass(frozen=True, eq=False)
class Taught:
    """A network before and after readers' judgements.

    Attributes:
        before: as it is in the bundle.
        after: as it learned.
        seen: ``(J, P)`` of the judged images before and after: what ``measure`` says.
        responses: that the new last layer is the optimum of; None where there are none.
        measure: "similarity" of a prototype to the image, or the "evidence" of an axis: what it
            adds to its class's logit rather than to the others'.
        corrected: images whose class a reader corrected, with its probability before and after.
    """

    before: FittedNetwork
    after: FittedNetwork
    seen: tuple[Tensor, Tensor]
    responses: Responses | None
    measure: Literal["similarity", "evidence"] = "similarity"
    corrected: list[dict[str, Any]] = field(default_factory=list)


def teach_prototypes(opened: Reopened, judged: JudgedImages, settings: LearnSettings) -> Taught:
    """Fine-tune add-on layers, masks and prototypes, then fit the last layer again."""
    old, device = opened.bundle.model, opened.context.device
    new = copy.deepcopy(old)
    new.keep_reader(None)  # it was trained for the old one
    before = as_fitted(opened, old, opened.similarities(old))
    seen = similarities_of(old, judged, device)
    fine_tune(new, opened, judged, settings)
    after, responses = _finished(opened, new)
    return Taught(before, after, (seen, similarities_of(new, judged, device)), responses)


def similarities_of(network: nn.Module, judged: JudgedImages, device: str) -> Tensor:
    """``(J, P)`` of the judged images."""
    network.to(device)
    with torch.inference_mode():
        parts = [network(part.to(device)).similarities.cpu() for part in judged.passes()]
    network.cpu()
    return torch.cat(parts)


def _finished(opened: Reopened, model: DProtoNet) -> tuple[FittedNetwork, Responses | None]:
    """Prototype update, last layer and calibration of the fine-tuned model."""
    context, rows = opened.context, opened.rows
    update = updated(model, context, rows)
    similarities = opened.similarities(model)
    model.cpu()
    fit_head(model, similarities, context, rows)
    model.requires_grad_(False)
    fitted = replace(as_fitted(opened, model, similarities), update=update)
    responses = kept_responses(context, rows, fitted)
    if responses is not None:
        _keep_edit(opened.bundle, model, responses)
    weighed = replace(fitted, logits=logits_of(model, similarities))
    return calibrated(weighed, context, rows), responses


def _keep_edit(bundle: Bundle, model: DProtoNet, responses: Responses) -> None:
    """Switch off and require in the new last layer what is so in the parent's."""
    weights = model.head.weight.double().numpy()
    kept = kept_edit(bundle, weights, float(model.log_scale.exp()), responses)
    model.head.weight.copy_(torch.from_numpy(kept))
