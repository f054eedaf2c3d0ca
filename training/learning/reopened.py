"""The data and the split of a bundle that was trained earlier, and its network on them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch
from numpy.typing import NDArray
from torch import Tensor

from dprotonet.bundle.bundle import Bundle
from training.datasets.registry import open_dataset
from training.evaluation.evaluate import check_classes, recipe_of
from training.fitting.context import SplitRows, TrainingContext, load_images
from training.fitting.crossval import split_rows
from training.fitting.fit import FittedNetwork, prepare
from training.fitting.networks import outputs
from training.recipe import CardText


@dataclass(frozen=True, eq=False)
class Reopened:
    """A bundle with the images that it was trained on.

    Attributes:
        context: of the bundle's recipe, without augmentation or a black box.
        rows: of the split, as in training.
    """

    bundle: Bundle
    context: TrainingContext
    rows: SplitRows

    def similarities(self, network: torch.nn.Module) -> Tensor:
        """``(N, P)`` of all images."""
        everyone = torch.arange(len(self.context.images))
        network.to(self.context.device)
        live = self.context.live
        return outputs(network, live, everyone, lambda o: o.similarities, self.context.device)


def reopen(
    bundle: Bundle, data: Path | None, *, out: Path, device: str, unnamed: bool = False
) -> Reopened:
    """The bundle's data set, split as in training.

    Args:
        data: the folder that it was trained on; None for the phantom.
        out: folder of what is written.
        unnamed: the images are patients', though the recipe may not say so.

    Raises:
        ReadableError: the card names no recipe, or the data has other classes.
    """
    recipe = recipe_of(bundle)
    text = {f.name for f in dataclasses.fields(CardText)} & set(vars(bundle.card))
    recipe = dataclasses.replace(
        recipe,
        name=bundle.name,
        variants=0,
        blackbox=False,
        prune=False,
        unnamed=recipe.unnamed or unnamed,
        card=CardText(**{name: getattr(bundle.card, name) for name in text}),
    )
    dataset = open_dataset(recipe, data)
    check_classes(bundle, dataset)
    images = load_images(dataset, recipe, None)
    context = prepare(recipe, dataset, images, out=out, device=device, resume=False)
    return Reopened(bundle, context, split_rows(context))


def as_fitted(opened: Reopened, network: torch.nn.Module, similarities: Tensor) -> FittedNetwork:
    """A bundle's network as training hands it on, with the bundle's calibration."""
    bundle = opened.bundle
    return FittedNetwork(
        network,
        logits_of(network, similarities),
        bundle.temperature,
        bundle.threshold,
        list(bundle.card.training.get("history") or []),  # of the backbone
        0.0,
        thresholds=bundle.thresholds,
        offsets=bundle.offsets,
        similarities=similarities,
    )


def logits_of(network: torch.nn.Module, similarities: Tensor) -> NDArray:
    """``(N, K)`` float64 of ``(N, P)`` similarities under the network's last layer."""
    with torch.no_grad():
        logits = network.cpu().contributions(similarities.double()).sum(dim=-1)  # type: ignore[operator]
    return logits.numpy()
