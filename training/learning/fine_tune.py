"""A short training of add-on layers, masks and prototypes on what readers said of them.

After ProtoPDebug (Bontempelli et al. 2023, "Concept-level debugging of part-prototype networks",
section 4): the training loss plus a forgetting term, which lowers how strongly prototypes of a
class answer to what was called an artefact, and a remembering term, which keeps how strongly they
answer to what was called useful; weights 100 and 10, as there.

Inferred: there a reader cuts a patch out. Here what a prototype saw in the judged image, under its
mask before the training, stands for the patch. The backbone and the last layer stay as they are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn
from torch.nn import functional

from dprotonet.modeling.losses import LossWeights, prototype_loss
from dprotonet.modeling.model import DProtoNet, prototype_similarity
from training.data.inputs import CachedInputs, derived_seed
from training.fitting.context import balance
from training.learning.judged_images import JudgedImages
from training.learning.reopened import Reopened

_log = logging.getLogger(__name__)
_MOST_LOG = 9.22  # the largest similarity of kind "log"
_MOST_PAIRS = 64  # judgements of one kind in a step


@dataclass(frozen=True)
class LearnSettings:
    """How a bundle learns from judgements.

    Attributes:
        forget: weight of the forgetting term (Bontempelli et al. 2023: 100); of a network with
            concepts the number of training images that a judged artefact counts as.
        remember: weight of the remembering term (there: 10).
        correct: of a network with concepts, the number of training images that an image counts as
            whose class a reader corrected.
        epochs: over the training images.
        rate: of Adam, for add-on layers, masks and prototypes.
        batch_size: training images in a step.
        seed: of the order of the images.
    """

    forget: float = 100.0
    remember: float = 10.0
    correct: float = 10.0
    epochs: int = 8
    rate: float = 1e-3
    batch_size: int = 32
    seed: int = 0


def fine_tune(
    model: DProtoNet,
    opened: Reopened,
    judged: JudgedImages,
    settings: LearnSettings,
    *,
    epoch_done: Callable[[int], None] = lambda _: None,
) -> list[dict[str, float]]:
    """Train the model in place; the backbone's activations are computed once.

    Batch statistics stay as they are: the network is in eval mode throughout.

    Args:
        epoch_done: called with 1, 2, … after each epoch.

    Returns:
        For each epoch the mean of "training", "forget" and "remember", unweighted.
    """
    context, rows = opened.context, opened.rows.train
    device = torch.device(context.device)
    whole = model.backbone
    model.cpu().eval().requires_grad_(False)
    kept = CachedInputs(context.live, whole, len(context.images), 0)
    model.to(device)
    terms = _JudgedTerms(model, judged, device)
    model.train_only(("masks", "prototypes"))
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=settings.rate)
    weights, class_weights = _loss_weights(opened), balance(context, opened.rows)
    model.backbone = nn.Identity()  # type: ignore[assignment]
    history = []
    try:
        for epoch in range(1, settings.epochs + 1):
            generator = torch.Generator().manual_seed(derived_seed("learn", settings.seed, epoch))
            order = rows[torch.randperm(len(rows), generator=generator)]
            sums = torch.zeros(3)
            batches = order.split(settings.batch_size)
            for batch in batches:
                optimizer.zero_grad()
                loss = prototype_loss(
                    model(kept.clean(batch).to(device)),
                    context.images.labels[batch].to(device),
                    model,
                    weights,
                    class_weights=class_weights,
                )["total"]
                forget, remember = terms(generator)
                (loss + settings.forget * forget + settings.remember * remember).backward()
                optimizer.step()
                sums += torch.stack([loss, forget, remember]).detach().cpu()
            means = (sums / len(batches)).tolist()
            history.append(dict(zip(("training", "forget", "remember"), means, strict=True)))
            _log.info("epoch %d of %d: forget %.3f", epoch, settings.epochs, means[1])
            epoch_done(epoch)
    finally:
        model.backbone = whole
        model.requires_grad_(False)
    return history


class _JudgedTerms:
    """The two terms on the judged images.

    Args:
        model: as it is before training, with its backbone.
    """

    def __init__(self, model: DProtoNet, judged: JudgedImages, device: torch.device) -> None:
        self._model, self._device = model, device
        self._artefacts, self._useful = judged.artefacts, judged.useful
        with torch.inference_mode():
            parts = [
                (model.backbone(part.to(device)), model(part.to(device)).masks)
                for part in judged.passes()
            ]
        self._deep = torch.cat([deep for deep, _ in parts]).clone()
        self._masks = torch.cat([masks for _, masks in parts]).clone()

    def __call__(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        forget, remember = (_drawn(pairs, generator) for pairs in (self._artefacts, self._useful))
        images, at = torch.unique(torch.cat([forget, remember])[:, 0], return_inverse=True)
        deep = self._deep[images]
        own = self._nearness(self._model(deep).similarities)  # the backbone is left out
        features = self._model.cells(deep)
        zero = own.sum() * 0.0
        terms = []
        for pairs, places in (
            (forget, at[: len(forget)]),
            (remember, at[len(forget) :]),
        ):
            if not len(pairs):
                terms.append(zero)
                continue
            prototypes = pairs[:, 1]
            seen = self._seen(features[places], self._masks[pairs[:, 0], prototypes])
            near = self._of_class(seen, prototypes).amax(dim=1)
            terms.append(torch.stack([own[places, prototypes], near]).amax(dim=0))
        return (
            functional.relu(terms[0]).mean(),
            (1.0 - terms[1]).mean() if len(remember) else zero,
        )

    def _seen(self, features: Tensor, masks: Tensor) -> Tensor:
        """``(A, D)``: what ``(A, D, h, w)`` cells show under ``(A, h, w)`` fixed masks."""
        weights = masks / masks.sum(dim=(1, 2), keepdim=True).clamp(min=1e-12)
        return torch.einsum("ndhw,nhw->nd", features, weights)

    def _of_class(self, vectors: Tensor, prototypes: Tensor) -> Tensor:
        """``(A, P)`` nearness of vectors to the prototypes of the same class; others -inf."""
        model, count = self._model, len(self._model.prototypes)
        similar = prototype_similarity(
            vectors.unsqueeze(1).expand(-1, count, -1), model.prototypes, model.options.similarity
        )
        owner = model.prototype_class
        mates = owner[prototypes][:, None] == owner
        return self._nearness(similar).masked_fill(~mates, -torch.inf)

    def _nearness(self, similarities: Tensor) -> Tensor:
        """Similarities of any kind with 1 for the same and 0 for unlike."""
        kind = self._model.options.similarity
        if kind == "log":
            return similarities / _MOST_LOG
        return similarities if kind == "cosine" else 2.0 * similarities - 1.0


def _drawn(pairs: Tensor, generator: torch.Generator) -> Tensor:
    if len(pairs) <= _MOST_PAIRS:
        return pairs
    return pairs[torch.randperm(len(pairs), generator=generator)[:_MOST_PAIRS]]


def _loss_weights(opened: Reopened) -> LossWeights:
    """Those of the recipe, as in training."""
    recipe = vars(opened.context.recipe)
    return LossWeights(**{f.name: recipe[f.name] for f in fields(LossWeights) if f.name in recipe})
