"""The mask reader of a bundle, trained on images that its network was trained on."""

from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.parts import FittedReader
from dprotonet.bundle.reader.facts import READS, ReaderFacts
from dprotonet.bundle.staging import check_target
from dprotonet.bundle.writer import add_reader
from dprotonet.errors import ReadableError
from dprotonet.explain.reader.fitting import TrainedReader, fit_reader
from dprotonet.explain.reader.images import ReaderImages
from dprotonet.explain.reader.settings import ReaderSettings
from dprotonet.explain.settings import HELD_OUT
from dprotonet.images.body import body_mask
from training.data.splits import Split
from training.data.transforms import unit
from training.evaluation.evidence.in_card import maps_for_card
from training.fitting.placed_split import PlacedSplit, placed_split
from training.fitting.run_folder import hardware
from training.io import progress_bar

_log = logging.getLogger(__name__)

LEAST_TRAINING, LEAST_VALIDATION = 20, 4
"""Training and validation images without which no reader is trained."""


def attach_reader(
    bundle: Bundle,
    data: Path | None,
    folder: Path,
    settings: ReaderSettings | None = None,
    *,
    most: int = 600,
    bodies: bool = False,
    seed: int = 0,
    device: str = "cpu",
    least: float = 0.0,
    progress: Callable[[float], None] | None = None,
    now: datetime | None = None,
) -> Bundle:
    """Train a mask reader for a bundle, and write the bundle that has it.

    A reader that marks badly is not written: its maps would be what a page shows first. Where
    validation images have findings whose place is known, the card says how often its maps held
    them.

    Args:
        data: the data set that the bundle was trained on.
        folder: to write; the bundle's own is replaced.
        settings: of the training; None for the usual ones.
        most: training images that are read; of more, an even choice.
        bodies: weigh what is marked beside the body. Images on which it cannot be separated are
            left out of that.
        seed: of the training.
        least: held-out gap that the reader must be above. At 0 what it marks does no more for its
            nodes than what it leaves out.
        progress: called with the fraction of the steps that are done, rising to 1.
        now: date and time to note; None for the present.

    Raises:
        ReadableError: the data cannot be had, has other classes, or too few images; or the reader
            marks badly.
        UnusableBundle: the folder holds something else.
    """
    check_target(folder)
    settings = settings or ReaderSettings()
    limits: dict[Split, int] = {"train": most, "validation": settings.validation_images}
    split = placed_split(bundle, data, limits)
    if len(split.train) < LEAST_TRAINING or len(split.validation) < LEAST_VALIDATION:
        raise split.too_few(bundle.name, LEAST_TRAINING, LEAST_VALIDATION)
    images, model = _images(bundle, split, bodies), bundle.reasons_network.to(device)
    trained = fit_reader(model, images, settings, seed=seed, progress=progress)
    model.cpu()
    _check_gap(trained, bundle, least)
    maps = maps_for_card(bundle, trained.reader, data)
    when = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    return add_reader(
        bundle,
        FittedReader(trained.reader, facts_of(trained, bundle)),
        folder,
        when=when,
        trained=_for_card(trained, split, bodies, device),
        maps=maps,
    )


def _check_gap(trained: TrainedReader, bundle: Bundle, least: float) -> None:
    """Refuse a reader whose held-out gap is not above ``least``."""
    _, gap = trained.best
    if not gap > least:
        raise ReadableError(
            f"The mask reader of {bundle.name} marks badly: its held-out gap is {gap:.2f}, and is "
            f"to be above {least:g}. No bundle was written. Give it more steps (--steps) or more "
            "images (--images), or leave the model without one: its heatmaps are searched then. "
            "--least takes a worse one, to be looked at."
        )


def facts_of(trained: TrainedReader, bundle: Bundle) -> ReaderFacts:
    """What the manifest says of a reader that was trained for a bundle's network."""
    step, gap = trained.best
    return ReaderFacts(
        options=trained.reader.options,
        made_with={part: bundle.manifest.parts[part] for part in READS},
        images=trained.images,
        validation_images=trained.validation_images,
        steps=step,
        seed=trained.seed,
        fills=trained.settings.fills,
        held_out=HELD_OUT,
        validation=round(gap, 4),
        validation_before=round(trained.history[0][1], 4),
    )


def image_masks(pixels: Tensor) -> Tensor:
    """Where images lie: ``(N, S, S)`` bool of placed ``(N, C, S, S)`` uint8.

    Padding is black, so that rows and columns at an edge that are black all through are taken for
    it; of an image with such edges nothing is lost.
    """
    bright = (pixels > 0).any(dim=1)
    inside = [_between(bright.any(dim=axis)) for axis in (2, 1)]
    return inside[0][:, :, None] & inside[1][:, None, :]


def _between(lines: Tensor) -> Tensor:
    """``(N, S)`` bool: True from the first True of each row to its last, everywhere without one."""
    from_first = lines.cummax(dim=1).values
    to_last = lines.flip(1).cummax(dim=1).values.flip(1)
    return (from_first & to_last) | ~lines.any(dim=1, keepdim=True)


def _images(bundle: Bundle, split: PlacedSplit, bodies: bool) -> ReaderImages:
    pixels, preprocessing = split.images.pixels, bundle.preprocessing
    masks = image_masks(pixels)

    def load(rows: Tensor) -> Tensor:
        return preprocessing.normalise(unit(pixels[rows]).expand(-1, 3, -1, -1))

    found = body_masks(pixels, masks) if bodies else None
    return ReaderImages(load, split.train, split.validation, masks, found)


def body_masks(pixels: Tensor, masks: Tensor) -> Tensor:
    """The body of each image, or all of it where none can be separated: ``(N, S, S)`` bool.

    Raises:
        ReadableError: the images are in colour.
    """
    if pixels.shape[1] != 1:
        raise ReadableError("Colour images show no body as a radiograph does. Leave --body out.")
    result, separated = masks.clone(), 0
    pairs = zip(pixels[:, 0].numpy(), masks.numpy(), strict=True)
    for row, (image, mask) in enumerate(progress_bar(pairs, len(pixels), "bodies")):
        body = body_mask(image.astype(np.float32) / 255.0, mask)
        if body is not None:
            result[row], separated = torch.from_numpy(body), separated + 1
    _log.info("the body was separated on %d of %d images", separated, len(pixels))
    return result


def _for_card(
    trained: TrainedReader, split: PlacedSplit, bodies: bool, device: str
) -> dict[str, Any]:
    """How it was trained, as JSON values."""
    step, gap = trained.best
    settings = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(trained.settings).items()
    }
    return {
        "data": split.recipe.dataset,
        "films": {"train": trained.images, "validation": trained.validation_images},
        "settings": {**settings, "body": settings["body"] if bodies else 0.0},
        "seed": trained.seed,
        "held_out_fill": HELD_OUT,
        "kept": {"step": step, "held_out_gap": round(gap, 4)},
        "history": [{"step": s, "held_out_gap": round(g, 4)} for s, g in trained.history],
        "weights": sum(p.numel() for p in trained.reader.parameters()),
        "minutes": round(trained.seconds / 60, 1),
        "versions": {"torch": importlib.metadata.version("torch")},
        "hardware": hardware(device),
    }
