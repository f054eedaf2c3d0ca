"""What a network is fed in training: fresh augmented images, or copies kept behind frozen blocks.

Every random choice follows from (seed, epoch, image), so that a resumed run sees what an
uninterrupted one would have seen.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from dprotonet.errors import ReadableError
from dprotonet.modeling.preprocessing import Preprocessing
from training.data.placed_images import PlacedImages
from training.data.tensor_cache import read_kept, write_kept
from training.data.transforms import AUGMENTATION, augmentation, augmented, unit
from training.fitting.distributed import is_main, share
from training.io import progress_bar
from training.recipe import Recipe

_log = logging.getLogger(__name__)
_CLEAN_BATCH = 32
_MOST_WEIGHT = 20.0


def derived_seed(*parts: object) -> int:
    """A seed that depends on every part and on nothing else."""
    return int(hashlib.sha256(repr(parts).encode()).hexdigest()[:15], 16)


class Inputs(Protocol):
    """Network inputs by image and epoch."""

    def clean(self, rows: Tensor) -> Tensor:
        """``(n, …)`` inputs of the images as they are."""
        ...

    def changed(self, rows: Tensor, epoch: int) -> Tensor:
        """``(n, …)`` inputs of the images as augmented for this epoch."""
        ...


class LiveInputs:
    """Images augmented anew for every epoch."""

    def __init__(self, images: PlacedImages, preprocessing: Preprocessing, recipe: Recipe) -> None:
        self._images, self._preprocessing = images, preprocessing
        self._seed, self._transform = recipe.seed, augmentation(recipe)
        self._changes = {name: getattr(recipe, name) for name in ("seed", *AUGMENTATION)}

    @property
    def digest(self) -> str:
        """Names the inputs: placed pixels, how they are normalised and augmented, and the seed."""
        facts = (self._images.pixel_sha256s, self._preprocessing.digest, self._changes)
        return hashlib.sha256(repr(facts).encode()).hexdigest()

    def clean(self, rows: Tensor) -> Tensor:
        """``(n, 3, S, S)`` normalised."""
        return self._normal(unit(self._images.pixels[rows]))

    def changed(self, rows: Tensor, epoch: int) -> Tensor:
        """``(n, 3, S, S)`` normalised."""
        images = [
            augmented(
                self._transform, self._images.pixels[row], derived_seed(self._seed, epoch, row)
            )
            for row in rows.tolist()
        ]
        return self._normal(torch.stack(images))

    def _normal(self, images: Tensor) -> Tensor:
        rgb = images.expand(-1, 3, -1, -1)
        return self._preprocessing.normalise(rgb).contiguous(memory_format=torch.channels_last)


class KeptInputs:
    """Activations behind the frozen blocks: of each image as it is, and of some augmented copies.

    The frozen blocks never change, so they run once for each copy instead of once an epoch, and
    once for all folds and networks that start from the same weights.
    """

    def __init__(
        self,
        live: LiveInputs,
        front: nn.Module,
        count: int,
        variants: int,
        *,
        keep: Path | None = None,
    ) -> None:
        front = front.eval().to(memory_format=torch.channels_last)
        name = _digest(live, front, variants) if keep else ""
        kept = read_kept(keep, name) if keep else None
        if kept is None:
            passes = -(-count // _CLEAN_BATCH)
            clean = progress_bar(_clean(live, count), passes, "kept", "pass")
            kept = {"clean": _through(front, clean)}
            for variant in range(variants):
                changed = progress_bar(
                    _changed(live, count, variant), passes, f"kept {variant}", "pass"
                )
                kept[f"variant-{variant}"] = _through(front, changed)
            if keep and is_main():
                write_kept(keep, name, kept)
            _log.info("kept %d images with %d variants behind the frozen blocks", count, variants)
        self._clean = kept["clean"]
        self._variants = [kept[f"variant-{variant}"] for variant in range(variants)]

    def clean(self, rows: Tensor) -> Tensor:
        """``(n, C, h, w)`` of the images as they are."""
        return self._clean[rows].float().contiguous(memory_format=torch.channels_last)

    def changed(self, rows: Tensor, epoch: int) -> Tensor:
        """``(n, C, h, w)`` of one of the kept copies; image and epoch decide which."""
        which = [derived_seed("variant", epoch, row) % len(self._variants) for row in rows.tolist()]
        chosen = [self._variants[v][row] for v, row in zip(which, rows.tolist(), strict=True)]
        return torch.stack(chosen).float().contiguous(memory_format=torch.channels_last)


def _digest(live: LiveInputs, front: nn.Module, variants: int) -> str:
    """Names kept activations: images, their augmentation, the frozen weights, and who computed."""
    state = {key: value.cpu() for key, value in front.state_dict().items()}
    weights = hashlib.sha256()
    for key, value in sorted(state.items()):
        weights.update(key.encode() + value.contiguous().numpy().tobytes())
    return hashlib.sha256(
        repr((live.digest, weights.hexdigest(), variants, torch.__version__)).encode()
    ).hexdigest()


def _clean(live: LiveInputs, count: int) -> Iterator[Tensor]:
    for rows in torch.arange(count).split(_CLEAN_BATCH):
        yield live.clean(rows)


def _changed(live: LiveInputs, count: int, variant: int) -> Iterator[Tensor]:
    for rows in torch.arange(count).split(_CLEAN_BATCH):
        yield live.changed(rows, variant)


def _through(front: nn.Module, batches: Iterable[Tensor]) -> Tensor:
    """Activations ``(N, C, h, w)``, in 16 bit: they are inputs, and take half the memory."""
    with torch.inference_mode():
        return torch.cat([front(batch).to(torch.float16) for batch in batches]).clone()


@dataclass
class EpochBatches:
    """Shuffled training batches; each pass over it is the next epoch.

    Attributes:
        rows: ``(n,)`` images to train on.
        epoch: of the next pass, from 0.
        balanced: draw every class as often, with repeats, instead of every image once.
    """

    inputs: Inputs
    labels: Tensor
    rows: Tensor
    batch_size: int
    seed: int
    epoch: int = 0
    balanced: bool = False

    def __len__(self) -> int:
        return max(1, len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        epoch, self.epoch = self.epoch, self.epoch + 1
        generator = torch.Generator().manual_seed(derived_seed("order", self.seed, epoch))
        if self.balanced:
            if self.labels.ndim == 2:
                raise ReadableError(
                    "A balanced sampler needs one class for each image, and these have any number. "
                    "Give --set sampler=shuffle; class_balance weighs the classes instead."
                )
            labels = self.labels[self.rows]
            weights = 1.0 / torch.bincount(labels)[labels]
            picked = torch.multinomial(weights, len(labels), replacement=True, generator=generator)
        else:
            picked = torch.randperm(len(self.rows), generator=generator)
        order = self.rows[picked]
        # The last, smaller batch is left out: its images come first in some other epoch.
        for batch in list(order.split(self.batch_size))[: len(self)]:
            own = share(batch)
            yield self.inputs.changed(own, epoch), self.labels[own]


def class_weights(labels: Sequence[int] | Tensor, classes: int) -> Tensor:
    """``(K,)``: inverse to each class's share, 1 on the average image.

    Of multi-label images: negatives for each positive, at most 20, so that one rare image does not
    outshout all others.
    """
    if isinstance(labels, Tensor) and labels.ndim == 2:
        positive = labels.sum(dim=0).clamp(min=1).float()
        return ((len(labels) - positive) / positive).clamp(max=_MOST_WEIGHT)
    counts = torch.bincount(torch.as_tensor(labels), minlength=classes).clamp(min=1)
    return len(labels) / (classes * counts.float())
