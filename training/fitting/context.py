"""The data of one training command: images, network inputs, and the rows of each split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from dprotonet.modeling.preprocessing import Preprocessing
from dprotonet.prototypes.feature_pass import PrototypeBatch
from training.data.finding_masks import FindingMasks
from training.data.inputs import Inputs, LiveInputs, class_weights, images_a_pass
from training.data.leakage import group_duplicates
from training.data.placed_images import PlacedImages, place_images
from training.datasets.samples import Dataset
from training.distributed import is_main, wait
from training.recipe import Recipe

PER_PASS = 16  # images of 224 × 224 that pass together in the prototype update


@dataclass(frozen=True, eq=False)
class TrainingContext:
    """What is common to all phases, folds and networks of one command.

    Attributes:
        live: inputs of all images through the whole network.
        inputs: those of training: ``live``, or activations behind the frozen blocks.
        cut: leave networks cut behind their frozen blocks and evaluate them, too, on the cached
            activations, which are in 16 bit: for figures, not for a bundle.
        findings: where the findings lie in the training copies; None where the recipe pays no
            attention to them.
    """

    recipe: Recipe
    dataset: Dataset
    images: PlacedImages
    preprocessing: Preprocessing
    live: LiveInputs
    inputs: Inputs
    out: Path
    device: str = "cpu"
    resume: bool = False
    cut: bool = False
    findings: FindingMasks | None = None

    @property
    def per_pass(self) -> int:
        """Images that pass together in the prototype update: fewer where they are larger."""
        return images_a_pass(self.recipe.image_size, PER_PASS)

    @property
    def final(self) -> Inputs:
        """Inputs of the finished network."""
        return self.inputs if self.cut else self.live


@dataclass(frozen=True, eq=False)
class SplitRows:
    """Rows of the images in each split, ``(n,)`` int64."""

    train: Tensor
    validation: Tensor
    test: Tensor


def load_images(dataset: Dataset, recipe: Recipe, keep: Path | None) -> PlacedImages:
    """All images of a data set on the network's grid.

    Equal images of several patients count as one patient's where the recipe says so. Of several
    processes the first places the images, and the others read what it kept.

    Args:
        keep: a .safetensors file in which the placed images outlive the run, or None.

    Raises:
        ReadableError: images cannot be read, and the recipe does not leave them out.
    """
    if not is_main():
        wait()
    images = place_images(
        dataset.samples,
        Preprocessing(size=recipe.image_size),
        classes=len(dataset.classes),
        keep=keep,
        damaged=recipe.damaged,
    )
    if is_main():
        wait()
    return group_duplicates(images) if recipe.duplicates == "group" else images


def balance(context: TrainingContext, rows: SplitRows) -> Tensor | None:
    """``(K,)`` weights of the classes in the loss, or None."""
    if not context.recipe.class_balance:
        return None
    return class_weights(context.images.labels[rows.train], len(context.dataset.classes)).to(
        context.device
    )


def prototype_batches(
    context: TrainingContext, rows: Tensor, inputs: Inputs
) -> Iterator[PrototypeBatch]:
    """Batches of training images for the prototype update, without augmentation."""
    for batch in rows.split(context.per_pass):
        at = batch.tolist()
        yield PrototypeBatch(
            inputs.clean(batch),
            context.images.labels[batch],
            [context.images.samples[i].sample_id for i in at],
            [context.images.sha256s[i] for i in at],
        )
