"""What one training command works on: images, inputs, and the rows of each split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from dprotonet.modeling.preprocessing import Preprocessing
from dprotonet.prototypes.update import PrototypeBatch
from training.data.inputs import Inputs, LiveInputs, class_weights
from training.data.placed_images import PlacedImages
from training.datasets.samples import Dataset
from training.recipe import Recipe

PER_PASS = 16  # images that pass together in the prototype update


@dataclass(frozen=True, eq=False)
class TrainingContext:
    """What all phases, folds and networks of one command share.

    Attributes:
        live: inputs of all images through the whole network.
        inputs: what training feeds: ``live``, or activations behind the frozen blocks.
        cut: leave networks cut behind their frozen blocks and judge them on the kept activations
            too, which are in 16 bit: for figures, not for a bundle.
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


def balance(run: TrainingContext, rows: SplitRows) -> Tensor | None:
    """``(K,)`` weights of the classes in the loss, or None."""
    if not run.recipe.class_balance:
        return None
    return class_weights(run.images.labels[rows.train], len(run.dataset.classes)).to(run.device)


def prototype_batches(
    run: TrainingContext, rows: Tensor, inputs: Inputs
) -> Iterator[PrototypeBatch]:
    """Training images as the prototype update takes them, without augmentation."""
    for batch in rows.split(PER_PASS):
        at = batch.tolist()
        yield PrototypeBatch(
            inputs.clean(batch),
            run.images.labels[batch],
            [run.images.samples[i].sample_id for i in at],
            [run.images.sha256s[i] for i in at],
        )
