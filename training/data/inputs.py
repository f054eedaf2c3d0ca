"""Network inputs in training: fresh augmented images, or activations behind the frozen blocks.

Every random choice follows from (seed, epoch, image), so that a resumed run sees what an
uninterrupted one would have seen.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor, nn

from dprotonet.errors import ReadableError
from dprotonet.modeling.preprocessing import Preprocessing
from training.data.placed_images import PlacedImages
from training.data.tensor_cache import read_tensors, write_in_parts
from training.data.transforms import (
    AUGMENTATION,
    augmentation,
    augmented_copy,
    is_augmented,
    unit,
)
from training.distributed import is_main, own_part
from training.io import progress_bar
from training.recipe import Recipe

if TYPE_CHECKING:
    from training.data.finding_masks import FindingMasks, Targets

_log = logging.getLogger(__name__)
_PASS = 32  # images of 224 × 224 that pass together where no gradient is taken
_LARGEST_WEIGHT = 20.0


def derived_seed(*parts: object) -> int:
    """A seed that depends on all parts, and on nothing else."""
    return int(hashlib.sha256(repr(parts).encode()).hexdigest()[:15], 16)


def images_a_pass(side: int, most: int = _PASS) -> int:
    """How many images pass together: as many pixels as ``most`` images of 224 × 224 have.

    What a pass needs grows with its pixels: 32 images of 448 × 448 took 6 GB.

    Args:
        side: of the images, in pixels.
    """
    return max(1, min(most, most * 224**2 // side**2))


class Inputs(Protocol):
    """Network inputs by image and epoch."""

    @property
    def images_a_pass(self) -> int:
        """How many of them pass together where no gradient is taken."""
        ...

    def clean(self, rows: Tensor) -> Tensor:
        """``(n, …)`` inputs of the images as they are."""
        ...

    def augmented(self, rows: Tensor, epoch: int) -> Tensor:
        """``(n, …)`` inputs of the images as augmented for this epoch."""
        ...

    def copies(self, rows: Tensor, epoch: int) -> list[int]:
        """For each image the number from which its augmentation for this epoch was drawn."""
        ...

    def of(self, images: Tensor) -> Tensor:
        """``(n, …)`` inputs for other normalised images ``(n, 3, S, S)``."""
        ...


class LiveInputs:
    """Images that are augmented again for every epoch."""

    def __init__(self, images: PlacedImages, preprocessing: Preprocessing, recipe: Recipe) -> None:
        self._images, self._preprocessing = images, preprocessing
        self._seed, self._transform = recipe.seed, augmentation(recipe)
        self._is_augmented = is_augmented(recipe)
        self._changes = {name: getattr(recipe, name) for name in ("seed", *AUGMENTATION)}

    @property
    def digest(self) -> str:
        """Names the inputs: placed pixels, how they are normalised and augmented, and the seed."""
        facts = (self._images.pixel_sha256s, self._preprocessing.digest, self._changes)
        return hashlib.sha256(repr(facts).encode()).hexdigest()

    @property
    def images_a_pass(self) -> int:
        """As their size allows."""
        return images_a_pass(self._preprocessing.size)

    def clean(self, rows: Tensor) -> Tensor:
        """``(n, 3, S, S)`` normalised."""
        return self._normal(unit(self._images.pixels[rows]))

    def augmented(self, rows: Tensor, epoch: int) -> Tensor:
        """``(n, 3, S, S)`` normalised."""
        seeds = [derived_seed(self._seed, epoch, row) for row in rows.tolist()]
        placed = [self._placed(row, seed) for row, seed in zip(rows.tolist(), seeds, strict=True)]
        if not self._is_augmented:
            return self._normal(unit(torch.stack(placed)))
        images = [
            augmented_copy(self._transform, image, seed)
            for image, seed in zip(placed, seeds, strict=True)
        ]
        return self._normal(torch.stack(images))

    def _placed(self, row: int, seed: int) -> Tensor:
        """The placed image, or that of a row of a table which is near to its own."""
        varied = self._images.samples[row].varied
        return self._images.pixels[row] if varied is None else torch.from_numpy(varied(seed))

    def copies(self, rows: Tensor, epoch: int) -> list[int]:
        """The epoch: every one has copies of its own."""
        return [epoch] * len(rows)

    def of(self, images: Tensor) -> Tensor:
        """The images themselves."""
        return images.contiguous(memory_format=torch.channels_last)

    def _normal(self, images: Tensor) -> Tensor:
        rgb = images.expand(-1, 3, -1, -1)
        return self._preprocessing.normalise(rgb).contiguous(memory_format=torch.channels_last)


class CachedInputs:
    """Activations behind the frozen blocks: of each image as it is, and of some augmented copies.

    The frozen blocks never change, so they run once for each copy instead of once an epoch, and
    once for all folds and networks that start from the same weights.

    Args:
        live: inputs of the images.
        front: the frozen blocks.
        count: number of images.
        variants: augmented copies of each image.
        keep: a .safetensors file in which the activations outlive the run, or None.
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
        self._front = front = front.eval().to(memory_format=torch.channels_last)
        name = _digest(live, front, variants) if keep else ""
        tensors: Mapping[str, Tensor] | None = read_tensors(keep, name) if keep else None
        if tensors is None:
            tensors = _activations(live, front, count, variants, keep if is_main() else None, name)
            _log.info("cached %d images with %d variants behind the frozen blocks", count, variants)
        self.images_a_pass = live.images_a_pass
        self._clean = tensors["clean"]
        self._variants = [tensors[f"variant-{variant}"] for variant in range(variants)]

    def clean(self, rows: Tensor) -> Tensor:
        """``(n, C, h, w)`` of the images as they are."""
        return self._clean[rows].float().contiguous(memory_format=torch.channels_last)

    def augmented(self, rows: Tensor, epoch: int) -> Tensor:
        """``(n, C, h, w)`` of one of the cached copies; image and epoch decide which."""
        which = zip(self.copies(rows, epoch), rows.tolist(), strict=True)
        chosen = torch.stack([self._variants[variant][row] for variant, row in which])
        return chosen.float().contiguous(memory_format=torch.channels_last)

    def copies(self, rows: Tensor, epoch: int) -> list[int]:
        """Which of the cached copies stands for each image in this epoch."""
        return [derived_seed("variant", epoch, row) % len(self._variants) for row in rows.tolist()]

    def of(self, images: Tensor) -> Tensor:
        """``(n, C, h, w)``, computed now, in the precision of those that are kept."""
        activations = _through(self._front, images.contiguous(memory_format=torch.channels_last))
        return activations.float().contiguous(memory_format=torch.channels_last)


