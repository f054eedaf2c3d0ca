"""Training a mask reader for a frozen network.

After Dabkowski & Gal 2017, "Real Time Image Saliency for Black Box Classifiers", and Jethani et al.
2022, "FastSHAP": what a search finds for one image, a small network learns to say of any. A reader
cannot fit what breaks its network on one image. Ours are the objective (MDM's, with small fractions
weighed as much as large ones), the nodes (similarities too, by queries made of the prototypes), and
a fill held out to say when to stop.
"""

from __future__ import annotations

import copy
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from dprotonet.errors import Cancelled, Unexplainable
from dprotonet.explain.masking.probe import NO_GRADIENTS
from dprotonet.explain.reader.images import ReaderImages
from dprotonet.explain.reader.settings import ReaderSettings
from dprotonet.explain.reader.state import ReaderTraining, open_training
from dprotonet.explain.reader.step import step_loss
from dprotonet.explain.reader.validation import held_out_gap
from dprotonet.modeling.reader.mask_reader import MaskReader

_log = logging.getLogger(__name__)
_WARM = 20  # steps in which the rate rises
_LARGEST_GRADIENT = 1.0  # norm of a step's gradient


@dataclass(frozen=True, eq=False)
class TrainedReader:
    """A mask reader and how it came about.

    Attributes:
        reader: in eval mode, on the CPU.
        settings: of the training.
        seed: of the training.
        images: trained on.
        validation_images: that chose when to stop.
        history: step and held-out gap (:func:`~dprotonet.explain.reader.validation.held_out_gap`)
            at every validation, from step 0, which is the untrained reader.
        seconds: in all.
    """

    reader: MaskReader
    settings: ReaderSettings
    seed: int
    images: int
    validation_images: int
    history: tuple[tuple[int, float], ...]
    seconds: float

    @property
    def best(self) -> tuple[int, float]:
        """The step whose weights were kept, and its held-out gap."""
        return max(self.history, key=lambda entry: entry[1])


def fit_reader(
    model: nn.Module,
    images: ReaderImages,
    settings: ReaderSettings | None = None,
    *,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> TrainedReader:
    """Train a mask reader for a network, which is left as it is.

    Args:
        model: a DProtoNet, or any network that gives logits ``(N, K)``.
        images: like those that it is for.
        settings: None for the usual ones.
        seed: of the reader's first weights, and of all that is drawn.
        progress: called with the fraction of the steps that are done, rising to 1.
        cancelled: asked before every step and every validation.

    Raises:
        Unexplainable: the network gives no gradient, no maps, or values that are not finite.
        Cancelled: ``cancelled`` returned True.
    """
    settings, start = settings or ReaderSettings(), time.perf_counter()
    with torch.inference_mode(False), torch.enable_grad():
        training = open_training(model, images, settings, seed)
        history = _learn(training, seed, progress or _ignore, cancelled or _never)
    return TrainedReader(
        training.reader.cpu().eval().requires_grad_(False),
        settings,
        seed,
        len(images.train),
        min(len(images.validation), settings.validation_images),
        tuple(history),
        time.perf_counter() - start,
    )


def _learn(
    training: ReaderTraining,
    seed: int,
    progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> list[tuple[int, float]]:
    """Train the reader and leave it with its best weights; the held-out gaps."""
    settings, reader = training.settings, training.reader
    generator = torch.Generator().manual_seed(seed)
    weights = list(reader.parameters())
    optimiser = torch.optim.Adam(weights, lr=settings.rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: _rate(s, settings.steps))
    _stop_if(cancelled)
    averaged = copy.deepcopy(reader)
    mean = replace(training, reader=averaged)
    history = [_validated(mean, 0)]
    best, kept = history[0], copy.deepcopy(averaged.state_dict())
    batches = _Batches(training.images.train, settings.batch, generator)
    for step in range(1, settings.steps + 1):
        _stop_if(cancelled)
        optimiser.zero_grad(set_to_none=True)
        # To the reader and to nothing else: a network that could not be copied is the caller's own.
        step_loss(training, batches.next(), step, generator).backward(inputs=weights)
        if not bool(nn.utils.clip_grad_norm_(weights, _LARGEST_GRADIENT).isfinite()):
            raise Unexplainable(NO_GRADIENTS)
        optimiser.step()
        schedule.step()
        _average(averaged, reader, min(settings.averaging, step / (step + _WARM)))
        progress(step / settings.steps)
        if step % settings.validate_every and step < settings.steps:
            continue
        _stop_if(cancelled)
        history.append(_validated(mean, step))
        if history[-1][1] > best[1]:
            best, kept = history[-1], copy.deepcopy(averaged.state_dict())
        elif step - best[0] >= settings.patience * settings.validate_every:
            break
    reader.load_state_dict(kept)
    progress(1.0)
    return history


def _validated(training: ReaderTraining, step: int) -> tuple[int, float]:
    """The step and its held-out gap."""
    gap, steps = held_out_gap(training), training.settings.steps
    _log.info("mask reader: step %d of %d, held-out gap %.3f", step, steps, gap)
    return step, gap


def _average(averaged: nn.Module, now: nn.Module, kept: float) -> None:
    """Move averaged weights towards those of now; the fraction ``kept`` of them stays."""
    with torch.no_grad():
        for old, new in zip(averaged.parameters(), now.parameters(), strict=True):
            old.lerp_(new, 1 - kept)


class _Batches:
    """Shuffled rows without an end; each is drawn once before any is drawn again."""

    def __init__(self, rows: Tensor, size: int, generator: torch.Generator) -> None:
        self._rows, self._size, self._generator = rows, min(size, len(rows)), generator
        self._left = rows[:0]

    def next(self) -> Tensor:
        if len(self._left) < self._size:
            self._left = self._rows[torch.randperm(len(self._rows), generator=self._generator)]
        batch, self._left = self._left[: self._size], self._left[self._size :]
        return batch


def _rate(step: int, steps: int) -> float:
    """The fraction of the full rate: it rises, then falls to 0 along a cosine."""
    if step < _WARM:
        return (step + 1) / _WARM
    return 0.5 * (1 + math.cos(math.pi * (step - _WARM) / max(1, steps - _WARM)))


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled


def _ignore(_fraction: float) -> None:
    pass


def _never() -> bool:
    return False
