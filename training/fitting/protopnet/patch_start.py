"""Prototypes that begin as patches of training images of their class, drawn at random.

As in ProtoPNeXt (Willard et al. 2024), so that each is among the vectors that it is compared with.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from dprotonet.modeling.model import DProtoNet
from training.data.inputs import derived_seed
from training.fitting.context import SplitRows, TrainingContext


def start_from_patches(model: DProtoNet, context: TrainingContext, rows: SplitRows) -> None:
    """Put a random cell of a random training image of its class in place of each prototype.

    Images of a class are drawn without repeats while there are enough. Draws depend on the recipe's
    seed alone. Where a vector counts with its direction only, prototypes have length 1.
    """
    generator = torch.Generator().manual_seed(derived_seed("patches", context.recipe.seed))
    images = _drawn(model, context, rows, generator)
    mode = model.training
    model.eval()
    vectors = []
    with torch.inference_mode():
        for batch in images.split(context.inputs.images_a_pass):
            x = context.inputs.clean(batch).to(context.device)
            cells = model.cells(model.backbone(x)).flatten(2)
            at = torch.randint(cells.shape[2], (len(batch),), generator=generator)
            vectors.append(cells[torch.arange(len(batch)), :, at.to(cells.device)])
    patches = torch.cat(vectors)
    if model.options.by_direction:
        patches = functional.normalize(patches, dim=1)
    with torch.no_grad():
        model.prototypes.copy_(patches)
    model.train(mode)


def _drawn(
    model: DProtoNet, context: TrainingContext, rows: SplitRows, generator: torch.Generator
) -> Tensor:
    """``(P,)`` rows of the images, one for each prototype."""
    labels, drawn = context.images.labels[rows.train], []
    for k, count in enumerate(model.options.prototype_counts):
        own = rows.train[labels == k if labels.ndim == 1 else labels[:, k].bool()]
        if not len(own):  # checked before any training; a split of a test may lack one
            own = rows.train
        order = own[torch.randperm(len(own), generator=generator)]
        drawn.append(order.repeat(-(-count // len(order)))[:count])
    return torch.cat(drawn)
