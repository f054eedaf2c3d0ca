"""A prototype's own map: the mask under which it pools an image, on the network grid.

Letters: N images, P prototypes, h w the map's cells, S the network's side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

    from dprotonet.explain.nodes import Node
    from dprotonet.inference.predictor import Predictor

BOX = 72 / 224  # side of the box around a peak (Huang et al. 2023, section 3.2), fraction of S
SHOWN_FROM = 0.5  # of the peak: cells at or above it are the region that a map shows


def peaks(masks: Tensor, size: int) -> NDArray[np.int64]:
    """Where the upsampled masks are highest; of equally high places the first.

    Args:
        masks: ``(N, P, h, w)`` of any kind.

    Returns:
        ``(N, P, 2)`` rows and columns in px of S.
    """
    from dprotonet.explain.baselines.own_map import upsampled

    flat = upsampled(masks, size).flatten(2).argmax(dim=-1).cpu().numpy()
    return np.stack([flat // size, flat % size], axis=-1)


def near_peak(peak: NDArray[np.int64], place: Sequence[float], size: int) -> bool:
    """Whether a place (row, column) lies in the box around a peak."""
    half = BOX * size / 2
    return bool(abs(place[0] - peak[0]) <= half and abs(place[1] - peak[1]) <= half)


def box_around(peak: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    """``(S, S)``, True in the box around a peak."""
    pixels, half = np.arange(size), BOX * size / 2
    in_rows, in_columns = np.abs(pixels - peak[0]) <= half, np.abs(pixels - peak[1]) <= half
    return in_rows[:, None] & in_columns


def shown_region(heatmap: NDArray[np.float32]) -> NDArray[np.bool_]:
    """``(S, S)``, True where an upsampled map reaches half of its peak."""
    return np.asarray(heatmap >= SHOWN_FROM * heatmap.max())


@dataclass(frozen=True, eq=False)
class OwnMap:
    """One prototype's own map of an image.

    Attributes:
        prototype: its row.
        heatmap: ``(S, S)`` float32 in [0, 1]; not cut at the padding, so that what lies there
            counts against the map.
    """

    prototype: int
    heatmap: NDArray[np.float32]


@dataclass(frozen=True)
class OwnMaps:
    """Own maps in the place of a heatmap method: one forward pass an image, no search."""

    name: str = "own-map"

    def explain(
        self, predictor: Predictor, x: Tensor, valid_mask: Tensor, nodes: Sequence[Node]
    ) -> list[OwnMap]:
        """The own map for each node; for a class that of its strongest prototype.

        Args:
            x: ``(3, S, S)`` normalised.
            valid_mask: unused, as in every method of this form.
        """
        from dprotonet.explain.baselines.own_map import upsampled

        similarities, masks = activations(predictor, x[None])
        large = upsampled(masks, x.shape[-1])[0].numpy()
        maps = []
        for node in nodes:
            p = strongest_row(predictor, similarities, node)
            highest = max(float(large[p].max()), 1e-12)
            maps.append(OwnMap(p, (large[p] / highest).astype(np.float32)))
        return maps


def activations(predictor: Predictor, images: Tensor) -> tuple[Tensor, Tensor]:
    """``(N, 3, S, S)`` to similarities ``(N, P)`` and masks ``(N, P, h, w)``, on the CPU."""
    import torch

    with torch.inference_mode():
        output = predictor.model(images.to(predictor.device))
    return output.similarities.cpu(), output.masks.cpu()


def strongest_row(predictor: Predictor, similarities: Tensor, node: Node) -> int:
    """The prototype of a node; of a class its own that adds most to its logit.

    Args:
        similarities: ``(1, P)`` of one image.
    """
    from dprotonet.explain.baselines.own_map import strongest_prototype
    from dprotonet.explain.nodes import ClassNode

    if not isinstance(node, ClassNode):
        return node.index
    model = predictor.bundle.model
    return strongest_prototype(model, similarities.to(predictor.device), node.index)
