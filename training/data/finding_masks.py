"""Where findings lie in the very copies that a network is trained on, on its last grid.

From boxes and masks of the data set; on request, where an image has none, from the body on a
radiograph. Each is placed as its image was, and follows the image's augmentation: the same seed
through the same transform, without interpolation.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from dprotonet.errors import ReadableError
from dprotonet.images.body import body_mask
from dprotonet.modeling.geometry import Placement
from training.data.inputs import derived_seed
from training.data.placed_images import PlacedImages
from training.data.transforms import augmentation, augmented_masks
from training.datasets.samples import Dataset, Sample, stored_mask
from training.io import progress_bar
from training.recipe import Recipe

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Targets:
    """What a batch of images is trained towards.

    Attributes:
        labels: ``(n,)`` class indices, or ``(n, K)`` bool of a multi-label set.
        findings: ``(n, K, h, w)`` uint8, how much of a cell of the last grid a finding of the class
            covers, or the body: above 0 where it touches it, 255 in the cell that is covered most.
        annotated: ``(n, K)`` bool, whether the image has such a place for that class in this copy.
    """

    labels: Tensor
    findings: Tensor
    annotated: Tensor

    def to(self, device: torch.device | str, *, non_blocking: bool = False) -> Targets:
        """The same on a device."""
        return Targets(
            *(
                tensor.to(device, non_blocking=non_blocking)
                for tensor in (self.labels, self.findings, self.annotated)
            )
        )


class FindingMasks:
    """The findings of all images of a run, on the network grid, a bit for a pixel.

    Images without box or mask, and those of the negative class, have none. With an
    ``attention_region`` of "both" the body on a radiograph stands for it, with "body" for any.
    """

    def __init__(self, images: PlacedImages, dataset: Dataset, recipe: Recipe) -> None:
        """
        Raises:
            ReadableError: no image has a box or a mask, nor a body where that is asked for.
        """
        self._classes, self._side = len(dataset.classes), recipe.image_size
        self._grid, self._seed = recipe.image_size // recipe.stride, recipe.seed
        self._transform, self._kept_copies = augmentation(recipe), recipe.variants
        self._kept: dict[tuple[int, int], dict[int, NDArray[np.uint8]]] = {}
        self._packed: dict[int, dict[int, NDArray[np.uint8]]] = {}
        if recipe.attention_region != "body":  # to place them every annotated image is read again
            bar = progress_bar(images.samples, len(images), "findings")
            placed = ((row, _placed(sample, dataset, self._side)) for row, sample in enumerate(bar))
            self._packed = {row: by_class for row, by_class in placed if by_class}
        self._annotated = frozenset(self._packed)
        if recipe.attention_region != "findings":
            self._add_bodies(images)
        if not self._packed:
            raise ReadableError(
                "The recipe gives attention a weight, but no image has a box or a mask, nor a "
                "body where attention_region asks for it. Give --set attention=0."
            )
        _log.info(
            "%d of %d images have a box or a mask, %d a place to look at",
            *(len(self._annotated), len(images), len(self._packed)),
        )

    def fraction(self, rows: Tensor) -> float:
        """Of these images, the fraction whose box or mask is used."""
        return sum(row in self._annotated for row in rows.tolist()) / max(1, len(rows))

    def _add_bodies(self, images: PlacedImages) -> None:
        """For the classes that an image has and no finding places: the body on it."""
        for row, (pixels, label) in enumerate(zip(images.pixels, images.labels, strict=True)):
            body = body_mask(pixels[0].numpy() / 255.0) if len(pixels) == 1 else None
            if body is None:
                continue
            classes = label.nonzero().flatten().tolist() if label.ndim else [int(label)]
            bits = np.packbits(body)
            self._packed[row] = dict.fromkeys(classes, bits) | self._packed.get(row, {})

    def targets(self, labels: Tensor, rows: Tensor, copies: Sequence[int]) -> Targets:
        """Labels and findings of augmented copies.

        Args:
            labels: of the images in these rows.
            rows: ``(n,)``.
            copies: for each, the number that its augmentation was drawn from.
        """
        findings = torch.zeros(len(rows), self._classes, self._grid, self._grid, dtype=torch.uint8)
        for image, row, copy in zip(findings, rows.tolist(), copies, strict=True):
            if row in self._packed:
                for k, cells in self._cells(row, copy).items():
                    image[k] = torch.from_numpy(cells)
        return Targets(labels, findings, findings.flatten(2).any(dim=2))

    def _cells(self, row: int, copy: int) -> Mapping[int, NDArray[np.uint8]]:
        """``(h, w)`` by class; of copies whose activations are kept, drawn once."""
        kept = self._kept.get((row, copy))
        if kept is None:
            packed, side = self._packed[row], self._side
            bits = np.stack([np.unpackbits(b, count=side * side) for b in packed.values()])
            masks = torch.from_numpy(bits.reshape(-1, side, side))
            seed = derived_seed(self._seed, copy, row)
            moved = augmented_masks(self._transform, masks, seed)
            kept = dict(zip(packed, _coverage(moved, self._grid), strict=True))
            if copy < self._kept_copies:
                self._kept[row, copy] = kept
        return kept


def _coverage(masks: Tensor, grid: int) -> NDArray[np.uint8]:
    """``(M, grid, grid)`` of masks ``(M, S, S)`` in {0, 1}: 255 is each mask's largest."""
    covered = functional.adaptive_avg_pool2d(masks, grid)
    most = covered.amax(dim=(1, 2), keepdim=True).clamp(min=1e-12)
    return (255 * covered / most).ceil().to(torch.uint8).numpy()


def _placed(sample: Sample, dataset: Dataset, side: int) -> dict[int, NDArray[np.uint8]]:
    """By class the finding on the network grid, packed to bits."""
    packed: dict[int, NDArray[np.uint8]] = {}
    by_class = _by_class(sample, dataset)
    if not by_class:
        return packed
    image = sample.load()
    placement = Placement.of(image.shape, side, image.pixel_aspect)
    for k, own in by_class.items():
        native = stored_mask(own, image.shape)
        if native is not None:
            mask = placement.mask_to_network(torch.from_numpy(native))
            if mask.any():
                packed[k] = np.packbits(mask.numpy())
    return packed


def _by_class(sample: Sample, dataset: Dataset) -> dict[int, Sample]:
    """For each class that the image has the sample with that class's boxes alone."""
    if sample.mask is None and not sample.boxes:
        return {}
    if sample.labels is None:
        return {} if sample.label == dataset.negative_index else {sample.label: sample}
    by_class = {}
    for k in sample.labels:
        name = dataset.classes[k].lower()
        boxes = tuple(box for box in sample.boxes if box.finding.lower() == name)
        if boxes:
            by_class[k] = replace(sample, boxes=boxes, mask=None)
    return by_class
