"""The images that a mask reader is trained on, read a few at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class ReaderImages:
    """Images of one network.

    Attributes:
        load: rows ``(n,)`` int64 to normalised images ``(n, 3, S, S)``.
        train: rows to train on.
        validation: rows that choose when to stop.
        valid_masks: ``(N, S, S)`` bool, False in the padding around an image; None without padding.
        bodies: ``(N, S, S)`` bool, True where the body is on a radiograph; None where it is not
            asked for.
    """

    load: Callable[[Tensor], Tensor]
    train: Tensor
    validation: Tensor
    valid_masks: Tensor | None = None
    bodies: Tensor | None = None

    def __post_init__(self) -> None:
        if not len(self.train) or not len(self.validation):
            raise ValueError("A mask reader needs images to train on, and others to stop by.")

    def valid(self, rows: Tensor, like: Tensor) -> Tensor:
        """``(n, S, S)`` bool for these rows, on the device and of the size of ``like``."""
        if self.valid_masks is None:
            shape = (len(rows), *like.shape[-2:])
            return torch.ones(shape, dtype=torch.bool, device=like.device)
        return self.valid_masks[rows].to(like.device)

    def body(self, rows: Tensor, like: Tensor) -> Tensor | None:
        """``(n, S, S)`` bool for these rows on the device of ``like``, None where it is not asked
        for."""
        return None if self.bodies is None else self.bodies[rows].to(like.device)


def of_tensor(images: Tensor, *, validation: float = 0.15, seed: int = 0) -> ReaderImages:
    """Images ``(N, 3, S, S)`` in memory, a fraction of them drawn for validation.

    Raises:
        ValueError: they are no images, or fewer than four.
    """
    if images.ndim != 4 or images.shape[-1] != images.shape[-2] or len(images) < 4:
        raise ValueError(
            f"A mask reader is fitted to at least 4 images (N, 3, S, S), not {tuple(images.shape)}."
        )
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    held_out = max(2, round(validation * len(images)))
    return ReaderImages(lambda rows: images[rows], order[held_out:], order[:held_out])