def _digest(live: LiveInputs, front: nn.Module, variants: int) -> str:
    """Names cached activations: images, augmentation, frozen weights and torch's version."""
    state = {key: value.cpu() for key, value in front.state_dict().items()}
    weights = hashlib.sha256()
    for key, value in sorted(state.items()):
        weights.update(key.encode() + value.contiguous().numpy().tobytes())
    return hashlib.sha256(
        repr((live.digest, weights.hexdigest(), variants, torch.__version__)).encode()
    ).hexdigest()


def _activations(
    live: LiveInputs, front: nn.Module, count: int, variants: int, keep: Path | None, digest: str
) -> Mapping[str, Tensor]:
    """``(N, C, h, w)`` each, of the images as they are and of every augmented copy.

    In 16 bit: they are inputs, and take half the memory. Kept ones go to the file batch by batch
    and are mapped from there, so that the system reads them as they are needed; others fill
    tensors that are there from the beginning.
    """
    names = ["clean", *(f"variant-{variant}" for variant in range(variants))]
    shape = (count, *_through(front, live.clean(torch.tensor([0]))).shape[1:])
    batches = torch.arange(count).split(live.images_a_pass)

    def parts(variant: int) -> Iterator[Tensor]:
        title = "cache" if variant < 0 else f"cache {variant}"
        for rows in progress_bar(batches, len(batches), title, "pass"):
            images = live.clean(rows) if variant < 0 else live.augmented(rows, variant)
            yield _through(front, images)

    if keep is None:
        tensors = {name: torch.empty(shape, dtype=torch.float16) for name in names}
        for variant, name in enumerate(names, -1):
            for rows, part in zip(batches, parts(variant), strict=True):
                tensors[name][rows] = part
        return tensors
    every = (part for variant in range(-1, variants) for part in parts(variant))
    write_in_parts(keep, digest, names, shape, every)
    mapped = read_tensors(keep, digest)
    if mapped is None:
        raise ReadableError(f"{keep} cannot be read after it was written. Give another --out.")
    return mapped


def _through(front: nn.Module, images: Tensor) -> Tensor:
    """The 16-bit activations of one batch."""
    with torch.inference_mode():
        return front(images).to(torch.float16).contiguous()


@dataclass
class EpochBatches:
    """Shuffled training batches; each pass over it is the next epoch.

    Attributes:
        rows: ``(n,)`` images to train on.
        epoch: of the next pass, from 0.
        balanced: draw every class as often, with repeats, instead of every image once.
        findings: where the findings lie, which then go with the labels; None for labels alone.
    """

    inputs: Inputs
    labels: Tensor
    rows: Tensor
    batch_size: int
    seed: int
    epoch: int = 0
    balanced: bool = False
    findings: FindingMasks | None = None

    def __len__(self) -> int:
        return max(1, len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor | Targets]]:
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
            positions = torch.multinomial(
                weights, len(labels), replacement=True, generator=generator
            )
        else:
            positions = torch.randperm(len(self.rows), generator=generator)
        order = self.rows[positions]
        # The last, smaller batch is left out: its images come first in some other epoch.
        for batch in list(order.split(self.batch_size))[: len(self)]:
            batch_rows = own_part(batch)
            targets: Tensor | Targets = self.labels[batch_rows]
            if self.findings is not None:
                copies = self.inputs.copies(batch_rows, epoch)
                targets = self.findings.targets(self.labels[batch_rows], batch_rows, copies)
            yield self.inputs.augmented(batch_rows, epoch), targets


def class_weights(labels: Sequence[int] | Tensor, classes: int) -> Tensor:
    """``(K,)``: inverse to each class's fraction of the images, 1 on the average image.

    Of multi-label images: negatives for each positive, at most 20, so that one rare image does not
    outweigh all others.
    """
    if isinstance(labels, Tensor) and labels.ndim == 2:
        positive = labels.sum(dim=0).clamp(min=1).float()
        return ((len(labels) - positive) / positive).clamp(max=_LARGEST_WEIGHT)
    counts = torch.bincount(torch.as_tensor(labels), minlength=classes).clamp(min=1)
    return len(labels) / (classes * counts.float())
