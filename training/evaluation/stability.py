"""How much a heatmap moves when its image hardly does: max-sensitivity (Yeh et al. 2019).

The measure is definition 3 of "On the (In)fidelity and Sensitivity of Explanations", estimated by
drawing as in the paper: the largest change of the heatmap over a few perturbed images, in shares of
the heatmap's own length. 0 is a map that does not move; two maps that have nothing in common are
about 1 apart. A map that sees no network does not move either: read it beside the randomised
weights of :mod:`training.evaluation.sanity`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

    from dprotonet.modeling.preprocessing import Preprocessing

RADIUS = 0.02  # of the noise, share of the pixel range
DRAWS = 4  # perturbed images


def noisy(
    x: Tensor,
    valid_mask: Tensor,
    preprocessing: Preprocessing,
    *,
    radius: float = RADIUS,
    draws: int = DRAWS,
    seed: int = 0,
) -> Iterator[Tensor]:
    """Images within a cube around one: uniform noise on every pixel of the image.

    The noise is the same in the three colours, so that a grey image stays grey, and is not clipped
    to the pixel range, which would halve it on black.

    Args:
        x: ``(3, S, S)`` normalised.
        inside: ``(S, S)`` bool; the padding stays as it is.
        preprocessing: by which x was normalised.
        radius: the noise's largest size, of a pixel range of 1.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    image = valid_mask.to(x)
    spread = preprocessing.normalise(torch.ones_like(x)) - preprocessing.normalise(
        torch.zeros_like(x)
    )
    for _ in range(draws):
        noise = torch.rand(x.shape[1:], generator=generator) * 2 - 1
        yield x + radius * noise.to(x) * image * spread


def max_sensitivity(
    heatmap: NDArray[Any], perturbed: Sequence[NDArray[Any]], valid_mask: NDArray[np.bool_]
) -> float:
    """The largest L2 distance of the perturbed images' heatmaps to the image's own, over its norm.

    nan where the image's own map is zero.

    Args:
        heatmap: ``(S, S)``.
        perturbed: of each perturbed image, ``(S, S)``.
        inside: ``(S, S)``, True on the image.
    """
    own = heatmap[valid_mask].astype(np.float64)
    length = float(np.linalg.norm(own))
    if length == 0:
        return float("nan")
    return max(float(np.linalg.norm(other[valid_mask] - own)) for other in perturbed) / length
