"""What small and large changes of an image do to a prototype: does it stay, does it notice?

Letters: N images, P prototypes, S the network's side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.evaluation.prototypes.own_maps import (
    box_around,
    near_peak,
    peaks,
    shown_region,
)

if TYPE_CHECKING:
    from torch import Tensor

NOISE = 0.2  # standard deviation of the noise on the normalised image (Huang et al. 2023, 3.3)
LARGEST_NOISE = 0.25  # at which it is clipped (their published evaluation)
SMALLEST_SIMILARITY = 0.05  # below it a relative change means nothing

Array = NDArray[np.float64]
Activations = Callable[["Tensor"], tuple["Tensor", "Tensor"]]


def with_noise(image: Tensor, seed: int) -> Tensor:
    """A normalised image of any shape under clipped Gaussian noise, the same for the same seed."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    noise = NOISE * torch.randn(image.shape, generator=generator)
    return image + noise.clamp(-LARGEST_NOISE, LARGEST_NOISE)


def peak_stability(
    centres: NDArray[np.int64], noisy: NDArray[np.int64], own: NDArray[np.bool_], size: int
) -> Array:
    """Fraction of a class's images in which the peak stays in its own box under noise, ``(P,)``.

    For images without named parts; with them see :func:`training.evaluation.prototypes.parts.
    stability`.

    Args:
        centres: ``(N, P, 2)`` peaks.
        noisy: the same under noise.
        own: ``(N, P)``, the image is of the prototype's class.

    Returns:
        nan for a prototype without an image of its class.
    """
    result = np.full(own.shape[1], np.nan)
    for p in range(own.shape[1]):
        stays = [
            near_peak(centres[i, p], noisy[i, p].tolist(), size)
            for i in np.flatnonzero(own[:, p]).tolist()
        ]
        if stays:
            result[p] = float(np.mean(stays))
    return result


def misalignment(
    activations: Activations, images: Tensor, others: Tensor, chosen: NDArray[np.int64]
) -> Array:
    """Relative change of a similarity when all outside of its peak's box is replaced, ``(N,)``.

    After Sacha et al. 2024 (Interpretability benchmark for spatial misalignment), with a plain
    replacement in place of their attack: a lower bound of what an attack would move.

    Args:
        activations: ``(N, 3, S, S)`` to similarities ``(N, P)`` and masks ``(N, P, h, w)``.
        images: ``(N, 3, S, S)``.
        others: of the same shape, shown outside of the box.
        chosen: ``(N,)``, the prototype of each image.
    """
    similarities, masks = activations(images)
    centres, size = peaks(masks, images.shape[-1]), images.shape[-1]
    boxes = np.stack([box_around(centres[i, p], size) for i, p in enumerate(chosen.tolist())])
    after, _ = activations(_shown_through(boxes, images, others))
    rows = np.arange(len(images))
    return np.abs(
        relative_change(_values(similarities)[rows, chosen], _values(after)[rows, chosen])
    )


def focused_and_dual(
    activations: Activations, images: Tensor, others: Tensor, chosen: NDArray[np.int64]
) -> tuple[Array, Array, Array]:
    """What happens to a similarity when the shown region alone is replaced, and when all else is.

    The shown region is where the prototype's own map of the undisturbed image reaches half of its
    peak. A map that shows what counts makes the similarity fall in the first case only. After the
    local perturbation analysis and its dual in CaBRNet (Xu-Darme et al. 2024), with another image
    in place of their changes of hue, contrast and sharpness.

    Args:
        activations: ``(N, 3, S, S)`` to similarities ``(N, P)`` and masks ``(N, P, h, w)``.
        images: ``(N, 3, S, S)``.
        others: of the same shape, what is shown instead.
        chosen: ``(N,)``, the prototype of each image.

    Returns:
        ``(N,)`` each: the relative change under the focused and under the dual perturbation,
        negative where the similarity falls; and the region as a fraction of the image. The changes
        are nan where the similarity was below :data:`SMALLEST_SIMILARITY`.
    """
    from dprotonet.explain.baselines.own_map import upsampled

    similarities, masks = activations(images)
    large, size = upsampled(masks, images.shape[-1]).cpu().numpy(), images.shape[-1]
    shown = np.stack([shown_region(large[i, p]) for i, p in enumerate(chosen.tolist())])
    focused, _ = activations(_shown_through(~shown, images, others))
    dual, _ = activations(_shown_through(shown, images, others))
    rows = np.arange(len(images))
    before = _values(similarities)[rows, chosen]
    before = np.where(before < SMALLEST_SIMILARITY, np.nan, before)
    return (
        relative_change(before, _values(focused)[rows, chosen]),
        relative_change(before, _values(dual)[rows, chosen]),
        shown.sum(axis=(1, 2)) / size**2,
    )


def relative_change(before: Array, after: Array) -> Array:
    """``(after - before) / |before|``, whatever the sign of a similarity."""
    return np.asarray((after - before) / np.maximum(np.abs(before), 1e-6))


def _shown_through(keep: NDArray[np.bool_], images: Tensor, others: Tensor) -> Tensor:
    """``images`` where ``keep (N, S, S)`` is True, ``others`` elsewhere."""
    import torch

    return torch.where(torch.from_numpy(keep)[:, None].to(images.device), images, others)


def _values(similarities: Tensor) -> Array:
    return np.asarray(similarities.detach().cpu().double().numpy())
