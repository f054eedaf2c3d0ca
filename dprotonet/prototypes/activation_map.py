"""How similar each place of an image is to a prototype, and the patch that is most similar.

As ProtoPNet draws it (Chen et al. 2019, section 2.3 and its released code): the similarities of all
cells, brought to the size of the image by cubic interpolation; the box is the smallest rectangle
that holds the 5 % of its pixels that are most similar.

Letters: N images, P prototypes, h w the grid of cells, S side of the network's square.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from dprotonet.modeling.encoder_masks import cell_cosines
from dprotonet.modeling.model import DProtoNet

PERCENTILE = 95.0
"""Of an upsampled map, from which a pixel is part of the patch."""


class PatchBox(NamedTuple):
    """A rectangle in pixels of the network's square; bottom and right lie outside of it."""

    top: int
    left: int
    bottom: int
    right: int


@torch.inference_mode()
def activation_maps(model: DProtoNet, images: Tensor) -> Tensor:
    """The similarity of every cell to every prototype.

    Args:
        images: ``(N, 3, S, S)`` normalised, on the model's device.

    Returns:
        ``(N, P, h, w)`` on the CPU, in the unit of the model's similarities. Where masks are
        "patch", the largest of each map is the image's similarity.
    """
    model.eval()
    cells, prototypes = model.cells(model.backbone(images)), model.prototypes
    if model.options.similarity == "log":
        flat = cells.flatten(2)
        squares = flat.square().sum(dim=1, keepdim=True) - 2.0 * prototypes @ flat
        distance = (squares + prototypes.square().sum(dim=1)[:, None]).clamp(min=0.0)
        maps = torch.log((distance + 1.0) / (distance + 1e-4))
        return maps.reshape(*maps.shape[:2], *cells.shape[-2:]).cpu()
    cosines = cell_cosines(cells, prototypes).clamp(-1.0, 1.0)
    return (cosines if model.options.similarity == "cosine" else (cosines + 1.0) / 2.0).cpu()


def upsampled(activation: Tensor, side: int) -> NDArray[np.float32]:
    """A map ``(h, w)`` as ``(S, S)``, by cubic interpolation."""
    larger = functional.interpolate(
        activation[None, None].float(), size=(side, side), mode="bicubic", align_corners=False
    )
    pixels: NDArray[np.float32] = larger[0, 0].numpy()
    return pixels


def patch_box(pixels: NDArray[np.floating], percentile: float = PERCENTILE) -> PatchBox:
    """The smallest rectangle that holds all pixels of a map from a percentile of it on.

    Args:
        pixels: ``(S, S)``, an upsampled map.
        percentile: in [0, 100].
    """
    inside = pixels >= np.percentile(pixels, percentile)
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    return PatchBox(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
