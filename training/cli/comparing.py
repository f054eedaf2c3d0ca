"""What commands that compare networks do before they train: place the images, and note the run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dprotonet.errors import ReadableError
from training.cli.train import ACTIVATIONS, PLACED_IMAGES

if TYPE_CHECKING:
    from training.datasets.samples import Dataset
    from training.fitting.context import TrainingContext
    from training.recipe import Recipe


def check_one_process(command: str) -> None:
    """Refuse a start by torchrun.

    Raises:
        ReadableError: several processes share the training.
    """
    from training.distributed import is_shared

    if is_shared():
        raise ReadableError(f"{command} trains in one process. Start it without torchrun.")


def opened_run(
    recipe: Recipe,
    dataset: Dataset,
    *,
    out: Path,
    placed_images: Path | None,
    folds: int | None,
    command: str,
    device: str,
) -> TrainingContext:
    """The inputs of a run that goes on in ``out`` where it was stopped, and its note there.

    Networks are left cut behind their frozen blocks: they are for figures, not for a bundle.

    Args:
        placed_images: file for the placed images; None for one in ``out``.
        folds: that every network is trained on; None for the split alone.
        command: as it may be given again.

    Raises:
        ReadableError: images cannot be read, or some fold could not be trained or evaluated.
    """
    from training.fitting.context import load_images
    from training.fitting.crossval import check_folds
    from training.fitting.fit import prepare
    from training.fitting.run_folder import note_run

    images = load_images(dataset, recipe, placed_images or out / PLACED_IMAGES)
    warnings = check_folds(images, dataset.classes, folds)
    note_run(out, recipe, dataset, images, command=command, device=device, warnings=warnings)
    return prepare(
        recipe,
        dataset,
        images,
        out=out,
        device=device,
        resume=True,
        cut=True,
        keep=out / ACTIVATIONS,
    )
